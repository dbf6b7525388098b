"""Contacts that nobody works on, on a real desk: they are kept, seen, and harm nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pactdesk
from agents.policy import default_policy
from streams.desk import Desk

FLOOD = default_policy().limits.flood_per_minute


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on an empty store."""
    with pactdesk.open(tmp_path, clock=pactdesk.ManualClock("2026-03-02T08:00:00Z")) as desk:
        yield desk


def mail(message: str, number: int, **fields: object) -> dict[str, Any]:
    return {
        "channel": "email",
        "handle": "ann@example.org",
        "message": message,
        "provider_id": f"m{number}",
        **fields,
    }


def rows(desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in desk.query(sql)]


def test_a_flood_is_held_seen_and_told_once(desk: Desk) -> None:
    more = 5
    desk.produce(*(mail("where is my parcel?", number) for number in range(FLOOD + more)))
    desk.run()
    contacts = "SELECT count(*), sum(ticket_id IS NULL) FROM v1_interactions WHERE direction = 'in'"
    assert rows(desk, contacts) == [(FLOOD + more, more)]
    held = "SELECT count(*) FROM v1_decisions WHERE outcome = 'held'"
    assert rows(desk, held) == [(more,)]
    assert rows(desk, "SELECT alert_type FROM v1_alerts WHERE alert_type = 'flood'") == [("flood",)]
    understood = "SELECT count(*) FROM v1_decisions WHERE action = 'channel.receive_message'"
    assert rows(desk, understood) == [(FLOOD,)]


def test_automatic_mail_is_seen_and_changes_nothing(desk: Desk) -> None:
    desk.produce(mail("I was charged twice, please help", 0, thread="t1"))
    desk.run()
    before = rows(desk, "SELECT * FROM v1_tickets")
    replies = rows(desk, "SELECT count(*) FROM v1_deliveries")
    headers = {"headers": {"Auto-Submitted": "auto-replied"}}
    desk.produce(mail("I am away", 1, thread="t1", metadata=headers))
    desk.produce(mail("", 2, thread="t1"))
    desk.run()
    assert rows(desk, "SELECT * FROM v1_tickets") == before
    assert rows(desk, "SELECT count(*) FROM v1_deliveries") == replies
    seen = (
        "SELECT message_content, ticket_id FROM v1_interactions WHERE provider_id IN ('m1', 'm2')"
    )
    assert sorted(rows(desk, seen)) == [("", None), ("I am away", None)]
    reasons = "SELECT reasons FROM v1_decisions WHERE outcome = 'rejected' ORDER BY reasons"
    assert sorted(rows(desk, reasons)) == [(["auto_reply"],), (["empty"],)]
