"""Files over HTTP: what was kept comes back, and nothing in it can do anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from http.client import IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gateway.attachments import disposition
from tests.filedesks import FileDesk, file_desk
from tests.fileservers import PNG, FileServer, gives, serving
from tests.gateway.test_connections import all_of, connected
from tests.gateways import Answered, Client, gateway

PAGE = b"<!doctype html><script>alert(1)</script>"
BIG = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    answers = {
        "/picture": gives(),
        "/page": gives(PAGE),
        "/text": gives("Größe\n".encode()),
        "/empty": gives(b""),
        "/big": gives(BIG),
        "/later": gives(b"", 503),
    }
    with serving(answers) as one:
        yield one


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, server: FileServer) -> Iterator[FileDesk]:
    with file_desk(tmp_path_factory.mktemp("desk"), server.address) as one:
        one.comes(
            *(server.url(f"/{name}") for name in ("picture", "page", "text", "empty", "big")),
            *(server.url(f"/{name}") for name in ("later", "none")),
            media_type="text/html",
            name='../a "photo" of Größe.png',
        )
        one.fetch()
        yield one


@pytest.fixture(scope="module")
def served(desk: FileDesk) -> Iterator[Client]:
    with gateway(desk.settings.data) as client:
        yield client


def got(served: Client, desk: FileDesk, place: int, **headers: str) -> Answered:
    row = next(one for one in desk.rows() if one["place"] == place)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return served.get(f"/api/v1/attachments/{row['attachment_id']}", **named)


def test_a_picture_is_shown(served: Client, desk: FileDesk) -> None:
    answer = got(served, desk, 0)
    assert (answer.status, answer.body) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(PNG))
    assert answer.headers["etag"] == f'"{sha256(PNG).hexdigest()}"'
    assert answer.headers["content-disposition"] == (
        'inline; filename="a _photo_ of Gr__e.png";'
        " filename*=UTF-8''a%20%22photo%22%20of%20Gr%C3%B6%C3%9Fe.png"
    )
    assert "pactdesk-position" in answer.headers


@pytest.mark.parametrize("place", range(5))
def test_no_file_can_do_anything(served: Client, desk: FileDesk, place: int) -> None:
    headers = got(served, desk, place).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "private, no-cache"


def test_a_page_is_something_to_save(served: Client, desk: FileDesk) -> None:
    answer = got(served, desk, 1)
    assert answer.body == PAGE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")


def test_a_text_is_a_text(served: Client, desk: FileDesk) -> None:
    answer = got(served, desk, 2)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.body.decode() == "Größe\n"


def test_an_empty_file_comes_empty(served: Client, desk: FileDesk) -> None:
    assert (got(served, desk, 3).status, got(served, desk, 3).body) == (200, b"")
    assert got(served, desk, 3, Range="bytes=0-").status == 416


def test_a_large_file_comes_whole(served: Client, desk: FileDesk) -> None:
    assert got(served, desk, 4).body == BIG


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000000-", 1_000_000, len(BIG)),
        ("bytes=-7", len(BIG) - 7, len(BIG)),
        ("bytes=5-99999999", 5, len(BIG)),
    ],
)
def test_a_part_of_it_comes_alone(
    served: Client, desk: FileDesk, asked: str, start: int, stop: int
) -> None:
    answer = got(served, desk, 4, Range=asked)
    assert (answer.status, answer.body == BIG[start:stop]) == (206, True)
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(BIG)}"


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-0"}], ids=["all", "a part"])
def test_whoever_asks_for_the_head_of_a_file_gets_nothing_of_it(
    served: Client, desk: FileDesk, headers: dict[str, str]
) -> None:
    row = next(one for one in desk.rows() if one["place"] == 0)
    path = f"/api/v1/attachments/{row['attachment_id']}"
    asked = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with connected(served) as one:
        one.sendall(
            f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n{asked}Connection: close\r\n\r\n".encode()
        )
        head, _, body = all_of(one).partition(b"\r\n\r\n")
    assert (head.split()[1], body) == (b"200", b"")
    assert f"Content-Length: {len(PNG)}\r\n".encode() in head
    assert b"Content-Type: image/png\r\n" in head


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=1048576-1048577"])
def test_a_part_that_it_has_not_is_none(served: Client, desk: FileDesk, asked: str) -> None:
    answer = got(served, desk, 4, Range=asked)
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(BIG)}")


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=x"])
def test_what_is_no_part_means_all_of_it(served: Client, desk: FileDesk, asked: str) -> None:
    assert (got(served, desk, 0, Range=asked).status, got(served, desk, 0).body) == (200, PNG)


def test_who_has_it_gets_it_no_second_time(served: Client, desk: FileDesk) -> None:
    etag = got(served, desk, 0).headers["etag"]
    again = got(served, desk, 0, If_None_Match=etag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert got(served, desk, 0, If_None_Match='"other"').status == 200
    assert got(served, desk, 0, Range="bytes=0-1", If_Range=etag).status == 206
    assert got(served, desk, 0, Range="bytes=0-1", If_Range='"other"').status == 200


@pytest.mark.parametrize(
    ("place", "why"), [(5, "waiting, its file is not here (its server answers 503)"), (6, "404")]
)
def test_a_file_that_is_not_here_says_why(
    served: Client, desk: FileDesk, place: int, why: str
) -> None:
    answer = got(served, desk, place)
    assert answer.status == 404
    assert why in answer.json["detail"]


def test_a_file_that_there_is_not_is_not_found(served: Client) -> None:
    assert served.get("/api/v1/attachments/none.0").status == 404


def test_a_file_that_was_lost_is_told_of(tmp_path: Path, server: FileServer) -> None:
    with file_desk(tmp_path, server.address) as other, gateway(tmp_path) as client:
        other.fetched(server.url("/picture"))
        (path,) = tmp_path.glob("attachments/??/*")
        path.unlink()
        answer = got(client, other, 0)
    assert (answer.status, "not in the store" in answer.json["detail"]) == (404, True)


def test_the_files_are_listed_and_stand_by_their_message(served: Client, desk: FileDesk) -> None:
    listed: list[dict[str, Any]] = served.get("/api/v1/attachments?state=stored").json["items"]
    assert {one["place"] for one in listed} == {0, 1, 2, 3, 4}
    ticket = listed[0]["ticket_id"]
    (message, *_) = served.get(f"/api/v1/tickets/{ticket}/timeline").json["interactions"]
    states = [(one["place"], one["state"]) for one in message["attachments"]]
    assert states == [*((n, "stored") for n in range(5)), (5, "waiting"), (6, "refused")]
    assert message["attachments"][0]["attachment_id"] == desk.rows()[0]["attachment_id"]


_SHOWN = re.compile(
    r"inline; filename=\"([ !#$&-\[\]-~]+)\"; filename\*=UTF-8''([\w.~%-]+)", re.ASCII
)


@given(st.text(max_size=400))
def test_a_name_is_a_name_whatever_it_is(name: str) -> None:
    found = _SHOWN.fullmatch(disposition(name, inline=True))
    assert found is not None
    saved = unquote(found[2])
    assert saved.isprintable()
    assert not {"/", "\\", ""} & {*saved, saved}
    assert saved not in {".", ".."}


@pytest.mark.parametrize("name", ["", "..", "/", "a/", "\r\n", "\0"])
def test_a_file_without_a_name_is_called_file(name: str) -> None:
    assert 'filename="file"' in disposition(name, inline=False)


def test_a_file_that_ends_early_ends_the_connection(tmp_path: Path, server: FileServer) -> None:
    """Nobody may take half a file for the whole."""
    with file_desk(tmp_path, server.address) as other, gateway(tmp_path) as client:
        other.fetched(server.url("/big"))
        (path,) = tmp_path.glob("attachments/??/*")
        path.write_bytes(BIG[:1000])
        with pytest.raises((ConnectionError, IncompleteRead)):
            got(client, other, 0)
