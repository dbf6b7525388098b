"""Everyday conversations go through a whole desk; each message ends where people expect it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from streams.clock import ManualClock
from streams.desk import Desk
from streams.testing import START

CHARGED = "I was charged twice for my hotel in Lisbon last week, please check"
PIN = "How do I change the PIN of my credit card?"

Said = tuple[str, float, str]
"""Channel, minutes after the beginning, text."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("linking")
    clock = ManualClock(START + timedelta(days=20))
    with Desk(folder, clock, secret="test") as found:  # noqa: S106  # of a test
        yield found


def tickets(desk: Desk, customer: str, said: Sequence[Said]) -> list[int]:
    """For each message the number of its ticket, counted in the order of their opening."""
    names = [f"{customer}-{number}" for number in range(len(said))]
    desk.produce(
        [
            {
                "channel": channel,
                "customer_id": customer,
                "message": text,
                "provider_id": name,
                "at": (START + timedelta(minutes=minutes)).isoformat(),
            }
            for name, (channel, minutes, text) in zip(names, said, strict=True)
        ]
    )
    desk.run()
    found = desk.query(
        "SELECT provider_id, ticket_id FROM v1_interactions"
        " WHERE customer_id = ? AND direction = 'in'",
        [customer],
    )
    ticket = {row["provider_id"]: row["ticket_id"] for row in found}
    order = list(dict.fromkeys(ticket[name] for name in names))
    return [order.index(ticket[name]) for name in names]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            [("email", 0, CHARGED), ("whatsapp", 120, "any news?")], [0, 0], id="news elsewhere"
        ),
        pytest.param([("email", 0, CHARGED), ("email", 180, PIN)], [0, 1], id="another question"),
        pytest.param(
            [("chat_widget", 0, CHARGED), ("chat_widget", 5, PIN)], [0, 1], id="soon after"
        ),
        pytest.param(
            [("whatsapp", 0, "hi, I was charged"), ("whatsapp", 0.1, "twice for my hotel")],
            [0, 0],
            id="one thought in two messages",
        ),
        pytest.param(
            [
                ("email", 0, CHARGED),
                ("chat_widget", 60, PIN),
                ("phone", 200, "I wrote to you about the double charge for my hotel in Lisbon"),
            ],
            [0, 1, 0],
            id="the right one of two",
        ),
        pytest.param(
            [("email", 0, CHARGED), ("email", 30, "Thank you very much!")], [0, 0], id="thanks"
        ),
        pytest.param(
            [
                ("email", 0, "My order 4711-88 has not come, where is it?"),
                ("phone", 600, "it is about order 4711-88"),
            ],
            [0, 0],
            id="order number",
        ),
    ],
)
def test_messages_end_on_the_tickets_where_people_expect_them(
    desk: Desk, request: pytest.FixtureRequest, said: list[Said], expected: list[int]
) -> None:
    assert tickets(desk, request.node.callspec.id, said) == expected


def test_a_ticket_is_found_by_its_id(desk: Desk) -> None:
    assert tickets(desk, "by id", [("email", 0, CHARGED), ("email", 900, PIN)]) == [0, 1]
    first = desk.query("SELECT ticket_id FROM v1_interactions WHERE provider_id = 'by id-0'", [])[
        0
    ]["ticket_id"]
    desk.produce(
        {
            "channel": "phone",
            "customer_id": "by id",
            "message": f"I call about {first}, the lady told me to",
            "provider_id": "by id-call",
            "at": (START + timedelta(days=3)).isoformat(),
        }
    )
    desk.run()
    rows = desk.query("SELECT ticket_id FROM v1_interactions WHERE provider_id = 'by id-call'", [])
    assert rows[0]["ticket_id"] == first
