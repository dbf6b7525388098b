"""Loopback without keys, and everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.gateway import keyring
from streams.gateway.doorkeeper import PASSED_ON
from streams.gateway.keys import made, revoked
from streams.internet import is_loopback
from tests.commands import Shell, started
from tests.gateways import CONTACT, Client, gateway
from tests.stores import a_desk


def test_on_loopback_without_keys_everything_is_allowed(tmp_path: Path) -> None:
    with gateway(tmp_path) as client:
        assert client.post("/api/v1/contacts", CONTACT).status == 202
        assert client.get("/api/v1/tickets").status == 200


def test_bound_anywhere_else_nothing_is_allowed_without_a_key(tmp_path: Path) -> None:
    with gateway(tmp_path, gateway__host="0.0.0.0") as client:  # noqa: S104  # that is the point
        assert client.get("/api/v1/tickets").status == 401
        assert client.post("/api/v1/contacts", CONTACT).status == 401
        with a_desk(tmp_path) as desk:
            assert desk.log.last_seq() == 0
            key, _ = made(desk.database, "ann", ["read"], desk.clock.now())
    with gateway(tmp_path, gateway__host="0.0.0.0") as client:  # noqa: S104  # that is the point
        assert client.get("/api/v1/tickets", Authorization=f"Bearer {key}").status == 200


def test_from_the_first_key_on_loopback_wants_one_even_when_it_is_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "FRESH_SECONDS", 0.0)
    with gateway(tmp_path) as client:
        assert client.get("/api/v1/tickets").status == 200
        with a_desk(tmp_path) as desk:
            _, key = made(desk.database, "ann", ["read"], desk.clock.now())
            assert client.get("/api/v1/tickets").status == 401
            revoked(desk.database, key.id, desk.clock.now())
        assert client.get("/api/v1/tickets").status == 401


@pytest.mark.parametrize("name", [*PASSED_ON, "via"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_this_machine_s(
    tmp_path: Path, name: str
) -> None:
    """Proxies write the Host of where they ask, and everybody's requests would be local ones."""
    with gateway(tmp_path) as client:
        told = client.get("/api/v1/tickets", **{name: "203.0.113.7"})
        assert (told.status, "proxy" in told.body.decode()) == (403, True)
        assert client("POST", "/api/v1/contacts", CONTACT, {name: "203.0.113.7"}).status == 403
        with a_desk(tmp_path) as desk:
            assert desk.log.last_seq() == 0
            key, _ = made(desk.database, "ann", ["read"], desk.clock.now())
    with gateway(tmp_path) as client:
        told = client.get("/api/v1/tickets", Authorization=f"Bearer {key}", **{name: "203.0.113.7"})
        assert told.status == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8080", "localhost.", "127.0.0.1", "127.8.9.1:80", "[::1]:8080"],
)
def test_this_machine_has_several_names(tmp_path: Path, host: str) -> None:
    with gateway(tmp_path) as client:
        assert client.get("/api/v1/tickets", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.1",
        "0.0.0.0",  # noqa: S104  # an address that is asked for
        "[::2]",
        "[::1",
        "localhost@evil.example",
        "",
    ],
)
def test_a_name_that_is_not_this_machines_is_refused(tmp_path: Path, host: str) -> None:
    with gateway(tmp_path) as client:
        for told in (
            client.get("/api/v1/tickets", Host=host),
            client("POST", "/api/v1/contacts", CONTACT, {"Host": host}),
        ):
            assert told.status == 403
        with a_desk(tmp_path) as desk:
            assert desk.log.last_seq() == 0


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1", "https://{host}"],
)
def test_a_page_from_elsewhere_changes_nothing(tmp_path: Path, origin: str) -> None:
    with gateway(tmp_path) as client:
        host = client.address.removeprefix("http://")
        headers = {"Origin": origin.format(host=host), "Content-Type": "text/plain"}
        assert client("POST", "/api/v1/contacts", CONTACT, headers).status == 403
        with a_desk(tmp_path) as desk:
            assert desk.log.last_seq() == 0
        own = {"Origin": f"http://{host}"}
        assert client("POST", "/api/v1/contacts", CONTACT, own).status == 202
        assert client("GET", "/api/v1/tickets", None, headers).status == 200


def test_with_a_key_the_name_and_the_origin_do_not_matter(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        key, _ = made(desk.database, "ann", ["produce"], desk.clock.now())
    headers = {
        "Authorization": f"Bearer {key}",
        "Host": "desk.example.org",
        "Origin": "https://shop.example.org",
    }
    with gateway(tmp_path) as client:
        assert client("POST", "/api/v1/contacts", CONTACT, headers).status == 202


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  # an address that is asked about
        ("::", False),
        ("", False),
        ("192.168.1.1", False),
        ("desk.example.org", False),
    ],
)
def test_what_is_loopback(host: str, expected: object) -> None:
    assert is_loopback(host) is expected


def remarks(data: Path) -> str:
    """What `up` says on standard error."""
    with started("up", "--port", "0", data=data) as desk:
        assert desk.stderr is not None
        first = desk.stderr.readline().decode()
        assert "pactdesk is up" in first
        desk.terminate()
        return first + desk.stderr.read().decode()


def test_up_says_whether_everybody_may_do_everything(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    shell("migrate")
    assert "no API key was ever made" in remarks(shell.data)
    shell("keys", "create", "ann", "--scope", "read")
    assert "no API key" not in remarks(shell.data)


def test_every_answer_says_how_it_may_be_used_and_not_what_made_it(served: Client) -> None:
    for told in (
        served.get("/api/v1/tickets"),
        served.get("/nowhere"),
        served("PUT", "/api/v1/tickets"),
        served.post("/api/v1/contacts", b"nonsense"),
    ):
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["cache-control"] == "no-store"
        assert told.headers["server"] == "pactdesk"
