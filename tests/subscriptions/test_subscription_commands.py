"""The commands about subscriptions."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.commands import Outcome, Shell, ndjson, started
from tests.gateways import CONTACT
from tests.receivers import answers, receiver, same_bytes

NOWHERE = "http://127.0.0.1:1/hook"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Commands on a store of their own."""
    return Shell(tmp_path / "data")


def told(shell: Shell, *arguments: str) -> Outcome:
    """What a command about subscriptions says, as JSON."""
    return shell("subscriptions", *arguments, "--json")


def test_the_secret_is_shown_once_and_never_again(shell: Shell) -> None:
    made = told(shell, "add", NOWHERE, "--types", "TicketOpened, TicketResolved").json
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made["types"] == ["TicketOpened", "TicketResolved"]
    assert told(shell, "list").json == [made]
    shown = told(shell, "show", made["id"])
    assert shown.json == {**made, "lag": 0}
    key = secret.removeprefix("whsec_")
    listed = shell("subscriptions", "list").out + shell("subscriptions", "show", made["id"]).out
    assert key not in listed + shown.out + shell("doctor").out + shell("events").out


def test_for_people_the_id_and_the_secret_stand_alone(shell: Shell) -> None:
    added = shell("subscriptions", "add", NOWHERE)
    number, secret = added.out.split()
    assert secret.startswith("whsec_")
    assert "only time" in added.err
    rotated = shell("subscriptions", "rotate", number)
    assert rotated.out.strip() not in {"", secret}
    assert "valid until" in rotated.err


def test_it_is_paused_resumed_rotated_and_removed(shell: Shell) -> None:
    made = told(shell, "add", NOWHERE).json
    number = made["id"]
    assert told(shell, "pause", number).json["state"] == "paused"
    assert told(shell, "resume", number).json["state"] == "active"
    rotated = told(shell, "rotate", number).json
    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"] is not None
    assert told(shell, "remove", number).json == {"removed": number}
    assert told(shell, "list").json == []


@pytest.mark.parametrize("command", ["show", "pause", "resume", "remove", "rotate", "test"])
def test_what_there_is_not_is_not_found(shell: Shell, command: str) -> None:
    assert told(shell, command, "none").status == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "https://10.0.0.1/"], "private"),
        (["add", NOWHERE, "--types", "TicketLost"], "TicketLost"),
        (["add", NOWHERE, "--topic", "support.lost.v1"], "support.lost.v1"),
        (["add", NOWHERE, "--topic", "support.dead-letters.v1"], "dead letters"),
        (["add", NOWHERE, "--types", "TicketOpened", "--topic", "support.desk.v1"], "never"),
    ],
)
def test_what_would_never_work_is_refused(shell: Shell, arguments: list[str], says: str) -> None:
    refused = told(shell, *arguments)
    assert refused.status == 3
    assert says in refused.err + refused.out
    assert told(shell, "list").json == []


def test_what_is_no_time_to_begin_with_is_no_usage(shell: Shell) -> None:
    refused = told(shell, "add", NOWHERE, "--from", "yesterday")
    assert (refused.status, "'yesterday' is not a time" in refused.err) == (2, True)
    assert told(shell, "list").json == []


def test_from_where_on_is_a_time_a_position_now_or_the_beginning(shell: Shell) -> None:
    shell("produce", stdin=ndjson(CONTACT))
    shell("run")
    lines = shell("events").lines
    last = lines[-1]["position"]

    def lag(start: str) -> int:
        number = told(shell, "add", NOWHERE, "--from", start).json["id"]
        found: int = told(shell, "show", number).json["lag"]
        return found

    assert lag("beginning") == len(lines)
    assert lag("now") == lag(last) == lag("2199-01-01T00:00:00Z") == 0
    assert lag("2000-01-01T00:00:00Z") == len(lines)
    assert lag(lines[2]["position"]) == len(lines) - 3
    place = f"{lines[2]['topic']}/{lines[2]['partition']}/{lines[2]['offset']}"
    assert lag(place) == len(lines) - 3
    number = told(shell, "list").json[0]["id"]
    assert told(shell, "replay", number, "--from", last).json["position"] == last
    assert told(shell, "replay", number, "--from", "yesterday").status == 2
    assert told(shell, "replay", "none", "--from", "now").status == 4
    assert told(shell, "replay", number).status == 2


