"""Webhooks do not go into the operator's own network unless that is allowed."""

from __future__ import annotations

import asyncio
import socket

import pytest

from streams.errors import Refused
from streams.gateway.keys import made
from streams.settings import Settings
from streams.subscriptions.addresses import Reach, reach_of
from streams.subscriptions.posting import Answer, posting
from tests.receivers import receiver
from tests.stores import a_desk
from tests.subscribers import Folder

PUBLIC = Reach(private=False, loopback=False)
HERE = Reach(private=False, loopback=True)
EVERYWHERE = Reach(private=True, loopback=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # nothing listens there
        "::",
        "224.0.0.1",
        "255.255.255.255",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_a_private_address_is_refused(address: str) -> None:
    assert not PUBLIC.allows(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::5db8:d70e"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert PUBLIC.allows(address)
    assert HERE.allows(address)
    assert EVERYWHERE.allows(address)


def test_this_machine_and_the_network_around_it_are_allowed_apart() -> None:
    assert HERE.allows("127.0.0.1")
    assert HERE.allows("::ffff:127.0.0.1")
    assert not HERE.allows("10.0.0.1")
    assert EVERYWHERE.allows("127.0.0.1")
    assert EVERYWHERE.allows("10.0.0.1")
    assert not EVERYWHERE.allows("224.0.0.1")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("shop.example/hook", "no address of HTTP"),
        ("ftp://shop.example/", "no address of HTTP"),
        ("https://", "no address of HTTP"),
        ("https://shop.example:99999/", "no address of HTTP"),
        ("https://[::1/", "no address of HTTP"),
        ("https://shop.example/a b", "no address of HTTP"),
        ("https://shöp.example/", "no address of HTTP"),
        ("https://shop.example/\r\nx: y", "no address of HTTP"),
        ("https://shop.example/" + "a" * 2000, "no address of HTTP"),
        ("https://ann:secret@shop.example/", "user or a password"),
        ("http://shop.example/", "not encrypted"),
        ("http://93.184.215.14/", "not encrypted"),
        ("http://localhost:9/", "private address"),
        ("https://127.0.0.1/", "private address"),
        ("https://[::1]/", "private address"),
        ("https://10.1.2.3/", "private address"),
        ("https://169.254.169.254/latest", "private address"),
    ],
)
def test_an_address_that_cannot_be_sent_to_is_refused(url: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as told:
        PUBLIC.refuse(url)
    assert "secret" not in str(told.value)


def test_addresses_that_can_be_sent_to_are_not() -> None:
    PUBLIC.refuse("https://shop.example/hook?of=ann")
    HERE.refuse("http://127.0.0.1:9/")
    HERE.refuse("http://localhost:9/")
    EVERYWHERE.refuse("http://10.0.0.1/")
    EVERYWHERE.refuse("http://shop.internal/")


def test_on_loopback_this_machine_is_allowed_until_there_is_a_key() -> None:
    settings = Settings()
    assert reach_of(settings, keyless=True) == HERE
    assert reach_of(settings, keyless=False) == PUBLIC
    open_ = settings.model_copy(
        update={"gateway": settings.gateway.model_copy(update={"host": "192.0.2.1"})}
    )
    assert reach_of(open_, keyless=True) == PUBLIC
    allowed = settings.subscriptions.model_copy(update={"allow_private": True})
    assert reach_of(settings.model_copy(update={"subscriptions": allowed}), keyless=False).private


def asked(url: str, reach: Reach) -> Answer:
    """What comes of a request."""

    async def ask() -> Answer:
        async with posting(lambda: reach, 1) as post:
            return await post(url, b"{}", {"webhook-id": "1"})

    return asyncio.run(ask())


@pytest.mark.parametrize("host", ["localhost", "0x7f000001"])
def test_a_name_is_looked_at_when_it_is_connected_to(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is written like, and whatever it led to before."""
    monkeypatch.setattr(Reach, "refuse", lambda *_: None)
    with receiver() as there:
        url = there.url.replace("127.0.0.1", host)
        told = asked(url, PUBLIC)
        assert told.error is not None
        assert told.status is None
        assert there.got == []
        assert asked(url, HERE).status == 200


def test_nobody_hears_of_a_subscription_that_may_not_be_sent_there_any_more(
    folder: Folder,
) -> None:
    with receiver() as there:
        mine = folder.subscribe(there.url, "TicketOpened")
        with a_desk(folder.data) as desk:
            made(desk.database, "shop", ["read"], desk.clock.now())
        folder.write()
        with folder.sending():
            row = folder.until(mine.id, failures=1)
        assert there.got == []
    assert row.last_error == "127.0.0.1 is a private address"


def test_what_cannot_be_reached_is_an_answer_too() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        told = asked(f"http://127.0.0.1:{taken.getsockname()[1]}/", HERE)
    assert told.status is None
    assert told.error is not None
    assert "Connect" in told.error
