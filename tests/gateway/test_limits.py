"""How often one may ask."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from streams.gateway import serving
from streams.gateway.keys import made
from streams.gateway.limits import FAILURES_AT_ONCE, MOST, Buckets, origin_of
from streams.gateway.route import Call, Route
from tests.gateways import CONTACT, Client, gateway
from tests.providers import WHATSAPP
from tests.stores import a_desk

SELDOM = {"gateway__requests_per_second": 0.001}
"""So seldom that no token comes back while a test runs; one request at once."""


def keys_of(data: Path, *names: str) -> list[dict[str, str]]:
    """Keys that may read, as headers."""
    with a_desk(data) as desk:
        made_ = [made(desk.database, name, ["read"], desk.clock.now())[0] for name in names]
    return [{"Authorization": f"Bearer {key}"} for key in made_]


def statuses(client: Client, headers: dict[str, str], times: int) -> list[int]:
    """The statuses of some requests in a row."""
    return [client("GET", "/api/v1/tickets", None, headers).status for _ in range(times)]


def test_a_bucket_gives_what_it_holds_and_then_what_comes_back() -> None:
    buckets = Buckets(per_second=2.0, holds=4.0)
    assert [buckets.take("ann", 0.0) for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]
    assert buckets.take("bo", 0.0) == 0.0
    assert buckets.take("ann", 0.25) == 0.25
    assert buckets.take("ann", 0.5) == 0.0
    assert [buckets.take("ann", 100.0) for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]


def test_a_bucket_holds_one_request_at_least() -> None:
    buckets = Buckets(per_second=0.1, holds=0.2)
    assert [buckets.take("ann", 0.0) for _ in range(2)] == [0.0, 10.0]


def test_buckets_of_however_many_take_little_room() -> None:
    buckets = Buckets(per_second=1.0, holds=1.0)
    for number in range(MOST + 10):
        buckets.take(str(number), 0.0)
    assert buckets.take(str(MOST + 9), 0.0) == 1.0
    assert buckets.take("0", 0.0) == 0.0, "who asked least lately begins anew"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::2:3", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_who_counts_as_one(one: str, other: str, same: object) -> None:
    assert (origin_of(one) == origin_of(other)) is same


def test_a_key_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    ann, bo = keys_of(tmp_path, "ann", "bo")
    with gateway(tmp_path, **SELDOM) as client:
        assert statuses(client, ann, 3) == [200, 429, 429]
        told = client("GET", "/api/v1/tickets", None, ann)
        assert 990 <= int(told.headers["retry-after"]) <= 1000
        assert statuses(client, bo, 1) == [200], "another key has a bucket of its own"


def test_a_burst_of_two_seconds_is_allowed(tmp_path: Path) -> None:
    (ann,) = keys_of(tmp_path, "ann")
    with gateway(tmp_path, gateway__requests_per_second=3.0) as client:
        assert statuses(client, ann, 6) == [200] * 6


def test_failures_are_limited_harder_and_hold_no_good_key_up(tmp_path: Path) -> None:
    (ann,) = keys_of(tmp_path, "ann")
    with gateway(tmp_path, gateway__requests_per_second=1e6) as client:
        told = statuses(client, {"Authorization": "Bearer pk_a_b"}, int(FAILURES_AT_ONCE) + 5)
        assert told[:10] == [401] * 10
        assert 429 in told[10:]
        assert statuses(client, ann, 20) == [200] * 20


def test_on_loopback_without_keys_nobody_is_held_up(tmp_path: Path) -> None:
    with gateway(tmp_path, **SELDOM) as client:
        assert statuses(client, {}, 20) == [200] * 20
        assert client.post("/api/v1/contacts", CONTACT).status == 202


async def hello(_: Call) -> web.Response:
    """Answer everybody."""
    return web.Response(text="hello")


def test_what_needs_no_key_is_limited_by_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = Route("GET", "/hello", hello, None, "Say hello")
    monkeypatch.setattr(serving, "ROUTES", (*serving.ROUTES, public))
    (ann,) = keys_of(tmp_path, "ann")
    with gateway(tmp_path, **SELDOM) as client:
        assert [client.get("/hello").status for _ in range(3)] == [200, 429, 429]
        assert statuses(client, ann, 1) == [200], "whoever has a key is not held up by others"


def test_what_a_provider_signs_waits_for_nobody_who_shares_its_address(tmp_path: Path) -> None:
    keys_of(tmp_path, "ann")
    with gateway(tmp_path, **SELDOM, **WHATSAPP.flags) as client:
        good = WHATSAPP.signed("", WHATSAPP.one, datetime.now(UTC))

        def sent(headers: dict[str, str], times: int) -> list[int]:
            path, body = WHATSAPP.path, WHATSAPP.one
            return [client("POST", path, body, headers).status for _ in range(times)]

        assert sent(good, 3) == [200, 200, 200]
        assert sent({}, 3) == [401, 429, 429]
        assert sent(good, 3) == [200, 200, 200]
