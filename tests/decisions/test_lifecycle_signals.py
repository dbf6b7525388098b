"""Tickets that nobody wrote for, and tickets on which an agent failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from agents import channel, lifecycle, notification, triage
from agents.agent import Agent
from agents.policy import Policy, default_policy
from agents.roster import ROSTERS
from agents.world import World
from projections.case import Case, evolve
from projections.case.bounds import CRASHES
from schemas.event import Event, Intent
from schemas.events import intents as asked
from schemas.events.contacts import ContactReceived, CustomerDescribed, ProductSignalReported
from schemas.events.decisions import WorkflowFailed
from schemas.events.desk import SpecialistRequested
from schemas.events.tickets import (
    MessageAdded,
    TicketEscalated,
    TicketOpened,
    TicketTriaged,
)
from schemas.record import Record
from streams.testing import Scene, given
from streams.turn import AgentFailed, failed, turn
from tests.lines import Lines
from tests.tickets import ANN, ask, contact, only_ticket, opened

AGENTS = (channel.RECEIVED, channel.ACCEPTED)
ALL = (*AGENTS, *lifecycle.AGENTS, *triage.AGENTS, *notification.AGENTS)


def crash(scene: Scene, times: int = 1, kind: str = "app_crash") -> Scene:
    """The scene after some signals, five minutes apart."""
    for _ in range(times):
        scene = scene.later(minutes=5).when(ProductSignalReported(customer_id=ANN, kind=kind))
    return scene


def test_more_than_three_recent_crashes_open_one_triaged_ticket_for_a_person() -> None:
    scene = crash(given(agents=ALL), 3)
    assert scene.then().state.tickets == {}
    scene = crash(scene)
    ticket = scene.one(TicketOpened)
    assert (ticket.origin, ticket.priority, ticket.channel) == ("signal", "high", "email")
    triaged = scene.one(TicketTriaged)
    assert (triaged.category, triaged.priority) == (None, "high")
    assert only_ticket(scene).contacts == 0
    assert crash(scene, 3).all(TicketOpened) == []


def test_it_opens_where_the_customer_likes_to_be_written_to() -> None:
    known = CustomerDescribed(
        customer_id=ANN,
        preferred_channel="slack",
        handles='{"email": ["a@example.org"], "slack": ["U1"]}',
    )
    ticket = crash(given(known, agents=ALL), 4).one(TicketOpened)
    assert (ticket.channel, ticket.handle) == ("slack", "U1")


def test_other_signals_and_old_crashes_open_nothing() -> None:
    assert crash(given(agents=ALL), 9, kind="upgrade").state.tickets == {}
    scene = crash(given(agents=ALL), 3).later(days=8)
    assert crash(scene).state.tickets == {}


def crashed(lines: Lines, times: int) -> list[str]:
    """The tickets that so many crashes opened, five minutes apart."""
    told: list[Event] = []
    for _ in range(times):
        lines.later(minutes=5)
        told += lines.put(ProductSignalReported(customer_id=ANN, kind="app_crash"))
    return [event.ticket_id for event in told if isinstance(event, TicketOpened)]


@pytest.mark.parametrize(
    "asks",
    [
        [asked.ResolveAsked],
        [asked.CloseAsked],
        [asked.ResolveAsked, asked.CloseAsked],
        [asked.ResolveAsked, asked.ReopenAsked, asked.CloseAsked],
    ],
)
def test_crashes_that_a_ticket_was_opened_for_do_not_count_again(asks: list[type[Intent]]) -> None:
    lines = Lines()
    (ticket,) = crashed(lines, 4)
    for kind in asks:
        lines.put(kind(ticket_id=ticket, customer_id=ANN, by="bo"))
    assert crashed(lines, 3) == []
    assert len(crashed(lines, 1)) == 1


def test_crashes_whose_ticket_was_merged_into_another_do_not_count_again() -> None:
    lines = Lines()
    lines.put(contact("It crashes all the time"))
    (written,) = lines.tickets(ANN)
    (noticed,) = crashed(lines, 4)
    lines.put(asked.MergeAsked(ticket_id=noticed, customer_id=ANN, by="bo", into=written))
    assert crashed(lines, 3) == []
    assert len(crashed(lines, 1)) == 1


def test_whatever_else_is_noticed_between_crashes_hides_none_of_them() -> None:
    scene = crash(crash(given(agents=ALL), 4 - 1), 20, kind="page_opened")
    assert len(crash(scene).all(TicketOpened)) == 1


def test_the_largest_number_of_crashes_that_may_be_asked_for_can_be_reached() -> None:
    told = default_policy().model_dump()
    told["lifecycle"]["crashes_for_proactive"] = CRASHES - 1
    scene = crash(given(agents=ALL, policy=Policy.model_validate(told)), CRASHES - 1)
    assert scene.state.tickets == {}
    assert len(crash(scene).all(TicketOpened)) == 1


def failing(reads: type[Event]) -> Agent:
    """An agent that fails on some record."""

    def decide(_record: Record, _case: Case, _world: World) -> Iterator[Event]:
        raise KeyError("x")

    return Agent("triage", "customer", frozenset({reads}), frozenset(), decide)


def after_failure(scene: Scene, event: Event) -> Scene:
    """The scene after the turn of a record on which an agent fails."""
    record = scene.record(event)
    world = World(now=scene.now, policy=scene.policy, models=scene.models, trigger=record)
    with pytest.raises(AgentFailed) as caught:
        turn(scene.state, record, world, scene.agents, evolve)
    state, said = failed(scene.state, record, world, scene.agents, evolve, caught.value)
    return replace(scene, state=state, said=tuple(said), steps=scene.steps + 1)


def test_a_contact_on_which_an_agent_fails_is_a_ticket_for_a_person() -> None:
    agents = (*lifecycle.AGENTS, *notification.AGENTS, failing(ContactReceived))
    scene = after_failure(given(agents=agents), contact("help", subject="Help"))
    assert scene.one(WorkflowFailed).failed_agent == "triage"
    ticket = scene.one(TicketOpened)
    assert (ticket.origin, ticket.subject) == ("failure", "Help")
    assert scene.one(MessageAdded).interaction_id == ticket.contact_id
    assert scene.one(TicketTriaged).priority == "high"
    escalated = scene.one(TicketEscalated)
    assert (escalated.triggers, escalated.reason) == (["workflow_failure"], "triage failed")
    scene.one(SpecialistRequested)


def test_where_the_same_agent_fails_on_that_as_well_a_person_is_still_called() -> None:
    scene = given(agents=(*ALL, failing(TicketOpened)))
    scene = after_failure(scene, contact("help"))
    assert isinstance(scene.events[0], WorkflowFailed)
    scene.one(TicketEscalated)
    scene.one(SpecialistRequested)


def test_where_even_the_lifecycle_fails_the_failure_is_kept_alone() -> None:
    scene = given(agents=(failing(ContactReceived), failing(WorkflowFailed)))
    scene = after_failure(scene, contact("help")).then(WorkflowFailed)
    assert scene.state.contacts == 1


def test_a_failure_about_an_open_ticket_escalates_that_one_again_and_again() -> None:
    scene = opened((*AGENTS, *lifecycle.AGENTS))
    event = WorkflowFailed(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        outcome="escalated",
        policy_version="p",
        failed_agent="channel",
        record_type="ReplyWritten",
        error="x",
    )
    for _ in range(2):
        scene = scene.when(event)
        assert scene.one(TicketEscalated).triggers == ["workflow_failure"]
    assert only_ticket(scene).triggers == ("workflow_failure",)
    assert scene.state.escalations == 1


def test_a_failure_about_a_ticket_that_is_done_opens_nothing() -> None:
    scene = ask(opened((*AGENTS, *lifecycle.AGENTS)), asked.ResolveAsked)
    event = WorkflowFailed(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        outcome="escalated",
        policy_version="p",
        failed_agent="channel",
        record_type="ReplyWritten",
        error="x",
    )
    scene.when(event).then()


def test_the_whole_roster_answers_a_failure_without_failing() -> None:
    scene = given(agents=(failing(ContactReceived), *ROSTERS["customer"]))
    after_failure(scene, contact("help")).one(TicketEscalated)
