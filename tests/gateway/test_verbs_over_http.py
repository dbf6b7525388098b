"""What people at the desk do, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.gateway.serving import ROUTES
from streams.inputs import INTENTS
from tests.gateways import Client, gateway, ticket_of, worker
from tests.stores import a_desk


def test_every_verb_of_the_desk_has_its_route() -> None:
    paths = {route.path.rpartition("/")[2] for route in ROUTES if route.method == "POST"}
    assert {{"reply": "replies", "note": "notes"}.get(name, name) for name in INTENTS} <= paths


def test_a_reply_goes_out_and_stands_in_the_timeline(served: Client) -> None:
    ticket = ticket_of(served, handle="reply@example.org")
    told = served.post(f"/api/v1/tickets/{ticket}/replies", {"text": "We looked.", "by": "bo"})
    assert told.status == 200, told
    assert told.json["status"] == "done"
    position = told.headers["pactdesk-position"]
    timeline = served.get(f"/api/v1/tickets/{ticket}/timeline?min_position={position}&wait=30s")
    said = [one["message_content"] for one in timeline.json["interactions"]]
    assert any("We looked." in one for one in said)
    assert timeline.json["ticket"]["ticket_id"] == ticket
    assert {one["ticket_id"] for one in timeline.json["decisions"]} == {ticket}


def test_a_rule_that_says_no_is_a_conflict_with_reason_and_remedy(served: Client) -> None:
    ticket = ticket_of(served, handle="twice@example.org")
    assert served.post(f"/api/v1/tickets/{ticket}/resolve").status == 200
    told = served.post(f"/api/v1/tickets/{ticket}/resolve")
    assert told.status == 409
    assert told.json["reason"] == "resolved"
    assert "reopen" in told.json["remedy"]


def test_the_same_key_is_the_same_request(served: Client) -> None:
    ticket = ticket_of(served, handle="key@example.org")
    first = served.post(f"/api/v1/tickets/{ticket}/notes", {"text": "a"}, Idempotency_Key="n1")
    again = served.post(f"/api/v1/tickets/{ticket}/notes", {"text": "a"}, Idempotency_Key="n1")
    assert (first.json["status"], again.json["status"]) == ("done", "repeat")
    assert first.json["record_ids"] == again.json["record_ids"]


def test_a_key_that_another_ticket_s_request_had_is_a_conflict(served: Client) -> None:
    one, other = (ticket_of(served, handle=f"{n}@example.org") for n in ("one", "other"))
    said, key = {"text": "a", "by": "sam"}, {"Idempotency_Key": "n2"}
    first = served.post(f"/api/v1/tickets/{one}/notes", said, **key)
    told = served.post(f"/api/v1/tickets/{other}/notes", said, **key)
    assert (first.status, told.status, told.json["reason"]) == (200, 409, "key_used")


def test_a_request_about_an_old_state_is_refused_with_what_changed(served: Client) -> None:
    ticket = ticket_of(served, handle="stale@example.org")
    seen = served.get(f"/api/v1/tickets/{ticket}")
    now = served.post(f"/api/v1/tickets/{ticket}/priority", {"priority": "high"})
    assert now.status == 200
    told = served.post(f"/api/v1/tickets/{ticket}/resolve", If_Match=seen.headers["etag"])
    assert told.status == 409
    assert told.json["reason"] == "stale"
    assert "TicketPrioritised" in {one["type"] for one in told.json["changes"]}
    before = int(seen.headers["etag"].strip('"'))
    assert [one["revision"] for one in told.json["changes"]] == list(
        range(before + 1, told.json["revision"] + 1)
    )


def test_a_request_about_the_state_as_it_is_happens(served: Client) -> None:
    ticket = ticket_of(served, handle="fresh@example.org")
    seen = served.get(f"/api/v1/tickets/{ticket}")
    told = served.post(f"/api/v1/tickets/{ticket}/resolve", If_Match=seen.headers["etag"])
    assert told.status == 200


def test_a_tag_that_a_proxy_made_weak_as_it_pressed_the_answer_is_the_ticket_s_all_the_same(
    served: Client,
) -> None:
    ticket = ticket_of(served, handle="pressed@example.org")
    seen = f"W/{served.get(f'/api/v1/tickets/{ticket}').headers['etag']}"
    notes = f"/api/v1/tickets/{ticket}/notes"
    assert served.post(notes, {"text": "a"}, If_Match=seen).status == 200
    told = served.post(notes, {"text": "b"}, If_Match=seen)
    assert (told.status, told.json["reason"]) == (409, "stale")


def test_a_link_and_a_conversation_belong_to_a_customer(served: Client) -> None:
    link = {"channel": "slack", "handle": "U77"}
    assert served.post("/api/v1/customers/eva/link", link).status == 200
    assert served.post("/api/v1/customers/eva/unlink", link).status == 200
    described = served.post(
        "/api/v1/contacts?wait=30s",
        {"type": "customer", "customer_id": "eva", "handles": {"email": ["eva@example.org"]}},
    )
    assert described.status == 202
    start = {"channel": "email", "text": "How is it going?"}
    told = served.post("/api/v1/customers/eva/start", start)
    assert told.status == 200, told
    assert "TicketOpened" in told.json["events"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/tickets/TICK_NONE/resolve", None, 404),
        ("/api/v1/tickets/{ticket}/replies", {}, 422),
        ("/api/v1/tickets/{ticket}/replies", {"text": "a", "colour": "red"}, 422),
        ("/api/v1/tickets/{ticket}/priority", {"priority": "huge"}, 422),
        ("/api/v1/tickets/{ticket}/notes", [], 400),
        ("/api/v1/tickets/{ticket}/notes", b"{", 400),
        ("/api/v1/tickets/{ticket}/dance", {}, 404),
    ],
)
def test_what_does_not_fit_is_told(served: Client, path: str, body: object, status: int) -> None:
    ticket = ticket_of(served, handle="fits@example.org")
    told = served.post(path.format(ticket=ticket), body)
    assert told.status == status, told
    assert told.json["detail"]
    assert told.json["remedy"]


def test_an_entity_tag_that_is_none_is_a_bad_request(served: Client) -> None:
    ticket = ticket_of(served, handle="etag@example.org")
    assert served.post(f"/api/v1/tickets/{ticket}/resolve", If_Match="7").status == 400


def test_a_star_is_any_revision_of_a_ticket(served: Client) -> None:
    ticket = ticket_of(served, handle="star@example.org")
    assert served.post(f"/api/v1/tickets/{ticket}/resolve", If_Match="*").status == 200
    assert served.post("/api/v1/tickets/TICK_NO/resolve", If_Match="*").status == 404


def test_who_goes_off_duty_gets_no_ticket_until_they_are_back(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce({"type": "specialist", "specialist_id": "bo", "name": "Bo"})
    with gateway(tmp_path) as client, worker(tmp_path):
        path = "/api/v1/specialists?available={}&min_position={}&wait=30s"
        ticket_of(client, handle="first@example.org")  # by now the worker has met Bo
        for word, available in (("away", "false"), ("back", "true")):
            told = client.post(f"/api/v1/specialists/bo/{word}")
            assert (told.status, told.json["status"]) == (200, "done"), told
            listed = client.get(path.format(available, told.headers["pactdesk-position"]))
            assert [one["specialist_id"] for one in listed.json["items"]] == ["bo"]


def test_nobody_unknown_goes_off_duty(served: Client) -> None:
    told = served.post("/api/v1/specialists/zoe/away")
    assert told.status == 404
    assert "zoe" in told.json["detail"]
