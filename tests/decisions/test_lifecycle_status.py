"""The status machine of tickets, held against every history: who moves them, and along what."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings

from agents import lifecycle
from projections.case.tickets import MEANINGS
from schemas.event import TicketEvent
from schemas.events import EVENTS
from schemas.events.tickets import TicketOpened, TicketReopened, TicketsMerged, TicketsUnmerged
from schemas.record import Record
from schemas.vocabulary import STATUSES
from tests.histories import History, histories, play
from tests.lines import Lines

PEOPLE = ("ann", "ben")


def told(lines: Lines) -> Iterator[tuple[Record, TicketEvent]]:
    """Every change of a ticket, in order."""
    for one in lines.turns:
        for record in one.said:
            if isinstance(record.event, TicketEvent):
                yield record, record.event


def by_ticket(lines: Lines) -> dict[str, list[TicketEvent]]:
    """The changes of each ticket, in order."""
    found: dict[str, list[TicketEvent]] = {}
    for _, event in told(lines):
        found.setdefault(event.ticket_id, []).append(event)
    return found


@given(histories(PEOPLE))
@settings(max_examples=40)
def test_every_move_of_a_status_lies_on_an_edge(history: History) -> None:
    for events in by_ticket(play(history)).values():
        for before, after in pairwise(events):
            assert after.status == before.status or after.status in lifecycle.EDGES[before.status]


@given(histories(PEOPLE))
@settings(max_examples=20)
def test_a_ticket_begins_new_with_its_opening_and_opens_once(history: History) -> None:
    for events in by_ticket(play(history)).values():
        openings = [e for e in events if isinstance(e, TicketOpened)]
        assert openings == events[:1]
        assert events[0].status == "new"


@given(histories(PEOPLE))
@settings(max_examples=40)
def test_only_a_reopening_brings_a_ticket_back(history: History) -> None:
    done = {"resolved", "closed"}
    for events in by_ticket(play(history)).values():
        for before, after in pairwise(events):
            if before.status in done and after.status not in done:
                assert isinstance(after, TicketReopened)
                assert after.previous == before.status


@given(histories(PEOPLE))
@settings(max_examples=20)
def test_nobody_but_the_lifecycle_writes_a_ticket(history: History) -> None:
    assert {record.by for record, _ in told(play(history))} <= {"lifecycle"}


@given(histories(PEOPLE))
@settings(max_examples=40)
def test_an_event_of_a_ticket_tells_how_the_ticket_stands_after_it(history: History) -> None:
    """Held against the fold: the last event of a turn tells what the case then holds."""
    for one in play(history).turns:
        if one.domain != "customer":
            continue
        last = {
            record.event.ticket_id: record.event
            for record in one.said
            if isinstance(record.event, TicketEvent)
        }
        for ticket_id, event in last.items():
            ticket = one.after.tickets.get(ticket_id)
            if ticket is None:
                continue
            stands = (ticket.status, ticket.priority, ticket.category, ticket.team)
            assert (event.status, event.priority, event.category, event.team) == stands
            assert event.opened_at.timestamp() == ticket.opened_at
            assert event.channel == ticket.channel


@given(histories(PEOPLE))
@settings(max_examples=20)
def test_a_merged_ticket_says_nothing_more_until_it_is_unmerged(history: History) -> None:
    for events in by_ticket(play(history)).values():
        for before, after in pairwise(events):
            if isinstance(before, TicketsMerged):
                assert isinstance(after, TicketsUnmerged) or after.status == "closed"


def test_the_edges_name_every_status_and_lead_to_statuses() -> None:
    assert set(lifecycle.EDGES) == set(STATUSES)
    assert all(after <= set(STATUSES) for after in lifecycle.EDGES.values())


def test_the_fold_knows_every_change_of_a_ticket() -> None:
    declared = {kind for kind in EVENTS.values() if issubclass(kind, TicketEvent)}
    assert set(MEANINGS) | {TicketOpened} == declared


def test_no_other_agent_may_say_a_change_of_a_ticket() -> None:
    from agents.roster import ROSTERS

    for roster in ROSTERS.values():
        for agent in roster:
            if any(issubclass(kind, TicketEvent) for kind in agent.writes):
                assert agent in lifecycle.AGENTS
