"""Rows say what their events said: under the same name the same, and the rest as told here."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from projections.tables import TABLES, Table
from projections.tables.table import object_in
from schemas.event import Event, TicketEvent
from schemas.events import choices as chose
from schemas.events import contacts as inbox
from schemas.events import decisions as says
from schemas.events import desk, drafts
from schemas.events import tickets as became
from schemas.vocabulary import rfc3339
from streams.testing import START
from tests.anyevent import example
from tests.embedded import record_of

BY_NAME = {table.name: table for table in TABLES}

FOLDED = [
    (table.name, kind) for table in TABLES for kind in sorted(table.folds, key=lambda k: k.__name__)
]


def told(kind: type[Event], /, **fields: object) -> Any:  # Any: an event of this type
    """An event of a type in which nothing is left out, with some fields set otherwise."""
    return example(kind, full=True).model_copy(update=fields)


def folded(table: str, *events: Event, row: Any = None, wait: float = 60.0) -> Any:  # Any: rows
    """The row of a table after some events, each a minute after the one before."""
    at = START
    for event in events:
        record = msgspec.structs.replace(record_of(event), at=at)
        for key in BY_NAME[table].keys(record)[:1]:
            row = BY_NAME[table].evolve(row, record, key)
        at += timedelta(seconds=wait)
    return row


def before(table: Table, kind: type[Event]) -> Any:  # Any: the table's row
    """The row that an event of this type finds, if it needs one."""
    ticket_id = getattr(example(kind, full=True), "ticket_id", None)
    if table.name == "tickets" and kind is not became.TicketOpened:
        return folded("tickets", told(became.TicketOpened, ticket_id=ticket_id))
    if table.name == "sla" and kind is not became.SlaStarted:
        return folded("sla", told(became.SlaStarted))
    if table.name == "messages" and kind is became.TicketSplit:
        return folded("messages", told(became.MessageAdded))
    return None


def shown(value: object) -> object:
    """A value of an event as a column holds it."""
    return rfc3339(value) if isinstance(value, datetime) else value


ANOTHER_MEANING = {
    ("tickets", "metadata"), ("tickets", "contacts"), ("tickets", "replies"),
    ("tickets", "person_replies"), ("tickets", "auto_resolution_candidate"),
    ("customers", "handles"), ("handovers", "transfer_id"),
    ("articles", "examples"), ("decisions", "candidates"), ("decisions", "model_versions"),
    ("drafts", "quotes"),
}  # fmt: skip
"""Columns that hold something else than the field of their name; told below."""


@pytest.mark.parametrize(("name", "kind"), FOLDED)
def test_a_column_holds_the_field_of_its_name(name: str, kind: type[Event]) -> None:
    table, event = BY_NAME[name], example(kind, full=True)
    row = folded(name, event, row=before(table, kind))
    assert row is not None
    for column in set(table.columns) & set(kind.model_fields):
        held = getattr(row, column)
        if (name, column) in ANOTHER_MEANING or (name, kind) == ("tickets", became.TicketSplit):
            continue
        if (name, column, kind) == ("messages", "ticket_id", became.TicketSplit):
            assert held == event.into
        elif isinstance(getattr(event, column), list):
            assert json.loads(held) == getattr(event, column), column
        else:
            assert held == shown(getattr(event, column)), column


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_a_table_says_nothing_of_what_it_does_not_fold(table: Table) -> None:
    foreign = told(inbox.SurveyAnswered)
    assert list(table.keys(record_of(foreign))) == []
    if table.name != "tickets":  # whose fold takes nothing but events of tickets
        kind = min(table.folds, key=lambda k: k.__name__)
        row = folded(table.name, told(kind), row=before(table, kind))
        assert table.evolve(row, record_of(foreign), "key") == row
    assert table.columns == tuple(table.row.__struct_fields__)
    assert table.sql_name == f"p_{table.name}"


ONCE = [(name, kind) for name, kind in FOLDED if BY_NAME[name].once]


@pytest.mark.parametrize(("name", "kind"), ONCE)
def test_a_row_that_one_record_makes_stays_as_it_was_made(name: str, kind: type[Event]) -> None:
    event = example(kind, full=True)
    assert folded(name, event, event) == folded(name, event)


OPENED = told(became.TicketOpened, ticket_id="T", customer_id="ann", channel="email", metadata="{}")


def change(kind: type[TicketEvent], /, **fields: object) -> TicketEvent:
    """A change of the ticket."""
    event = told(kind, ticket_id="T", customer_id="ann", opened_at=START, **fields)
    assert isinstance(event, TicketEvent)
    return event


def wrote(direction: str, what: str, **fields: object) -> TicketEvent:
    fields = {"kind": "message", "message_channel": "email", "instead_of": None, **fields}
    return change(became.MessageAdded, direction=direction, interaction_type=what, **fields)


def test_a_ticket_counts_what_was_written() -> None:
    row = folded(
        "tickets",
        OPENED,
        wrote("in", "customer_message"),
        wrote("out", "system_action", kind="confirmation"),
        wrote("out", "agent_response", kind="answer", auto_resolution_candidate=True),
        wrote("in", "customer_message", message_channel="phone"),
        wrote("out", "agent_response", kind="agent_reply", auto_resolution_candidate=False),
        wrote("none", "note", kind="note"),
        wrote("out", "agent_response", kind="opening"),
        wrote("out", "agent_response", kind="opening", instead_of="r1"),
    )
    assert (row.contacts, row.replies, row.person_replies) == (2, 3, 2)
    assert json.loads(row.channels) == ["email", "phone"]
    assert (row.first_reply_minutes, row.first_replied_at) == (3.0, "2026-03-02T09:03:00.000Z")
    assert row.last_contact_at == "2026-03-02T09:04:00.000Z"
    assert row.auto_resolution_candidate
    assert row.created_at == "2026-03-02T09:00:00.000Z"
    assert row.updated_at == "2026-03-02T09:08:00.000Z"


def test_what_was_resolved_and_reopened_is_as_open_as_before() -> None:
    resolved = [OPENED, change(became.TicketResolved, by="bo", person_replies=0, solution_id="a1")]
    row = folded("tickets", *resolved)
    assert (row.resolved_by, row.automatic) == ("bo", True)
    assert row.resolved_at == "2026-03-02T09:01:00.000Z"
    again = folded("tickets", *resolved, change(became.TicketReopened, reopened=1))
    assert (again.resolved_at, again.resolved_by, again.closed_at) == (None, None, None)
    assert (again.resolution_time_minutes, again.contacts_at_resolution) == (None, None)
    assert (again.automatic, again.reopened) == (False, 1)


def test_a_ticket_that_was_reopened_is_with_nobody_until_somebody_gets_it() -> None:
    had = [
        OPENED,
        change(became.TicketAssigned, specialist_id="bo"),
        change(became.TicketResolved, by="bo"),
    ]
    assert folded("tickets", *had).assigned_agent == "bo"
    again = [*had, change(became.TicketReopened, reopened=1)]
    assert folded("tickets", *again).assigned_agent is None
    given = change(became.TicketAssigned, specialist_id="kim")
    assert folded("tickets", *again, given).assigned_agent == "kim"


@pytest.mark.parametrize(("replies", "article"), [(1, "a1"), (0, None), (1, None)])
def test_only_an_article_without_a_person_resolves_by_itself(
    replies: int, article: str | None
) -> None:
    end = change(became.TicketResolved, person_replies=replies, solution_id=article)
    row = folded("tickets", OPENED, end)
    assert not row.automatic
    assert row.resolution_time_minutes == end.resolution_minutes  # type: ignore[attr-defined]  # the resolution's
    assert row.contacts_at_resolution == end.contacts  # type: ignore[attr-defined]  # the resolution's


def test_a_ticket_is_escalated_once_for_every_reason() -> None:
    row = folded(
        "tickets",
        OPENED,
        change(became.TicketEscalated, triggers=["vip"]),
        change(became.TicketEscalated, triggers=["complaint", "vip"]),
    )
    assert row.escalated_at == "2026-03-02T09:01:00.000Z"
    assert json.loads(row.escalation_reasons) == ["vip", "complaint"]


@pytest.mark.parametrize(("first", "then", "now"), [(0, True, 1), (1, None, 1), (1, False, 0)])
def test_a_ticket_is_a_vips_as_was_said_last(first: int, then: int | None, now: int) -> None:
    opened = OPENED.model_copy(update={"vip": bool(first)})
    row = folded("tickets", opened, change(became.TicketPrioritised, vip=then, priority="high"))
    assert (row.vip_status, row.priority) == (bool(now), "high")


def test_a_ticket_is_with_whom_it_was_given_to_last() -> None:
    given = [OPENED, change(became.TicketAssigned, specialist_id="bo")]
    assert folded("tickets", *given).assigned_agent == "bo"
    assert folded("tickets", *given, change(became.TicketTransferred)).assigned_agent is None


@pytest.mark.parametrize(
    "kind",
    [became.TicketWoken, became.TicketResolved, became.TicketClosed, became.TicketsMerged],
)
def test_a_ticket_sleeps_until_it_is_woken_or_done(kind: type[TicketEvent]) -> None:
    asleep = [OPENED, change(became.TicketSnoozed)]
    assert folded("tickets", *asleep).snoozed_until == rfc3339(asleep[1].until)
    assert folded("tickets", *asleep, change(kind)).snoozed_until is None


def test_a_merged_ticket_is_closed_and_comes_back() -> None:
    merged = [OPENED, change(became.TicketsMerged, into="U")]
    row = folded("tickets", *merged)
    assert (row.merged_into, row.closed_at) == ("U", "2026-03-02T09:01:00.000Z")
    assert folded("tickets", *merged, change(became.TicketsUnmerged)).merged_into is None


def test_a_rating_has_its_moment() -> None:
    row = folded("tickets", OPENED, change(became.TicketRated, score=4))
    assert (row.satisfaction_score, row.rated_at) == (4, "2026-03-02T09:01:00.000Z")


def test_a_split_moves_its_messages_from_one_ticket_to_the_other() -> None:
    split = change(became.TicketSplit, into="U", contacts=2, replies=1, person_replies=1)
    record = record_of(split)
    assert tuple(BY_NAME["tickets"].keys(record)) == ("T", "U")
    one = folded("tickets", OPENED, *[wrote("in", "customer_message")] * 3)
    left = BY_NAME["tickets"].evolve(one, record, "T")
    other = msgspec.structs.replace(one, ticket_id="U", contacts=0)
    gained = BY_NAME["tickets"].evolve(other, record, "U")
    assert left is not None
    assert gained is not None
    assert (left.contacts, left.replies, left.person_replies) == (1, -1, -1)
    assert (gained.contacts, gained.replies, gained.person_replies) == (2, 1, 1)
    assert gained.revision == other.revision


def test_what_is_said_of_a_ticket_before_it_was_opened_makes_no_row() -> None:
    assert folded("tickets", change(became.TicketClosed)) is None


def test_a_target_that_goes_on_keeps_its_beginning_and_one_that_begins_anew_does_not() -> None:
    start = change(became.SlaStarted, target="resolution", resumed=False)
    warned = change(became.SlaWarned, target="resolution")
    late = change(became.SlaBreached, target="resolution")
    on = change(became.SlaStarted, target="resolution", resumed=True)
    row = folded("sla", start, warned, late, on)
    assert (row.started_at, row.target_id) == ("2026-03-02T09:00:00.000Z", "T:resolution")
    assert row.warned_at == "2026-03-02T09:01:00.000Z"
    assert row.breached_at == "2026-03-02T09:02:00.000Z"
    again = folded("sla", start, warned, late, start)
    assert (again.started_at, again.warned_at) == ("2026-03-02T09:03:00.000Z", None)
    met = folded("sla", start, change(became.SlaMet, target="resolution"))
    assert (met.met_at, met.breached_at) == ("2026-03-02T09:01:00.000Z", None)
    assert (again.breached_at, again.missed) == (None, 1)
    twice = folded("sla", start, late, start, change(became.SlaMet, target="resolution"))
    assert (twice.met, twice.missed) == (1, 1)
    assert folded("sla", on).started_at == "2026-03-02T09:00:00.000Z"


def delivery(*kinds: type[Event], **fields: object) -> Any:  # Any: the row
    return folded("deliveries", *(told(kind, request_id="R", **fields) for kind in kinds))


def test_a_delivery_goes_from_sent_over_delivered_to_read_and_never_back() -> None:
    way = (inbox.ReplyAttempted, inbox.ReplyAccepted, inbox.ReplyDelivered, inbox.ReplyRead)
    row = delivery(*way)
    assert row.state == "read"
    assert row.attempted_at == "2026-03-02T09:00:00.000Z"
    assert row.accepted_at == "2026-03-02T09:01:00.000Z"
    assert row.delivered_at == "2026-03-02T09:02:00.000Z"
    assert row.read_at == "2026-03-02T09:03:00.000Z"
    assert delivery(*way[:3]).state == "delivered"
    assert delivery(*way[:2]).state == "sent"
    assert delivery(*way, inbox.ReplyAccepted).state == "read"
    again = delivery(inbox.ReplyAttempted, inbox.ReplyAttempted)
    assert again.attempted_at == "2026-03-02T09:01:00.000Z"


def test_a_failure_is_one_only_when_it_is_final() -> None:
    failed = delivery(inbox.ReplyAttempted, inbox.ReplyFailed, final=True)
    passing = delivery(inbox.ReplyAttempted, inbox.ReplyFailed, final=False)
    assert failed.state == "failed"
    assert passing.state != "failed"
    assert failed.failed_at == passing.failed_at == "2026-03-02T09:01:00.000Z"
    assert delivery(inbox.ReplyAttempted, inbox.ReplyUnconfirmed).state == "unconfirmed"


def test_what_a_provider_took_and_could_not_bring_is_failed_whichever_is_heard_first() -> None:
    taken = told(inbox.ReplyAccepted, request_id="R")
    lost = told(inbox.ReplyFailed, request_id="R", error="no such number", final=True)
    assert folded("deliveries", taken, lost).state == "failed"
    assert folded("deliveries", lost, taken, wait=-60.0).state == "failed"
    assert folded("deliveries", lost, taken).state == "sent"  # it was tried again
    assert (
        delivery(inbox.ReplyAccepted, inbox.ReplyDelivered, inbox.ReplyFailed).state == "delivered"
    )


def test_of_two_failures_the_later_one_is_told_whichever_comes_first() -> None:
    late = told(inbox.ReplyFailed, request_id="R", error="late", final=False)
    early = late.model_copy(update={"error": "early"})
    assert folded("deliveries", late, early, wait=-60.0).error == "late"
    assert folded("deliveries", early, late, wait=60.0).error == "late"


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (drafts.DraftAttempted, "asked"),
        (drafts.DraftWritten, "written"),
        (drafts.DraftRefused, "refused"),
        (drafts.DraftFailed, "failed"),
    ],
)
def test_a_draft_says_how_far_it_came(kind: type[Event], state: str) -> None:
    row = folded("drafts", told(kind, ticket_id="T"))
    assert (row.state, row.ticket_id) == (state, "T")
    assert (row.asked_at is None, row.ended_at is None) == (state != "asked", state == "asked")


def test_a_contact_that_was_turned_away_says_why() -> None:
    row = folded("turned_away", told(says.ContactRejected, reasons=["empty"]))
    assert (row.ruling, json.loads(row.reasons)) == ("rejected", ["empty"])
    assert folded("turned_away", told(says.ContactHeld)).ruling == "held"
    assert row.ruled_at == "2026-03-02T09:00:00.000Z"


def test_a_decision_tells_who_took_it_when_and_of_what() -> None:
    event = told(says.ContactLinked)
    record = msgspec.structs.replace(record_of(event), cause="C", by="lifecycle")
    row = BY_NAME["decisions"].evolve(None, record, record.id)
    assert row is not None
    assert (row.record_id, row.agent, row.cause_id) == (record.id, "lifecycle", "C")
    assert (row.type, row.action) == ("ContactLinked", says.ContactLinked.ACTION)
    assert row.at == rfc3339(record.at)
    assert [one["name"] for one in json.loads(row.candidates)] == [c.name for c in event.candidates]
    assert json.loads(row.model_versions) == event.model_versions


@pytest.mark.parametrize(
    ("text", "held"), [('{"a":1}', '{"a":1}'), ("[1]", "{}"), ("no", "{}"), ("[" * 9999, "{}")]
)
def test_a_column_of_json_holds_an_object_whatever_came(text: str, held: str) -> None:
    assert object_in(text) == held


@pytest.mark.parametrize(
    ("table", "event", "untold"),
    [
        ("customers", told(says.SatisfactionScored), {"vip_status": False, "handles": "{}"}),
        (
            "specialists",
            told(desk.AvailabilityReported),
            {"senior": False, "capacity": 10, "skills": "[]", "languages": "[]"},
        ),
        (
            "article_use",
            told(chose.ExampleLearned),
            {"version": 0, "retired": False, "shown": 0, "accepted": 0, "rejected": 0},
        ),
        ("article_use", told(chose.ArticleAdopted, outcome="retired"), {"retired": True}),
        ("article_use", told(chose.ArticleAdopted, outcome="adopted"), {"learned": 0}),
        ("deliveries", told(inbox.ReplyAttempted, attempt=1), {"state": "queued", "attempts": 1}),
        (
            "tickets",
            OPENED,
            {
                "contacts": 0,
                "replies": 0,
                "person_replies": 0,
                "reopened": 0,
                "tags": "[]",
                "escalation_reasons": "[]",
                "automatic": False,
                "auto_resolution_candidate": False,
            },
        ),
    ],
)
def test_what_nobody_has_told_yet_is_nothing_special(
    table: str, event: Event, untold: dict[str, object]
) -> None:
    row = folded(table, event)
    assert {name: getattr(row, name) for name in untold} == untold
