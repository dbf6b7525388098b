"""What providers say of our messages lands on the messages that they mean, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from streams.clock import ManualClock, WallClock
from tests.gateways import Client, gateway
from tests.providers import FACEBOOK, PHONE, Provider
from tests.stores import a_desk

ANN, BEN = "6789012345678901", "5555012345678901"
NUMBER = "+14017122661"

START = datetime.now(UTC) - timedelta(hours=2)
"""When the first answer is sent: what providers say of it comes now."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A gateway on which both channels are on."""
    with gateway(tmp_path, **PHONE.flags, **FACEBOOK.flags) as one:
        yield one


def answered(client: Client, channel: str, handle: str, minute: int = 0) -> str:
    """Somebody writes, and an answer is sent, so many minutes after the start: its id."""
    with a_desk(client.settings.data, ManualClock(START + timedelta(minutes=minute))) as desk:
        before = {one["request_id"] for one in desk.query("SELECT request_id FROM v1_deliveries")}
        desk.produce({"channel": channel, "handle": handle, "message": "Hello"})
        desk.run()
        customer = desk.intake.resolver.customer_of(channel, handle)
        (row, *_) = desk.query("SELECT * FROM v1_tickets WHERE customer_id = ?", (customer,))
        desk.produce({"type": "reply", "ticket_id": row["ticket_id"], "by": "bo", "text": "Yes"})
        desk.run()
        found = desk.query("SELECT request_id FROM v1_deliveries WHERE author = 'bo'")
    (number,) = {str(one["request_id"]) for one in found} - before
    return number


def say(client: Client, provider: Provider, path: str, body: bytes) -> None:
    headers = provider.signed(f"{client.address}{path}", body, datetime.now(UTC))
    assert client("POST", path, body, headers).status == 200


def say_up_to(client: Client, kind: str, handle: str, minute: float) -> None:
    until = int((START + timedelta(minutes=minute)).timestamp() * 1000)
    told = {"sender": {"id": handle}, "recipient": {"id": "page"}, kind: {"watermark": until}}
    body = {"object": "page", "entry": [{"messaging": [told]}]}
    say(client, FACEBOOK, "/channels/facebook", json.dumps(body).encode())


def say_status(client: Client, number: str, status: str, **more: str) -> None:
    form = {"MessageSid": "SMours", "MessageStatus": status, **more}
    say(client, PHONE, f"/channels/phone/status?request={number}", urlencode(form).encode())


def column(client: Client, name: str) -> dict[str, str]:
    """What stands in a column of each answer's delivery, by the answer's id."""
    with a_desk(client.settings.data, WallClock()) as desk:
        desk.run()
        rows = desk.query(f"SELECT request_id, {name} FROM v1_deliveries WHERE author = 'bo'")
    return {one["request_id"]: one[name] for one in rows}


def states(client: Client) -> dict[str, str]:
    """How far each answer came, by its id."""
    return column(client, "state")


def records(client: Client) -> int:
    with a_desk(client.settings.data) as desk:
        return desk.log.last_seq()


def test_a_receipt_with_our_own_id_is_of_that_message(client: Client) -> None:
    number, other = answered(client, "phone", NUMBER), answered(client, "phone", "+1555", 1)
    say_status(client, number, "delivered")
    assert states(client) == {number: "delivered", other: "sent"}


def test_a_receipt_says_why_a_message_failed(client: Client) -> None:
    number = answered(client, "phone", NUMBER)
    say_status(client, number, "undelivered", ErrorCode="30006")
    assert column(client, "error") == {number: "undelivered (30006)"}


def test_the_same_receipt_again_is_nothing_more(client: Client) -> None:
    number = answered(client, "phone", NUMBER)
    say_status(client, number, "delivered")
    before = records(client)
    say_status(client, number, "delivered")
    assert records(client) == before


def test_a_receipt_of_what_is_not_ours_is_nothing(client: Client) -> None:
    number = answered(client, "phone", NUMBER)
    before = records(client)
    say_status(client, "another", "delivered")
    say_up_to(client, "read", NUMBER, 60)  # the handle of another channel
    assert records(client) == before
    assert states(client) == {number: "sent"}


def test_a_time_is_about_all_that_went_to_that_handle_before_it(client: Client) -> None:
    first, other = answered(client, "facebook", ANN), answered(client, "facebook", BEN, 5)
    second, third = answered(client, "facebook", ANN, 10), answered(client, "facebook", ANN, 20)
    say_up_to(client, "read", ANN, 10)
    assert states(client) == {first: "read", other: "sent", second: "read", third: "sent"}


def test_what_is_delivered_up_to_a_time_may_be_read_up_to_another(client: Client) -> None:
    first, second = answered(client, "facebook", ANN), answered(client, "facebook", ANN, 10)
    say_up_to(client, "delivery", ANN, 15)
    assert states(client) == {first: "delivered", second: "delivered"}
    say_up_to(client, "read", ANN, 5)
    assert states(client) == {first: "read", second: "delivered"}
