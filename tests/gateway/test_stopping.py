"""A desk that is told to stop, or killed, while it is asked: what was acknowledged is kept."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.admins import asked
from tests.commands import Shell, started
from tests.gateways import CONTACT
from tests.real import free_port, until
from tests.stores import a_desk

PATIENCE = 60

CLIENTS = 8


class Up(NamedTuple):
    """A desk that is up.

    Attributes:
        process: Its process.
        netloc: Where its gateway is.
        admin: Where its admin port is.
        data: Its data directory.
    """

    process: subprocess.Popen[bytes]
    netloc: str
    admin: str
    data: Path

    def ids(self) -> set[str]:
        """The ids of every record in its log."""
        with a_desk(self.data) as desk:
            return {record.id for record in desk.events()}


@contextmanager
def up(data: Path, roles: str) -> Iterator[Up]:
    """A desk that is up, as a process of its own."""
    Shell(data)("migrate")
    port = free_port()
    words = ("up", "--roles", roles, "--port", "0", "--admin-port", str(port))
    process = started(*words, data=data)
    try:
        assert process.stderr is not None
        told = process.stderr.readline().decode()
        (address,) = [word for word in told.split() if word.startswith("http://")]
        admin = f"http://127.0.0.1:{port}"
        until(lambda: asked(admin, "/readyz")[0] == 200, PATIENCE, "ready")
        yield Up(process, urlsplit(address).netloc, admin, data)
    finally:
        process.kill()
        process.communicate()


def write(desk: Up, name: str, acknowledged: list[str]) -> None:
    """Write contacts until nobody answers; notes the ids of those that were acknowledged."""
    with closing(HTTPConnection(desk.netloc, timeout=PATIENCE)) as connection:
        for number in count():
            body = json.dumps({**CONTACT, "handle": name, "message": f"number {number}"})
            try:
                connection.request("POST", "/api/v1/contacts", body)
                answer = connection.getresponse()
                told = json.loads(answer.read())
            except (OSError, HTTPException):
                return
            assert answer.status == 202, told
            acknowledged.append(told["id"])


@contextmanager
def writing(desk: Up) -> Iterator[dict[str, list[str]]]:
    """Clients that write meanwhile, each over a connection of its own; gives what was answered."""
    told: dict[str, list[str]] = {f"client-{number}": [] for number in range(CLIENTS)}
    threads = [threading.Thread(target=write, args=(desk, *one)) for one in told.items()]
    for thread in threads:
        thread.start()
    until(lambda: all(len(ids) >= 5 for ids in told.values()), PATIENCE, "all write")
    yield told
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.parametrize("roles", ["gateway,agents,projections,effects", "gateway"])
def test_told_to_stop_while_eight_clients_write_it_keeps_what_it_acknowledged(
    tmp_path: Path, roles: str
) -> None:
    with up(tmp_path / "data", roles) as desk:
        with writing(desk) as told:
            desk.process.terminate()
        assert desk.process.wait(PATIENCE) == 0
        acknowledged = {number for ids in told.values() for number in ids}
        assert acknowledged <= desk.ids()
    assert Shell(desk.data)("run").status == 0
    assert Shell(desk.data)("verify").status == 0


def test_killed_while_eight_clients_write_it_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with up(tmp_path / "data", "gateway,agents,projections,effects") as desk:
        with writing(desk) as told:
            desk.process.kill()
        desk.process.wait(PATIENCE)
        assert {number for ids in told.values() for number in ids} <= desk.ids()


def test_killed_right_after_an_answer_it_has_what_it_answered(tmp_path: Path) -> None:
    with up(tmp_path / "data", "gateway") as desk:
        connection = HTTPConnection(desk.netloc, timeout=PATIENCE)
        connection.request("POST", "/api/v1/contacts", json.dumps(CONTACT))
        told = connection.getresponse()
        desk.process.kill()
        assert told.status == 202
        assert json.loads(told.read())["id"] in desk.ids()
        connection.close()


def test_what_is_being_asked_is_answered_while_nobody_else_is_let_in(tmp_path: Path) -> None:
    body = json.dumps(CONTACT).encode()
    head = f"POST /api/v1/contacts HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    with up(tmp_path / "data", "gateway,agents") as desk:
        host, _, port = desk.netloc.rpartition(":")

        def refused() -> bool:
            try:
                socket.create_connection((host, int(port))).close()
            except ConnectionRefusedError:
                return True
            return False

        with socket.create_connection((host, int(port)), timeout=PATIENCE) as one:
            one.sendall(f"{head}\r\n".encode() + body[:10])
            other = HTTPConnection(desk.netloc, timeout=PATIENCE)
            other.request("GET", "/api/v1/tickets")  # answered after the other one has begun
            assert other.getresponse().status == 200
            desk.process.terminate()
            until(refused, PATIENCE, "nobody is let in")
            assert asked(desk.admin, "/readyz") == (503, "it is stopping\n")
            assert asked(desk.admin, "/livez")[0] == 200
            one.sendall(body[10:])
            told = one.recv(65536)
            while part := one.recv(65536):
                told += part
        other.close()
        assert desk.process.wait(PATIENCE) == 0
        assert told.startswith(b"HTTP/1.1 202 ")
        assert json.loads(told.partition(b"\r\n\r\n")[2])["id"] in desk.ids()


def test_whoever_waits_for_a_turn_is_answered_when_it_stops(tmp_path: Path) -> None:
    with up(tmp_path / "data", "gateway") as desk:
        connection = HTTPConnection(desk.netloc, timeout=PATIENCE)
        connection.request("POST", "/api/v1/contacts?wait=30s", json.dumps(CONTACT))
        until(lambda: bool(desk.ids()), PATIENCE, "it is in the log")
        desk.process.terminate()
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        assert desk.process.wait(PATIENCE) == 0
    assert (answer.status, told["ticket_id"]) == (202, None)
