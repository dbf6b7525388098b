"""A gateway with its desk and a worker, in this process, and a client of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from streams.clock import Clock, WallClock
from streams.desk import Desk
from streams.embedded.running import run_roles
from streams.gateway.serving import Gateway
from streams.roles import ROLES
from streams.settings import Settings, load
from tests.desks import SECRET
from tests.stores import a_desk


class Answered(NamedTuple):
    """What came back.

    Attributes:
        status: The HTTP status.
        headers: The headers, by their names in small letters.
        body: The body.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # JSON
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Asks one gateway, over one connection.

    Args:
        address: Where it listens.
        settings: The settings that it has.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        self.address = address
        self.settings = settings
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=60)

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """Make a request; anything but bytes is sent as JSON."""
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        self._connection.request(method, path, raw, dict(headers or {}))
        answer = self._connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answered(answer.status, named, answer.read())

    def get(self, path: str, **headers: str) -> Answered:
        """Ask for something."""
        return self("GET", path, headers=headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answered:
        """Ask for something to happen."""
        return self("POST", path, body, {n.replace("_", "-"): v for n, v in headers.items()})

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def gateway(data: Path, **settings: object) -> Iterator[Client]:
    """A gateway on an embedded store, without a worker.

    Args:
        data: The data directory.
        settings: More settings, by dotted name with two underscores for the dot.
    """
    flags = {name.replace("__", "."): value for name, value in settings.items()}
    known, _ = load({"data": data, "identity.secret": SECRET, **flags}, {}, data)
    with Gateway(known, port=0) as served:
        client = Client(served.address, known)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def worker(
    data: Path,
    roles: frozenset[str] = ROLES,
    opened: Callable[[Path, Clock], AbstractContextManager[Desk]] = a_desk,
) -> Iterator[None]:
    """A worker on an embedded store, in a thread.

    Args:
        data: The data directory.
        roles: Its roles.
        opened: Opens its desk; one whose models understand nothing by default.
    """
    stop, ready = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with opened(data, WallClock()) as desk:
                run_roles(desk, roles, None, stop, recorded=False, ready=ready.set)
        except BaseException as error:  # noqa: BLE001  # the test is told
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    ready.wait(60)
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    assert not failed, failed
    assert not thread.is_alive()


CONTACT = {"channel": "email", "handle": "ann@example.org", "message": "I was charged twice"}
"""A contact."""


def ticket_of(client: Client, **fields: object) -> str:
    """Ann writes; returns the ticket that her message is on."""
    told = client.post("/api/v1/contacts?wait=30s", {**CONTACT, **fields})
    assert told.status == 202, told
    return str(told.json["ticket_id"])


class Stream:
    """Server-sent events as they come.

    Args:
        client: Whose gateway.
        path: The path of the stream, with its query.
        headers: Request headers.
    """

    def __init__(self, client: Client, path: str, **headers: str) -> None:
        self._connection = HTTPConnection(urlsplit(client.address).netloc, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request("GET", path, headers=named)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()

    def __iter__(self) -> Iterator[dict[str, str]]:
        """Each event's fields; comments are passed over; ends with the stream.

        A gateway says every quarter of a minute that there is nothing: some of that is enough.
        """
        fields: dict[str, str] = {}
        quiet = 0
        for raw in self._answer:
            line = raw.decode().rstrip("\n")
            if line.startswith(":"):
                quiet += 1
                assert quiet < 8, "nothing came for two minutes"
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                if "data" in fields:
                    yield fields
                fields = {}

    def close(self) -> None:
        """Hang up."""
        self._answer.close()
        self._connection.close()
