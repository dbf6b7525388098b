"""Where a turn's world comes from: policy, models and knowledge as of the turn's clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol

from agents.policy import Policy
from agents.policy_toml import PolicyInvalid, parse
from agents.world import Models, World
from schemas.events.control import ModelActivated, PartitionSealed, PolicyActivated
from schemas.record import Record
from schemas.topics import KNOWLEDGE
from streams.entry import Entry
from streams.errors import Unreadable


class History(Protocol):
    """Models by time; `streams.knowledge.KnowledgeHistory` is the real one."""

    def add(self, record: Record) -> None:
        """Take in the next knowledge record."""

    def activate(self, tier: str, clock: float) -> None:
        """The models of a tier read messages from a clock on."""

    def at(self, clock: float, index: str | None = None) -> Models:
        """The models over what a turn at this clock sees, or over an index that it has seen."""

    def prepare(self, clock: float) -> Iterator[int]:
        """Have these models ready, step by step; gives how many steps are left."""


Taught = Callable[[], Iterable[Entry]]
"""Entries of the knowledge and control topics that came since the last call, each partition in
its order."""


class Worlds:
    """Follows the knowledge and control topics and gives each turn its snapshot.

    Args:
        taught: Where these topics are followed.
        history: The models by time.
        policy: The policy in force until one is activated.
    """

    def __init__(self, taught: Taught, history: History, policy: Policy) -> None:
        self._taught = taught
        self._history = history
        self._policies: list[Policy] = [policy]
        self._since: list[float] = [float("-inf")]
        self._clocks: dict[int, float] = {}
        self._seen: set[str] = set()

    def at(self, now: float, trigger: Record) -> World:
        """The snapshot for a turn at a clock reading."""
        self.follow()
        return World(
            now=datetime.fromtimestamp(now, UTC),
            policy=self.policy_at(now),
            models=self.models_at(now),
            trigger=trigger,
        )

    def policy_at(self, now: float) -> Policy:
        """The policy in force at a moment, among what was followed."""
        return self._policies[bisect_right(self._since, now) - 1]

    def policy_named(self, version: str) -> Policy | None:
        """The policy of a version, if it ever was in force here; None of one from elsewhere."""
        return next((one for one in self._policies if one.version == version), None)

    def models_at(self, now: float, index: str | None = None) -> Models:
        """The models over what was taught by a moment, among what was followed.

        Args:
            now: The moment.
            index: The version of the index that a turn at that moment is known to have seen.
        """
        return self._history.at(now, index)

    def prepare(self, now: float) -> Iterator[int]:
        """Have ready what a message at a moment is read by, while nobody waits for it.

        Step by step, so that whoever has something better to do may go on later, with a new call;
        gives how many steps are left.
        """
        self.follow()
        return self._history.prepare(now)

    def follow(self) -> None:
        """Take in what was taught and activated since the last time."""
        for entry in self._taught():
            self._entry(entry)

    def _entry(self, entry: Entry) -> None:
        """What cannot be read changes nothing here; on an inbox it becomes a dead letter."""
        try:
            record = entry.record()
        except Unreadable:
            return
        if record.topic == KNOWLEDGE.name:
            self._history.add(record)
            return
        if isinstance(record.event, PartitionSealed):
            return  # written beside the desk's work at any time: it must move no clock of it
        clock = max(self._clocks.get(entry.partition, 0.0), record.at.timestamp())
        self._clocks[entry.partition] = clock
        if not isinstance(record.event, PolicyActivated | ModelActivated):
            return
        if record.id in self._seen:  # a repeat puts nothing in force again
            return
        self._seen.add(record.id)
        if isinstance(record.event, PolicyActivated):
            self._activate(record.event.text, clock)
        else:
            self._history.activate(record.event.name, clock)

    def _activate(self, text: str, clock: float) -> None:
        """A policy is in force from the running maximum of its partition on, if it is one."""
        try:
            policy = parse(text)
        except PolicyInvalid:
            return
        place = bisect_right(self._since, clock)
        self._since.insert(place, clock)
        self._policies.insert(place, policy)
