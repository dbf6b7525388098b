"""Customer: who this is, whether they are a VIP, how satisfied they are, whose a handle is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from agents.agent import Agent
from agents.policy import Policy
from agents.world import World
from projections.case import Case
from schemas.event import Event
from schemas.events.contacts import (
    CustomerDescribed,
    InteractionReported,
    SurveyAnswered,
)
from schemas.events.decisions import (
    ContactAccepted,
    CustomerRecognised,
    CustomersMerged,
    CustomersUnmerged,
    HistoryExtended,
    IdentityLinked,
    IdentityUnlinked,
    SatisfactionScored,
    VipRecognised,
)
from schemas.events.tickets import TicketRated
from schemas.record import Record

RATING_WEIGHT = 3.0
"""A rating says as much as so many tones: people who rate mean it."""

STEADY = 0.05
"""A smaller move between older and newer points is no trend."""


class Satisfaction(msgspec.Struct, frozen=True):
    """How satisfied a customer is.

    Attributes:
        score: 0 to 1; 0.5 when nothing is known.
        trend: improving, falling, steady or unknown.
        data_points: Ratings and tones that it rests on.
    """

    score: float
    trend: str
    data_points: int


def satisfaction(ratings: Sequence[int], tones: Sequence[float]) -> Satisfaction:
    """Satisfaction from ratings (1 to 5) and tones (0 to 1), the latest last.

    The score is their mean with ratings weighted; the trend compares the newer half of each with
    the older half.
    """
    scaled = [(rating - 1) / 4 for rating in ratings]
    weight = RATING_WEIGHT * len(scaled) + len(tones)
    if not weight:
        return Satisfaction(0.5, "unknown", 0)
    score = (RATING_WEIGHT * sum(scaled) + sum(tones)) / weight
    series = scaled if len(scaled) >= 2 else list(tones)  # two points make a trend
    return Satisfaction(round(score, 4), _trend(series), len(scaled) + len(tones))


def _trend(series: Sequence[float]) -> str:
    half = len(series) // 2
    if not half:
        return "unknown"
    older = sum(series[:half]) / half
    newer = sum(series[-half:]) / half
    if abs(newer - older) < STEADY:
        return "steady"
    return "improving" if newer > older else "falling"


def is_vip(lifetime_value: float | None, policy: Policy) -> bool:
    """Whether a lifetime value makes a customer a VIP."""
    return (lifetime_value or 0.0) > policy.thresholds.vip_lifetime_value


def accepted(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A contact was accepted: history grows, and what is new of the customer is said."""
    event = record.event
    assert isinstance(event, ContactAccepted)
    yield _extended(case, world, event.contact_id, "contact")
    yield from _recognised(case, world)


def reported(record: Record, case: Case, world: World) -> Iterator[Event]:
    """An interaction that took place elsewhere is part of the history."""
    event = record.event
    assert isinstance(event, InteractionReported)
    if case.merged_into is not None:
        return
    yield _extended(case, world, record.id, event.kind, event.ticket_id)


def changed(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Something was said about the customer: who they are now.

    An absorbed line hands what it hears on and says nothing of it itself.
    """
    handed_on = isinstance(record.event, CustomerDescribed | SurveyAnswered)
    if case.merged_into is not None and handed_on:
        return
    yield from _recognised(case, world)


def _extended(
    case: Case, world: World, interaction: str, kind: str, ticket: str | None = None
) -> HistoryExtended:
    return HistoryExtended(
        customer_id=case.customer_id,
        ticket_id=ticket,
        outcome=kind,
        policy_version=world.policy.version,
        interaction_id=interaction,
        kind=kind,
    )


def _recognised(case: Case, world: World) -> Iterator[Event]:
    """What differs from what was last said of the customer; nothing when nothing does."""
    vip = is_vip(case.lifetime_value, world.policy)
    news = case.unannounced
    if vip != case.vip:
        news = True
        yield VipRecognised(
            customer_id=case.customer_id,
            outcome="vip" if vip else "no_vip",
            threshold=world.policy.thresholds.vip_lifetime_value,
            reasons=["lifetime_value"],
            policy_version=world.policy.version,
            vip=vip,
            lifetime_value=case.lifetime_value or 0.0,
            account_manager=case.account_manager,
        )
    score = satisfaction(case.ratings, case.tones)
    known = case.satisfaction
    step = world.policy.thresholds.satisfaction_step
    if score.data_points and (known is None or abs(score.score - known) >= step):
        known, news = score.score, True
        yield SatisfactionScored(
            customer_id=case.customer_id,
            outcome=score.trend,
            confidence=None,
            reasons=["ratings_and_tones" if case.ratings else "tones"],
            policy_version=world.policy.version,
            score=score.score,
            trend=score.trend,
            data_points=score.data_points,
        )
    if news:
        yield _profile(case, world, vip=vip, score=known)


def _profile(case: Case, world: World, *, vip: bool, score: float | None) -> CustomerRecognised:
    first = case.first_at
    return CustomerRecognised.model_validate(
        {
            "customer_id": case.customer_id,
            "outcome": "known" if case.name or case.email else "unidentified",
            "policy_version": world.policy.version,
            "name": case.name,
            "email": case.email,
            "phone": case.phone,
            "preferred_channel": case.preferred_channel,
            "language": case.language,
            "lifetime_value": case.lifetime_value,
            "vip": vip,
            "account_manager": case.account_manager,
            "handles": msgspec.json.encode(case.handles, order="sorted").decode(),
            "first_interaction": None if first is None else datetime.fromtimestamp(first, UTC),
            "satisfaction_score": score,
            "merged_into": case.merged_into,
        }
    )


_PROFILE: frozenset[type[Event]] = frozenset(
    {CustomerRecognised, VipRecognised, SatisfactionScored}
)

AGENTS = (
    Agent(
        name="customer",
        domain="customer",
        reads=frozenset({ContactAccepted}),
        writes=_PROFILE | {HistoryExtended},
        decide=accepted,
    ),
    Agent(
        name="customer",
        domain="customer",
        reads=frozenset({InteractionReported}),
        writes=frozenset({HistoryExtended}),
        decide=reported,
    ),
    Agent(
        name="customer",
        domain="customer",
        reads=frozenset(
            {
                CustomerDescribed,
                SurveyAnswered,
                IdentityLinked,
                IdentityUnlinked,
                CustomersMerged,
                CustomersUnmerged,
                TicketRated,
            }
        ),
        writes=_PROFILE,
        decide=changed,
    ),
)
