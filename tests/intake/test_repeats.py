"""Which lines are one and the same, and which are two."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.events.contacts import CustomerDescribed
from schemas.record import Record
from streams.clock import ManualClock
from streams.desk import Desk
from streams.redrive import waiting
from streams.testing import START
from tests.inputlines import CONTACT, NINE


def statuses(desk: Desk, *documents: dict[str, Any]) -> list[str]:
    return [one.status for one in desk.intake.documents(documents)]


def test_the_same_provider_id_is_a_repeat_whatever_its_time_its_metadata_and_language(
    desk: Desk,
) -> None:
    first = {**CONTACT, "provider_id": "1", "at": NINE}
    again = {**first, "at": "2026-03-02T12:00:00Z", "metadata": {"hop": 2}, "language": "en"}
    assert statuses(desk, first, again) == ["accepted", "repeat"]
    assert [record.at.hour for record in desk.events()] == [9]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message", "Goodbye"),
        ("subject", "Another"),
        ("thread", "t2"),
        ("in_reply_to", "m2"),
        ("handle", "bo@example.org"),
        ("attachments", [{"name": "b", "media_type": "c", "size": 1}]),
    ],
)
def test_another_message_under_the_same_provider_id_is_a_dead_letter(
    field: str, value: object, desk: Desk
) -> None:
    first = {**CONTACT, "provider_id": "1"}
    taken = desk.intake.documents([first, {**first, field: value}])
    assert [one.status for one in taken] == ["accepted", "unreadable"]
    assert f"email message 1 was here before with another {field}" in str(taken[1].error)
    assert taken[1].remedy == "send a changed message under a provider_id of its own"
    assert len(waiting(desk)) == 1


def test_the_same_provider_id_on_another_channel_is_another_message(desk: Desk) -> None:
    first = {**CONTACT, "provider_id": "1"}
    assert statuses(desk, first, {**first, "channel": "slack"}) == ["accepted", "accepted"]


def test_without_a_provider_id_the_content_and_a_given_time_tell_messages_apart(
    desk: Desk,
) -> None:
    assert statuses(desk, CONTACT) == ["accepted"]
    assert isinstance(desk.clock, ManualClock)
    desk.clock.advance(hours=1)
    in_paris = {**CONTACT, "at": "2026-03-02T10:00:00+01:00"}
    photo = [{"name": "a.png", "media_type": "image/png", "size": 1}]
    told = statuses(
        desk,
        CONTACT,
        {**CONTACT, "metadata": {"hop": 2}},
        {**CONTACT, "at": NINE},
        in_paris,
        {**CONTACT, "at": "2026-03-03T09:00:00Z"},
        {**CONTACT, "attachments": photo},
    )
    assert told == ["repeat", "repeat", "accepted", "repeat", "accepted", "accepted"]


def test_signals_without_a_time_each_count_and_those_with_one_are_repeats(desk: Desk) -> None:
    crash = {"type": "signal", "customer_id": "ann", "kind": "app_crash"}
    assert statuses(desk, crash, crash, crash) == ["accepted"] * 3
    assert statuses(desk, {**crash, "at": NINE}, {**crash, "at": NINE}) == ["accepted", "repeat"]


def test_an_idempotency_key_makes_an_intent_the_same(desk: Desk) -> None:
    start = {"type": "start", "customer_id": "ann", "channel": "email", "text": "Hello"}
    keyed = {**start, "idempotency_key": "k", "at": NINE}
    later = {**keyed, "at": "2026-03-02T10:00:00Z"}
    assert statuses(desk, keyed, later, {**keyed, "by": "bo"}) == ["accepted", "repeat", "accepted"]


BEGIN = {"type": "start", "customer_id": "ann", "channel": "email", "text": "Hello"}
LINK = {"type": "link", "customer_id": "ann", "channel": "slack", "handle": "U1"}


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        (BEGIN, {"text": "Goodbye"}),
        (BEGIN, {"customer_id": "bo"}),
        (LINK, {"handle": "U2"}),
        (LINK, {"customer_id": "bo"}),
    ],
)
def test_another_request_under_the_same_key_is_a_dead_letter(
    desk: Desk, asked: dict[str, str], other: dict[str, str]
) -> None:
    keyed = {**asked, "idempotency_key": "k"}
    (first, second) = desk.intake.documents([keyed, {**keyed, **other}])
    assert (first.status, second.status) == ("accepted", "unreadable")
    assert str(second.error).endswith("has the idempotency key of another one")
    desk.run()
    assert statuses(desk, keyed) == ["repeat"]
    (letter,) = desk.query("SELECT error FROM v1_dead_letters")
    assert letter["error"] == second.error


def test_of_records_that_come_together_the_first_of_an_id_counts(desk: Desk) -> None:
    first = Record(
        id="r1",
        key="c1",
        at=START,
        by="gateway/email",
        event=CustomerDescribed(customer_id="c1", name="Ann"),
        correlation="r1",
    )
    again = replace(first, event=CustomerDescribed(customer_id="c1", name="Bo"))
    other = replace(first, id="r2", correlation="r2")
    assert [one.id for one in desk.intake.records([first, again, other])] == ["r1", "r2"]
    assert [(one.id, one.event) for one in desk.events()] == [
        ("r1", first.event),
        ("r2", other.event),
    ]
