"""Where records go: topics, keys, partitions and ids, which the log relies on for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from schemas.event import Event
from schemas.events import EVENTS
from schemas.events import knowledge as taught
from schemas.record import (
    Record,
    Source,
    answer_id,
    contact_id,
    derived_id,
    follow,
    murmur2,
    partition_of,
    ticket_id,
)
from schemas.topics import (
    CONTACTS,
    DEAD_LETTERS,
    DESK,
    DOMAINS,
    INBOXES,
    KNOWLEDGE,
    METRICS,
    TOPICS,
    key_of,
)
from schemas.vocabulary import (
    CHANNELS,
    PRIORITIES,
    STATUSES,
    TRIGGERS,
    UNCATEGORISED,
    priority_rank,
    rfc3339,
)
from tests.anyevent import MOMENT, example

CONTRACT = {
    "support.contacts.v1": ("inbox", "customer", "customer", None, True),
    "support.desk.v1": ("inbox", "desk", "desk", None, True),
    "support.knowledge.v1": ("inbox", "article", "knowledge", None, True),
    "support.metrics.v1": ("inbox", "category", "analytics", None, True),
    "support.decisions.v1": ("record", "deciding line", None, None, True),
    "support.tickets.v1": ("record", "customer", None, None, True),
    "support.control.v1": ("record", "subject", None, None, False),
    "support.dead-letters.v1": ("record", "as the original", None, 30, False),
}
"""Of each topic its kind, key and domain, the days it is kept, whether its lines count."""


def test_the_topics_are_those_of_the_contract() -> None:
    assert {
        name: (topic.kind, topic.key, topic.domain, topic.retention_days, topic.ordered)
        for name, topic in TOPICS.items()
    } == CONTRACT
    assert all(name == topic.name for name, topic in TOPICS.items())


def test_every_domain_decides_one_inbox() -> None:
    assert [*DOMAINS.values()] == [*INBOXES]
    assert {domain: topic.name for domain, topic in DOMAINS.items()} == {
        domain: name for name, (_, _, domain, _, _) in CONTRACT.items() if domain
    }


def test_events_travel_on_topics_that_there_are() -> None:
    travelled = {kind.TOPIC for kind in EVENTS.values()}
    assert travelled == TOPICS.keys() - {DEAD_LETTERS.name}


def expected_key(event: Any) -> str:  # Any: its fields are those of its topic
    """The key that the contract gives an event that line `L` writes."""
    match event.TOPIC:
        case CONTACTS.name:
            return str(event.customer_id)
        case DESK.name:
            return "desk"
        case KNOWLEDGE.name:
            return str(getattr(event, "article_id", getattr(event, "name", "tone")))
        case METRICS.name:
            return str(event.category)
        case _:  # what a line decides stays on it
            return "L"


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_an_event_is_keyed_by_whom_it_concerns(kind: type[Event]) -> None:
    event = example(kind, full=True)
    assert key_of(event, "L") == expected_key(event)


def test_what_is_taught_is_keyed_by_what_it_is_about() -> None:
    assert key_of(example(taught.CategoryTaught, full=True), "L") == "Größe 😀"
    assert key_of(example(taught.ToneLabelled, full=True), "L") == "tone"
    assert key_of(object(), "L") == "L"


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_a_key_is_hashed_as_kafkas_own_clients_do(key: str, hashed: int) -> None:
    """Values of Kafka's own test of its hash."""
    assert murmur2(key.encode()) == hashed % 2**32
    assert partition_of(key) == (hashed % 2**31) % 12
    assert partition_of(key, 7) == (hashed % 2**31) % 7


def test_a_key_that_is_no_text_has_a_partition_too() -> None:
    assert 0 <= partition_of("\ud800") < 12


def test_ids_are_the_same_for_ever() -> None:
    contact = contact_id("email", "p1")
    assert contact == "3523ae32544a97df8f9a9267afefb5bb"
    assert ticket_id(contact) == "TICK_E888237FADBA9C2F"
    assert derived_id("a", "b") == "065ab5741cdfad44687cf119c1eb4ec9" != derived_id("ab")
    assert answer_id("0123456789abcdef", "x", "lifecycle", "0") == (
        "01234567aa01d52b6d8cd0b5bd6224bd"
    )
    assert len(derived_id("\ud800")) == len(answer_id("0123456789", "\ud800")) == 32


def cause() -> Record:
    event = example(EVENTS["ContactReceived"], full=True)
    return Record(
        id="c", key="ann", at=MOMENT, by="intake", event=event, correlation="root-of-all", trace="t"
    )


def test_an_answer_names_its_cause_and_its_family() -> None:
    event = example(EVENTS["ContactAccepted"], full=True)
    later = MOMENT + timedelta(seconds=1)
    answer = follow(cause(), "channel", 0, event, later, "ann")
    assert (answer.cause, answer.correlation, answer.trace) == ("c", "root-of-all", "t")
    assert (answer.by, answer.at, answer.key, answer.event) == ("channel", later, "ann", event)
    assert (answer.sequence, answer.previous, answer.source) == (None, None, None)
    assert (answer.partition, answer.offset) == (None, None)
    assert (answer.type, answer.topic) == ("ContactAccepted", "support.decisions.v1")
    assert answer.id == answer_id("root-of-all", "c", "channel", "0")
    second = follow(cause(), "channel", 1, event, later, "ann")
    assert (second.id != answer.id, second.id[:8]) == (True, answer.id[:8])


def test_a_source_names_its_place_in_order() -> None:
    assert Source("t", 1, 2, 3, 4) == Source(topic="t", partition=1, offset=2, index=3, count=4)


def test_a_moment_is_printed_in_utc_with_milliseconds() -> None:
    moment = datetime(2026, 3, 2, 13, 45, 0, 123999, tzinfo=timezone(timedelta(hours=5.75)))
    assert rfc3339(moment) == "2026-03-02T08:00:00.123Z"
    assert rfc3339(datetime(2026, 3, 2, tzinfo=UTC)) == "2026-03-02T00:00:00.000Z"


WORDS = {
    CHANNELS: "email slack whatsapp chat_widget phone twitter facebook discord",
    PRIORITIES: "low medium high urgent critical",
    STATUSES: "new triaged in_progress waiting_customer escalated resolved closed",
    TRIGGERS: (
        "critical_priority vip complaint negative_sentiment asked_for_person workflow_failure"
    ),
}


@pytest.mark.parametrize("words", WORDS)
def test_the_closed_words_are_those_of_the_contract(words: tuple[str, ...]) -> None:
    assert words == tuple(WORDS[words].split())


def test_priorities_are_ranked_from_low_to_critical() -> None:
    assert [priority_rank(one) for one in PRIORITIES] == [0, 1, 2, 3, 4]
    assert UNCATEGORISED == "uncategorised"
