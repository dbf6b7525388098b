"""A remark is on the ticket of the conversation in which it was made, and opens none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.channels.channel import Hook
from streams.channels.remarks import line
from streams.channels.slack_events import parse
from streams.clock import WallClock
from streams.desk import Desk
from streams.redrive import redrive, waiting
from tests.gateways import Client, gateway
from tests.providers import SLACK, by_slack, sent
from tests.stores import a_desk

BY_BO = "thread_by_a_colleague.json"
COLLEAGUES = "U0LBN4C7E=bo"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with gateway(tmp_path, **SLACK.flags, channels__slack__colleagues=COLLEAGUES) as client:
        yield client


@pytest.fixture
def desk(client: Client) -> Iterator[Desk]:
    with a_desk(client.settings.data, WallClock()) as desk:
        yield desk


def hook(body: bytes) -> Hook:
    return Hook("POST", "events", "", {}, {}, body, datetime.now(UTC))


def say(client: Client, desk: Desk, name: str, **changes: Any) -> None:
    """Slack sends something, and it is worked off."""
    body = json.loads(sent("slack", name))
    body["event"].update(changes)
    raw = json.dumps(body).encode()
    answer = client("POST", SLACK.path, raw, by_slack("", raw, datetime.now(UTC)))
    assert answer.status == 200
    desk.run()


def shown(desk: Desk) -> list[tuple[str, str | None, str]]:
    """What stands on tickets of people: what it is, who said it, its words."""
    rows = desk.query(
        "SELECT kind, agent_id, message_content FROM v1_interactions"
        " WHERE kind IN ('message', 'note', 'agent_reply') ORDER BY timestamp, kind"
    )
    return [(r["kind"], r["agent_id"], str(r["message_content"])[:20]) for r in rows]


def tickets(desk: Desk) -> list[str]:
    return [row["ticket_id"] for row in desk.query("SELECT ticket_id FROM v1_tickets")]


def merged(desk: Desk) -> str:
    """Merge the one ticket into another of the same customer; returns that."""
    (first,) = tickets(desk)
    (ann,) = desk.query("SELECT customer_id FROM v1_tickets")
    desk.produce({"type": "start", "channel": "slack", "text": "One more thing", "by": "cy", **ann})
    desk.run()
    (second,) = {*tickets(desk)} - {first}
    desk.produce({"type": "merge", "ticket_id": first, "into": second})
    desk.run()
    return second


ANN_WROTE = ("message", None, "@U0LAN0Z89 I was cha")
BO_NOTED = ("note", "bo", "billing says the fir")


def test_a_colleague_s_words_are_a_note_on_the_customer_s_ticket(
    client: Client, desk: Desk
) -> None:
    say(client, desk, "message.json")
    before = desk.query("SELECT request_id FROM v1_deliveries")
    say(client, desk, BY_BO)
    say(client, desk, BY_BO, type="app_mention")
    assert sorted(shown(desk), key=repr) == sorted([ANN_WROTE, BO_NOTED], key=repr)
    assert len(tickets(desk)) == 1
    assert desk.query("SELECT request_id FROM v1_deliveries") == before


def test_a_marked_one_is_a_reply_that_goes_out(client: Client, desk: Desk) -> None:
    say(client, desk, "message.json")
    say(client, desk, BY_BO, text="reply: It is refunded.")
    (row,) = desk.query("SELECT channel, kind FROM v1_deliveries WHERE author = 'bo'")
    assert row == {"channel": "slack", "kind": "agent_reply"}
    (reply,) = desk.query("SELECT text FROM v1_messages WHERE author = 'bo'")
    assert reply["text"] == "It is refunded."


def test_a_thread_that_a_message_of_ours_began_has_its_ticket_too(
    client: Client, desk: Desk
) -> None:
    say(client, desk, "message.json")
    (ticket,) = tickets(desk)
    desk.produce({"type": "reply", "ticket_id": ticket, "by": "cy", "text": "We look."})
    desk.run()
    (ours,) = desk.query("SELECT * FROM v1_deliveries WHERE author = 'cy'")
    heard = parse(client.settings.channels.slack, hook(sent("slack", BY_BO)))
    remark = msgspec.structs.replace(
        heard.remarks[0], began="another", began_here=ours["provider_message_id"]
    )
    assert line(desk, remark)["ticket_id"] == ticket


def test_the_ticket_that_the_other_was_merged_into_gets_the_note(
    client: Client, desk: Desk
) -> None:
    say(client, desk, "message.json")
    second = merged(desk)
    say(client, desk, BY_BO)
    (row,) = desk.query("SELECT ticket_id FROM v1_interactions WHERE agent_id = 'bo'")
    assert row["ticket_id"] == second


def test_what_comes_again_after_a_merge_is_no_second_note(client: Client, desk: Desk) -> None:
    say(client, desk, "message.json")
    say(client, desk, BY_BO)
    merged(desk)
    say(client, desk, BY_BO)
    assert len(desk.query("SELECT 1 FROM v1_interactions WHERE agent_id = 'bo'")) == 1


def test_in_a_conversation_of_their_own_a_colleague_is_a_customer(
    client: Client, desk: Desk
) -> None:
    say(client, desk, "message.json", user="U0LBN4C7E")
    say(client, desk, BY_BO)
    assert [one[:2] for one in shown(desk)] == [("message", None), ("message", None)]
    assert desk.letters() == []


def test_a_thread_of_no_ticket_is_put_aside_until_there_is_one(
    client: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(client, desk, BY_BO)
    assert tickets(desk) == []
    (letter,) = waiting(desk)
    assert letter.error == "bo wrote in a conversation that belongs to no ticket"
    monkeypatch.setenv("PACTDESK_CHANNELS__SLACK__COLLEAGUES", COLLEAGUES)
    assert [one["status"] for one in redrive(desk, None)] == ["unreadable"]
    say(client, desk, "message.json")
    assert [one["status"] for one in redrive(desk, None)] == ["accepted"]
    desk.run()
    assert BO_NOTED in shown(desk)
    assert waiting(desk) == []
