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
