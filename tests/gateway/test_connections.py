"""Connections: how many, how slow, and what is no HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from streams.gateway import connections
from tests.gateways import Client, gateway

HEAD = b"GET /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\n"


@contextmanager
def connected(client: Client) -> Iterator[socket.socket]:
    """A bare connection to a gateway."""
    address = urlsplit(client.address)
    with socket.create_connection((address.hostname, address.port), timeout=60) as one:
        yield one


def all_of(one: socket.socket) -> bytes:
    """What comes until the other end closes."""
    told = b""
    while part := one.recv(65536):
        told += part
    return told


@pytest.mark.parametrize("sent", [b"", HEAD, b"G"])
def test_a_head_that_does_not_come_is_waited_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with gateway(tmp_path) as client, connected(client) as one:
        one.sendall(sent)
        assert all_of(one) == b""


def test_the_second_head_of_a_connection_has_as_little_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gateway(tmp_path) as client, connected(client) as one:
        one.sendall(HEAD + b"\r\n")
        assert one.recv(65536).startswith(b"HTTP/1.1 200")
        monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
        one.sendall(HEAD)
        assert b"HTTP/1.1" not in all_of(one)


def test_an_answer_may_take_longer_than_a_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 2.0)
    contact = {"channel": "email", "handle": "ann@example.org", "message": "hello"}
    with gateway(tmp_path) as client:
        assert client.post("/api/v1/contacts?wait=2500ms", contact).status == 202


def test_there_is_room_for_so_many_from_one_address(tmp_path: Path) -> None:
    with gateway(tmp_path, gateway__connections_per_address=3) as client, ExitStack() as stack:
        client.get("/api/v1/tickets")
        open_ = [stack.enter_context(connected(client)) for _ in range(2)]
        with connected(client) as one:
            told = all_of(one)
        assert told.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 1\r\n" in told
        assert client.get("/api/v1/tickets").status == 200, "who is in stays in"
        open_[0].sendall(HEAD + b"Connection: close\r\n\r\n")
        all_of(open_[0])
        with connected(client) as one:
            one.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert all_of(one).startswith(b"HTTP/1.1 200 ")


def test_there_is_room_for_so_many_in_all(tmp_path: Path) -> None:
    with gateway(tmp_path, gateway__connections=1) as client:
        client.get("/api/v1/tickets")
        with connected(client) as one:
            assert all_of(one).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told_so_without_a_word_about_what_made_it(
    tmp_path: Path, sent: bytes
) -> None:
    with gateway(tmp_path) as client, connected(client) as one:
        one.sendall(sent)
        told = all_of(one)
    assert told.split()[1] == b"400"
    assert b"application/problem+json" in told
    assert b"Server: pactdesk\r\n" in told
    assert b"nosniff" in told
    assert b"aiohttp" not in told
