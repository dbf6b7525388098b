"""Analytics: what is counted, how long things take, what is unusual."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.policy import Policy
from agents.world import World
from projections.category_line import CategoryLine, expected, in_window
from schemas.event import Event
from schemas.events.choices import (
    CommonIssueFound,
    InsightRaised,
    InteractionTracked,
    ResolutionMeasured,
)
from schemas.events.metrics import InteractionMeasured
from schemas.record import Record


class Surge(msgspec.Struct, frozen=True):
    """A category that is asked about more than usual."""

    count: int
    expected: float
    window_minutes: int


def surge(line: CategoryLine, at: float, policy: Policy) -> Surge | None:
    """The surge of a category at a moment, if there is one that was not told yet."""
    rules = policy.analytics
    count = in_window(line, at, rules.window_minutes)
    usual = expected(line, at, rules.window_minutes)
    if count < rules.surge_minimum or count < rules.surge_factor * usual:
        return None
    if line.surge_told and at - line.surge_told < rules.window_minutes * 60.0:
        return None
    return Surge(count, usual, rules.window_minutes)


def measured(record: Record, line: CategoryLine, world: World) -> Iterator[Event]:
    """Something countable happened: it is tracked, and what it shows is said."""
    event = record.event
    assert isinstance(event, InteractionMeasured)
    at, version = world.now.timestamp(), world.policy.version
    rules = world.policy.analytics
    yield InteractionTracked(
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        outcome=event.kind,
        policy_version=version,
        category=event.category,
        kind=event.kind,
        channel=event.channel,
        in_window=in_window(line, at, rules.window_minutes),
    )
    if event.kind == "resolution":
        yield ResolutionMeasured(
            customer_id=event.customer_id,
            ticket_id=event.ticket_id,
            outcome="measured",
            policy_version=version,
            category=event.category,
            minutes=event.minutes or 0.0,
            mean_minutes=line.minutes / max(1, line.resolutions),
            resolutions=line.resolutions,
        )
    if event.kind == "contact":
        yield from _surge(event, line, world)
    if event.kind == "escalation":
        yield from _share(event, line, world)


def _surge(event: InteractionMeasured, line: CategoryLine, world: World) -> Iterator[Event]:
    found = surge(line, world.now.timestamp(), world.policy)
    if found is None:
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
        reasons=["above_usual"],
        policy_version=world.policy.version,
        category=event.category,
        kind="surge",
        text=(
            f"{found.count} contacts about {event.category} within {found.window_minutes} "
            f"minutes; {found.expected:.1f} are usual"
        ),
    )


def _share(event: InteractionMeasured, line: CategoryLine, world: World) -> Iterator[Event]:
    rules = world.policy.analytics
    at = world.now.timestamp()
    told = line.share_told and at - line.share_told < rules.window_minutes * 60.0
    if told or line.contacts < rules.share_minimum:
        return
    share = line.escalations / line.contacts
    if share > rules.escalated_share:
        yield InsightRaised(
            outcome="many_escalations",
            confidence=None,
            threshold=rules.escalated_share,
            reasons=["share_of_escalations"],
            policy_version=world.policy.version,
            category=event.category,
            kind="many_escalations",
            text=(
                f"{line.escalations} of {line.contacts} tickets about {event.category} "
                f"were escalated"
            ),
        )


AGENTS = (
    Agent(
        name="analytics",
        domain="analytics",
        reads=frozenset({InteractionMeasured}),
        writes=frozenset(
            {InteractionTracked, ResolutionMeasured, CommonIssueFound, InsightRaised}
        ),
        decide=measured,
    ),
)
