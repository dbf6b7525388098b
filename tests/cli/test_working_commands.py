"""Commands that put records in and work them off."""

from __future__ import annotations

import signal

import pytest

from streams.inputs import LINE_LIMIT
from tests.commands import Shell, ndjson

AWAY = "http://127.0.0.1:1"
"""Where nobody answers."""

HELLO = {"channel": "email", "handle": "bo@example.org", "message": "Hello, who is there?"}


def test_produce_tells_what_became_of_each_line(empty: Shell) -> None:
    told = empty("produce", stdin=ndjson(HELLO, {**HELLO, "message": "Second"}))
    assert told.status == 0
    assert [line.split()[:3] for line in told.out.splitlines()] == [
        ["line", "1:", "accepted"],
        ["line", "2:", "accepted"],
    ]
    assert told.err == "2 accepted, 0 repeat, 0 unreadable\n"


def test_produce_tells_it_as_json_lines_too(empty: Shell) -> None:
    told = empty("produce", "--json", "--quiet", stdin=ndjson(HELLO))
    (line,) = told.lines
    assert line["status"] == "accepted"
    assert line["topic"] == "support.contacts.v1"
    assert {"line", "id", "partition", "offset"} <= set(line)
    assert told.err == ""


def test_producing_the_same_again_is_a_repeat_and_no_error(empty: Shell) -> None:
    first = empty("produce", "--json", stdin=ndjson({**HELLO, "provider_id": "1"})).lines
    again = empty("produce", "--json", stdin=ndjson({**HELLO, "provider_id": "1"}))
    assert again.status == 0
    assert again.lines[0]["status"] == "repeat"
    assert again.lines[0]["id"] == first[0]["id"]


def test_a_bad_line_ends_with_65_and_the_others_are_kept(empty: Shell) -> None:
    told = empty("produce", "--json", stdin=ndjson(HELLO) + "{]\n" + ndjson({"channel": "fax"}))
    assert told.status == 65
    assert [line["status"] for line in told.lines] == ["accepted", "unreadable", "unreadable"]
    assert all(line["error"] and line["remedy"] for line in told.lines[1:])
    assert empty("run").status == 0
    assert len(empty("tickets", "--json").json) == 1


def test_a_bad_line_is_told_with_number_fault_and_remedy(empty: Shell) -> None:
    told = empty("produce", stdin=ndjson({**HELLO, "at": "2026-03-02T08:00:00"}))
    assert "line 1: contact: at:" in told.err
    assert "-> add an offset" in told.err


def test_a_line_over_the_limit_is_unreadable_and_ends_where_it_ends(empty: Shell) -> None:
    big = b"x" * (5 * LINE_LIMIT)
    told = empty("produce", "--json", stdin=big + b"\n" + ndjson(HELLO).encode() + big)
    assert [line["status"] for line in told.lines] == ["unreadable", "accepted", "unreadable"]


def test_a_line_of_just_the_limit_is_one_line(empty: Shell) -> None:
    room = LINE_LIMIT - len(ndjson({**HELLO, "message": ""}).encode()) + 1
    line = ndjson({**HELLO, "message": "a" * room})
    assert len(line.encode()) == LINE_LIMIT + 1  # with its line break
    told = empty("produce", "--json", stdin=line + ndjson(HELLO))
    assert [one["status"] for one in told.lines] == ["accepted", "accepted"]


def test_a_file_that_is_not_there_is_a_usage_error(empty: Shell) -> None:
    told = empty("produce", "no-such-file.ndjson")
    assert told.status == 2
    assert "no-such-file.ndjson" in told.err


def test_run_works_off_everything_and_then_has_nothing_to_do(empty: Shell) -> None:
    empty("produce", stdin=ndjson(HELLO))
    first = empty("run", "--json").json
    assert first["turns"] > 0
    again = empty("run", "--json").json
    assert again == {"turns": 0, "position": first["position"]}
    assert empty("run").out == "0 turns taken\n"


def test_what_is_logged_stands_beside_the_data(
    empty: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SIGNING_SECRET": "s", "BOT_TOKEN": "xoxb", "API_BASE_URL": AWAY}.items():
        monkeypatch.setenv(f"PACTDESK_CHANNELS__SLACK__{name}", value)
    contacts = [
        {"channel": "slack", "handle": f"U{n}", "provider_id": f"C:{n}.1", "message": "It broke"}
        for n in range(9)
    ]
    assert empty("produce", stdin=ndjson(*contacts)).status == 0
    told = empty("run", "--json")
    assert told.json["turns"] > len(contacts)
    assert "a platform is left alone for a while" in told.err


def test_run_until_a_time_leaves_what_lies_after_it(empty: Shell) -> None:
    early, late = "2026-03-02T08:00:00Z", "2026-03-04T08:00:00Z"
    empty("produce", stdin=ndjson({**HELLO, "at": early}, {**HELLO, "message": "x", "at": late}))
    told = empty("run", "--now", "2026-03-03T00:00:00Z")
    (waiting,) = (
        one["waiting"]
        for one in empty("status", "--json").json["inboxes"]
        if one["topic"] == "support.contacts.v1"
    )
    assert waiting > 0
    assert told.err == f"left for a time after 2026-03-03T00:00:00Z: {waiting}\n"
    assert len(empty("tickets", "--json").json) == 1
    assert empty("run", "--now", late).err == ""
    assert len(empty("query", "SELECT 1 AS n FROM v1_interactions", "--json").json) > 1
    assert empty("status", "--json").json["waiting"] == 0


def test_run_until_a_time_says_that_a_ticket_waits_for_a_team_that_was_told_of_later(
    empty: Shell,
) -> None:
    empty("team", "import", stdin=ndjson({"specialist_id": "bo", "name": "Bo"}))
    empty("produce", stdin=ndjson({**HELLO, "at": "2026-03-02T08:00:00Z"}))
    told = empty("run", "--now", "2026-03-03T00:00:00Z")
    assert told.err == "left for a time after 2026-03-03T00:00:00Z: 1\n"
    (ticket,) = empty("tickets", "--json").json
    assert ticket["assigned_agent"] is None


def test_run_until_no_time_is_no_usage(empty: Shell) -> None:
    told = empty("run", "--now", "noon")
    assert told.status == 2
    assert "->" in told.err


def test_up_refuses_a_role_that_there_is_not(empty: Shell) -> None:
    told = empty("up", "--roles", "agents,coffee")
    assert told.status == 78
    assert "coffee" in told.err


def test_up_wants_at_least_one_role(empty: Shell) -> None:
    assert empty("up", "--roles", ", ").status == 2


def test_up_puts_the_meaning_of_signals_back(empty: Shell) -> None:
    before = [signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)]
    empty("up", "--roles", "coffee")
    assert [signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)] == before


def test_up_refuses_one_domain_on_this_engine(empty: Shell) -> None:
    told = empty("up", "--port", "0", "--domain", "desk")
    assert told.status == 78
    assert "leave --domain out" in told.err


def test_the_demo_wants_a_speed_above_nothing(empty: Shell) -> None:
    assert empty("demo", "--speed", "0").status == 2
    assert empty("demo", "--speed", "fast").status == 2
    assert empty("demo", "--limit", "0").status == 2
