"""The stream of the chat: to every tab of one visitor, resumed without a gap or a repeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from streams.gateway.serving import Gateway
from streams.settings import load
from tests.chatting import (
    FLAGS,
    PATIENCE,
    Page,
    answered,
    asked,
    identity,
    listening,
    rows,
    ticket_of,
)
from tests.desks import SECRET
from tests.gateways import CONTACT, Client, Stream, gateway, worker
from tests.real import free_port, until
from tests.stores import a_desk


def test_a_reply_comes_to_every_tab_and_to_nobody_else(talking: Client, page: Page) -> None:
    other, stranger = Page(talking), Page(talking)
    other.token, other.after = page.token, page.after
    stranger.begin()
    stranger.say("I am somebody else", "1")
    with listening(page) as one, listening(other) as two, listening(stranger) as foreign:
        ticket = asked(page)
        answered(talking, ticket, "We found it")
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
        answered(talking, asked(stranger, "Hello?", "2"), "Only for you")
        texts = [foreign.said()["text"] for _ in range(3)]
    assert "We found it" not in texts
    assert "My parcel is lost" not in texts


def test_how_far_messages_came_is_said(talking: Client, page: Page) -> None:
    with listening(page) as tab:
        contact = page.say("My parcel is lost", "1").json["id"]
        assert tab.next("state").data == {"id": contact, "state": "received"}
        answered(talking, ticket_of(talking, contact), "We found it")
        reply = tab.said()
        while reply["by"] != "person":
            reply = tab.said()
        sql = "SELECT state FROM v1_deliveries WHERE request_id = ? AND state = 'delivered'"
        until(lambda: rows(talking, sql, reply["id"]), PATIENCE, "it is delivered")
        told = page.ask("read", {"messages": [reply["id"]]})
        assert (told.status, told.json) == (202, {"read": [reply["id"]]})
        state = tab.next("state").data
        while state["state"] != "read":
            state = tab.next("state").data
        assert state["id"] == reply["id"]
        sql = sql.replace("'delivered'", "'read'")
        until(lambda: rows(talking, sql, reply["id"]), PATIENCE, "it is read")


def test_what_is_said_to_a_user_comes_to_no_page_that_is_not_theirs(talking: Client) -> None:
    page = Page(talking)
    page.begin()
    left_behind = Page(talking)
    left_behind.token, left_behind.after = page.token, page.after
    asked(page, "Before I signed in", "1")
    page.begin(identity=identity("31"))
    with listening(left_behind) as old, listening(page) as tab:
        ticket = asked(page, "My account number is secret", "2")
        answered(talking, ticket, "So is this")
        while tab.said()["text"] != "So is this":
            pass
        left_behind.say("Is anybody there?", "3")
        seen = []
        while "Is anybody there?" not in seen:
            seen.append(old.said()["text"])
    assert {"My account number is secret", "So is this"}.isdisjoint(seen)
    texts = {one["text"] for one in left_behind.begin()["messages"]}
    assert {"My account number is secret", "So is this"}.isdisjoint(texts)


def test_how_far_mail_of_the_same_customer_came_is_not_said(talking: Client) -> None:
    crm = {"customer_id": "hal", "handles": {"chat_widget": ["user:32"], "email": ["hal@x.org"]}}
    assert talking.post("/api/v1/contacts", {"type": "customer", **crm}).status == 202
    page = Page(talking)
    page.begin(identity=identity("32"))
    with listening(page) as tab:
        mail = {"channel": "email", "handle": "hal@x.org", "message": "By mail"}
        assert talking.post("/api/v1/contacts?wait=30s", mail).json["ticket_id"]
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


def test_what_was_said_before_is_told_with_the_session(talking: Client, page: Page) -> None:
    answered(talking, asked(page), "We found it")
    with listening(page) as tab:
        seen = [tab.said() for _ in range(3)]
    sql = "SELECT 1 AS n FROM v1_messages WHERE message_id = ?"
    until(lambda: rows(talking, sql, seen[-1]["id"]), PATIENCE, "the reply is shown")
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
    port = free_port()
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
