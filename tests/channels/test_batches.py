"""What several people said in one body: what of it cannot be read holds up none of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.events.contacts import ContactReceived
from streams.channels.known import CHANNELS
from streams.redrive import redrive
from tests.gateways import gateway
from tests.providers import PROVIDERS
from tests.stores import a_desk

LAST: dict[str, Callable[[Any], Any]] = {
    "whatsapp": lambda body: body["entry"][-1]["changes"][-1]["value"]["messages"][-1],
    "facebook": lambda body: body["entry"][-1]["messaging"][-1]["message"],
    "twitter": lambda body: body["direct_message_events"][-1]["message_create"],
}
"""What the last of two people wrote, by channel."""

NEEDED = {"whatsapp": "id", "facebook": "mid", "twitter": "message_data"}
"""A field without which it cannot be read."""


def broken(name: str) -> bytes:
    """A body in which two people write, of whom the second cannot be read."""
    body = json.loads(PROVIDERS[name].two)
    del LAST[name](body)[NEEDED[name]]
    LAST[name](body)["mark"] = "of the second"
    return json.dumps(body).encode()


@pytest.mark.parametrize("name", LAST)
def test_what_one_person_sent_holds_up_nobody_else_s_words(tmp_path: Path, name: str) -> None:
    provider = PROVIDERS[name]
    with gateway(tmp_path, **provider.flags) as client:
        body = broken(name)
        headers = provider.signed(f"{client.address}{provider.path}", body, datetime.now(UTC))
        assert client("POST", provider.path, body, headers).status == 200
    with a_desk(tmp_path) as desk:
        (contact,) = [e.event for e in desk.events() if isinstance(e.event, ContactReceived)]
        (letter,) = desk.letters()
    assert contact.message
    assert b"of the second" in letter.value
    assert contact.message.encode() not in letter.value
    assert letter.handler == f"channels/{name}"


@pytest.mark.parametrize("name", LAST)
def test_a_body_that_is_taken_apart_holds_each_thing_once(name: str) -> None:
    apart = CHANNELS[name].apart
    assert apart is not None
    bodies = apart(PROVIDERS[name].two)
    assert len(bodies) > 1
    assert [apart(one) for one in bodies] == [[one] for one in bodies]
    for body in (b"", b"[]", b"7", b'{"entry": 1}', b"[" * 100_000):
        assert apart(body) == []


NO_TEXT: dict[str, Callable[[Any, object], None]] = {
    "whatsapp": lambda body, name: body["entry"][0]["changes"][0]["value"].update(
        statuses=[{"id": name, "status": "read"}]
    ),
    "facebook": lambda body, name: body["entry"][0]["messaging"].append(
        {
            "sender": {"id": name},
            "recipient": {"id": "1"},
            "timestamp": 1,
            "read": {"watermark": 1772442000123},
        }
    ),
    "twitter": lambda body, name: body.update(
        direct_message_mark_read_events=[{"sender_id": "7", "last_read_event_id": name}]
    ),
}
"""Adds what became of a message that some value names."""


@pytest.mark.parametrize("value", [{"a": 1}, ["1"], 7, "no\0text"])
@pytest.mark.parametrize("name", NO_TEXT)
def test_a_name_that_is_no_text_is_put_aside_and_not_asked_for_again(
    tmp_path: Path, name: str, value: object
) -> None:
    provider = PROVIDERS[name]
    with gateway(tmp_path, **provider.flags) as client:
        body = json.loads(provider.two)
        NO_TEXT[name](body, value)
        raw = json.dumps(body).encode()
        headers = provider.signed(f"{client.address}{provider.path}", raw, datetime.now(UTC))
        assert client("POST", provider.path, raw, headers).status == 200
    with a_desk(tmp_path) as desk:
        contacts = [e for e in desk.events() if isinstance(e.event, ContactReceived)]
        (letter,) = desk.letters()
        assert (len(contacts), letter.handler) == (2, f"channels/{name}")
        (again,) = redrive(desk, None)
    assert again["status"] == "unreadable"


def test_an_address_that_is_no_text_holds_up_nobody_else(tmp_path: Path) -> None:
    provider = PROVIDERS["whatsapp"]
    with gateway(tmp_path, **provider.flags) as client:
        body = json.loads(provider.two)
        LAST["whatsapp"](body).update({"from": "16505550000", "from_user_id": {"a": 1}})
        raw = json.dumps(body).encode()
        headers = provider.signed(f"{client.address}{provider.path}", raw, datetime.now(UTC))
        assert client("POST", provider.path, raw, headers).status == 200
    with a_desk(tmp_path) as desk:
        contacts = [e for e in desk.events() if isinstance(e.event, ContactReceived)]
        assert (len(contacts), len([*desk.letters()])) == (1, 1)
