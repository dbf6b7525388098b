"""A subscription: who is sent what, how far they are, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from schemas.events import EVENTS
from schemas.topics import DEAD_LETTERS
from streams.clock import parse_time
from streams.entry import Entry
from streams.errors import Refused
from streams.filters import Filter

ACTIVE, PAUSED = "active", "paused"

EVERY = 500
"""Of each partition every so many records is looked at, wanted or not: so the position moves on."""


class Selection(Filter, frozen=True):
    """Which records a subscription wants; as a filter of the log it also lets some others pass.

    Attributes:
        types: The types of events; none is all of them.
    """

    types: frozenset[str] = frozenset()

    def wants(self, entry: Entry) -> bool:
        """Whether an entry is sent."""
        if entry.topic == DEAD_LETTERS.name:
            return False
        named = not self.types or any(f'"ce_type":"{one}"' in entry.headers for one in self.types)
        return named and super().fits(entry)

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is sent, or shows how far one is."""
        return entry.offset % EVERY == 0 or self.wants(entry)


class Subscription(NamedTuple):
    """One row of the store.

    Attributes:
        id: Its id, which is no secret.
        url: Where the records are sent.
        types: Types of events that are wanted, by blanks; empty is all.
        topic: The one topic that is wanted; None is all.
        customer: The one customer whose records are wanted; None is everybody's.
        personal: Whether personal fields are sent, rather than masked.
        created_at: When it was made.
        secret: What its requests are signed with.
        old_secret: What they were signed with before, and still are as well, if anything.
        old_until: Until when.
        state: `ACTIVE` or `PAUSED`.
        reason: Why it is paused, where nobody asked for that.
        position: Behind which record of the log it is.
        acknowledged_at: When the receiver acknowledged a record last.
        failures: How often in a row sending failed.
        failing_since: Since when.
        last_error: What went wrong last, while it fails.
        next_attempt_at: When it is tried again.
        owner: Which process sends it.
        epoch: Raised by whoever takes it over, and by whoever moves it: others keep nothing then.
        beat: Raised by its owner for as long as that is at work.
    """

    id: str
    url: str
    types: str
    topic: str | None
    customer: str | None
    personal: int
    created_at: str
    secret: str
    old_secret: str | None
    old_until: str | None
    state: str
    reason: str | None
    position: str
    acknowledged_at: str | None
    failures: int
    failing_since: str | None
    last_error: str | None
    next_attempt_at: str | None
    owner: str | None
    epoch: int
    beat: int

    def selection(self) -> Selection:
        """What it wants of the log."""
        return Selection(
            customer=self.customer, topic=self.topic, types=frozenset(self.types.split())
        )

    def secrets(self, now: datetime) -> list[str]:
        """What a request is signed with, the newest first."""
        old = self.old_secret
        if old is None or self.old_until is None or now >= parse_time(self.old_until):
            return [self.secret]
        return [self.secret, old]

    def told(self, lag: int | None = None) -> dict[str, Any]:
        """What may be shown of it, which its secret is no part of.

        Args:
            lag: How many records the log holds beyond its position, where that is known.
        """
        shown: dict[str, Any] = {
            "id": self.id,
            "url": self.url,
            "types": self.types.split(),
            "topic": self.topic,
            "customer": self.customer,
            "personal": bool(self.personal),
            "created_at": self.created_at,
            "state": self.state,
            "reason": self.reason,
            "position": self.position,
            "acknowledged_at": self.acknowledged_at,
            "failures": self.failures,
            "failing_since": self.failing_since,
            "last_error": self.last_error,
            "next_attempt_at": self.next_attempt_at,
            "old_secret_until": self.old_until,
        }
        return shown if lag is None else {**shown, "lag": lag}


def wanted(types: Iterable[str], topic: str | None, customer: str | None) -> Selection:
    """What a new subscription wants.

    Raises:
        Refused: There is no such type, no such topic, or nothing of it is ever sent.
    """
    selection = Selection(customer=customer, topic=topic, types=frozenset(types))
    unknown = sorted(selection.types - EVENTS.keys())
    fault = selection.fault()
    if unknown:
        fault = f"there is no event type {', '.join(unknown)}", "see `pactdesk schemas list`"
    if topic == DEAD_LETTERS.name:
        fault = "dead letters are no events, and are not sent", "see `pactdesk deadletters list`"
    if fault is not None:
        raise Refused(*fault)
    elsewhere = sorted(one for one in selection.types if topic != EVENTS[one].TOPIC)
    if topic is not None and elsewhere:
        raise Refused(f"{', '.join(elsewhere)} never lies on {topic}", "leave the topic out")
    return selection
