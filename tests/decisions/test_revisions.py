"""The events of a ticket are counted: 1, 2, 3 and so on, whatever lines the ticket was on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypothesis import HealthCheck, given, settings

from agents import channel, lifecycle
from agents.agent import Agent
from agents.world import World
from projections.case import Case, Ticket
from schemas.event import Event, TicketEvent
from schemas.events.contacts import CustomerDescribed
from schemas.events.decisions import ReplyRequested
from schemas.events.intents import MergeAsked, ResolveAsked, SplitAsked, UnmergeAsked
from schemas.events.tickets import (
    MessageAdded,
    TicketMoved,
    TicketOpened,
    TicketsMerged,
    TicketSplit,
    TicketsUnmerged,
)
from schemas.record import Record
from schemas.topics import TICKETS
from tests.embedded import open_in, somewhere, take
from tests.full_life import full_life
from tests.histories import History, histories, play
from tests.identities import ANON, ask, everybody, link, of, ticket_of, unlink, wrote
from tests.lines import Lines
from tests.tickets import only_ticket, opened


def by_ticket(said: Iterable[Event]) -> dict[str, list[TicketEvent]]:
    """The events of each ticket, in order."""
    found: dict[str, list[TicketEvent]] = {}
    for event in said:
        if isinstance(event, TicketEvent):
            found.setdefault(event.ticket_id, []).append(event)
    return found


def assert_counted(lines: Lines) -> dict[str, int]:
    """The last revision of each ticket, where all of them came one after the other."""
    told = by_ticket(lines.said)
    for events in told.values():
        assert [event.revision for event in events] == list(range(1, len(events) + 1))
    return {ticket_id: len(events) for ticket_id, events in told.items()}


@given(histories(("ann", "ben", "cat"), links=True))
@settings(max_examples=40)
def test_revisions_have_no_hole_and_no_repeat_whatever_becomes_of_a_ticket(
    history: History,
) -> None:
    assert_counted_to_the_end(play(history))


def test_revisions_have_no_hole_and_no_repeat_where_everything_happens() -> None:
    assert_counted_to_the_end(play(full_life()))


def assert_counted_to_the_end(lines: Lines) -> None:
    """The tickets at hand, and those that were parked, know their last revision."""
    last = assert_counted(lines)
    keys = {one.record.key for one in lines.turns if one.domain == "customer"}
    assert {i: ticket.revision for i, ticket in everybody(lines, *keys).items()} == last


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(("ann", "ben", "cat"), links=True))
def test_the_log_and_the_tables_of_a_desk_hold_the_same_count(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        told = by_ticket(record.event for record in desk.events(topic=TICKETS.name))
        rows = desk.query("SELECT ticket_id, revision FROM v1_tickets")
    for events in told.values():
        assert [event.revision for event in events] == list(range(1, len(events) + 1))
    assert {row["ticket_id"]: row["revision"] for row in rows} == {
        ticket_id: len(events) for ticket_id, events in told.items()
    }


def test_a_ticket_is_counted_on_where_it_went_and_where_it_came_back(lines: Lines) -> None:
    ticket_id = ticket_of(1)
    for _ in range(2):
        before = lines.tickets(ANON)[ticket_id].revision
        moved = of(TicketMoved, lines.put(link(ANON, "ann")))[0]
        assert (moved.customer_id, moved.revision) == ("ann", before + 1)
        lines.put(wrote(ANON, 1, provider_id=f"on ann's line {before}"))
        before = lines.tickets("ann")[ticket_id].revision
        moved = of(TicketMoved, lines.put(unlink(ANON, "ann")))[0]
        assert (moved.customer_id, moved.revision) == (ANON, before + 1)
    assert assert_counted(lines)[ticket_id] == lines.tickets(ANON)[ticket_id].revision


def test_a_ticket_that_passes_through_an_absorbed_line_keeps_its_count(lines: Lines) -> None:
    lines.put(link("ann", "ben", channel="email", handle="ann@example.org"))
    lines.put(link(ANON, "ann"))
    assert_counted(lines)
    assert [e.customer_id for e in of(TicketMoved, lines.said)] == ["ben", "ben"]


def test_a_parked_ticket_keeps_its_count(lines: Lines) -> None:
    ask(ResolveAsked, lines, ticket_of(1), ANON)
    lines.later(days=40)
    assert ticket_of(1) in lines.parked(ANON)
    lines.put(link(ANON, "ann"))
    ask(UnmergeAsked, lines, ticket_of(1), ANON)
    assert_counted(lines)


def test_a_merge_counts_for_the_ticket_that_goes_and_not_for_the_one_that_stays(
    lines: Lines,
) -> None:
    lines.put(link(ANON, "ann"))
    gone, stays = ticket_of(1), ticket_of(0, "email")
    before = lines.tickets("ann")[stays].revision
    (merged,) = of(TicketsMerged, ask(MergeAsked, lines, gone, "ann", into=stays))
    assert merged.ticket_id == gone
    said = ask(UnmergeAsked, lines, gone, "ann")
    assert of(TicketsUnmerged, said)[0].revision == merged.revision + 1
    assert lines.tickets("ann")[stays].revision == before
    assert_counted(lines)


def test_a_split_counts_for_the_old_ticket_and_the_new_one_begins_at_one(lines: Lines) -> None:
    lines.put(wrote(ANON, 1, provider_id="p9"))
    old = ticket_of(1)
    before = lines.tickets(ANON)[old]
    message = before.messages[-1][0]
    said = ask(SplitAsked, lines, old, ANON, messages=[message])
    (split,), (fresh,) = of(TicketSplit, said), of(TicketOpened, said)
    assert (split.ticket_id, split.revision) == (old, before.revision + 1)
    assert (fresh.ticket_id, fresh.revision) == (split.into, 1)
    assert_counted(lines)


def _answers_twice(record: Record, case: Case, _world: World) -> Iterator[Event]:
    """Two replies at once: each becomes a message before the other is folded."""
    ticket: Ticket = next(iter(case.tickets.values()))
    for text in ("One.", "Two."):
        yield ReplyRequested.model_validate(
            {
                "customer_id": case.customer_id,
                "ticket_id": ticket.id,
                "outcome": "answer",
                "policy_version": "p",
                "channel": ticket.channel,
                "handle": None,
                "kind": "answer",
                "author": record.by,
                "parts": [text],
            }
        )


def test_events_that_know_nothing_of_each_other_are_counted_one_after_the_other() -> None:
    twice = Agent(
        "ours",
        "customer",
        frozenset({CustomerDescribed}),
        frozenset({ReplyRequested}),
        _answers_twice,
    )
    scene = opened((channel.RECEIVED, channel.ACCEPTED, *lifecycle.AGENTS, twice))
    before = only_ticket(scene).revision
    scene = scene.when(CustomerDescribed(customer_id="ann", name="Ann"))
    assert len([e for e in scene.events if isinstance(e, MessageAdded)]) == 2
    (told,) = by_ticket(scene.events).values()
    assert [e.revision for e in told] == list(range(before + 1, before + 1 + len(told)))
    assert only_ticket(scene).revision == told[-1].revision