def test_a_ping_says_what_the_receiver_says(shell: Shell) -> None:
    with receiver(answers(500, "not today")) as there:
        made = told(shell, "add", there.url).json
        refused = told(shell, "test", made["id"])
        assert refused.status == 69
        assert refused.json["answer"] == "not today"
        assert refused.json["error"] == "the receiver answered 500"
        good = told(shell, "test", made["id"])
        assert good.status == 0
        assert (good.json["status"], good.json["answer"]) == (200, "thank you")
        got = there.has(2)
    assert got[1].verified(made["secret"])
    assert got[1].event["type"] == "Ping"
    assert got[1].id == good.json["webhook_id"] == got[1].event["id"]
    assert told(shell, "test", made["id"]).json["status"] is None


def changed(shell: Shell, *changes: str) -> None:
    """Change rows behind the desk's back."""
    store = sqlite3.connect(shell.data / "pactdesk.db")
    for change in changes:
        store.execute(f"UPDATE subscriptions SET {change}")
    store.commit()
    store.close()


def test_the_doctor_says_which_subscribers_one_should_see_to(shell: Shell) -> None:
    made = [told(shell, "add", NOWHERE).json["id"] for _ in range(3)]
    assert "3 subscriptions are well" in shell("doctor").out
    changed(
        shell,
        "last_error = 'no'",
        f"state = 'paused', reason = 'it wants nothing more' WHERE id = '{made[0]}'",
        f"failing_since = '2026-01-01T00:00:00Z' WHERE id = '{made[1]}'",
    )
    examined = shell("doctor")
    assert examined.status == 78
    assert f"the subscription {made[0]} is paused, for it wants nothing more (no)" in examined.out
    assert f"the subscription {made[1]} fails since 2026-01-01T00:00:00Z (no)" in examined.out
    assert "1 subscriptions are well" in examined.out
    told(shell, "resume", made[0])
    told(shell, "resume", made[1])
    assert "3 subscriptions are well" in shell("doctor").out


def test_after_a_kill_nothing_is_lost_and_what_repeats_is_the_same(shell: Shell) -> None:
    shell("migrate")
    with receiver() as there:
        made = told(shell, "add", there.url, "--from", "beginning").json
        kills, said = 0, b""
        desk = started("up", "--roles", "agents,effects", data=shell.data)
        try:
            for number in range(4):
                contact = {**CONTACT, "provider_id": str(number)}
                assert shell("produce", stdin=ndjson(contact)).status == 0
                there.has(len(there.got) + 3)
                desk.kill()
                kills += 1
                said += desk.communicate()[1]
                desk = started("up", "--roles", "agents,effects", data=shell.data)
            there.until(lambda: len(set(there.ids())) >= settled(shell))
        finally:
            desk.kill()
            desk.communicate()
        assert b"pactdesk is up" in said
        assert made["secret"].removeprefix("whsec_").encode() not in said
        ids = [line["id"] for line in shell("events").lines]
        assert there.ids() == ids
        assert same_bytes(there.got)
        assert len(there.got) <= len(ids) + kills, "a kill repeats what was under way alone"
        first = {one.id: one.body for one in there.got}
        seen = len(there.got)
        assert told(shell, "replay", made["id"], "--from", "beginning").status == 0
        again = started("up", "--roles", "effects", data=shell.data)
        try:
            there.has(seen + len(ids))
        finally:
            again.terminate()
            again.communicate()
        assert [one.id for one in there.got[seen:]] == ids
        assert {one.id: one.body for one in there.got[seen:]} == first
        assert all(one.verified(made["secret"]) for one in there.got)


def settled(shell: Shell) -> int:
    """How many records there are once all is worked off; more than ever come before."""
    waits = json.loads(shell("status", "--json").bytes)
    return int(waits["records"]) if not waits["waiting"] else 10**9
