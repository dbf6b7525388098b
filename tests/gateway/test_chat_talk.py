"""What is said in the chat: taken in once, brought to every tab, resumed without gap or repeat."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from streams.gateway import visitors
from streams.gateway.serving import Gateway
from streams.settings import load
from tests.chatting import FLAGS, SITE, EventSource, Page, identity
from tests.desks import SECRET
from tests.gateways import CONTACT, Client, Stream, gateway, worker
from tests.real import until
from tests.stores import a_desk

PATIENCE = 60


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway with the chat on, and a worker."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data, **FLAGS) as client, worker(data):
        yield client


@pytest.fixture
def page(served: Client) -> Page:
    """A visitor's page with a session."""
    one = Page(served)
    one.begin()
    return one


@contextmanager
def listening(page: Page, after: str | None = None) -> Iterator[EventSource]:
    """A stream for a while."""
    source = page.listen(after)
    try:
        yield source
    finally:
        source.close()


def rows(client: Client, sql: str, *values: object) -> list[dict[str, Any]]:
    with a_desk(client.settings.data) as desk:
        return desk.query(sql, values)


def ticket_of(client: Client, contact: str) -> str:
    """The ticket that a message is on, once it is."""
    sql = "SELECT ticket_id FROM v1_interactions WHERE interaction_id = ?"
    return str(until(lambda: rows(client, sql, contact), PATIENCE, "a ticket")[0]["ticket_id"])


def asked(page: Page, text: str = "My parcel is lost", number: str = "1") -> str:
    """The page asks something; returns the ticket."""
    return ticket_of(page.client, page.say(text, number).json["id"])


def answered(client: Client, ticket: str, text: str) -> None:
    """Somebody at the desk answers."""
    told = client.post(f"/api/v1/tickets/{ticket}/replies", {"text": text})
    assert told.status in {200, 202}, told


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


def test_a_reply_comes_to_every_tab_and_to_nobody_else(served: Client, page: Page) -> None:
    other, stranger = Page(served), Page(served)
    other.token, other.after = page.token, page.after
    stranger.begin()
    stranger.say("I am somebody else", "1")
    with listening(page) as one, listening(other) as two, listening(stranger) as foreign:
        ticket = asked(page)
        answered(served, ticket, "We found it")
        for tab in (one, two):
            mine = tab.said()
            assert (mine["direction"], mine["text"], mine["message_id"]) == (
                "in",
                "My parcel is lost",
                "1",
            )
            confirmation, reply = tab.said(), tab.said()
            assert (confirmation["by"], confirmation["kind"]) == ("desk", "confirmation")
            assert (reply["by"], reply["text"], reply["direction"]) == (
                "person",
                "We found it",
                "out",
            )
        answered(served, asked(stranger, "Hello?", "2"), "Only for you")
        texts = [foreign.said()["text"] for _ in range(3)]
    assert "We found it" not in texts
    assert "My parcel is lost" not in texts


def test_how_far_messages_came_is_said(served: Client, page: Page) -> None:
    with listening(page) as tab:
        contact = page.say("My parcel is lost", "1").json["id"]
        assert tab.next("state").data == {"id": contact, "state": "received"}
        answered(served, ticket_of(served, contact), "We found it")
        reply = tab.said()
        while reply["by"] != "person":
            reply = tab.said()
        sql = "SELECT state FROM v1_deliveries WHERE request_id = ? AND state = 'delivered'"
        until(lambda: rows(served, sql, reply["id"]), PATIENCE, "it is delivered")
        told = page.ask("read", {"messages": [reply["id"]]})
        assert (told.status, told.json) == (202, {"read": [reply["id"]]})
        state = tab.next("state").data
        while state["state"] != "read":
            state = tab.next("state").data
        assert state["id"] == reply["id"]
        sql = sql.replace("'delivered'", "'read'")
        until(lambda: rows(served, sql, reply["id"]), PATIENCE, "it is read")


def test_that_a_reply_came_and_was_read_is_recorded_once(served: Client, page: Page) -> None:
    ticket = asked(page)
    answered(served, ticket, "We found it")
    sql = "SELECT request_id FROM v1_deliveries WHERE ticket_id = ? AND kind = 'agent_reply'"
    reply = until(lambda: rows(served, sql, ticket), PATIENCE, "the reply")[0]["request_id"]
    beginning = page.after
    for _ in range(2):
        with listening(page, beginning) as tab:
            while tab.said()["id"] != reply:
                pass
        page.begin()
        assert page.ask("read", {"messages": [reply, "nothing"]}).json == {"read": [reply]}
    with a_desk(served.settings.data) as desk:
        found = [one for one in desk.events(ticket=ticket) if one.type.startswith("Reply")]
    said = [one.type for one in found if getattr(one.event, "request_id", None) == reply]
    assert sorted(said) == ["ReplyAccepted", "ReplyAttempted", "ReplyDelivered", "ReplyRead"]


