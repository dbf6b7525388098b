"""The crank alone, with agents that say what a test wants: what a turn asks, counts and gives up.

The state of these lines is the list of what was folded into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import pytest

from agents.agent import Agent
from agents.policy import default_policy
from agents.world import World
from schemas.event import Event
from schemas.events.contacts import ContactReceived, ProductSignalReported
from schemas.events.control import PolicyActivated
from schemas.events.decisions import WorkflowFailed
from schemas.events.tickets import TicketTagged
from schemas.record import Record, Source, answer_id, derived_id
from schemas.topics import CONTACTS, CONTROL, DECISIONS, TICKETS
from streams.errors import Unreadable
from streams.testing import START, FakeModels
from streams.turn import MOST, AgentFailed, Line, failed, numbered, turn

CAME = ContactReceived(
    customer_id="ann", channel="email", message="Hi", provider_id="m1", attachments=[],
    metadata="{}",
)  # fmt: skip
SIGNAL = ProductSignalReported(customer_id="ann", kind="app_crash")

Says = Callable[[Record, Any], Iterable[Event]]


def record(event: Event) -> Record:
    number = derived_id("outside", type(event).__name__)
    return Record(id=number, key="ann", at=START, by="test", event=event, correlation=number)


def tagged(*tags: str, ticket: str = "T1", revision: int = 1) -> TicketTagged:
    return TicketTagged(
        ticket_id=ticket, customer_id="ann", revision=revision, status="new", priority="low",
        channel="email", opened_at=START, tags=list(tags), by="test",
    )  # fmt: skip


def agent(name: str, reads: type[Event], says: Says) -> Agent:
    return Agent(
        name,
        "customer",
        frozenset({reads}),
        frozenset({TicketTagged, ProductSignalReported}),
        lambda one, state, _: says(one, state),
    )


def always(*events: Event) -> Says:
    return lambda *_: events


def raising(*_: object) -> Iterable[Event]:
    raise RuntimeError("out of order")


def evolve(state: tuple[str, ...], one: Record) -> tuple[str, ...]:
    return (*state, one.type)


def world(trigger: Record) -> World:
    return World(now=START, policy=default_policy(), models=FakeModels(), trigger=trigger)


def take(event: Event, *roster: Agent) -> tuple[Any, list[Record]]:
    came = record(event)
    return turn((), came, world(came), roster, evolve)


def given_up(failure: AgentFailed, *roster: Agent, event: Event = CAME) -> tuple[Any, list[Record]]:
    came = record(event)
    return failed((), came, world(came), roster, evolve, failure)


def on_contact(error: str) -> AgentFailed:
    return AgentFailed("triage", record(CAME).type, error)


def kinds(records: Sequence[Record]) -> list[str]:
    return [one.type for one in records]


# --- who is asked, and in which order ---------------------------------------------------------


def test_whoever_reads_the_type_is_asked_in_the_order_of_the_roster() -> None:
    _, said = take(
        CAME,
        agent("first", ContactReceived, always(tagged("a"), tagged("b"))),
        agent("deaf", WorkflowFailed, raising),
        agent("second", ContactReceived, always(tagged("c", ticket="T2"))),
    )
    assert [one.by for one in said] == ["first", "first", "second"]
    assert [one.event.tags for one in said if isinstance(one.event, TicketTagged)] == [
        ["a"], ["b"], ["c"],
    ]  # fmt: skip


def test_agents_see_the_record_folded_and_nothing_that_was_said_beside_them() -> None:
    seen: list[tuple[str, ...]] = []

    def looks(_: Record, state: tuple[str, ...]) -> Iterable[Event]:
        seen.append(state)
        return [tagged("x")]

    state, _ = take(CAME, *(agent(name, ContactReceived, looks) for name in "ab"))
    assert seen == [("ContactReceived",)] * 2
    assert state == ("ContactReceived", "TicketTagged", "TicketTagged")


def test_what_is_said_is_put_to_the_agents_in_its_turn() -> None:
    _, said = take(
        CAME,
        agent("first", ContactReceived, always(SIGNAL)),
        agent("second", ProductSignalReported, always(tagged("x"))),
    )
    assert kinds(said) == ["ProductSignalReported", "TicketTagged"]
    assert said[1].cause == said[0].id


def test_two_answers_of_one_agent_to_one_record_have_ids_of_their_own() -> None:
    _, said = take(CAME, agent("first", ContactReceived, always(SIGNAL, SIGNAL)))
    assert len({one.id for one in said}) == 2


# --- a ticket's count -------------------------------------------------------------------------


def revisions(*told: TicketTagged) -> list[tuple[str, int]]:
    speakers = [agent(str(number), ContactReceived, always(one)) for number, one in enumerate(told)]
    _, said = take(CAME, *speakers)
    events = [one.event for one in said]
    return [(e.ticket_id, e.revision) for e in events if isinstance(e, TicketTagged)]


def test_what_several_agents_say_of_one_ticket_is_counted_on() -> None:
    """Each counted from the state that it saw, in which the others had not spoken."""
    assert revisions(*[tagged(revision=5)] * 3) == [("T1", 5), ("T1", 6), ("T1", 7)]


def test_a_tickets_first_event_is_its_first() -> None:
    assert revisions(tagged(revision=1), tagged(revision=1)) == [("T1", 1), ("T1", 2)]


def test_each_ticket_has_a_count_of_its_own() -> None:
    assert revisions(tagged(revision=5), tagged(ticket="T2", revision=2), tagged(revision=5)) == [
        ("T1", 5), ("T2", 2), ("T1", 6),
    ]  # fmt: skip


def test_an_agent_that_counted_on_by_itself_is_left_as_it_is() -> None:
    assert revisions(tagged(revision=5), tagged(revision=6), tagged(revision=6)) == [
        ("T1", 5), ("T1", 6), ("T1", 7),
    ]  # fmt: skip


def test_the_next_turn_counts_from_its_own_state() -> None:
    once = agent("first", ContactReceived, always(tagged(revision=5)))
    first, second = take(CAME, once)[1], take(CAME, once)[1]
    assert [one.event for one in first] == [one.event for one in second]


# --- what fails -------------------------------------------------------------------------------


def test_a_turn_may_have_so_many_outputs_and_one_more_fails_it() -> None:
    assert (
        len(take(CAME, agent("much", ContactReceived, always(*[SIGNAL] * MOST)))[1]) == MOST == 400
    )
    with pytest.raises(AgentFailed, match=f"more than {MOST} outputs"):
        take(CAME, agent("much", ContactReceived, always(*[SIGNAL] * (MOST + 1))))


def test_agents_that_answer_themselves_without_end_are_stopped() -> None:
    asked = count()

    def echo(*_: object) -> Iterable[Event]:
        assert next(asked) < 10 * MOST, "it goes on"
        return [SIGNAL]

    with pytest.raises(AgentFailed) as caught:
        take(SIGNAL, agent("echo", ProductSignalReported, echo))
    assert (caught.value.agent, caught.value.record_type) == ("roster", "ProductSignalReported")


def test_an_agent_that_raises_fails_with_its_name_and_its_record() -> None:
    with pytest.raises(AgentFailed) as caught:
        take(
            CAME,
            agent("first", ContactReceived, always(SIGNAL)),
            agent("second", ProductSignalReported, raising),
        )
    failure = caught.value
    assert (failure.agent, failure.record_type) == ("second", "ProductSignalReported")
    assert failure.error == "RuntimeError: out of order"
    assert str(failure) == "second failed on ProductSignalReported: RuntimeError: out of order"


def test_an_agent_that_says_what_it_may_not_say_fails() -> None:
    with pytest.raises(AgentFailed) as caught:
        take(SIGNAL, agent("first", ProductSignalReported, always(CAME)))
    assert caught.value.error == "TypeError: it may not say ContactReceived"


def test_what_an_agent_said_and_nobody_can_fold_is_its_failure() -> None:
    def folds(state: tuple[str, ...], one: Record) -> tuple[str, ...]:
        if one.type == "ProductSignalReported":
            raise ValueError("no fold for this")
        return evolve(state, one)

    came = record(CAME)
    with pytest.raises(AgentFailed) as caught:
        turn((), came, world(came), [agent("first", ContactReceived, always(SIGNAL))], folds)
    assert (caught.value.agent, caught.value.record_type) == ("first", "ProductSignalReported")
    assert caught.value.error == "what it said cannot be folded: ValueError: no fold for this"


def test_what_comes_from_outside_and_cannot_be_folded_is_unreadable() -> None:
    def fails(*_: object) -> object:
        raise ValueError("no fold for this")

    came = record(CAME)
    with pytest.raises(Unreadable) as caught:
        turn((), came, world(came), [], fails)
    assert caught.value.what == "the ContactReceived cannot be folded: ValueError: no fold for this"
    assert caught.value.remedy.startswith("re-drive it")


# --- the turn of a failure --------------------------------------------------------------------


def test_a_failure_is_told_with_whom_and_what_it_concerns() -> None:
    state, (said,) = given_up(on_contact("x" * 600), event=tagged())
    event = said.event
    assert isinstance(event, WorkflowFailed)
    assert (event.customer_id, event.ticket_id) == ("ann", "T1")
    assert (event.failed_agent, event.record_type) == ("triage", "ContactReceived")
    assert (event.outcome, event.reasons) == ("escalated", ["workflow_failure"])
    assert event.policy_version == default_policy().version
    assert event.error == "x" * 500
    assert (said.by, said.key, said.at) == ("turn", "ann", START)
    cause = record(tagged())
    assert said.id == answer_id(cause.correlation, cause.id, "turn", "0")
    assert state == ("TicketTagged", "WorkflowFailed"), "the input is kept"


def test_a_failure_on_what_concerns_no_customer_names_none() -> None:
    event = PolicyActivated(version="1", text="", by="me")
    _, (said,) = given_up(on_contact("x"), event=event)
    assert isinstance(said.event, WorkflowFailed)
    assert (said.event.customer_id, said.event.ticket_id) == (None, None)


def test_the_agents_are_asked_about_the_failure_and_no_more_about_what_came() -> None:
    state, said = given_up(
        on_contact("x"),
        agent("broken", ContactReceived, raising),
        agent("calls", WorkflowFailed, always(SIGNAL)),
        agent("notes", ProductSignalReported, always(tagged("x"))),
    )
    assert kinds(said) == ["WorkflowFailed", "ProductSignalReported", "TicketTagged"]
    assert state == ("ContactReceived", *kinds(said))


def test_where_that_fails_too_only_those_are_asked_who_answer_to_a_failure() -> None:
    state, said = given_up(
        on_contact("x"),
        agent("calls", WorkflowFailed, always(SIGNAL)),
        agent("broken", ProductSignalReported, raising),
    )
    assert kinds(said) == ["WorkflowFailed", "ProductSignalReported"]
    assert state == ("ContactReceived", *kinds(said))


def test_and_at_last_the_failure_alone_is_kept() -> None:
    state, said = given_up(on_contact("x"), agent("broken", WorkflowFailed, raising))
    assert kinds(said) == ["WorkflowFailed"]
    assert state == ("ContactReceived", "WorkflowFailed")


# --- numbers ----------------------------------------------------------------------------------

AT = Source(CONTACTS.name, 3, 41, 0, 0)


def test_a_lines_outputs_are_numbered_on_and_each_names_the_last_on_its_topic() -> None:
    _, said = take(
        CAME, agent("first", ContactReceived, always(tagged("a"), tagged("b"), tagged("c")))
    )
    _, (failure,) = given_up(on_contact("x"))
    said.insert(1, failure)
    placed, line = numbered(said, Line(7, {TICKETS.name: 6}), AT)
    assert [(one.topic, one.sequence, one.previous) for one in placed] == [
        (TICKETS.name, 8, 6),
        (DECISIONS.name, 9, None),
        (TICKETS.name, 10, 8),
        (TICKETS.name, 11, 10),
    ]
    assert line == Line(11, {TICKETS.name: 11, DECISIONS.name: 9})
    assert [one.source for one in placed] == [
        Source(CONTACTS.name, 3, 41, index, 4) for index in range(4)
    ]


def test_what_goes_to_a_topic_of_many_writers_has_a_source_and_no_number() -> None:
    event = PolicyActivated(version="1", text="", by="me")
    placed, line = numbered([record(event), record(tagged())], Line(7, {}), AT)
    assert [(one.topic, one.sequence) for one in placed] == [
        (CONTROL.name, None),
        (TICKETS.name, 8),
    ]
    assert [one.source and one.source.index for one in placed] == [0, 1]
    assert line == Line(8, {TICKETS.name: 8})
