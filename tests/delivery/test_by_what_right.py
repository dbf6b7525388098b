"""A reply that cannot go as it is reaches its platform in the way that may be gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.policy import Policy
from agents.policy_toml import to_toml
from streams.people import activate_policy
from tests.elsewhere import TEMPLATED, falling
from tests.outgoing import Outgoing, outgoing

TEXT = "Your money\nis on its way."


def written_to(
    out: Outgoing, policy: Policy, channel: str, handle: str | None, hours: float = 0
) -> str:
    """A ticket of somebody who wrote so many hours ago, and whose e-mail address is known."""
    activate_policy(out.desk, to_toml(policy), "lea")
    at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    ann = {"customer_id": "ann", "at": at}
    known = {**ann, "type": "customer", "handles": {"email": ["ann@example.org"]}}
    hello = {**ann, "channel": channel, "message": "Hello", "provider_id": "m1"}
    hello |= {} if handle is None else {"handle": handle}
    out.desk.produce(known, hello)
    out.desk.run()
    (row,) = out.desk.query("SELECT ticket_id FROM v1_tickets")
    return str(row["ticket_id"])


def by_a_person(out: Outgoing) -> list[dict[str, Any]]:
    return [one for one in out.deliveries() if one["author"] == "sam"]


def test_what_a_platform_refuses_for_good_is_sent_on_the_other_channel(tmp_path: Path) -> None:
    with outgoing(tmp_path, "slack") as out:
        out.reply(written_to(out, falling(slack="email"), "slack", "T1/"), TEXT)
        first, again = sorted(by_a_person(out), key=lambda one: one["instead_of"] is not None)
        assert (first["channel"], first["state"]) == ("slack", "failed")
        assert first["error"] == "channel_not_found"
        assert (again["channel"], again["state"]) == ("email", "sent")
        assert again["instead_of"] == first["request_id"]
        letters = [path.read_text() for path in (tmp_path / "mailbox" / "email").iterdir()]
        assert [TEXT in letter for letter in letters] == [True]
        told = out.desk.query("SELECT text FROM v1_alerts WHERE alert_type = 'delivery'")
        assert len(told) == len([one for one in out.deliveries() if one["author"] != "sam"])


def test_a_reply_without_an_address_goes_where_there_is_one(tmp_path: Path) -> None:
    with outgoing(tmp_path, "slack") as out:
        out.reply(written_to(out, falling(slack="email"), "slack", None), TEXT)
        states = {one["channel"]: one["state"] for one in by_a_person(out)}
        assert states == {"slack": "failed", "email": "sent"}


@pytest.mark.parametrize(
    ("channel", "handle", "hours", "expected"),
    [
        ("facebook", "6001", 2, {"messaging_type": "RESPONSE"}),
        ("facebook", "6001", 48, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}),
        ("whatsapp", "4915550001", 2, {"type": "text"}),
        ("whatsapp", "4915550001", 48, {"type": "template"}),
    ],
)
def test_a_reply_says_by_what_right_it_comes(
    channel: str, handle: str, hours: float, expected: Mapping[str, str], tmp_path: Path
) -> None:
    with outgoing(tmp_path, channel) as out:
        ticket = written_to(out, TEMPLATED, channel, handle, hours)
        out.reply(ticket, TEXT)
        (row,) = by_a_person(out)
        assert (row["channel"], row["state"]) == (channel, "sent")
        body = out.platform.messages[-1].body
        told = {name: body.get(name) for name in ("messaging_type", "tag", "type")}
        assert {name: value for name, value in told.items() if value is not None} == expected
        said = " ".join(TEXT.split()) if expected.get("type") == "template" else TEXT
        assert out.texts()[-1] == said
