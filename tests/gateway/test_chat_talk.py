"""What is said in the chat: taken in once, read, noted, and never without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.gateway import visitors
from tests.chatting import (
    FLAGS,
    PATIENCE,
    SITE,
    Page,
    answered,
    asked,
    listening,
    rows,
)
from tests.gateways import Client, Stream, gateway
from tests.real import until
from tests.stores import a_desk


def test_a_message_is_durable_when_it_is_answered(page: Page) -> None:
    told = page.say("My parcel is lost", "m1")
    assert told.status == 202
    assert told.json["message_id"] == "m1"
    record = page.client.get(f"/api/v1/records/{told.json['id']}").json["event"]
    assert record["channel"] == "chat_widget"
    assert record["message"] == "My parcel is lost"
    assert record["handle"].startswith("visitor:")


def test_the_same_id_is_the_same_message_and_other_words_are_refused(page: Page) -> None:
    first = page.say("Where is it?", "m1").json
    again = page.say("Where is it?", "m1").json
    assert (first["status"], again["status"]) == ("accepted", "repeat")
    assert first["id"] == again["id"]
    other = page.say("Something else", "m1")
    assert other.status == 409
    assert other.json["remedy"]
    another = Page(page.client)
    another.begin()
    assert another.say("Where is it?", "m1").json["status"] == "accepted"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "1"}, 400),
        ({"text": "x"}, 400),
        ({"id": "1", "text": ""}, 400),
        ({"id": "1", "text": " \n "}, 400),
        ({"id": "two words", "text": "x"}, 400),
        ({"id": "1" * 101, "text": "x"}, 400),
        ({"id": "1", "text": "x\x00"}, 400),
        ({"id": "1", "text": ["x"]}, 400),
        ({"id": "1", "text": "x", "handle": "visitor:somebody"}, 400),
        ({"id": "1", "text": "x", "website": "http://buy.example"}, 400),
        ({"id": "1", "text": "x" * 8001}, 413),
        ({"id": "1", "text": "😀" * 4001}, 413),
        (b"no JSON", 400),
        (b"[" * 100_000, 400),
    ],
)
def test_what_is_no_message_is_refused(page: Page, body: object, status: int) -> None:
    told = page.ask("messages", body)
    assert told.status == status
    assert told.json["remedy"]


def test_that_a_reply_came_and_was_read_is_recorded_once(talking: Client, page: Page) -> None:
    ticket = asked(page)
    answered(talking, ticket, "We found it")
    sql = "SELECT request_id FROM v1_deliveries WHERE ticket_id = ? AND kind = 'agent_reply'"
    reply = until(lambda: rows(talking, sql, ticket), PATIENCE, "the reply")[0]["request_id"]
    beginning = page.after
    for _ in range(2):
        with listening(page, beginning) as tab:
            while tab.said()["id"] != reply:
                pass
        page.begin()
        assert page.ask("read", {"messages": [reply, "nothing"]}).json == {"read": [reply]}
    with a_desk(talking.settings.data) as desk:
        found = [one for one in desk.events(ticket=ticket) if one.type.startswith("Reply")]
    said = [one.type for one in found if getattr(one.event, "request_id", None) == reply]
    assert sorted(said) == ["ReplyAccepted", "ReplyAttempted", "ReplyDelivered", "ReplyRead"]


def test_nobody_reads_for_somebody_else(talking: Client, page: Page) -> None:
    ticket = asked(page)
    answered(talking, ticket, "We found it")
    sql = "SELECT request_id FROM v1_deliveries WHERE ticket_id = ?"
    replies = until(lambda: rows(talking, sql, ticket), PATIENCE, "the reply")
    stranger = Page(talking)
    stranger.begin()
    numbers = [one["request_id"] for one in replies]
    assert stranger.ask("read", {"messages": numbers}).status == 404


def test_who_types_is_told_and_kept_nowhere(talking: Client, page: Page) -> None:
    ticket = asked(page)
    desk_stream = Stream(talking, "/api/v1/stream?typing=true&type=PolicyActivated")
    with listening(page) as tab:
        assert page.ask("typing", {}).status == 204
        event = next(iter(desk_stream))
        assert event["event"] == "typing"
        assert '"by":"customer"' in event["data"]
        assert f'"ticket_id":"{ticket}"' in event["data"]
        assert "id" not in event
        assert talking.post(f"/api/v1/tickets/{ticket}/typing").status == 204
        assert tab.next("typing").data == {"by": "person", "typing": True}
        told = talking.post(f"/api/v1/tickets/{ticket}/typing", {"typing": False})
        assert told.status == 204
        assert tab.next("typing").data == {"by": "person", "typing": False}
        assert next(iter(desk_stream))["event"] == "typing"
    desk_stream.close()
    assert talking.post(f"/api/v1/tickets/{ticket}/typing", {"typing": "no"}).status == 400
    with a_desk(talking.settings.data) as desk:
        assert not [one for one in desk.events() if "yping" in one.type]


def test_where_to_write_to_is_noted_and_makes_nobody_anybody(talking: Client, page: Page) -> None:
    ticket = asked(page)
    for _ in range(2):
        told = page.ask("email", {"email": "ann@example.org"})
        assert (told.status, told.json) == (202, {"status": "noted"})
    sql = (
        "SELECT message_content FROM v1_interactions"
        " WHERE ticket_id = ? AND interaction_type = 'note'"
    )
    notes = until(lambda: rows(talking, sql, ticket), PATIENCE, "the note")
    assert len(notes) == 1
    assert "ann@example.org" in notes[0]["message_content"]
    with a_desk(talking.settings.data) as desk:
        resolver = desk.intake.resolver
        nobody = resolver.unidentified("email", "ann@example.org")
        assert resolver.customer_of("email", "ann@example.org") == nobody
    assert rows(talking, "SELECT * FROM v1_customers WHERE email = 'ann@example.org'") == []


@pytest.mark.parametrize(
    "email",
    [
        *("", "ann", "ann@", "a b@example.org", "a@b\n.org", "<a@b.org>"),
        *("ann,ben@example.org", "ann;ben@example.org", '"ann"@example.org', "ann@[10.0.0.1]"),
    ],
)
def test_what_is_no_address_is_not_noted(page: Page, email: str) -> None:
    assert page.ask("email", {"email": email}).status == 400


def test_an_address_is_asked_for_when_there_is_something_to_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.gateway.chat.PATIENCE", 0.0)
    with gateway(tmp_path, **FLAGS) as client:
        page = Page(client)
        page.begin()
        assert page.ask("email", {"email": "ann@example.org"}).status == 409
        assert page.ask("read", {"messages": ["x"]}).status == 404


def test_one_visitor_may_not_write_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "MESSAGES_PER_SECOND", 0.001)
    monkeypatch.setattr(visitors, "STREAMS", 1)
    with gateway(tmp_path, **FLAGS) as client:
        page, other = Page(client), Page(client)
        page.begin()
        other.begin()
        statuses = [page.say("x", str(n)).status for n in range(12)]
        assert statuses == [202] * 10 + [429] * 2
        told = page.say("x", "13")
        assert int(told.headers["retry-after"]) > 0
        assert told.headers["access-control-allow-origin"] == SITE
        assert other.say("x", "1").status == 202
        with listening(page):
            told = client.get("/channels/chat/stream", Authorization=f"Bearer {page.token}")
            assert told.status == 429
        with listening(other):
            pass
