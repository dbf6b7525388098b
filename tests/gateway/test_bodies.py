"""What bodies may be: packed, cut off, nested."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.gateway.test_connections import all_of, connected
from tests.gateways import CONTACT, gateway

BODY = json.dumps(CONTACT).encode()


@contextmanager
def nothing_is_our_fault(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error meanwhile, by us or by aiohttp."""
    with capture_logs() as said, caplog.at_level(logging.ERROR):
        yield
    assert [one for one in said if one["log_level"] == "error"] == []
    assert caplog.records == []


@pytest.mark.parametrize(
    ("packing", "packed"),
    [("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY)), ("identity", BODY)],
    ids=["gzip", "deflate", "identity"],  # a packed body has the time in it
)
def test_a_body_may_be_packed(tmp_path: Path, packing: str, packed: bytes) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", packed, Content_Encoding=packing)
    assert (told.status, told.json["status"]) == (202, "accepted")


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "zstd", "rot13"])
def test_what_cannot_be_unpacked_is_a_fault_of_who_sent_it(
    tmp_path: Path, packing: str, caplog: pytest.LogCaptureFixture
) -> None:
    with gateway(tmp_path) as client, nothing_is_our_fault(caplog), connected(client) as one:
        one.sendall(
            b"POST /api/v1/contacts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Encoding: %s\r\nContent-Length: 8\r\n\r\nnonsense" % packing.encode()
        )
        told = all_of(one)
    assert told.split()[1] == b"415"
    assert b"Accept-Encoding: gzip, deflate\r\n" in told
    assert b"application/problem+json" in told


@pytest.mark.parametrize(
    "body",
    [b'{"metadata":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"[" * 100_000 + b"]" * 100_000],
)
def test_a_body_that_is_nested_too_deep_is_unreadable(tmp_path: Path, body: bytes) -> None:
    with gateway(tmp_path) as client:
        told = client.post("/api/v1/contacts", body)
        letters = client.get("/api/v1/dead-letters").json["items"]
    assert told.status == 422
    assert "nested too deep" in told.json["detail"]
    assert [one["dead_letter_id"] for one in letters] == [told.json["dead_letter_id"]]


@pytest.mark.parametrize("path", ["contacts", "tickets/TICK_1/replies"])
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_who_hangs_up_in_the_middle_of_a_body_is_no_fault_of_ours(
    tmp_path: Path, path: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    head = f"POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    length = b"Content-Length: 500\r\nExpect: 100-continue\r\n\r\n"
    with nothing_is_our_fault(caplog), gateway(tmp_path) as client, connected(client) as one:
        one.sendall(head.encode() + length)
        assert b"100 Continue" in one.recv(1000), "the body is waited for"
        one.sendall(b"--x\r\n")
