"""What a customer gives is quoted with its place, and pointers to matters are clues."""

from __future__ import annotations

from itertools import pairwise

import pytest

from streams.understanding.facts import LIMIT, clues, facts, found
from streams.understanding.tier import Tier
from tests.understood import seen


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ("Mail me at ann.lee@example.org please", "email", "ann.lee@example.org"),
        ("call +44 20 7946 0958", "phone", "+44 20 7946 0958"),
        ("my order number is 4711-88", "order", "4711-88"),
        ("order #A123", "order", "A123"),
        ("ticket TKT-9F3", "ticket", "TKT-9F3"),
        ("booking reference: XK4711", "reference", "XK4711"),
        ("it cost $45.20", "amount", "$45.20"),
        ("I paid 1,200.50 euros", "amount", "1,200.50 euros"),
        ("on 12 May 2026", "date", "12 May 2026"),
        ("it was yesterday", "date", "yesterday"),
        ("at 14:30", "time", "14:30"),
        ("my card ending in 1234", "card_ending", "1234"),
        ("see https://example.org/a?b=1", "url", "https://example.org/a?b=1"),
        ("the code 998877", "number", "998877"),
        ("number 4898 5555 5412 5555", "number", "4898 5555 5412 5555"),
        ("it is REF-6473B9", "code", "REF-6473B9"),
        ("that is xk4711", "code", "xk4711"),
        ("the meter 88-4411-Z is stuck", "code", "88-4411-Z"),
        ("my meter says 12-999", "number", "12-999"),
        ("it takes 5-7 days", "number", "5-7"),
        ("a 12-month plan", "number", "12"),
        ("I use a Galaxy S22", "device", "Galaxy S22"),
        ("on my iphone 14 pro", "device", "iphone 14 pro"),
    ],
)
def test_a_fact_is_quoted(message: str, kind: str, text: str) -> None:
    quoted = found(message)
    assert [(one.kind, one.text) for one in quoted] == [(kind, text)]
    assert message[quoted[0].start : quoted[0].end] == text


@pytest.mark.parametrize(
    "message",
    ["", "hello there", "I have a question", "42nd", "order now", "covid-19", "windows10"],
)
def test_nothing_is_made_up(message: str) -> None:
    assert found(message) == []


def test_facts_come_in_order_and_do_not_overlap() -> None:
    quoted = found("On 12 May I paid $45.20 for order 4711-88, mail ann@example.org")
    assert [one.kind for one in quoted] == ["date", "amount", "order", "email"]
    assert all(a.end <= b.start for a, b in pairwise(quoted))


def test_no_more_than_a_bounded_number_is_taken() -> None:
    assert len(found("12 34 " * 600)) == LIMIT


def test_a_ticket_is_a_clue_and_as_a_fact_a_reference() -> None:
    quoted = found("about ticket TKT-9F3 and $5")
    assert [(one.kind, one.text) for one in clues(quoted)] == [("ticket", "TKT-9F3")]
    assert [one.kind for one in facts(quoted)] == ["reference", "amount"]


def test_places_are_those_of_the_message_as_it_was_received(models: Tier) -> None:
    message = "Hi,\n\n  my order number is 4711-88\n\nKind regards,\nann@example.org"
    seen_facts = {one.kind: one for one in seen(models, message).facts}
    assert set(seen_facts) == {"order", "email"}
    for one in seen_facts.values():
        assert message[one.start : one.end] == one.text
