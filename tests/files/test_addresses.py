"""Nothing is fetched from a place that is not everybody's, however its address is written."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from streams.files.addresses import Forbidden, Places
from streams.internet import is_public
from tests.filedesks import FileDesk, file_desk
from tests.fileservers import FileServer, gives, leads_to, serving

SPECIAL = [
    ip_network(block)
    for block in (
        # IANA's registries of special-purpose addresses, and what is not given out
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/8", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip

_TRANSLATED = int(IPv6Address("64:ff9b::"))
_MAPPED = int(IPv6Address("::ffff:0:0"))

inside = st.sampled_from(SPECIAL).flatmap(
    lambda block: st.integers(int(block[0]), int(block[-1])).map(
        IPv4Address if block.version == 4 else IPv6Address
    )
)

given_out = st.integers(0, 2**32 - 1).map(IPv4Address)


def carried(address: IPv4Address) -> list[str]:
    """The addresses of IPv6 that lead to one of IPv4."""
    return [str(IPv6Address(block + int(address))) for block in (_MAPPED, _TRANSLATED)]


@given(inside)
def test_no_special_address_is_public(address: IPv4Address | IPv6Address) -> None:
    if not _leads_to_a_public_one(address):
        assert not is_public(str(address))


def _leads_to_a_public_one(address: IPv4Address | IPv6Address) -> bool:
    """Among the first block of IPv6 lie those that carry one of IPv4."""
    four = IPv4Address(int(address) & 0xFFFFFFFF)
    return str(address) in carried(four) and not any(four in block for block in SPECIAL)


@given(given_out)
def test_an_address_that_carries_another_one_is_judged_by_that(address: IPv4Address) -> None:
    assert {is_public(one) for one in carried(address)} == {is_public(str(address))}
    assert is_public(str(address)) != any(address in block for block in SPECIAL)


@pytest.mark.parametrize("address", ["fe80::1%1", "fe80::1%eth0", "ff02::1%2"])
def test_an_address_of_one_wire_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.140", "2606:4700::6810:84e5"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def permitted(url: str, *trusted: str) -> bool:
    try:
        Places(trusted).permit(URL(url))
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]:80/", "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data/", "https://[fe80::1]/", "https://10.1.2.3/",
        "ftp://files.example/a", "file:///etc/passwd", "/a", "http:///a", "gopher://8.8.8.8/",
        "http://127.0.0.1:8080/", "http://xn--.-5ba/a",
    ],
)  # fmt: skip
def test_an_address_that_says_itself_that_it_is_private_is_refused(url: str) -> None:
    assert not permitted(url, "http://127.0.0.1:9000/api")


@pytest.mark.parametrize(
    "url", ["https://files.example/a", "http://8.8.8.8/", "http://127.0.0.1:9000/other"]
)
def test_a_public_one_and_the_operator_s_own_are_not(url: str) -> None:
    assert permitted(url, "http://127.0.0.1:9000/api")


def resolved(host: str, port: int, *trusted: str) -> list[str]:
    found = asyncio.run(Places(trusted).resolve(host, port))
    return [one["host"] for one in found]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names lead to, in place of what the machine would ask for."""
    known: dict[str, list[str]] = {}

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (
                socket.AF_INET if ip_address(one).version == 4 else socket.AF_INET6,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port) if ip_address(one).version == 4 else (one, port, 0, 0),
            )
            for one in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def test_a_name_is_judged_by_every_address_that_it_has(names: dict[str, list[str]]) -> None:
    names |= {"good.example": ["8.8.8.8"], "bad.example": ["8.8.8.8", "10.0.0.1"]}
    assert resolved("good.example", 443) == ["8.8.8.8"]
    with pytest.raises(Forbidden, match="private"):
        resolved("bad.example", 443)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_a_machine_that_is_called_otherwise_is_the_same(
    names: dict[str, list[str]], host: str
) -> None:
    names[host] = ["127.0.0.1"]
    assert permitted(f"http://{host}/")
    with pytest.raises(Forbidden):
        resolved(host, 80)


def test_the_operator_s_own_name_may_lead_anywhere(names: dict[str, list[str]]) -> None:
    names["slack.internal"] = ["10.0.0.7"]
    assert resolved("slack.internal", 8080, "http://slack.internal:8080/api") == ["10.0.0.7"]
    with pytest.raises(Forbidden):
        resolved("slack.internal", 8081, "http://slack.internal:8080/api")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving({"/a": gives()}) as one:
        yield one


@pytest.fixture
def other() -> Iterator[FileServer]:
    """A server that nobody may ask."""
    with serving({"/a": gives()}) as one:
        yield one
        assert one.asked == []


@pytest.fixture
def desk(tmp_path: Path, server: FileServer) -> Iterator[FileDesk]:
    with file_desk(tmp_path, server.address) as one:
        yield one


def test_a_server_inside_is_not_asked(desk: FileDesk, other: FileServer) -> None:
    row = desk.fetched(other.url("/a"))
    assert (row["state"], row["error"]) == ("refused", "its address is a private one")


def test_a_server_inside_is_not_asked_by_its_name(desk: FileDesk, other: FileServer) -> None:
    row = desk.fetched(other.url("/a").replace("127.0.0.1", "localhost"))
    assert (row["state"], row["error"]) == ("refused", "its address leads to a private one")


@pytest.mark.parametrize("to", ["other", "http://169.254.169.254/latest/", "file:///etc/passwd"])
def test_no_server_leads_inside(
    desk: FileDesk, server: FileServer, other: FileServer, to: str
) -> None:
    server.answers["/b"] = leads_to(other.url("/a") if to == "other" else to)
    row = desk.fetched(server.url("/b"))
    assert row["state"] == "refused"
    assert "address" in row["error"]


def test_the_stand_in_of_one_channel_is_no_other_channel_s(
    desk: FileDesk, server: FileServer
) -> None:
    row = desk.fetched(server.url("/a"), channel="discord")
    assert (row["state"], server.asked) == ("refused", [])


def test_a_name_is_asked_for_once_and_what_was_judged_is_connected_to(
    desk: FileDesk, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere the second time: nobody asks a second time."""
    names["turns.example"] = ["203.0.113.7"]
    monkeypatch.setattr("streams.files.addresses.is_public", lambda _address: True)
    connected: list[Any] = []

    async def connect(_loop: object, sock: socket.socket, address: Any) -> None:
        names["turns.example"] = ["127.0.0.1"]
        connected.append(address)
        raise ConnectionRefusedError(sock.fileno(), "nobody is there")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    row = desk.fetched("http://turns.example/a")
    assert connected == [("203.0.113.7", 80)]
    assert row["state"] == "waiting"


@given(st.text(max_size=40) | st.from_regex(r"https?://[^/]{0,20}(/.{0,9})?", fullmatch=True))
def test_whatever_an_address_says_there_is_an_answer(url: str) -> None:
    try:
        parsed = URL(url)
    except ValueError:
        return
    assert permitted(str(parsed)) in {True, False}
