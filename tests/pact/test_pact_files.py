"""Files by PACT: in the store before the reply, which goes with them or not at all."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from schemas.events.decisions import ReplyRequested
from streams.desk import Desk
from streams.files.store import Files
from tests.fileservers import PNG

PLAN = b"One\n"


def send(desk: Desk, ticket: str, *files: Any, **more: Any) -> dict[str, Any]:
    params = {"ticket_id": ticket, "text": "Here it is.", "by": "bo", "attachments": files, **more}
    return desk.pact("channel.send_response", params)


def given(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "content": b64encode(content).decode()}


def requested(desk: Desk, told: dict[str, Any]) -> ReplyRequested:
    entry = desk.log.find(told["message_id"])
    assert entry is not None
    event = entry.record().event
    assert isinstance(event, ReplyRequested)
    return event


def test_files_that_come_along_are_kept_and_go_with_the_reply(desk: Desk, ann: str) -> None:
    told = send(desk, ann, given("../photo.png", PNG), given("plan.txt", PLAN))
    assert told["success"] is True, told
    assert [
        (one.name, one.media_type, one.size, one.sha256)
        for one in requested(desk, told).attachments
    ] == [
        ("photo.png", "image/png", len(PNG), sha256(PNG).hexdigest()),
        ("plan.txt", "text/plain", len(PLAN), sha256(PLAN).hexdigest()),
    ]
    assert Files(desk.folder).read(sha256(PLAN).hexdigest(), 0, 100) == PLAN


@pytest.mark.parametrize("column", ["attachment_id", "sha256"])
def test_a_file_that_is_here_is_named(desk: Desk, ann: str, column: str) -> None:
    send(desk, ann, given("plan.txt", PLAN))
    desk.run()
    (row,) = desk.query(f"SELECT {column} AS name FROM v1_attachments")
    told = send(desk, ann, row["name"], given("photo.png", PNG))
    assert [one.name for one in requested(desk, told).attachments] == ["plan.txt", "photo.png"]


def test_the_same_call_again_is_the_same_reply(desk: Desk, ann: str) -> None:
    once = send(desk, ann, given("plan.txt", PLAN), idempotency_key="k1")
    assert send(desk, ann, given("plan.txt", PLAN), idempotency_key="k1") == once


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("att_unknown", "there is no file att_unknown"),
        (given("run.exe", b"MZ\x00\x01"), "run.exe is not sent"),
        ({"name": "plan.txt", "content": "no base64!"}, "attachments"),
        ({"name": "plan.txt"}, "attachments"),
    ],
)
def test_a_file_that_is_not_sent_leaves_nothing_in_the_log(
    desk: Desk, ann: str, file: object, says: str
) -> None:
    before = desk.log.last_seq()
    told = send(desk, ann, given("plan.txt", PLAN), file)
    assert told["success"] is False
    assert says in told["error"]
    assert desk.log.last_seq() == before


def test_more_files_than_a_reply_may_have_are_refused(desk: Desk, ann: str) -> None:
    told = send(desk, ann, *[given(f"{n}.txt", PLAN) for n in range(11)])
    assert told["success"] is False
    assert "attachments" in told["error"]


def test_a_ticket_that_is_not_there_has_no_files_kept_for_it(desk: Desk) -> None:
    told = send(desk, "TICK_NO", given("plan.txt", PLAN))
    assert told["success"] is False
    assert not Files(desk.folder).has(sha256(PLAN).hexdigest())


def test_where_a_file_can_go_neither_way_the_reply_is_refused(desk: Desk) -> None:
    contact = {"channel": "slack", "handle": "T1/U1", "message": "Where is my parcel?"}
    ticket = desk.pact("channel.receive_message", contact)["processed_message"]["ticket_id"]
    told = send(desk, ticket, given("plan.txt", PLAN))
    assert (told["success"], told["reason"]) == (False, "file_not_taken")
