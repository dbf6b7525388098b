"""Whether each line numbered without a break what it wrote, read in the order of appending."""

from __future__ import annotations

from schemas.record import Record
from streams.comparing import broken_chain
from streams.embedded.database import Database
from streams.entry import Entry

HELD = 50_000
"""Keys of inbox records that are at hand, and as many that came before them."""


class Numbers:
    """Follows the numbers of all lines.

    Args:
        database: Where the log lies, for the keys of the records that are answered.

    Attributes:
        gaps: Where a number did not follow the one before it, in words.
    """

    def __init__(self, database: Database) -> None:
        self.gaps: list[str] = []
        self._db = database
        self._last: dict[tuple[str, str, str], int] = {}
        self._source: tuple[str, int, int] | None = None
        self._line = ""
        self._keys: dict[tuple[str, int, int], str] = {}
        self._before: dict[tuple[str, int, int], str] = {}

    def note(self, entry: Entry) -> None:
        """Keep the key of an inbox record at hand: what answers it lies not far behind."""
        if len(self._keys) >= HELD:
            self._before, self._keys = self._keys, {}
        self._keys[entry[1:4]] = str(entry.key)

    def take(self, entry: Entry, record: Record) -> None:
        """Take the next record of a numbered topic."""
        source = record.source
        if record.sequence is None or source is None:
            return
        came = (source.topic, source.partition, source.offset)
        if came != self._source:
            self._source, self._line = came, self._key(came)
        number = (source.topic, self._line, entry.topic)
        last = self._last.get(number)
        if record.previous != last:
            where = f"{entry.topic}/{entry.partition}/{entry.offset}"
            self.gaps.append(f"{where}: {broken_chain(self._line, record.previous, last)}")
        self._last[number] = record.sequence

    def _key(self, place: tuple[str, int, int]) -> str:
        """The key of a record: the line that answered it."""
        known = self._keys.get(place) or self._before.get(place)
        if known is not None:
            return known
        row = self._db.execute(
            "SELECT key FROM log WHERE topic = ? AND partition = ? AND offset = ?", place
        ).fetchone()
        return "" if row is None else str(row[0])
