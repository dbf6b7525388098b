"""Records as foreign producers send them, and a schema registry that stands in for a real one."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from schemas.record import partition_of
from schemas.topics import CONTACTS
from streams.cluster.wire import entry_of
from streams.entry import Entry

CONTACT = {
    "channel": "email",
    "customer_id": "ann",
    "message": "Where is my parcel?",
    "subject": "Parcel",
    "provider_id": "m-1",
    "at": "2026-03-02T09:00:00+01:00",
    "metadata": {"shop": "north", "depth": [1, {"two": None}]},
    "attachments": [{"name": "a.png", "media_type": "image/png", "size": 3}],
}
JSON_TYPE = ("content-type", b"application/json")
CLOUD_TYPE = ("content-type", b"application/cloudevents+json")


def lying(
    value: bytes | None,
    *headers: tuple[str, bytes],
    key: bytes | None = None,
    partition: int = 3,
    offset: int = 7,
    topic: str = CONTACTS.name,
) -> Entry:
    """A record as it lies in the log."""
    return entry_of((topic, partition, offset), key, value, list(headers), 1_772_000_000_000)


def at_home(key: str) -> dict[str, Any]:
    """Key and partition as they must be."""
    return {"key": key.encode(), "partition": partition_of(key)}


class StandIn:
    """A schema registry.

    Attributes:
        url: Where it answers.
        asked: The paths that it was asked for.
    """

    def __init__(self, url: str, asked: list[str]) -> None:
        self.url = url
        self.asked = asked


@contextmanager
def registry(schemas: Mapping[str, Any], user: str = "") -> Iterator[StandIn]:
    """A registry that knows some schemas.

    Args:
        schemas: By `ids/1` or `guids/…`; a number is answered as an HTTP status, bytes as they are.
        user: Who is let in, as `name:password`; everybody by default.
    """
    signed = "Basic " + base64.b64encode(user.encode()).decode() if user else None
    asked: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            found = schemas.get(self.path.removeprefix("/schemas/"), 404)
            if self.headers.get("Authorization") != signed:
                found = 401
            status = found if isinstance(found, int) else 200
            if isinstance(found, bytes):
                body = found
            elif isinstance(found, int):
                body = b'{"error_code": 40403, "message": "no"}'
            else:
                body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield StandIn(f"http://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()
            thread.join()
