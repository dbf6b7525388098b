"""Chains of causes as they are drawn, to the letter: the trees are made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import EVENTS
from schemas.events.decisions import ReplyRequested
from streams.why.drawing import Line, as_text, first_words, lines
from streams.why.mermaid import as_mermaid
from streams.why.shown import shown
from tests.anyevent import example
from tests.embedded import record_of

Tree = dict[str, Any]

CONTACT: Tree = {
    "id": "c1",
    "type": "ContactReceived",
    "by": "email",
    "at": "2026-03-02T09:00:00.000Z",
    "text": "I was charged twice,\nand nobody answers the telephone at all",
}

UNDERSTOOD: Tree = {
    "id": "u1",
    "type": "MessageUnderstood",
    "by": "understanding",
    "at": "2026-03-02T09:00:01.000Z",
    "policy_version": "p1",
    "model_versions": {"tone": "3", "tags": "4"},
    "cause": CONTACT,
}

CLASSIFIED: Tree = {
    "id": "d1",
    "type": "IssueClassified",
    "by": "triage",
    "at": "2026-03-02T09:00:02.000Z",
    "outcome": "billing",
    "confidence": 0.8,
    "threshold": 0.5,
    "reasons": ["likeliest", "sure"],
    "candidates": [{"name": name, "score": 0.8 / n} for n, name in enumerate("abcdefg", 1)],
    "policy_version": "p0",
    "policy_known": False,
    "otherwise": [{"text": "confidence 0.80, needed 0.50"}],
    "cause": UNDERSTOOD,
}

ASKED: Tree = {
    "id": "a1",
    "type": "PriorityAsked",
    "by": "gateway",
    "person": "bo",
    "at": "2026-03-02T10:00:00.000Z",
}

LOST: Tree = {"id": "x", "type": "unknown"}

LETTER: Tree = {
    "id": "l1",
    "type": "DeadLetter",
    "by": "intake",
    "at": "2026-03-02T11:00:00.000Z",
    "origin": "support.contacts.v1/3/0",
    "error": "it is no JSON",
    "cause": LOST,
}


def test_a_decision_is_drawn_with_its_whole_chain() -> None:
    assert as_text(CLASSIFIED).splitlines() == [
        "IssueClassified by triage at 2026-03-02T09:00:02.000Z = billing (0.80, threshold",
        "  0.50) because likeliest, sure",
        "  weighed a 0.80, b 0.40, c 0.27, d 0.20, e 0.16, and 2 more",
        "  * confidence 0.80, needed 0.50",
        "  * its policy p0 is not in this log",
        "  <- MessageUnderstood by understanding at 2026-03-02T09:00:01.000Z",
        "       by policy p1, models tone 3, tags 4",
        "  <- ContactReceived by email at 2026-03-02T09:00:00.000Z",
        '       "I was charged twice, and nobody answers the …"',
    ]


def test_every_line_has_its_part() -> None:
    assert [line.role for line in lines(CLASSIFIED)] == [
        *("fact", "fact", "because", "otherwise", "otherwise"),
        *("fact", "because"),
        *("fact", "said"),
    ]


def test_a_tickets_changes_are_drawn_below_it_and_what_came_before_is_pointed_at() -> None:
    changes = [{**ASKED, "id": "t1", "type": "TicketPrioritised", "by": "lifecycle"}, UNDERSTOOD]
    del changes[0]["person"]
    changes[0]["cause"] = ASKED
    again = {**ASKED, "id": "t2", "type": "TicketStarted", "person": None, "cause": ASKED}
    tree = {"id": "T1", "type": "Ticket", "changes": [*changes, again]}
    assert as_text(tree).splitlines() == [
        "ticket T1",
        "  TicketPrioritised by lifecycle at 2026-03-02T10:00:00.000Z",
        "    <- PriorityAsked by bo at 2026-03-02T10:00:00.000Z",
        "  MessageUnderstood by understanding at 2026-03-02T09:00:01.000Z",
        "    by policy p1, models tone 3, tags 4",
        "    <- ContactReceived by email at 2026-03-02T09:00:00.000Z",
        '         "I was charged twice, and nobody answers the …"',
        "  TicketStarted by gateway at 2026-03-02T10:00:00.000Z",
        "    <- PriorityAsked by bo at 2026-03-02T10:00:00.000Z, as above",
    ]


def test_a_message_that_no_model_read_is_drawn_so() -> None:
    assert as_text({**UNDERSTOOD, "model_versions": {}, "cause": None}).splitlines() == [
        "MessageUnderstood by understanding at 2026-03-02T09:00:01.000Z",
        "  by policy p1, models none",
    ]


def test_a_dead_letter_is_drawn_with_its_error_and_the_id_of_what_is_lost() -> None:
    assert as_text(LETTER).splitlines() == [
        "DeadLetter by intake at 2026-03-02T11:00:00.000Z",
        "  error: it is no JSON",
        "  origin: support.contacts.v1/3/0",
        "  <- unknown x",
    ]


def test_a_field_is_drawn_with_what_it_was_before() -> None:
    tree = {
        "id": "T1",
        "type": "TicketField",
        "field": "team",
        "value": None,
        "earlier": [{"value": "tech", "at": "2026-03-02T09:00:00.000Z", "id": "e"}],
        "set_by": ASKED,
    }
    assert [*lines(tree)] == [
        Line("title", "team of T1 is nothing"),
        Line("because", "  was tech from 2026-03-02T09:00:00.000Z"),
        Line("fact", "  PriorityAsked by bo at 2026-03-02T10:00:00.000Z"),
    ]


ROW: Tree = {
    "id": "metric:reopen_rate@v1:all:all",
    "type": "Metric",
    "metric": "reopen_rate",
    "definition": "v1",
    "period": "all",
    "segment": "all",
    "value": 0.25,
    "numerator": 1.0,
    "denominator": 4.0,
    "formula": "tickets that were opened again / tickets",
    "denominator_is": "tickets",
    "source": "p_tickets.reopened",
    "note": "counted once a ticket",
    "counted": {
        "records": 4,
        "in_numerator": 1,
        "all": "SELECT * FROM v1_counted",
        "shown": [
            {"id": "T1", "kind": "ticket", "numerator": 1.0, "denominator": 1.0,
             "minutes": None, "place": None},
            {"id": "T2", "kind": "ticket", "numerator": 0.0, "denominator": None,
             "minutes": None, "place": None},
        ],
    },
    "example": {**ASKED, "id": "t1", "type": "TicketReopened", "cause": ASKED},
}  # fmt: skip


def test_a_metrics_row_is_drawn_with_what_counted() -> None:
    assert [*lines(ROW)] == [
        Line("title", "reopen_rate v1, all, all is 0.25"),
        Line("fact", "  1 / 4: tickets that were opened again / tickets"),
        Line("because", "  from p_tickets.reopened"),
        Line("because", "  counted once a ticket"),
        Line("fact", "  4 counted, 1 of them in the numerator"),
        Line("because", "    T1  1 / 1"),
        Line("because", "    T2  0"),
        Line("because", "    and 2 more: pactdesk query"),
        Line("because", '    "SELECT * FROM v1_counted"'),
        Line("fact", "TicketReopened by bo at 2026-03-02T10:00:00.000Z"),
        Line("fact", "  <- PriorityAsked by bo at 2026-03-02T10:00:00.000Z"),
    ]


def test_a_number_that_is_divided_by_nothing_stands_alone() -> None:
    counted = {**ROW["counted"], "shown": ROW["counted"]["shown"][:1], "records": 1}
    tree = {**ROW, "denominator_is": "one", "value": None, "counted": counted}
    assert as_text(tree).splitlines()[:6] == [
        "reopen_rate v1, all, all is nothing",
        "  1: tickets that were opened again / tickets",
        "  from p_tickets.reopened",
        "  counted once a ticket",
        "  1 counted, 1 of them in the numerator",
        "    T1  1 / 1",
    ]
    assert "more: pactdesk query" not in as_text(tree)


def test_what_is_too_long_for_a_line_goes_on_below() -> None:
    long = " ".join(["word"] * 20)
    drawn = [*lines({**ROW, "segment": long, "formula": long, "source": long, "note": long})]
    assert [line.text for line in drawn[:10]] == [
        f"reopen_rate v1, all, {' '.join(['word'] * 12)}",
        f"  {' '.join(['word'] * 8)} is 0.25",
        f"  1 / 4: {' '.join(['word'] * 14)}",
        f"    {' '.join(['word'] * 6)}",
        f"  from {' '.join(['word'] * 14)}",
        f"    {' '.join(['word'] * 6)}",
        f"  {' '.join(['word'] * 15)}",
        f"    {' '.join(['word'] * 5)}",
        "  4 counted, 1 of them in the numerator",
        "    T1  1 / 1",
    ]


def test_a_time_in_its_order_is_drawn_with_its_minutes() -> None:
    shown = [{"id": "T1", "kind": "ticket", "minutes": 12.5, "place": 2}]
    counted = {**ROW["counted"], "shown": shown, "records": 3}
    assert as_text({**ROW, "counted": counted}).splitlines()[4:7] == [
        "  3 in their order, and this is place 2",
        "    T1  12.5, place 2",
        "    and 2 more: pactdesk query",
    ]


def test_a_chart_of_a_row_leads_from_its_example_to_it() -> None:
    assert as_mermaid(ROW).splitlines() == [
        "flowchart TD",
        '  n1["Metric<br/>by v1<br/>0.25"]',
        '  n2["ticket<br/>T1"]',
        "  n2 --> n1",
        '  n3["ticket<br/>T2"]',
        "  n3 --> n1",
        '  n4["TicketReopened<br/>by bo"]',
        "  n4 --> n2",
        '  n5["PriorityAsked<br/>by bo"]',
        "  n5 --> n4",
    ]


def test_a_chart_of_a_field_is_one_of_what_set_it() -> None:
    tree = {"id": "T1", "type": "TicketField", "set_by": {**LETTER, "outcome": None}}
    assert as_mermaid(tree).splitlines() == [
        "flowchart TD",
        '  n1["DeadLetter<br/>by intake"]',
        '  n2["unknown<br/>x"]',
        "  n2 --> n1",
    ]


def test_a_name_with_line_breaks_adds_no_line_to_a_chart() -> None:
    by = "eve\n  click n1 call\r\u2028  style n1 fill:red"
    tree = {"id": "T1", "type": "TicketField", "set_by": {**LETTER, "outcome": None, "by": by}}
    assert as_mermaid(tree).splitlines()[:2] == [
        "flowchart TD",
        '  n1["DeadLetter<br/>by eve click n1 call style n1 fill:red"]',
    ]


def test_a_chart_of_changes_has_each_chain() -> None:
    tree = {"id": "T1", "type": "Ticket", "changes": [CLASSIFIED, ASKED]}
    assert as_mermaid(tree).splitlines() == [
        "flowchart TD",
        '  n1["IssueClassified<br/>by triage<br/>billing"]',
        '  n2["MessageUnderstood<br/>by understanding"]',
        "  n2 --> n1",
        '  n3["ContactReceived<br/>by email<br/>I was charged twice, and nobody answers the …"]',
        "  n3 --> n2",
        '  n4["PriorityAsked<br/>by bo"]',
    ]


def test_what_was_written_is_cut_between_words_and_within_one_that_is_too_long() -> None:
    assert first_words("one  two\tthree") == "one two three"
    assert first_words("x" * 48) == "x" * 48
    assert first_words("word " * 12) == "word word word word word word word word word …"
    assert (
        first_words("私は二回請求されました。" * 5) == ("私は二回請求されました。" * 4)[:47] + "…"
    )
    assert first_words("see " + "x" * 60) == "see " + "x" * 43 + "…"
    assert first_words("x" * 24 + " " + "y" * 40) == "x" * 24 + " " + "y" * 22 + "…"
    assert first_words("x" * 25 + " " + "y" * 40) == "x" * 25 + " …"


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("ContactReceived", "message"), ("NoteWritten", "text"), ("SurveyAnswered", "comment"),
        ("InteractionReported", "content"), ("TicketOpened", "description"),
        ("WorkflowFailed", "error"),
    ],
)  # fmt: skip
def test_what_somebody_said_is_the_text_of_a_record(kind: str, field: str) -> None:
    event = example(EVENTS[kind], full=True).model_copy(update={field: "What was said."})
    assert shown(record_of(event))["text"] == "What was said."


def test_a_reply_of_several_parts_is_shown_line_by_line_and_silence_not_at_all() -> None:
    request = example(ReplyRequested, full=True).model_copy(update={"parts": ["one", "two"]})
    assert shown(record_of(request))["text"] == "one\ntwo"
    assert "text" not in shown(record_of(request.model_copy(update={"parts": []})))
