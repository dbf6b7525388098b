"""Asking for something and reading the ruling, whoever works it off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.events.intents import NoteWritten
from schemas.record import Record
from streams import rulings
from streams.clock import WallClock
from streams.desk import Desk
from streams.embedded.database import only_worker
from streams.embedded.running import run_roles
from streams.entry import Entry
from streams.errors import NotFound, Unreadable
from streams.rulings import ask
from streams.understanding.tier import Tier


def intent(kind: str, ticket: str, **more: object) -> dict[str, object]:
    return {"type": kind, "ticket_id": ticket, "by": "bo", **more}


def line_and_revision(desk: Desk, ticket: str) -> tuple[object, object]:
    """Whose a ticket is, and how often it changed."""
    (row,) = desk.query(
        "SELECT customer_id, revision FROM v1_tickets WHERE ticket_id = ?", [ticket]
    )
    return row["customer_id"], row["revision"]


@contextmanager
def at_work(folder: Path, models: Tier) -> Iterator[None]:
    """Another worker on the store, until the block ends."""
    stop, up = threading.Event(), threading.Event()

    def work() -> None:
        with Desk(folder, WallClock()) as other:
            vars(other)["models"] = models
            roles = frozenset({"agents", "projections", "effects"})
            run_roles(other, roles, None, stop, recorded=False, ready=up.set)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert up.wait(60)
        yield
    finally:
        stop.set()
        thread.join()


def test_what_is_allowed_is_done_and_names_what_followed(desk: Desk, ann: str) -> None:
    ruling = ask(desk, intent("priority", ann, priority="low"))
    assert ruling.accepted
    assert ruling.status == "done"
    assert ruling.events[0] == "TicketPrioritised"
    assert ruling.record_ids[0] == ruling.record_id
    assert [r.type for r in desk.events() if r.id in ruling.record_ids[1:]] == ruling.events


def test_a_refusal_says_which_rule_and_what_would_do(desk: Desk, ann: str) -> None:
    ask(desk, intent("close", ann))
    ruling = ask(desk, intent("reply", ann, text="Anything else?"))
    assert not ruling.accepted
    assert ruling.status == "refused"
    assert ruling.reason == "closed"
    assert ruling.remedy == "reopen the ticket first"
    assert ruling.events == ["IntentRefused"]


def test_the_same_key_again_is_a_repeat_with_the_same_ruling(desk: Desk, ann: str) -> None:
    first = ask(desk, intent("tag", ann, add=["vip"], idempotency_key="k"))
    stands = desk.log.last_seq()
    second = ask(desk, intent("tag", ann, add=["vip"], idempotency_key="k"))
    assert second.status == "repeat"
    assert second.record_ids == first.record_ids
    assert desk.log.last_seq() == stands


@pytest.mark.parametrize("other", ["text", "ticket"])
def test_a_key_that_was_another_request_s_is_refused_and_appends_nothing(
    desk: Desk, ann: str, ben: str, other: str
) -> None:
    asked = intent("note", ann, text="She rang", idempotency_key="k")
    first = ask(desk, asked)
    stands = desk.log.last_seq()
    changed = {"text": "He wrote"} if other == "text" else {"ticket_id": ben}
    told = ask(desk, {**asked, **changed})
    assert (told.status, told.accepted, told.reason) == ("refused", False, "key_used")
    assert told.remedy == "give each request an idempotency key of its own"
    assert told.record_id == first.record_id
    assert desk.log.last_seq() == stands
    assert ask(desk, asked).status == "repeat", "the first one still is what it was"


REQUESTS: tuple[dict[str, object], ...] = (
    {"type": "reply", "text": "We looked \U0001f600", "attachments": []},
    {"type": "snooze", "until": "2026-12-24T17:30:00.123456+01:00"},
    {"type": "tag", "add": ["b", "a"], "remove": []},
    {"type": "transfer", "team": "legal"},
    {"type": "assign", "person": "sam"},
    {"type": "resolve"},
)


@pytest.mark.parametrize("request_", REQUESTS, ids=[str(one["type"]) for one in REQUESTS])
def test_a_repeat_is_one_though_the_ticket_has_moved_on(
    desk: Desk, ann: str, request_: dict[str, object]
) -> None:
    asked = {**request_, "ticket_id": ann, "by": "bo", "idempotency_key": "k"}
    before = line_and_revision(desk, ann)
    assert ask(desk, {**asked, "expected_revision": before[1]}).status == "done"
    desk.produce(
        {"type": "link", "customer_id": "ben", "channel": "email", "handle": "ann@example.org"}
    )
    desk.run()
    now = line_and_revision(desk, ann)
    assert now[0] != before[0], "it is on another line by now"
    assert ask(desk, {**asked, "expected_revision": now[1]}).status == "repeat"


def test_a_repeat_of_a_refusal_is_refused_again(desk: Desk, ann: str) -> None:
    first = ask(desk, intent("reopen", ann, idempotency_key="k"))
    assert ask(desk, intent("reopen", ann, idempotency_key="k")) == first
    assert first.reason == "not_resolved"


def test_an_unknown_ticket_is_not_found_and_nothing_is_appended(desk: Desk) -> None:
    before = desk.log.last_seq()
    with pytest.raises(NotFound, match="no ticket TICK_NO"):
        ask(desk, intent("close", "TICK_NO"))
    assert desk.log.last_seq() == before


def test_what_cannot_be_understood_is_unreadable(desk: Desk, ann: str) -> None:
    with pytest.raises(Unreadable, match="priority"):
        ask(desk, intent("priority", ann, priority="enormous"))


def test_a_ruling_of_another_worker_is_waited_for(
    desk: Desk, ann: str, models: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulings, "PATIENCE", 60.0)
    with at_work(desk.folder, models):
        ruling = ask(desk, intent("note", ann, text="She rang"))
        shown = desk.query(
            "SELECT * FROM v1_interactions WHERE interaction_id = ?", [ruling.record_id]
        )
    assert ruling.status == "done"
    assert "MessageAdded" in ruling.events
    assert len(shown) == 1


def test_without_a_ruling_in_time_the_request_is_accepted_and_kept(
    desk: Desk, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulings, "PATIENCE", 0.0)
    with only_worker(desk.folder):
        ruling = ask(desk, intent("priority", ann, priority="low", idempotency_key="k"))
        result = desk.pact("triage.assign_priority", {"ticket_id": ann, "priority": "medium"})
        sent = desk.pact("channel.send_response", {"ticket_id": ann, "text": "Done."})
        received = desk.pact(
            "channel.receive_message", {"channel": "email", "handle": "n@x.org", "message": "Hi"}
        )
    assert ruling.accepted
    assert ruling.status == "accepted"
    assert ruling.events == []
    assert result["success"] is True
    assert result["status"] == "accepted"
    assert len(result["record_ids"]) == 1
    assert sent["status"] == received["status"] == "accepted"
    assert (sent["message_id"], sent["delivery_status"]) == (None, "queued")
    assert received["processed_message"]["status"] is None
    desk.run()
    assert desk.query("SELECT priority FROM v1_tickets WHERE ticket_id = ?", [ann]) == [
        {"priority": "medium"}
    ]
    again = ask(desk, intent("priority", ann, priority="low", idempotency_key="k"))
    assert again.status == "repeat"
    assert again.events[0] == "TicketPrioritised"


def test_what_lies_beyond_the_clock_is_accepted_and_waits(desk: Desk, ann: str) -> None:
    ruling = ask(desk, intent("note", ann, text="Later", at="2026-03-02T10:00:00Z"))
    assert ruling.status == "accepted"


def test_the_cost_of_a_ruling_does_not_grow_with_the_log(
    desk: Desk, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a repeat of the first request, nothing is read but what followed from it."""
    first = ask(desk, intent("tag", ann, add=["vip"], idempotency_key="k"))
    for number in range(30):
        desk.produce(intent("note", ann, text=f"Note {number}"))
    desk.run()
    read: list[str] = []
    plain = Entry.record

    def counted(self: Entry) -> Record:
        read.append(self.id)
        return plain(self)

    monkeypatch.setattr(Entry, "record", counted)
    assert ask(desk, intent("tag", ann, add=["vip"], idempotency_key="k")).status == "repeat"
    assert set(read) == set(first.record_ids)


def test_what_follows_on_other_lines_is_part_of_the_ruling(desk: Desk, ann: str) -> None:
    ruling = ask(desk, intent("transfer", ann, team="money2"))
    assert {"TicketTransferred", "SpecialistChosen", "TicketAssigned"} <= set(ruling.events)


def test_a_failed_agent_is_no_acceptance(
    desk: Desk, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents import lifecycle_intents

    def broken(*_: object) -> None:
        raise RuntimeError("torn")

    monkeypatch.setattr(lifecycle_intents, "ruling", broken)
    record = Record(
        id="n" * 32,
        key="ann",
        at=desk.clock.now(),
        by="person/bo",
        event=NoteWritten(ticket_id=ann, customer_id="ann", by="bo", text="x"),
        correlation="n" * 32,
    )
    ruling = rulings.ruling_of(desk.carry_out(record))
    assert not ruling.accepted
    assert "lifecycle failed" in ruling.reason
