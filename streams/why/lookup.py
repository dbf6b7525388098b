"""What must be found in a log to say why; each engine has its own way in its room's `why.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from streams.entry import Entry


class Lookup(Protocol):
    """Finds entries of a log."""

    def find(self, record_id: str, effect: Entry | None = None) -> Entry | None:
        """The first entry with an id.

        Args:
            record_id: The id.
            effect: What it caused, where that is known: it lies near it.
        """

    def at(self, topic: str, partition: int, offset: int) -> Entry | None:
        """The entry at a place."""

    def naming(self, topic: str, line: str, name: str) -> Iterator[Entry]:
        """The entries of a line on a topic whose bytes hold a name, in their order."""

    def owner(self, ticket_id: str) -> str | None:
        """On whose line a ticket is; None when it is not there."""

    def line(self, topic: str, line: str) -> Iterator[Entry]:
        """The entries of a line on a topic, in their order."""

    def whole(self, topic: str) -> Iterator[Entry]:
        """The entries of a topic, each partition in its order."""
