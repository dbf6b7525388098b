"""Taking contacts in over HTTP."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from schemas.events.contacts import ContactReceived
from streams.desk import Desk
from tests.gateways import CONTACT, Client, gateway, ticket_of
from tests.stores import a_desk


def ids_by_message(desk: Desk) -> dict[str, str]:
    """The contacts of a log."""
    return {
        record.event.message: record.id
        for record in desk.events()
        if isinstance(record.event, ContactReceived)
    }


def test_a_contact_is_in_the_log_when_it_is_acknowledged(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", CONTACT)
        with a_desk(tmp_path) as desk:
            (record,) = desk.events(type="ContactReceived")
    assert told.status == 202
    assert told.json == {
        "status": "accepted",
        "id": record.id,
        "topic": "support.contacts.v1",
        "partition": record.partition,
        "offset": record.offset,
    }
    assert told.headers["pactdesk-position"].startswith("p1.")


def test_a_list_gets_one_result_each_in_its_order(tmp_path: Path) -> None:
    lines = [{**CONTACT, "message": f"number {n}"} for n in range(5)]
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", lines)
        with a_desk(tmp_path) as desk:
            known = ids_by_message(desk)
    assert told.status == 202
    assert [one["id"] for one in told.json["results"]] == [known[one["message"]] for one in lines]
    assert told.json["position"] == told.headers["pactdesk-position"]


def test_a_repeat_is_told_and_appended_once(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        first = client.post("/api/v1/contacts", {**CONTACT, "provider_id": "m1"})
        again = client.post("/api/v1/contacts", {**CONTACT, "provider_id": "m1"})
        with a_desk(tmp_path) as desk:
            assert desk.log.last_seq() == 1
    assert (again.status, again.json["status"]) == (202, "repeat")
    assert again.json["id"] == first.json["id"]


def test_an_idempotency_key_stands_for_a_provider_id(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        first = client.post("/api/v1/contacts", CONTACT, Idempotency_Key="k")
        again = client.post("/api/v1/contacts", CONTACT, Idempotency_Key="k")
        other = client.post("/api/v1/contacts", CONTACT, Idempotency_Key="l")
    assert again.json["status"] == "repeat"
    assert again.json["id"] == first.json["id"]
    assert other.json["status"] == "accepted"


@pytest.mark.parametrize(
    "line",
    [
        {"type": "signal", "customer_id": "ann", "kind": "app_crash"},
        {"type": "survey", "customer_id": "ann", "score": 4},
        {"type": "start", "customer_id": "ann", "channel": "email", "text": "Hello"},
    ],
    ids=lambda line: line["type"],
)
def test_with_an_idempotency_key_whatever_happens_happens_once(
    tmp_path: Path, line: dict[str, object]
) -> None:
    with gateway(tmp_path) as client:
        first = client.post("/api/v1/contacts", line, Idempotency_Key="k")
        again = client.post("/api/v1/contacts", line, Idempotency_Key="k")
        other = client.post("/api/v1/contacts", line, Idempotency_Key="l")
    assert [one.json["status"] for one in (first, again, other)] == [
        "accepted",
        "repeat",
        "accepted",
    ]
    assert again.json["id"] == first.json["id"]


def test_an_idempotency_key_is_no_field_of_what_says_how_the_world_is(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        line = {"type": "customer", "customer_id": "ann", "name": "Ann"}
        assert client.post("/api/v1/contacts", line, Idempotency_Key="k").status == 202


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"nonsense", "not JSON"),
        (b'{"channel": "carrier-pigeon", "handle": "a", "message": "b"}', "channel"),
        (b"[1]", "not an object"),
    ],
)
def test_what_cannot_be_read_is_refused_and_kept_as_a_dead_letter(
    tmp_path: Path, body: bytes, says: str
) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", body)
        with a_desk(tmp_path) as desk:
            (letter,) = desk.letters()
    assert told.status == 422
    assert told.headers["content-type"] == "application/problem+json"
    assert says in told.json["detail"]
    assert told.json["dead_letter_id"] == letter.id
    assert letter.value in body


def test_of_a_list_the_good_ones_are_kept(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", [CONTACT, {"channel": "email"}])
    assert told.status == 202
    good, bad = told.json["results"]
    assert (good["status"], bad["status"]) == ("accepted", "unreadable")
    assert "message" in bad["error"]


def test_lines_are_taken_like_a_list(tmp_path: Path) -> None:
    one = json.dumps(CONTACT).encode()
    sent = b"\xef\xbb\xbf" + one + b"\r\n\n \nnonsense\n\xff\n" + one + b"\n"
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", sent, Content_Type="application/x-ndjson")
        key = {"Content_Type": "application/x-ndjson", "Idempotency_Key": "k"}
        assert client.post("/api/v1/contacts", one, **key).status == 400
        many = client.post(
            "/api/v1/contacts", (one + b"\n") * 1001, Content_Type="application/x-ndjson"
        )
        with a_desk(tmp_path) as desk:
            assert len([*desk.events(type="ContactReceived")]) == 1
    said = [one["status"] for one in told.json["results"]]
    assert said == ["accepted", "unreadable", "unreadable", "repeat"]
    assert many.status == 413


@pytest.mark.parametrize("body", [b"", b"  \n", b"[]"])
def test_an_empty_body_is_a_bad_request(tmp_path: Path, body: bytes) -> None:
    with gateway(tmp_path) as client:
        assert client.post("/api/v1/contacts", body).status == 400


def test_a_body_past_the_limit_is_refused(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", {**CONTACT, "message": "x" * 2**20})
    assert told.status == 413
    assert "1048576" in told.json["detail"]


def test_a_list_of_too_many_is_refused_whole(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", [CONTACT] * 1001)
        with a_desk(tmp_path) as desk:
            assert desk.log.last_seq() == 0
    assert told.status == 413


def test_whoever_waits_is_told_the_ticket_and_how_it_stands(served: Client) -> None:
    told = served.post("/api/v1/contacts?wait=30s", {**CONTACT, "handle": "waits@example.org"})
    ticket = served.get(f"/api/v1/tickets/{told.json['ticket_id']}")
    assert told.json["ticket_status"] == ticket.json["status"]
    assert ticket.json["description"] == CONTACT["message"]


def test_without_a_worker_the_wait_ends_and_the_contact_is_kept(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts?wait=50ms", CONTACT)
    assert told.status == 202
    assert told.json["ticket_id"] is None


def test_many_clients_at_once_lose_nothing_and_get_their_own(served: Client) -> None:
    told: dict[str, str] = {}

    def write(name: str) -> None:
        client = Client(served.address, served.settings)
        for number in range(20):
            message = f"{name} {number}"
            answer = client.post(
                "/api/v1/contacts",
                {"channel": "slack", "handle": f"crowd-{name}", "message": message},
            )
            told[message] = answer.json["id"]
        client.close()

    threads = [threading.Thread(target=write, args=(f"client-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with a_desk(served.settings.data) as desk:
        known = ids_by_message(desk)
    assert len(told) == 160
    assert told.items() <= known.items()


def test_the_position_of_an_answer_shows_what_was_written(served: Client) -> None:
    told = served.post("/api/v1/contacts", {**CONTACT, "handle": "reads@example.org"})
    position = told.headers["pactdesk-position"]
    found = served.get(f"/api/v1/interactions?min_position={position}&wait=30s&limit=1000")
    assert told.json["id"] in {one["interaction_id"] for one in found.json["items"]}


def test_a_position_that_is_not_shown_in_time_is_told(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", CONTACT)
        position = told.headers["pactdesk-position"]
        late = client.get(f"/api/v1/tickets?min_position={position}&wait=20ms")
    assert late.status == 503
    assert late.headers["retry-after"] == "1"


def test_a_ticket_is_there_for_who_waited(served: Client) -> None:
    assert ticket_of(served, handle="there@example.org").startswith("TICK_")
