"""The topics: which domain decides them, what keys them, how long they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PARTITIONS = 12
"""Partitions of each topic: part of the contract, never changed in place."""

Domain = Literal["customer", "desk", "knowledge", "analytics"]

DESK_KEY = "desk"
"""The one line of the desk domain."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the log.

    Attributes:
        name: Its name on Kafka.
        kind: An inbox has many writers and one deciding domain; a record topic one writing line.
        key: What its records are keyed by.
        domain: The domain that decides an inbox's records; None for record topics.
        retention_days: How long records are kept; None is for ever.
        ordered: Whether each line numbers its records on it.
    """

    name: str
    kind: Literal["inbox", "record"]
    key: str
    domain: Domain | None
    retention_days: int | None = None
    ordered: bool = True


CONTACTS = Topic("support.contacts.v1", "inbox", "customer", "customer")
DESK = Topic("support.desk.v1", "inbox", "desk", "desk")
KNOWLEDGE = Topic("support.knowledge.v1", "inbox", "article", "knowledge")
METRICS = Topic("support.metrics.v1", "inbox", "category", "analytics")
DECISIONS = Topic("support.decisions.v1", "record", "deciding line", None)
TICKETS = Topic("support.tickets.v1", "record", "customer", None)
CONTROL = Topic("support.control.v1", "record", "subject", None, ordered=False)
DEAD_LETTERS = Topic(
    "support.dead-letters.v1", "record", "as the original", None, retention_days=30, ordered=False
)

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        CONTACTS,
        DESK,
        KNOWLEDGE,
        METRICS,
        DECISIONS,
        TICKETS,
        CONTROL,
        DEAD_LETTERS,
    )
}

INBOXES: tuple[Topic, ...] = tuple(t for t in TOPICS.values() if t.kind == "inbox")

INBOX_NAMES = frozenset(topic.name for topic in INBOXES)

DOMAINS: dict[Domain, Topic] = {t.domain: t for t in INBOXES if t.domain is not None}
"""The inbox of each domain."""


def key_of(event: object, line: str) -> str:
    """The partition key of an event that the line `line` writes.

    Decisions and tickets stay on the line that decided. What crosses to another domain is keyed
    by that domain's subject.
    """
    topic = getattr(event, "TOPIC", "")
    if topic == CONTACTS.name:
        return str(getattr(event, "customer_id", line))
    if topic == DESK.name:
        return DESK_KEY
    if topic == KNOWLEDGE.name:
        return str(getattr(event, "article_id", None) or getattr(event, "name", None) or "tone")
    if topic == METRICS.name:
        return str(getattr(event, "category", line))
    return line
