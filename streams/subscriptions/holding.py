"""Who sends a subscription: one process at a time, and what it keeps of how far it is.

A process holds a subscription with an epoch, as a worker holds a partition. It raises the row's
beat for as long as it is at work; who has seen no new beat for a while, by its own clock, takes
over with a higher epoch, and what the one before still wants to keep is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from schemas.vocabulary import rfc3339
from streams.gateway import keys
from streams.subscriptions import kept
from streams.subscriptions.subscription import ACTIVE, PAUSED, Subscription

LEASE_SECONDS = 5.0
"""After how long without a beat a subscription is taken over."""


class Store(keys.Store, Protocol):
    """A connection to either engine's store."""

    def transaction(self) -> AbstractContextManager[object]:
        """All or nothing."""


class Lost(Exception):
    """Another process sends it by now, or somebody moved it."""


class _Seen(NamedTuple):
    epoch: int
    beat: int
    since: float


class Holder:
    """One process that sends subscriptions.

    Args:
        name: Its name, which no other process has.
        clock: Seconds that only go forward.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def held(self, store: Store) -> list[Subscription]:
        """Say that it is at work, and take what nobody sends; returns what this process sends."""
        found = [one for one in kept.every(store) if one.state == ACTIVE]
        mine = [one for one in found if one.owner == self._name]
        free = [one for one in found if one.owner != self._name and self._is_free(one)]
        self._seen = {one.id: self._seen[one.id] for one in found if one.id in self._seen}
        if not mine and not free:
            return []
        with store.transaction():
            if mine:
                store.execute(
                    "UPDATE subscriptions SET beat = beat + 1 WHERE owner = ?", (self._name,)
                )
            for one in free:
                self._claim(store, one)
        now = kept.every(store)
        return [one for one in now if one.state == ACTIVE and one.owner == self._name]

    def leave(self, store: Store) -> None:
        """Let go of everything in good order, so that nobody needs to wait."""
        with store.transaction():
            store.execute("UPDATE subscriptions SET owner = NULL WHERE owner = ?", (self._name,))

    def _is_free(self, one: Subscription) -> bool:
        """Whether nobody sends it, or whoever does was not heard of for too long."""
        now, seen = self._clock(), self._seen.get(one.id)
        if seen is None or (seen.epoch, seen.beat) != (one.epoch, one.beat):
            seen = self._seen[one.id] = _Seen(one.epoch, one.beat, now)
        return one.owner is None or now - seen.since >= LEASE_SECONDS

    def _claim(self, store: Store, one: Subscription) -> None:
        store.execute(
            "UPDATE subscriptions SET owner = ?, epoch = epoch + 1"
            " WHERE id = ? AND epoch = ? AND beat = ? AND state = ?",
            (self._name, one.id, one.epoch, one.beat, ACTIVE),
        )


def passed(store: Store, held: Subscription, position: str) -> None:
    """Keep that nothing up to a position is left to send.

    Raises:
        Lost: It is not this process's any more.
    """
    _keep(store, held, "position = ?", (position,))


def acknowledged(store: Store, held: Subscription, position: str, now: datetime) -> None:
    """Keep that the receiver has everything up to a position; raises `Lost`."""
    _keep(
        store,
        held,
        "position = ?, acknowledged_at = ?, failures = 0, failing_since = NULL,"
        " last_error = NULL, next_attempt_at = NULL",
        (position, rfc3339(now)),
    )


def failed(
    store: Store, held: Subscription, failures: int, error: str, now: datetime, again: datetime
) -> None:
    """Keep that sending failed, how often in a row, and when it is tried again; raises `Lost`."""
    _keep(
        store,
        held,
        "failures = ?, failing_since = coalesce(failing_since, ?), last_error = ?,"
        " next_attempt_at = ?",
        (failures, rfc3339(now), error, rfc3339(again)),
    )


def given_up(store: Store, held: Subscription, reason: str, error: str) -> None:
    """Pause it, for the operator to see why; raises `Lost`."""
    _keep(
        store,
        held,
        "state = ?, reason = ?, last_error = ?, next_attempt_at = NULL",
        (PAUSED, reason, error),
    )


def _keep(store: Store, held: Subscription, changes: str, values: tuple[object, ...]) -> None:
    with store.transaction():
        found = store.execute(
            f"UPDATE subscriptions SET {changes} WHERE id = ? AND epoch = ?",
            (*values, held.id, held.epoch),
        )
        if not found.rowcount:
            raise Lost
