"""What authorises us goes where it belongs, on the whole way to a file."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from streams.channels.channel import Fetching, Response, Sending
from streams.files.addresses import Forbidden
from streams.files.fetching import Way, fetched, redirected
from streams.files.outcomes import Kept, Lost
from streams.files.settings import AttachmentSettings
from streams.files.store import Files
from tests.embedded import somewhere
from tests.filedesks import FileDesk, file_desk
from tests.fileservers import FileServer, gives, leads_to, serving
from tests.providers import SLACK, WHATSAPP, Provider


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as one:
        yield one


@pytest.fixture
def other() -> Iterator[FileServer]:
    with serving() as one:
        yield one


def on(provider: Provider, server: FileServer) -> dict[str, Any]:
    """A channel that is on, played by a server."""
    return {**provider.flags, f"channels__{provider.name}__api_base_url": server.url("/api")}


def tokens(server: FileServer) -> list[tuple[str, str | None]]:
    return [(path, headers.get("Authorization")) for path, headers in server.asked]


def test_whatsapp_is_asked_where_a_file_is_each_time(tmp_path: Path, server: FileServer) -> None:
    place = f'{{"url": "{server.url("/files/1")}", "id": "77"}}'.encode()
    server.answers |= {"/api/v26.0/77": gives(place), "/files/1": gives(b"", 503)}
    with file_desk(tmp_path, server.address, **on(WHATSAPP, server)) as desk:
        row = desk.fetched(server.url("/api/v26.0/77"), channel="whatsapp")
        assert row["state"] == "waiting"
        server.answers["/files/1"] = gives()
        desk.later(minutes=1)
        desk.fetch()
        assert desk.row()["state"] == "stored"
    both = [("/api/v26.0/77", "Bearer EAAG"), ("/files/1", "Bearer EAAG")]
    assert tokens(server) == [*both, *both]


@pytest.mark.parametrize("answer", [b"{}", b"", b"[" * 99_000, b'{"url": "http://[/"}'])
def test_what_does_not_say_where_a_file_is_ends_the_way(
    tmp_path: Path, server: FileServer, answer: bytes
) -> None:
    server.answers["/api/v26.0/77"] = gives(answer)
    with file_desk(tmp_path, server.address, **on(WHATSAPP, server)) as desk:
        row = desk.fetched(server.url("/api/v26.0/77"), channel="whatsapp")
    assert row["state"] == "refused"


def asked(desk: FileDesk, server: FileServer) -> list[tuple[str, str | None]]:
    desk.fetched(server.url("/a"))
    return tokens(server)


def test_slack_gets_its_token(tmp_path: Path, server: FileServer) -> None:
    server.answers |= {"/a": leads_to("/b"), "/b": gives()}
    with file_desk(tmp_path, server.address, **on(SLACK, server)) as desk:
        assert asked(desk, server) == [("/a", "Bearer xoxb-ours"), ("/b", "Bearer xoxb-ours")]


def test_a_channel_that_is_off_has_none(tmp_path: Path, server: FileServer) -> None:
    server.answers["/a"] = gives()
    with file_desk(tmp_path, server.address) as desk:
        assert asked(desk, server) == [("/a", None)]


def test_a_token_does_not_follow_to_another_server(
    tmp_path: Path, server: FileServer, other: FileServer
) -> None:
    server.answers["/a"] = leads_to(other.url("/b"))
    other.answers["/b"] = gives()

    def fetch(url: str, _answer: Response | None) -> Fetching:
        return Fetching(Sending("GET", url, {"Authorization": "Bearer ours"}))

    way = Way((server.address, other.address), fetch)
    files, settings = Files(tmp_path), AttachmentSettings()
    found = asyncio.run(
        fetched(server.url("/a"), way, files, settings, name="a", claimed="image/png")
    )
    assert isinstance(found, Kept)
    assert tokens(server) == [("/a", "Bearer ours")]
    assert tokens(other) == [("/b", None)]


def test_nothing_leads_from_a_guarded_wire_to_an_open_one() -> None:
    before = Fetching(Sending("GET", "https://a.example/x", {"Authorization": "x"}))
    start = URL(before.sending.url)
    with pytest.raises(Forbidden, match="HTTPS"):
        redirected(before, start, URL("http://a.example/x"))
    kept = redirected(before, start, URL("https://a.example/y"))
    assert kept.sending.headers == {"Authorization": "x"}
    dropped = redirected(before, start, URL("https://b.example/y"))
    assert (dropped.sending.url, dropped.sending.headers) == ("https://b.example/y", {})


@pytest.mark.parametrize(
    "url",
    ["", "a", "http://", "http://[", "http://a b/", "http://" + "a" * 300 + "/", "//x/y", "\0"],
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    files, settings = Files(tmp_path), AttachmentSettings(seconds=5.0)
    found = asyncio.run(fetched(url, Way(), files, settings, name="a", claimed="image/png"))
    assert isinstance(found, Lost)


@given(
    st.text(max_size=30)
    | st.builds("http{}://{}{}".format, st.sampled_from(["", "s"]), st.text(max_size=20), st.text())
)
def test_whatever_an_address_is_there_is_an_answer(url: str) -> None:
    """No name leads anywhere here, so that nobody is asked."""
    with somewhere() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", _nowhere)
        files, settings = Files(folder), AttachmentSettings(seconds=5.0)
        found = asyncio.run(fetched(url, Way(), files, settings, name="a", claimed="image/png"))
    assert isinstance(found, Lost)


def _nowhere(host: str, *_: object, **__: object) -> object:
    host.encode("idna")  # as the real one does, which raises where that cannot be
    raise socket.gaierror(socket.EAI_NONAME, "no such name")
