"""What differs between what was said and what would be, output by output and in sum."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.event import Event
from schemas.events.decisions import AnswerChosen, PriorityChosen, ReplyRequested, RouteChosen
from schemas.events.tickets import TicketTagged
from schemas.record import Record
from streams.whatif.differing import MASK, compared
from streams.whatif.promises import Ended
from streams.whatif.summing import Sums, judged
from tests.anyevent import example
from tests.embedded import record_of


def said(kind: type[Event], number: str, /, **fields: object) -> Record:
    """An output about ann's T1, or about what is told otherwise."""
    about = {"ticket_id": "T1", "customer_id": "ann", "policy_version": "p1", **fields}
    event = example(kind, full=True)
    known = {name: value for name, value in about.items() if name in kind.model_fields}
    return msgspec.structs.replace(record_of(event.model_copy(update=known)), id=number)


ROUTE = said(RouteChosen, "r", team="general")
ELSEWHERE = said(RouteChosen, "r", team="front", policy_version="p2")
RENAMED = said(RouteChosen, "r", team="general", policy_version="p2")
TAGGED = said(TicketTagged, "t", revision=3)


def kinds(was: list[Record], now: list[Record]) -> list[tuple[str, str, bool]]:
    return [(one.kind, one.action, one.identical) for one in compared(was, now)]


ACTION = RouteChosen.ACTION


def test_what_is_said_again_to_the_letter_is_the_very_same() -> None:
    assert kinds([ROUTE, TAGGED], [ROUTE, TAGGED]) == [
        ("same", ACTION, True), ("same", "TicketTagged", True),
    ]  # fmt: skip


def test_another_version_or_count_alone_is_no_other_decision() -> None:
    counted = said(TicketTagged, "t", revision=4)
    later = msgspec.structs.replace(TAGGED, by="somebody else")
    assert kinds([ROUTE, TAGGED], [RENAMED, counted]) == [
        ("same", ACTION, False), ("same", "TicketTagged", False),
    ]  # fmt: skip
    assert kinds([TAGGED], [later]) == [("same", "TicketTagged", False)]


def test_what_would_not_be_said_is_missing_and_what_is_new_comes_last() -> None:
    new = said(PriorityChosen, "n")
    assert kinds([ROUTE, TAGGED], [new, TAGGED]) == [
        ("missing", ACTION, False),
        ("same", "TicketTagged", True),
        ("added", PriorityChosen.ACTION, False),
    ]
    other = said(PriorityChosen, "r")
    assert kinds([ROUTE, TAGGED], [other, TAGGED]) == [
        ("missing", ACTION, False),
        ("added", PriorityChosen.ACTION, False),
        ("same", "TicketTagged", True),
    ]


def changes(was: list[Record], now: list[Record]) -> list[dict[str, Any]]:
    told = [one.change() for one in compared(was, now)]
    assert all(one.pop("at") == "2026-03-02T09:00:00.000Z" for one in told)
    return told


def test_a_change_tells_the_fields_that_differ_and_no_other() -> None:
    assert changes([ROUTE], [ELSEWHERE]) == [
        {
            "record_id": "r",
            "action": ACTION,
            "kind": "changed",
            "recorded": {"team": "general"},
            "again": {"team": "front"},
        }
    ]
    (missing,) = changes([ROUTE], [])
    assert missing["again"] is None
    assert missing["recorded"]["type"] == "RouteChosen"
    assert missing["recorded"]["team"] == "general"
    assert "policy_version" not in missing["recorded"]


def test_personal_text_is_not_told_but_that_it_differs() -> None:
    was = said(ReplyRequested, "q", parts=["Dear Ann"], channel="email")
    now = said(ReplyRequested, "q", parts=["Dear Ben"], channel="slack")
    (told,) = changes([was], [now])
    assert told["recorded"] == {"channel": "email", "parts": MASK}
    assert told["again"] == {"channel": "slack", "parts": MASK}


def test_turns_are_added_up_by_action_and_by_ticket() -> None:
    answer = said(AnswerChosen, "a", solution_id="ART_1", ticket_id="T2")
    sums = Sums()
    sums.add(judged(compared([ROUTE, TAGGED], [ELSEWHERE, TAGGED]), contact=True))
    sums.add(judged(compared([ROUTE], [RENAMED]), contact=False))
    sums.add(judged(compared([], [answer]), contact=True))
    ends = [Ended("T2", "resolution", "met", "breached"), Ended("T3", "resolution", "met", "met")]
    told = sums.report(ends, {"resolution": {}})
    tickets = {one["ticket_id"]: one for one in told.pop("tickets")}
    none = {"same": 0, "changed": 0, "missing": 0, "added": 0}
    assert told == {
        "contacts": 2,
        "decisions": 2,
        "outputs": 3,
        "identical": 1,
        "differences": 2,
        "by_action": {
            "TicketTagged": {**none, "same": 1},
            AnswerChosen.ACTION: {**none, "added": 1},
            ACTION: {**none, "same": 1, "changed": 1},
        },
        "automatic_answers": {"recorded": 0, "again": 1},
        "escalations": {"recorded": 0, "again": 0},
        "routes": {"recorded": {"general": 2}, "again": {"front": 1, "general": 1}},
        "priorities": {"recorded": {}, "again": {}},
        "sla": {"resolution": {}},
    }
    assert [*tickets] == ["T1", "T2"]
    assert [change["kind"] for change in tickets["T1"].pop("changes")] == ["changed"]
    assert tickets["T1"] == {
        "ticket_id": "T1",
        "customer_id": "ann",
        "differences": 1,
        "by_action": {ACTION: 1},
        "facts": {"routes": {"recorded": "general", "again": "front"}},
        "sla": [],
    }
    assert tickets["T2"]["facts"] == {"automatic_answers": {"recorded": None, "again": "ART_1"}}
    assert tickets["T2"]["sla"] == [
        {"target": "resolution", "recorded": "met", "again": "breached"}
    ]
