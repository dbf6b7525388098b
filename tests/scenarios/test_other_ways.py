"""A reply that cannot go where it should, on a whole desk: what is asked for, sent, and shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.policy_toml import to_toml
from streams.clock import ManualClock
from streams.desk import Desk
from streams.embedded.rebuild import verify
from streams.people import activate_policy
from streams.testing import START
from tests.elsewhere import falling
from tests.stores import a_desk

ANN = {"customer_id": "ann"}

TEXT = "Your money is on its way."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that knows Ann on WhatsApp and by e-mail, and whose policy knows another way."""
    with a_desk(tmp_path / "data", ManualClock(START)) as desk:
        activate_policy(desk, to_toml(falling(whatsapp="email")), "lea")
        desk.produce(
            {"type": "customer", "customer_id": "ann", "handles": {"email": ["a@b.example"]}}
        )
        desk.produce(
            {"channel": "whatsapp", "customer_id": "ann", "handle": "491", "message": "Hi"}
        )
        desk.run()
        yield desk


def replied(desk: Desk) -> list[dict[str, Any]]:
    """What the desk shows of a person's reply, in the order in which it was asked for."""
    (ticket,) = desk.query("SELECT ticket_id FROM v1_tickets")
    told = {"type": "reply", "ticket_id": ticket["ticket_id"], "by": "bo", "text": TEXT}
    desk.produce(told)
    desk.run()
    return desk.query(
        "SELECT i.interaction_id, i.channel, i.message_content, i.delivery, i.instead_of,"
        " d.state, d.channel AS went, d.instead_of AS again"
        " FROM v1_interactions i JOIN v1_deliveries d ON d.request_id = i.interaction_id"
        " WHERE i.agent_id = 'bo' ORDER BY i.timestamp, i.instead_of IS NOT NULL"
    )


def letters(desk: Desk, channel: str) -> list[str]:
    folder = desk.folder / "mailbox" / channel
    found = [path.read_text() for path in folder.iterdir()] if folder.is_dir() else []
    return [letter for letter in found if TEXT in letter]


def test_what_failed_on_one_channel_is_sent_on_the_other_and_both_are_shown(desk: Desk) -> None:
    shutil.rmtree(desk.folder / "mailbox" / "whatsapp")
    (desk.folder / "mailbox" / "whatsapp").write_text("not a folder")
    first, again = replied(desk)
    assert (first["channel"], first["delivery"]) == ("whatsapp", "failed")
    assert (again["channel"], again["delivery"]) == ("email", "sent")
    assert (first["instead_of"], again["instead_of"]) == (None, first["interaction_id"])
    for one in (first, again):
        assert (one["state"], one["went"], one["again"]) == (
            one["delivery"],
            one["channel"],
            one["instead_of"],
        )
        assert one["message_content"] == TEXT
    assert len(letters(desk, "email")) == 1
    assert desk.query("SELECT replies FROM v1_tickets") == [{"replies": 1}]
    assert desk.query("SELECT replies FROM v1_daily") == [{"replies": 1}]
    assert desk.query("SELECT * FROM v1_alerts WHERE alert_type = 'delivery'") == []
    assert verify(desk.database)["clean"]


def test_what_is_too_late_for_one_channel_is_asked_for_on_the_other_alone(desk: Desk) -> None:
    assert isinstance(desk.clock, ManualClock)
    desk.clock.set(START + timedelta(hours=25))
    (one,) = replied(desk)
    assert (one["channel"], one["delivery"], one["instead_of"]) == ("email", "sent", None)
    assert (letters(desk, "whatsapp"), len(letters(desk, "email"))) == ([], 1)
    shaped = desk.query(
        "SELECT outcome FROM v1_decisions WHERE type = 'ReplyShaped' ORDER BY at DESC LIMIT 2"
    )
    assert {row["outcome"] for row in shaped} == {"window_closed", "one part"}