def test_what_is_said_to_a_user_comes_to_no_page_that_is_not_theirs(served: Client) -> None:
    page = Page(served)
    page.begin()
    left_behind = Page(served)
    left_behind.token, left_behind.after = page.token, page.after
    asked(page, "Before I signed in", "1")
    page.begin(identity=identity("31"))
    with listening(left_behind) as old, listening(page) as tab:
        ticket = asked(page, "My account number is secret", "2")
        answered(served, ticket, "So is this")
        while tab.said()["text"] != "So is this":
            pass
        left_behind.say("Is anybody there?", "3")
        seen = []
        while "Is anybody there?" not in seen:
            seen.append(old.said()["text"])
    assert {"My account number is secret", "So is this"}.isdisjoint(seen)
    texts = {one["text"] for one in left_behind.begin()["messages"]}
    assert {"My account number is secret", "So is this"}.isdisjoint(texts)


def test_how_far_mail_of_the_same_customer_came_is_not_said(served: Client) -> None:
    crm = {"customer_id": "hal", "handles": {"chat_widget": ["user:32"], "email": ["hal@x.org"]}}
    assert served.post("/api/v1/contacts", {"type": "customer", **crm}).status == 202
    page = Page(served)
    page.begin(identity=identity("32"))
    with listening(page) as tab:
        mail = {"channel": "email", "handle": "hal@x.org", "message": "By mail"}
        assert served.post("/api/v1/contacts?wait=30s", mail).json["ticket_id"]
        contact = page.say("By chat", "1").json["id"]
        assert tab.next("state").data == {"id": contact, "state": "received"}


def test_what_no_table_shows_yet_is_not_lost_between_session_and_stream(tmp_path: Path) -> None:
    with gateway(tmp_path, **FLAGS) as client:
        page = Page(client)
        page.begin()
        page.say("Nobody works here yet", "1")
        assert page.begin()["messages"] == []
        with listening(page) as tab:
            assert tab.said()["text"] == "Nobody works here yet"


def test_nobody_reads_for_somebody_else(served: Client, page: Page) -> None:
    ticket = asked(page)
    answered(served, ticket, "We found it")
    sql = "SELECT request_id FROM v1_deliveries WHERE ticket_id = ?"
    replies = until(lambda: rows(served, sql, ticket), PATIENCE, "the reply")
    stranger = Page(served)
    stranger.begin()
    numbers = [one["request_id"] for one in replies]
    assert stranger.ask("read", {"messages": numbers}).status == 404


def test_what_was_said_before_is_told_with_the_session(served: Client, page: Page) -> None:
    answered(served, asked(page), "We found it")
    with listening(page) as tab:
        seen = [tab.said() for _ in range(3)]
    sql = "SELECT 1 AS n FROM v1_messages WHERE message_id = ?"
    until(lambda: rows(served, sql, seen[-1]["id"]), PATIENCE, "the reply is shown")
    before = page.begin()["messages"]
    assert [one | {"state": ""} for one in before] == [one | {"state": ""} for one in seen]
    with listening(page) as tab:
        page.say("Thank you", "2")
        assert tab.said()["text"] == "Thank you"


def test_a_page_goes_on_behind_the_last_event_that_it_saw(page: Page) -> None:
    numbers = [f"m{n}" for n in range(5)]
    seen: list[tuple[str, str]] = []
    place = None
    with listening(page) as tab:
        for number in numbers:
            page.say(number, number)
    while len(seen) < 5:  # a tab for each message
        with listening(page, place) as tab:
            event = tab.next("message")
        place = event.number
        if event.data["direction"] == "in":
            seen.append((event.data["message_id"], event.data["text"]))
    assert seen == [(one, one) for one in numbers]


def test_a_quiet_page_comes_along_with_a_busy_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.gateway.tail.QUIET_SECONDS", 1.5)
    with gateway(tmp_path, **FLAGS) as client:
        page = Page(client)
        page.begin()
        numbers = count()

        def told() -> bool:
            """Somebody writes, so that the desk is never quiet."""
            number = {"provider_id": str(next(numbers))}
            assert client.post("/api/v1/contacts", CONTACT | number).json["status"] == "accepted"
            return tab.last != page.after

        with listening(page) as tab:
            until(told, PATIENCE, "it is told how far it is")
            behind = tab.last
        page.say("x", "mine")
        with listening(page, behind) as tab:
            assert tab.said()["message_id"] == "mine"


