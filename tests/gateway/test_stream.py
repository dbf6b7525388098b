"""The log as server-sent events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from streams.desk import Desk
from streams.entry import Entry
from streams.filters import Filter
from streams.gateway.house import ASKERS
from tests.gateways import CONTACT, Client, Stream, gateway, ticket_of, worker


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Client]:
    """A gateway without a worker."""
    with gateway(tmp_path) as client:
        yield client


def contacts(client: Client, count: int, name: str = "m") -> list[str]:
    """Some contacts; returns their ids."""
    lines = [{**CONTACT, "message": name, "provider_id": f"{name}{n}"} for n in range(count)]
    told = client.post("/api/v1/contacts", lines)
    return [one["id"] for one in told.json["results"]]


def ids(stream: Stream, count: int) -> list[str]:
    """The ids of the next records of a stream."""
    return [json.loads(one["data"])["id"] for one in islice(stream, count)]


def test_a_record_comes_when_it_is_appended(lonely: Client) -> None:
    stream = Stream(lonely, "/api/v1/stream")
    (number,) = contacts(lonely, 1)
    (event,) = islice(stream, 1)
    stream.close()
    record = json.loads(event["data"])
    assert (record["id"], record["type"]) == (number, "ContactReceived")
    assert event["event"] == "ContactReceived"
    assert event["id"] == record["position"]


def test_what_was_there_before_is_not_sent_unless_asked_for(lonely: Client) -> None:
    before = contacts(lonely, 2, "before")
    stream = Stream(lonely, "/api/v1/stream")
    after = contacts(lonely, 1, "after")
    assert ids(stream, 1) == after
    stream.close()
    again = Stream(lonely, "/api/v1/stream?after=p1.MA")
    assert ids(again, 3) == before + after
    again.close()


def test_a_client_goes_on_behind_the_last_event_that_it_saw(lonely: Client) -> None:
    numbers = contacts(lonely, 5)
    stream = Stream(lonely, "/api/v1/stream?after=p1.MA")
    seen = list(islice(stream, 2))
    stream.close()
    again = Stream(lonely, "/api/v1/stream", Last_Event_ID=seen[-1]["id"])
    more = contacts(lonely, 1, "more")
    assert ids(again, 4) == numbers[2:] + more
    again.close()


def test_whoever_falls_behind_what_memory_keeps_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.gateway.tail.KEPT", 3)
    with gateway(tmp_path) as client:
        stream = Stream(client, "/api/v1/stream")
        numbers = contacts(client, 400, "many") + contacts(client, 400, "more")
        assert ids(stream, 800) == numbers
        stream.close()


def test_whoever_reads_all_of_a_long_log_holds_up_nobody_at_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, placed = threading.Event(), Desk.placed

    def slow(desk: Desk, wanted: Filter, after: str | None = None) -> Iterator[tuple[Entry, str]]:
        read.wait(120)
        return placed(desk, wanted, after)

    with gateway(tmp_path) as client, worker(tmp_path):
        ticket = ticket_of(client)
        monkeypatch.setattr(Desk, "placed", slow)
        path = "/api/v1/stream?after=p1.MA&type=TicketOpened"
        behind = [Stream(client, path) for _ in range(ASKERS + 1)]
        assert client.post(f"/api/v1/tickets/{ticket}/notes", {"text": "Hm"}).status == 200
        read.set()
        assert [len(list(islice(one, 1))) for one in behind] == [1] * len(behind)
        for one in behind:
            one.close()


def test_only_what_is_wanted_is_sent(served: Client) -> None:
    stream = Stream(served, "/api/v1/stream?type=TicketOpened")
    first = ticket_of(served, handle="one@example.org")
    second = ticket_of(served, handle="two@example.org")
    opened = [json.loads(one["data"]) for one in islice(stream, 2)]
    stream.close()
    assert [one["event"]["ticket_id"] for one in opened] == [first, second]
    assert {one["topic"] for one in opened} == {"support.tickets.v1"}


def test_of_one_ticket_and_of_one_customer(served: Client) -> None:
    ticket = ticket_of(served, customer_id="cora")
    ticket_of(served, customer_id="dora")
    own = Stream(served, f"/api/v1/stream?after=p1.MA&ticket={ticket}")
    assert {json.loads(one["data"])["event"]["ticket_id"] for one in islice(own, 3)} == {ticket}
    own.close()
    line = Stream(served, "/api/v1/stream?after=p1.MA&customer=dora&type=ContactReceived")
    (contact,) = islice(line, 1)
    assert json.loads(contact["data"])["key"] == "dora"
    line.close()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("topic=support.contacts", 400),
        ("type=ContactRecieved", 400),
        ("after=yesterday", 400),
        ("colour=red", 400),
    ],
)
def test_what_would_match_nothing_is_refused(lonely: Client, query: str, status: int) -> None:
    told = lonely.get(f"/api/v1/stream?{query}")
    assert told.status == status
    assert told.json["remedy"]


def test_the_id_of_an_event_that_is_no_text_is_refused_like_any_other(lonely: Client) -> None:
    told = lonely("GET", "/api/v1/stream", headers={"Last-Event-ID": "p1.\xff"})
    assert (told.status, told.json["detail"]) == (400, "p1.? is not a position")


def test_the_stream_ends_when_the_gateway_stops(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        stream = Stream(client, "/api/v1/stream")
        contacts(client, 1)
        assert len(ids(stream, 1)) == 1
    assert list(stream) == []
    stream.close()
