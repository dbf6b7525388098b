"""What a person at the desk does from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Shell, ndjson


def status_of(desk: Shell, ticket: str) -> str:
    return str(desk("ticket", ticket, "--json").json["status"])


def test_a_reply_reaches_the_customer_in_the_persons_name(desk: Shell, ticket: str) -> None:
    told = desk("reply", ticket, "We refunded it.", "--as", "sam", "--json")
    assert told.status == 0
    assert told.json["status"] == "done"
    assert "ReplyRequested" in told.json["events"]
    found = desk("ticket", ticket, "--json").json
    assert found["status"] == "waiting_customer"
    (said,) = [one for one in found["interactions"] if one["message_content"] == "We refunded it."]
    assert said["agent_id"] == "sam"
    assert said["direction"] == "out"


def test_a_ruling_is_told_in_words(desk: Shell, ticket: str) -> None:
    told = desk("note", ticket, "She called before.")
    assert told.out.splitlines()[0] == "note: done"
    assert "  MessageAdded" in told.out.splitlines()


def test_a_ticket_is_resolved_closed_and_reopened(desk: Shell, ticket: str) -> None:
    assert desk("resolve", ticket, "--as", "sam").status == 0
    assert status_of(desk, ticket) == "resolved"
    assert desk("close", ticket).status == 0
    assert status_of(desk, ticket) == "closed"
    assert desk("reopen", ticket).status == 0
    assert status_of(desk, ticket) != "closed"


@pytest.mark.parametrize(
    ("verb", "given", "said"),
    [
        ("assign", "zed", "nobody is called zed"),
        ("transfer", "billings", "nobody is in the team billings"),
    ],
)
def test_who_asks_for_somebody_who_is_not_there_is_told_so(
    desk: Shell, ticket: str, verb: str, given: str, said: str
) -> None:
    told = desk(verb, ticket, given, "--as", "sam")
    assert told.status == 0
    assert said in told.err
    assert said not in told.out


def test_a_rule_that_says_no_ends_with_three_and_a_remedy(desk: Shell, ticket: str) -> None:
    told = desk("unmerge", ticket)
    assert told.status == 3
    assert told.out == ""
    assert "error:" in told.err
    assert "->" in told.err


@pytest.mark.parametrize(
    ("arguments", "column", "value"),
    [
        (["assign", "kim"], "assigned_agent", "kim"),
        (["transfer", "payments"], "team", "payments"),
        (["priority", "critical"], "priority", "critical"),
        (["categorise", "refund"], "category", "refund"),
        (["snooze", "2027-01-01T09:00:00Z"], "snoozed_until", "2027-01-01T09:00:00.000Z"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, list) else "",
)
def test_a_ticket_is_changed(
    desk: Shell, ticket: str, arguments: list[str], column: str, value: str
) -> None:
    verb, given = arguments
    assert desk(verb, ticket, given, "--as", "sam").status == 0
    assert desk("ticket", ticket, "--json").json[column] == value


def test_a_ticket_is_escalated_for_a_reason(desk: Shell) -> None:
    rows = desk("tickets", "--channel", "whatsapp", "--json").json
    assert desk("escalate", rows[0]["ticket_id"], "they threaten to leave").status == 0
    assert status_of(desk, rows[0]["ticket_id"]) == "escalated"


def test_tags_are_added_and_removed(desk: Shell, ticket: str) -> None:
    assert desk("tag", ticket, "+refund", "+double", "--as", "sam").status == 0
    assert {"refund", "double"} <= set(desk("ticket", ticket, "--json").json["tags"])
    assert desk("tag", ticket, "-double").status == 0
    tags = desk("ticket", ticket, "--json").json["tags"]
    assert "refund" in tags
    assert "double" not in tags


def test_a_tag_with_any_letter_is_removed(desk: Shell, ticket: str) -> None:
    assert desk("tag", ticket, "+hardware").status == 0
    told = desk("tag", ticket, "-hardware")
    assert (told.status, told.out.splitlines()[0]) == (0, "tag: done")
    assert "hardware" not in desk("ticket", ticket, "--json").json["tags"]


def test_a_tag_without_a_sign_is_a_usage_error(desk: Shell, ticket: str) -> None:
    told = desk("tag", ticket, "refund")
    assert told.status == 2
    assert "'refund': begin a tag with +" in told.err


def test_two_tickets_are_merged_and_taken_apart(desk: Shell, ticket: str) -> None:
    second = ndjson(
        {
            "channel": "email",
            "handle": "ann@example.org",
            "subject": "A new keyboard",
            "message": "The letter e on my keyboard is stuck.",
            "provider_id": "m3",
        }
    )
    desk("produce", stdin=second)
    desk("run")
    rows = desk("tickets", "--customer", "ann", "--json").json
    (other,) = [row["ticket_id"] for row in rows if row["ticket_id"] != ticket]
    assert desk("merge", other, ticket).status == 0
    assert desk("ticket", other, "--json").json["merged_into"] == ticket
    assert desk("unmerge", other).status == 0
    assert desk("ticket", other, "--json").json["merged_into"] is None


def test_a_message_becomes_a_ticket_of_its_own(desk: Shell, ticket: str) -> None:
    more = ndjson(
        {
            "channel": "email",
            "handle": "ann@example.org",
            "message": "And my address has changed too.",
            "in_reply_to": "m1",
            "provider_id": "m4",
        }
    )
    desk("produce", stdin=more)
    desk("run")
    found = desk("ticket", ticket, "--json").json
    (message,) = [
        one["interaction_id"]
        for one in found["interactions"]
        if "address has changed" in one["message_content"]
    ]
    assert desk("split", ticket, message).status == 0
    rows = desk("tickets", "--customer", "ann", "--json").json
    assert len(rows) == 2
    assert {row["origin"] for row in rows} == {"contact", "split"}


def test_a_conversation_is_begun_by_the_desk(desk: Shell) -> None:
    assert desk("start", "ann", "email", "Your card expires soon.", "--as", "sam").status == 0
    rows = desk("tickets", "--customer", "ann", "--json").json
    assert {row["origin"] for row in rows} == {"contact", "person"}


def test_a_handle_is_linked_and_unlinked(desk: Shell) -> None:
    assert desk("link", "ann", "whatsapp", "+33600000002").status == 0
    assert "+33600000002" in desk("customer", "ann", "--json").json["handles"]["whatsapp"]
    assert desk("unlink", "ann", "whatsapp", "+33600000002").status == 0
    assert "+33600000002" not in desk("customer", "ann", "--json").json["handles"].get(
        "whatsapp", []
    )


def test_a_verb_on_a_ticket_that_is_not_there_is_not_found(desk: Shell) -> None:
    told = desk("resolve", "TICK_0000000000000000")
    assert told.status == 4
    assert "TICK_0000000000000000" in told.err


def test_a_priority_that_there_is_not_is_told_with_those_there_are(
    desk: Shell, ticket: str
) -> None:
    told = desk("priority", ticket, "huge")
    assert told.status == 2
    assert "critical" in told.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("note", "TICKET", "\udcff"),
        ("reply", "TICKET", ""),
        ("snooze", "TICKET", "tomorrow"),
        ("resolve", "TICKET", "--as", ""),
        ("start", "ann", "pigeon", "Good morning"),
        ("link", "ann", "pigeon", "coo"),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_an_argument_that_does_not_fit_is_a_usage_error_and_leaves_nothing(
    desk: Shell, ticket: str, arguments: tuple[str, ...]
) -> None:
    before = desk("events").lines
    told = desk(*(ticket if one == "TICKET" else one for one in arguments), "--json")
    assert told.status == 2
    assert told.out == ""
    assert {"error", "remedy", "status"} == json.loads(told.err).keys()
    assert desk("events").lines == before


def test_a_verb_names_its_arguments(empty: Shell) -> None:
    assert "TICKET TEXT" in empty("reply", "--help").out
    assert "CUSTOMER CHANNEL HANDLE" in empty("link", "--help").out
    assert "TICKET INTO" in empty("merge", "--help").out


def test_files_go_with_a_reply(desk: Shell, ticket: str, tmp_path: Path) -> None:
    plan, tool = tmp_path / "plan.txt", tmp_path / "tool.txt"
    plan.write_text("First this.\n")
    tool.write_bytes(b"MZ\x00\x01")
    assert desk("reply", ticket, "See the plan.", "--attach", str(plan)).status == 0
    shown = desk("ticket", ticket).out
    assert "[plan.txt, text/plain, stored, " in shown
    refused = desk("reply", ticket, "And this.", "--attach", str(plan), "--attach", str(tool))
    assert refused.status == 3
    assert "tool.txt is not sent: application/x-dosexec" in refused.err
    assert "And this." not in desk("ticket", ticket).out
