"""Replies to the local mailbox: in order, once, marked local, and told when they fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import ReplyAccepted, ReplyAttempted, ReplyFailed
from schemas.events.decisions import ReplyRequested
from streams.desk import Desk
from streams.effects import LocalTransport
from streams.embedded.effects import POSITION
from streams.embedded.shift import Shift
from tests.outgoing import an_answer
from tests.stores import a_desk

CONTACT = {"channel": "email", "customer_id": "ann", "handle": "ann@example.org", "message": "Hi"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path / "data") as desk:
        yield desk


def replied(desk: Desk, *texts: str) -> None:
    """A ticket whose customer is written to."""
    desk.produce(CONTACT)
    desk.run()
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
    for text in texts:
        desk.produce({"type": "reply", "ticket_id": row["ticket_id"], "by": "sam", "text": text})
    desk.run()


def test_a_reply_lies_in_the_mailbox_and_is_sent_by_the_local_transport_and_no_further(
    desk: Desk,
) -> None:
    replied(desk, "It is on its way.")
    (row,) = desk.query(
        "SELECT interaction_id, delivery FROM v1_interactions"
        " WHERE message_content LIKE '%on its way%'"
    )
    assert row["delivery"] == "sent"
    states = desk.query("SELECT state, transport, delivered_at, read_at FROM v1_deliveries")
    assert {tuple(one.values()) for one in states} == {("sent", "local", None, None)}
    (letter,) = (
        path
        for path in (desk.folder / "mailbox" / "email").iterdir()
        if "It is on its way." in path.read_text()
    )
    assert letter.read_text().startswith("Transport: local (kept on this machine, not sent)\n")
    assert "To: ann@example.org" in letter.read_text()


def test_attempts_and_outcomes_follow_their_requests_in_order(desk: Desk) -> None:
    replied(desk, "First.", "Second.", "Third.")
    requests = [r.id for r in desk.events(type=ReplyRequested.__name__)]
    told = [r.event for r in desk.events() if isinstance(r.event, ReplyAttempted | ReplyAccepted)]
    expected = [(kind, request) for request in requests for kind in (ReplyAttempted, ReplyAccepted)]
    assert [(type(event), event.request_id) for event in told] == expected
    assert len(requests) >= 3


def test_a_mailbox_that_cannot_be_written_fails_the_reply_and_alerts_the_team(desk: Desk) -> None:
    (desk.folder / "mailbox").write_text("not a folder")
    replied(desk, "It is on its way.")
    failed = [r.event for r in desk.events() if isinstance(r.event, ReplyFailed)]
    assert failed
    assert all(one.final and "the mailbox cannot be written" in one.error for one in failed)
    states = desk.query("SELECT state, error FROM v1_deliveries")
    assert {one["state"] for one in states} == {"failed"}
    assert desk.query("SELECT * FROM v1_alerts WHERE alert_type = 'delivery'")
    (row,) = desk.query(
        "SELECT delivery FROM v1_interactions WHERE message_content LIKE '%on its way%'"
    )
    assert row["delivery"] == "failed"


def test_nothing_is_carried_out_twice_whoever_looks_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    replied(desk, "It is on its way.")
    before = desk.log.last_seq()
    desk.database.set_meta(POSITION, "0")  # as another process would begin that knows nothing
    monkeypatch.setattr(LocalTransport, "deliver", lambda *_: pytest.fail("it was sent again"))
    assert desk.effects().catch_up() == []
    assert desk.log.last_seq() == before


def test_two_processes_that_carry_out_the_same_request_tell_one_outcome(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver = LocalTransport.deliver

    def overtaken(self: LocalTransport, request_id: str, request: ReplyRequested) -> str:
        monkeypatch.setattr(LocalTransport, "deliver", deliver)
        desk.effects().catch_up()
        return deliver(self, request_id, request)

    monkeypatch.setattr(LocalTransport, "deliver", overtaken)
    replied(desk)
    accepted = [r.event for r in desk.events() if isinstance(r.event, ReplyAccepted)]
    assert len(accepted) == len({one.request_id for one in accepted}) > 0


def test_what_was_carried_out_when_the_desk_stops_is_said_before_it_stops(desk: Desk) -> None:
    desk.produce(CONTACT)
    shift = Shift(desk)
    shift.rest()
    while not list((desk.folder / "mailbox").rglob("*.txt")):
        assert shift.step()
    assert [
        r.type for r in desk.events() if isinstance(r.event, ReplyAttempted | ReplyAccepted)
    ] == ["ReplyAttempted"]
    shift.finish()
    assert list(desk.events(type=ReplyAccepted.__name__))


def test_nothing_is_handed_to_the_transport_before_the_log_has_the_attempt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempted: list[bool] = []
    deliver = LocalTransport.deliver

    def seen(self: LocalTransport, request_id: str, request: ReplyRequested) -> str:
        with closing(sqlite3.connect(desk.database.path)) as other:
            rows = other.execute("SELECT 1 FROM claims WHERE request_id = ?", (request_id,))
            attempted.append(rows.fetchone() is not None)
        return deliver(self, request_id, request)

    monkeypatch.setattr(LocalTransport, "deliver", seen)
    replied(desk, "It is on its way.")
    assert len(attempted) > 1
    assert all(attempted)


def test_catching_up_reads_nothing_while_nothing_was_appended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    replied(desk, "It is on its way.")
    effects = desk.effects()
    effects.catch_up()

    def read(*_: Any) -> None:
        pytest.fail("it read the log")

    monkeypatch.setattr(type(desk.log), "scan", read)
    assert effects.catch_up() == []


def test_a_longer_silence_is_not_read_again_by_the_next_process(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streams.embedded import effects as module

    replied(desk)
    monkeypatch.setattr(module, "FAR", 0)
    desk.effects().catch_up()
    assert desk.database.meta(POSITION) == str(desk.log.last_seq())


def test_a_message_written_again_is_the_same_file(tmp_path: Path) -> None:
    transport = LocalTransport(tmp_path)
    request = an_answer("half \ud800 of a pair")
    assert transport.deliver("r", request) == transport.deliver("r", request) == "email/r.txt"
    assert "half ? of a pair" in (tmp_path / "email" / "r.txt").read_text()
