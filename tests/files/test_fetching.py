"""Files are fetched from where they lie, whatever their servers do."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.filedesks import FileDesk, file_desk
from tests.fileservers import PNG, FileServer, breaks_off, gives, leads_to, serving, trickles


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    with serving() as one:
        yield one


@pytest.fixture
def desk(tmp_path: Path, server: FileServer) -> Iterator[FileDesk]:
    server.asked.clear()
    server.answers.clear()
    with file_desk(tmp_path, server.address, attachments__max_bytes=1000) as one:
        yield one


def test_a_file_is_fetched_and_kept_by_what_is_in_it(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives()
    number = desk.comes(server.url("/a"), media_type="application/zip")
    assert desk.row()["state"] == "waiting"
    assert desk.fetch() == 1
    row = desk.row()
    assert (row["attachment_id"], row["state"]) == (f"{number}.0", "stored")
    assert (row["sha256"], row["size"]) == (sha256(PNG).hexdigest(), len(PNG))
    assert (row["media_type"], row["name"]) == ("image/png", "photo.png")
    assert (row["stored_at"], row["ticket_id"] is None) == ("2026-03-02T09:00:00.000Z", False)
    assert desk.files.read(row["sha256"], 0, 1000) == PNG
    assert desk.fetch() == 0
    assert server.paths == ["/a"]


def test_two_files_with_the_same_bytes_are_one_in_the_store(
    desk: FileDesk, server: FileServer, tmp_path: Path
) -> None:
    server.answers |= {"/a": gives(), "/b": gives()}
    desk.comes(server.url("/a"), server.url("/b"))
    desk.fetch()
    assert [row["state"] for row in desk.rows()] == ["stored", "stored"]
    assert len([*tmp_path.glob("attachments/??/*")]) == 1
    assert not [*tmp_path.glob("attachments/unfinished/*")]


def test_an_empty_file_is_a_file(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives(b"")
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["size"], row["media_type"]) == ("stored", 0, "text/plain")


@pytest.mark.parametrize(
    "answer",
    [gives(b"a" * 1001), trickles(*[b"a" * 100] * 11)],
    ids=["which says so", "which does not"],
)
def test_a_file_that_is_too_large_is_refused(
    desk: FileDesk, server: FileServer, answer: object, tmp_path: Path
) -> None:
    server.answers["/a"] = answer  # type: ignore[assignment]  # pytest does not tell its type
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["error"]) == ("refused", "it has more than 1000 bytes")
    assert not [*tmp_path.glob("attachments/*/*")]


def test_a_file_that_is_just_not_too_large_is_kept(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = trickles(b"a" * 999, b"a")
    assert desk.fetched(server.url("/a"))["size"] == 1000


def test_a_file_that_does_not_come_in_time_is_tried_again(
    tmp_path: Path, server: FileServer
) -> None:
    server.answers["/a"] = trickles(b"a", ends=False)
    with file_desk(tmp_path, server.address, attachments__seconds=0.2) as desk:
        row = desk.fetched(server.url("/a"))
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert row["error"] == "it did not come within 0.2 seconds"


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_file_that_is_not_there_is_given_up(
    desk: FileDesk, server: FileServer, status: int
) -> None:
    server.answers["/a"] = gives(b"", status)
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["error"]) == ("refused", f"its server answers {status}")
    assert (row["retry_at"], row["attempts"]) == (None, 1)


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503])
def test_what_may_mend_itself_is_tried_again(
    desk: FileDesk, server: FileServer, status: int
) -> None:
    server.answers["/a"] = gives(b"", status)
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["error"]) == ("waiting", f"its server answers {status}")
    assert row["retry_at"] == "2026-03-02T09:00:10.000Z"
    assert desk.fetch() == 0


def test_a_server_says_itself_when_to_ask_again(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives(b"", 429, {"Retry-After": "90"})
    assert desk.fetched(server.url("/a"))["retry_at"] == "2026-03-02T09:01:30.000Z"
    server.answers["/a"] = gives()
    desk.later(minutes=1)
    assert desk.fetch() == 0
    desk.later(minutes=1)
    assert desk.fetch() == 1
    assert desk.row()["state"] == "stored"


def test_a_file_is_given_up_in_the_end(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives(b"", 503)
    desk.comes(server.url("/a"))
    waits = []
    for _ in range(6):
        assert desk.fetch() == 1
        waits.append(desk.row()["retry_at"])
        desk.later(hours=3)
    row = desk.row()
    assert (row["state"], row["attempts"]) == ("refused", 6)
    assert waits == [
        "2026-03-02T09:00:10.000Z",
        "2026-03-02T12:01:00.000Z",
        "2026-03-02T15:05:00.000Z",
        "2026-03-02T18:30:00.000Z",
        "2026-03-02T23:00:00.000Z",
        None,
    ]
    assert desk.fetch() == 0


def test_a_server_that_is_away_is_asked_again(desk: FileDesk) -> None:
    with serving() as gone:
        pass
    with_it = gone.url("/a")
    desk.settings = desk.settings.model_copy(
        update={"channels": _played_by(desk, gone.address)},
    )
    row = desk.fetched(with_it)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert "cannot be asked" in row["error"]


def _played_by(desk: FileDesk, address: str) -> object:
    channels = desk.settings.channels
    slack = channels.slack.model_copy(update={"api_base_url": address})
    return channels.model_copy(update={"slack": slack})


def test_a_file_that_is_cut_off_is_no_file(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = breaks_off(500)
    assert desk.fetched(server.url("/a"))["state"] == "waiting"


def test_a_way_is_followed_a_few_times(desk: FileDesk, server: FileServer) -> None:
    server.answers |= {"/a": leads_to("/b", 307), "/b": leads_to(server.url("/c")), "/c": gives()}
    assert desk.fetched(server.url("/a"))["state"] == "stored"
    assert server.paths == ["/a", "/b", "/c"]


def test_a_way_that_goes_round_is_given_up(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = leads_to("/a")
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["error"]) == ("refused", "its address leads on more than 5 times")
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"MZ\x90\x00" + bytes(200), "application/x-dosexec is one of attachments.refused_types"),
        (b"\x7fELF" + bytes(200), "application/x-executable is one of attachments.refused_types"),
    ],
)
def test_a_program_is_refused_whatever_it_is_called(
    desk: FileDesk, server: FileServer, body: bytes, why: str
) -> None:
    server.answers["/a"] = gives(body, headers={"Content-Type": "image/png"})
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["error"]) == ("refused", why)


def test_the_operator_says_what_is_kept(tmp_path: Path, server: FileServer) -> None:
    server.answers |= {"/a": gives(), "/b": gives(b"%PDF-1.7 and on"), "/c": gives(b"GIF89a")}
    types: dict[str, Any] = {
        "attachments__allowed_types": "image/*",
        "attachments__refused_types": "image/gif",
    }
    with file_desk(tmp_path, server.address, **types) as desk:
        desk.comes(*(server.url(path) for path in ("/a", "/b", "/c")))
        desk.fetch()
        told = [(row["state"], row["error"]) for row in desk.rows()]
    assert told == [
        ("stored", None),
        ("refused", "application/pdf is none of attachments.allowed_types"),
        ("refused", "image/gif is one of attachments.refused_types"),
    ]


def test_a_page_in_place_of_a_picture_is_no_picture(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives(b"<!DOCTYPE html><title>Sign in</title>")
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["error"]) == ("waiting", "its server shows a page instead of it")


def test_a_page_that_somebody_sends_is_a_file(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives(b"<!DOCTYPE html><title>Ours</title>")
    row = desk.fetched(server.url("/a"), media_type="text/html")
    assert (row["state"], row["media_type"]) == ("stored", "text/html")


def test_what_is_packed_for_the_way_is_not_unpacked(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    row = desk.fetched(server.url("/a"))
    assert (row["state"], row["error"]) == (
        "refused",
        "its server sends it packed, though asked not to",
    )
    assert server.asked[0][1]["Accept-Encoding"] == "identity"


def test_only_so_many_files_of_one_contact_are_fetched(desk: FileDesk, server: FileServer) -> None:
    server.answers["/a"] = gives()
    desk.comes(*[server.url("/a")] * 101)
    desk.fetch()
    states = [row["state"] for row in sorted(desk.rows(), key=lambda row: row["place"])]
    assert states == [*["stored"] * 100, "refused"]


def test_a_file_that_its_sender_names_by_its_digest_is_not_fetched(
    desk: FileDesk, server: FileServer
) -> None:
    desk.comes(server.url("/a"), sha256="0" * 64)
    assert desk.fetch() == 0
    assert (desk.row()["state"], desk.row()["sha256"], server.asked) == ("described", None, [])
