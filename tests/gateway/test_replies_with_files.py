"""A reply with files over HTTP: in the store before the intent, by what their bytes say."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from streams.files.enclosed import TOGETHER
from streams.files.store import Files
from tests.fileservers import PNG
from tests.gateways import Answered, Client, gateway, ticket_of, worker
from tests.stores import a_desk

PROGRAM = b"MZ\x00\x01"


def form(
    fields: Sequence[tuple[str, str]],
    files: Sequence[tuple[str, bytes]],
    boundary: str = "b0undary",
) -> tuple[bytes, dict[str, str]]:
    """A form as a browser sends it, and its headers."""
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in fields
    ]
    parts += [
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        for name, content in files
    ]
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def sent(
    client: Client, ticket: str, files: Sequence[tuple[str, bytes]], *fields: tuple[str, str]
) -> Answered:
    body, headers = form([("text", "Here it is"), *fields], files)
    return client("POST", f"/api/v1/tickets/{ticket}/replies", body, headers)


def requested(client: Client, ticket: str) -> list[Any]:
    """The replies by people that were asked for on a ticket."""
    with a_desk(client.settings.data) as desk:
        found = [one.event for one in desk.events(ticket=ticket, type="ReplyRequested")]
    return [one for one in found if one.kind == "agent_reply"]  # type: ignore[attr-defined]  # of this type


def test_files_of_a_form_are_kept_and_go_with_the_reply(served: Client) -> None:
    ticket = ticket_of(served, handle="form@example.org")
    told = sent(served, ticket, [("../photo.png", PNG), ("plan.txt", b"One\n")], ("by", "bo"))
    assert (told.status, told.json["status"]) == (200, "done"), told
    (request,) = requested(served, ticket)
    assert [(one.name, one.media_type, one.size, one.sha256) for one in request.attachments] == [
        ("photo.png", "image/png", len(PNG), sha256(PNG).hexdigest()),
        ("plan.txt", "text/plain", 4, sha256(b"One\n").hexdigest()),
    ]
    assert (request.author, request.parts, request.linked) == ("bo", ["Here it is"], [])
    files = Files(served.settings.data)
    assert files.read(sha256(PNG).hexdigest(), 0, 1000) == PNG


def test_they_stand_by_the_message_and_are_had_like_others(served: Client) -> None:
    ticket = ticket_of(served, handle="stand@example.org")
    position = sent(served, ticket, [("photo.png", PNG)]).headers["pactdesk-position"]
    timeline = served.get(f"/api/v1/tickets/{ticket}/timeline?min_position={position}&wait=30s")
    (file,) = [
        file
        for one in timeline.json["interactions"]
        if one["interaction_type"] == "agent_response"
        for file in one["attachments"]
    ]
    assert (file["direction"], file["state"], file["name"]) == ("out", "stored", "photo.png")
    got = served.get(f"/api/v1/attachments/{file['attachment_id']}")
    assert (got.status, got.body, got.headers["content-type"]) == (200, PNG, "image/png")


@pytest.mark.parametrize("by", ["attachment_id", "sha256"])
def test_a_file_that_is_here_is_named(served: Client, by: str) -> None:
    ticket = ticket_of(served, handle=f"named-{by}@example.org")
    position = sent(served, ticket, [("photo.png", PNG)]).headers["pactdesk-position"]
    found = served.get(f"/api/v1/attachments?ticket_id={ticket}&min_position={position}&wait=30s")
    (row,) = found.json["items"]
    path = f"/api/v1/tickets/{ticket}/replies"
    assert served.post(path, {"text": "Again", "attachments": [row[by]]}).status == 200
    assert sent(served, ticket, [], ("attachments", row[by])).status == 200
    for one in requested(served, ticket):
        assert [file.sha256 for file in one.attachments] == [row["sha256"]]


def test_a_file_that_is_not_here_cannot_be_named(served: Client) -> None:
    ticket = ticket_of(served, handle="nowhere@example.org")
    path = f"/api/v1/tickets/{ticket}/replies"
    told = served.post(path, {"text": "Look", "attachments": ["0f" * 32]})
    assert told.status == 404
    assert "there is no file" in told.json["detail"]
    assert requested(served, ticket) == []


def test_a_kind_that_is_not_kept_is_not_sent(served: Client) -> None:
    ticket = ticket_of(served, handle="kind@example.org")
    told = sent(served, ticket, [("photo.png", PROGRAM)])
    assert told.status == 415
    assert "photo.png is not sent: application/x-dosexec" in told.json["detail"]
    assert not Files(served.settings.data).has(sha256(PROGRAM).hexdigest())
    assert requested(served, ticket) == []


def test_more_than_the_limit_is_not_taken(served: Client) -> None:
    ticket = ticket_of(served, handle="large@example.org")
    half = bytes(TOGETHER // 2 + 1)
    told = sent(served, ticket, [("a", half), ("b", half)])
    assert (told.status, told.headers["connection"]) == (413, "close")
    served.close()
    assert requested(served, ticket) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nnothing", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (form([("text", "a"), ("text", "b")], [])[0], form([], [])[1]["Content-Type"]),
    ],
)
def test_what_is_no_form_is_told(served: Client, body: bytes, kind: str) -> None:
    ticket = ticket_of(served, handle="broken@example.org")
    told = served("POST", f"/api/v1/tickets/{ticket}/replies", body, {"Content-Type": kind})
    assert told.status in {400, 422}, told
    served.close()
    assert requested(served, ticket) == []


def test_the_same_key_is_the_same_reply(served: Client) -> None:
    ticket = ticket_of(served, handle="key@example.org")
    body, headers = form([("text", "Once")], [("photo.png", PNG)])
    path, more = f"/api/v1/tickets/{ticket}/replies", {**headers, "Idempotency-Key": "k1"}
    first, again = (served("POST", path, body, more) for _ in range(2))
    assert (first.json["status"], again.json["status"]) == ("done", "repeat")
    assert len(requested(served, ticket)) == 1


def test_a_channel_without_files_refuses_them_unless_customers_reach_the_gateway(
    tmp_path: Path,
) -> None:
    contact = {"channel": "twitter", "handle": "ann"}
    with gateway(tmp_path) as client, worker(tmp_path):
        ticket = ticket_of(client, **contact)
        told = sent(client, ticket, [("photo.png", PNG)])
        assert (told.status, told.json["reason"]) == (409, "file_not_taken")
        assert "gateway.public_url" in told.json["remedy"]
        with gateway(tmp_path, gateway__public_url="https://desk.example") as public:
            assert sent(public, ticket, [("photo.png", PNG)]).status == 200
        (request,) = requested(client, ticket)
        assert request.linked == [sha256(PNG).hexdigest()]