def test_a_place_that_was_never_given_is_refused(page: Page) -> None:
    for place in ("p1.MA", "p1.MA.0", f"{page.after}0", "nonsense"):
        told = page.client.get(
            "/channels/chat/stream",
            **{"Last-Event-ID": place, "Authorization": f"Bearer {page.token}"},
        )
        assert told.status == 400, place


def test_a_browser_s_own_stream_names_its_session_in_the_address(page: Page) -> None:
    stream = Stream(page.client, f"/channels/chat/stream?token={page.token}&after={page.after}")
    page.say("Hello", "1")
    event = next(iter(stream))
    stream.close()
    assert event["event"] == "message"


def test_who_types_is_told_and_kept_nowhere(served: Client, page: Page) -> None:
    ticket = asked(page)
    desk_stream = Stream(served, "/api/v1/stream?typing=true&type=PolicyActivated")
    with listening(page) as tab:
        assert page.ask("typing", {}).status == 204
        event = next(iter(desk_stream))
        assert event["event"] == "typing"
        assert '"by":"customer"' in event["data"]
        assert f'"ticket_id":"{ticket}"' in event["data"]
        assert "id" not in event
        assert served.post(f"/api/v1/tickets/{ticket}/typing").status == 204
        assert tab.next("typing").data == {"by": "person", "typing": True}
        told = served.post(f"/api/v1/tickets/{ticket}/typing", {"typing": False})
        assert told.status == 204
        assert tab.next("typing").data == {"by": "person", "typing": False}
        assert next(iter(desk_stream))["event"] == "typing"
    desk_stream.close()
    assert served.post(f"/api/v1/tickets/{ticket}/typing", {"typing": "no"}).status == 400
    with a_desk(served.settings.data) as desk:
        assert not [one for one in desk.events() if "yping" in one.type]


def test_where_to_write_to_is_noted_and_makes_nobody_anybody(served: Client, page: Page) -> None:
    ticket = asked(page)
    for _ in range(2):
        told = page.ask("email", {"email": "ann@example.org"})
        assert (told.status, told.json) == (202, {"status": "noted"})
    sql = (
        "SELECT message_content FROM v1_interactions"
        " WHERE ticket_id = ? AND interaction_type = 'note'"
    )
    notes = until(lambda: rows(served, sql, ticket), PATIENCE, "the note")
    assert len(notes) == 1
    assert "ann@example.org" in notes[0]["message_content"]
    with a_desk(served.settings.data) as desk:
        resolver = desk.intake.resolver
        nobody = resolver.unidentified("email", "ann@example.org")
        assert resolver.customer_of("email", "ann@example.org") == nobody
    assert rows(served, "SELECT * FROM v1_customers WHERE email = 'ann@example.org'") == []


@pytest.mark.parametrize("email", ["", "ann", "ann@", "a b@example.org", "a@b\n.org", "<a@b.org>"])
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


def test_a_stream_ends_with_its_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.channels.chat.USERS", timedelta(seconds=5))
    with gateway(tmp_path, **FLAGS) as client:
        page = Page(client)
        page.begin(identity=identity())
        tab = page.listen()
        assert tab.ended() == 401
        assert tab.opened >= 1


@contextmanager
def at_port(data: Path, port: int) -> Iterator[Client]:
    """A gateway at a port of one's own choice."""
    flags = {name.replace("__", "."): value for name, value in FLAGS.items()}
    known, _ = load({"data": data, "identity.secret": SECRET, **flags}, {}, data)
    with Gateway(known, port=port) as up:
        client = Client(up.address, known)
        try:
            yield client
        finally:
            client.close()


def test_a_page_misses_nothing_while_the_gateway_is_away(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with worker(tmp_path), at_port(tmp_path, port) as client:
        page = Page(client)
        page.begin()
        tab = page.listen()
        ticket = asked(page)
        said = [tab.said()["text"] for _ in range(2)]
    with worker(tmp_path):
        with a_desk(tmp_path) as desk:
            desk.produce({"type": "reply", "ticket_id": ticket, "text": "While it was away"})
        with at_port(tmp_path, port) as client:
            said.append(tab.said()["text"])
            answered(client, ticket, "And now")
            said.append(tab.said()["text"])
    tab.close()
    assert tab.opened >= 2
    assert said[::2] == ["My parcel is lost", "While it was away"]
    assert said[3] == "And now"
    assert len({*said}) == 4
