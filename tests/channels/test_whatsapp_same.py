"""Whoever hides their number on WhatsApp, or changes it, stays the same customer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.channels import whatsapp
from streams.channels.channel import Hook
from streams.channels.same import Same
from streams.channels.settings import WhatsApp
from streams.clock import WallClock
from tests.gateways import Client, gateway
from tests.providers import WHATSAPP
from tests.stores import a_desk

OLD, NEW = "16505551234", "16505559999"
USER, LATER = "US.11815799212886844830", "US.22815799212886844830"


def body(*messages: dict[str, Any]) -> bytes:
    """What Meta sends of messages."""
    people = [
        {"profile": {"name": "Ann"}} | {k: v for k, v in (("wa_id", one.get("from")),) if v}
        for one in messages
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": "106540352242922"},
        "contacts": people,
        "messages": list(messages),
    }
    change = {"field": "messages", "value": value}
    return json.dumps({"entry": [{"id": "1", "changes": [change]}]}).encode()


def wrote(text: str, number: str | None, user: str | None) -> dict[str, Any]:
    """A message."""
    told = {"from": number, "from_user_id": user}
    return {name: value for name, value in told.items() if value} | {
        "id": f"wamid.{text}",
        "timestamp": "1772442000",
        "type": "text",
        "text": {"body": text},
    }


def changed(**told: str) -> dict[str, Any]:
    """A change that Meta tells of."""
    return {
        "id": "wamid.changed",
        "timestamp": "1772442000",
        "type": "system",
        "system": {"body": "User Ann changed", "type": "user_changed_number", **told},
    }


MOVED = {**changed(wa_id=NEW, user_id=LATER, previous_user_id=USER), "from": OLD}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with gateway(tmp_path, **WHATSAPP.flags) as one:
        yield one


def send(client: Client, *messages: dict[str, Any]) -> None:
    """Have Meta tell of messages, and work off what they say."""
    raw = body(*messages)
    headers = WHATSAPP.signed(f"{client.address}{WHATSAPP.path}", raw, datetime.now(UTC))
    assert client("POST", WHATSAPP.path, raw, headers).status == 200
    with a_desk(client.settings.data, WallClock()) as desk:
        desk.run()


def owners(client: Client) -> list[str]:
    """Whose the messages are, in their order."""
    with a_desk(client.settings.data, WallClock()) as desk:
        desk.run()
        rows = desk.query(
            "SELECT i.message_content AS text, coalesce(c.merged_into, c.customer_id) AS whose"
            " FROM v1_interactions i JOIN v1_customers c ON c.customer_id = i.customer_id"
            " WHERE i.direction = 'in' ORDER BY i.message_content"
        )
    return [row["whose"] for row in rows]


@pytest.mark.parametrize(
    "messages",
    [
        [wrote("1", OLD, USER), wrote("2", None, USER)],
        [wrote("1", None, USER), wrote("2", OLD, USER), wrote("3", OLD, None)],
        [wrote("1", OLD, None), wrote("2", OLD, USER), wrote("3", None, USER)],
        [wrote("1", OLD, None), wrote("2", None, USER), wrote("3", OLD, USER)],
        [wrote("1", OLD, USER), MOVED, wrote("2", NEW, None), wrote("3", None, LATER)],
        [wrote("1", None, USER), MOVED, wrote("2", NEW, None), wrote("3", OLD, None)],
    ],
)
def test_who_writes_by_another_address_of_theirs_stays_one_customer(
    client: Client, messages: list[dict[str, Any]]
) -> None:
    for one in messages:
        send(client, one)
    found = owners(client)
    assert len(found) == sum(one["type"] == "text" for one in messages)
    assert len({*found}) == 1


def test_two_who_are_each_known_are_never_made_one(client: Client) -> None:
    with a_desk(client.settings.data, WallClock()) as desk:
        for name, handle in (("ann", OLD), ("ben", USER)):
            desk.produce(
                {"type": "customer", "customer_id": name, "handles": {"whatsapp": [handle]}}
            )
        desk.run()
    send(client, wrote("1", OLD, USER))
    send(client, wrote("2", None, USER))
    assert owners(client) == ["ann", "ben"]


def test_what_is_told_of_two_at_once_makes_nobody_one(client: Client) -> None:
    send(client, wrote("1", OLD, USER), wrote("2", NEW, LATER))
    assert len({*owners(client)}) == 2


@pytest.mark.parametrize(
    ("message", "same"),
    [
        (wrote("1", OLD, USER), [Same(OLD, USER)]),
        (wrote("1", OLD, None), []),
        (wrote("1", None, USER), []),
        (MOVED, [Same(OLD, USER), Same(OLD, NEW), Same(OLD, LATER)]),
        (
            {**changed(user_id=LATER, previous_user_id=USER), "from_user_id": LATER},
            [Same(USER, LATER)],
        ),
        ({**changed(new_wa_id=NEW), "from": OLD}, [Same(OLD, NEW)]),
    ],
)
def test_what_meta_says_is_one_person_s(message: dict[str, Any], same: list[Same]) -> None:
    hook = Hook("POST", "", "https://desk.example", {}, {}, body(message), datetime.now(UTC))
    assert whatsapp.parse(WhatsApp(**WHATSAPP.settings), hook).same == same
