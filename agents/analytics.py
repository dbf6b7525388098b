"""Analytics: what is counted, how long things take, what is unusual."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.policy import Policy
from agents.world import World
from projections.category_line import CategoryLine, expected, in_window, totals, was_told
from schemas.event import Event
from schemas.events.choices import (
    CommonIssueFound,
    InsightRaised,
    InteractionTracked,
    ResolutionMeasured,
)
from schemas.events.metrics import InteractionMeasured
from schemas.record import Record
from schemas.vocabulary import UNCATEGORISED

SHARES_TOLD_EVERY = 24 * 60
"""Minutes for which a share of the week that was told once is not told again."""


class Surge(msgspec.Struct, frozen=True):
    """A category that is asked about more than usual: contacts in the window, and as usual."""

    count: int
    expected: float
    window_minutes: int


class Share(msgspec.Struct, frozen=True):
    """A share that is too high: so many `parts` of a `whole`, held against a threshold."""

    kind: str
    parts: int
    whole: int
    threshold: float


def surge(line: CategoryLine, policy: Policy) -> Surge | None:
    """The surge that a category is in, if it is in one."""
    rules = policy.analytics
    count = in_window(line, rules.window_minutes)
    usual = expected(line, rules.window_minutes)
    if count < rules.surge_minimum or count < rules.surge_factor * usual:
        return None
    return Surge(count, usual, rules.window_minutes)


def shares(line: CategoryLine, policy: Policy) -> list[Share]:
    """The shares of the last week that are too high: of escalations, of rejected answers.

    A ticket that came before that week or under another category may be escalated in it, so that
    there may be more parts than the whole has.
    """
    rules = policy.analytics
    week = totals(line)
    escalated, rejected = min(week.escalations, week.contacts), min(week.rejections, week.answers)
    weighed = (
        Share("many_escalations", escalated, week.contacts, rules.escalated_share),
        Share("many_rejections", rejected, week.answers, rules.rejected_share),
    )
    return [
        one
        for one in weighed
        if one.whole >= rules.share_minimum and one.parts / one.whole > one.threshold
    ]


def measured(record: Record, line: CategoryLine, world: World) -> Iterator[Event]:
    """Something countable happened: it is tracked, and what it shows is said."""
    event = record.event
    assert isinstance(event, InteractionMeasured)
    yield InteractionTracked(
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        outcome=event.kind,
        policy_version=world.policy.version,
        category=event.category,
        kind=event.kind,
        channel=event.channel,
        in_window=in_window(line, world.policy.analytics.window_minutes),
    )
    match event.kind:
        case "contact":
            yield from _surge(event, line, world)
        case "resolution":
            yield _resolution(event, line, world)
        case "escalation" | "rejected_answer":
            yield from _shares(event, line, world)
        case _:  # replies and answers are counted, and nothing follows from them
            return


def _resolution(event: InteractionMeasured, line: CategoryLine, world: World) -> ResolutionMeasured:
    return ResolutionMeasured(
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        outcome="measured",
        policy_version=world.policy.version,
        category=event.category,
        minutes=event.minutes or 0.0,
        mean_minutes=line.minutes / line.resolutions,
        resolutions=line.resolutions,
    )


def _surge(event: InteractionMeasured, line: CategoryLine, world: World) -> Iterator[Event]:
    if event.category == UNCATEGORISED:  # many that fit no category have nothing in common
        return
    found = surge(line, world.policy)
    if found is None or was_told(line, "surge", found.window_minutes):
        return
    yield CommonIssueFound(
        outcome="surge",
        threshold=world.policy.analytics.surge_factor,
        reasons=["above_usual"],
        policy_version=world.policy.version,
        category=event.category,
        in_window=found.count,
        expected=found.expected,
        window_minutes=found.window_minutes,
    )
    yield InsightRaised(
        outcome="surge",
        threshold=world.policy.analytics.surge_factor,
        reasons=["above_usual"],
        policy_version=world.policy.version,
        category=event.category,
        kind="surge",
        text=(
            f"{found.count} contacts about {event.category} within {found.window_minutes} minutes; "
            + (f"{found.expected:.1f} are usual" if found.expected else "the week before had none")
        ),
    )


_TOLD = {
    "many_escalations": "{parts} of {whole} tickets about {category} were escalated this week",
    "many_rejections": "{parts} of {whole} answers about {category} did not help this week",
}


def _shares(event: InteractionMeasured, line: CategoryLine, world: World) -> Iterator[Event]:
    if event.category == UNCATEGORISED:
        return
    for share in shares(line, world.policy):
        if was_told(line, share.kind, SHARES_TOLD_EVERY):
            continue
        yield InsightRaised(
            outcome=share.kind,
            confidence=share.parts / share.whole,
            threshold=share.threshold,
            reasons=["share_too_high"],
            policy_version=world.policy.version,
            category=event.category,
            kind=share.kind,
            text=_TOLD[share.kind].format(
                parts=share.parts, whole=share.whole, category=event.category
            ),
        )


AGENTS = (
    Agent(
        name="analytics",
        domain="analytics",
        reads=frozenset({InteractionMeasured}),
        writes=frozenset({InteractionTracked, ResolutionMeasured, CommonIssueFound, InsightRaised}),
        decide=measured,
    ),
)
