"""Finding on Kafka what must be known to say why: by families of ids, each near its first record.

What follows from an outside record shares the beginning of its id, and the store knows where that
record lies: so a cause is found by reading from there on, to a little behind what it caused.
Foreign producers choose ids of their own, which may be too short for that, or of another chain than
they name: then it is read from the inbox record whose turn wrote what it caused.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.record import partition_of
from schemas.topics import DEAD_LETTERS, INBOX_NAMES
from streams.clock import parse_time
from streams.cluster.finding import SKEW_SECONDS, Spot, around
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.directory import Directory
from streams.entry import Entry, Place
from streams.foreign import native
from streams.heads import head_of

FAMILY = 8
"""Characters that the ids of a family share (`schemas.record.answer_id`)."""

_LAST = "\U0010ffff"


class _Headers(msgspec.Struct, frozen=True):
    ce_correlationid: str | None = None


_headers = msgspec.json.Decoder(_Headers)


class Lookup:
    """Finds entries of a cluster's log; what was read once stays at hand.

    Args:
        database: Says where inbox records lie, and whose a ticket is.
        reader: Reads all topics.
    """

    def __init__(self, database: PgDatabase, reader: Reader) -> None:
        self._database = database
        self._reader = reader
        self._known: dict[str, Entry] = {}
        self._read_until: dict[str, float] = {}
        self._turns: dict[Spot, float] = {}
        self._named: dict[tuple[str, str, str], list[Entry]] = {}

    def find(self, record_id: str, effect: Entry | None = None) -> Entry | None:
        """The entry with an id: the one that was taken, or else the first.

        Args:
            record_id: The id.
            effect: What it caused. Without it, and where no family says where to look, the whole
                log is read.
        """
        if record_id in self._known:
            return self._known[record_id]
        self._read_family(record_id[:FAMILY], None if effect is None else _behind(effect))
        if record_id not in self._known and effect is not None:
            self._read_turn(record_id, effect)
        found = self._known.get(record_id) or self._letter(record_id)
        if found is None and effect is None:
            found = next((e for e in self._entries() if e.id == record_id), None)
        elif found is None:  # somebody's clock may be ahead, and what it wrote not lie before
            self._read_family(record_id[:FAMILY], None)
            found = self._known.get(record_id)
        return found

    def at(self, topic: str, partition: int, offset: int) -> Entry | None:
        """The entry at a place."""
        spot = (topic, partition, offset)
        known = (one for one in self._known.values() if _spot(one) == spot)
        return next(known, None) or next(
            self._between((topic, partition), offset, offset + 1), None
        )

    def naming(self, topic: str, line: str, name: str) -> Iterator[Entry]:
        """The entries of a line on a topic whose bytes hold a name, in their order."""
        asked = (topic, line, name)
        if asked not in self._named:
            named = name.encode()
            self._named[asked] = [e for e in self.line(topic, line) if named in e.value]
        return iter(self._named[asked])

    def line(self, topic: str, line: str) -> Iterator[Entry]:
        """The entries of a line on a topic, in their order."""
        entries = self._between((topic, partition_of(line)), 0, None)
        return (entry for entry in entries if entry.key == line)

    def owner(self, ticket_id: str) -> str | None:
        """On whose line a ticket is; None when it is not there."""
        return Directory(self._database).owner_of(ticket_id)

    def whole(self, topic: str) -> Iterator[Entry]:
        """The entries of a topic, each partition in its order."""
        until = {place: end for place, end in self._reader.ends().items() if place[0] == topic}
        for step in self._reader.steps(None, until):
            yield from step

    def _read_family(self, beginning: str, until: float | None) -> None:
        """Read a family on to a moment, from its first record on; to the end for None."""
        wanted = float("inf") if until is None else until
        if self._read_until.get(beginning, float("-inf")) >= wanted:
            return
        self._read_until[beginning] = wanted
        rows = self._database.execute(
            'SELECT id, topic, partition, "offset" FROM seen WHERE id >= ? AND id < ?',
            (beginning, beginning + _LAST),
        ).fetchall()
        if not rows:
            return
        taken = {str(number): (str(t), int(p), int(o)) for number, t, p, o in rows}
        starts = [around(self._reader, self._database, spot) for spot in taken.values()]
        start = {place: min(one[place] for one in starts) for place in starts[0]}
        ends = self._reader.ends() if until is None else self._reader.since(until)
        for step in self._reader.steps(start, ends):
            for entry in step:
                # a foreign record has the id of the native one that it became, and lies before it
                if entry.id.startswith(beginning) and taken.get(entry.id) in {None, _spot(entry)}:
                    self._known.setdefault(entry.id, entry)

    def _read_turn(self, record_id: str, effect: Entry) -> None:
        """Read from the inbox record whose turn wrote an effect, for its cause and all its kin."""
        source, kin, until = head_of(effect.headers).source, _correlation(effect), _behind(effect)
        if effect.topic in INBOX_NAMES and not native(effect):
            return  # its producer may have copied our headers
        if source is None or kin is None or self._turns.get(source, 0.0) >= until:
            return
        self._turns[source] = until
        start = around(self._reader, self._database, source)
        for step in self._reader.steps(start, self._reader.since(until)):
            for entry in step:
                if entry.id == record_id or _correlation(entry) == kin:
                    self._known.setdefault(entry.id, entry)

    def _letter(self, record_id: str) -> Entry | None:
        """A dead letter, which the projector keeps longer than Kafka does."""
        row = self._database.execute(
            'SELECT partition, "offset", key, headers, value, id FROM dead_letters WHERE id = ?',
            (record_id,),
        ).fetchone()
        if row is None:
            return None
        partition, offset, key, headers, value, number = row
        return Entry(0, DEAD_LETTERS.name, partition, offset, key, headers, value, "", number)

    def _between(self, place: Place, start: int, end: int | None) -> Iterator[Entry]:
        last = self._reader.ends()[place]
        until = last if end is None else min(end, last)
        first = max(self._reader.starts()[place], start)
        for step in self._reader.steps({place: first}, {place: until}):
            yield from step

    def _entries(self) -> Iterator[Entry]:
        for step in self._reader.steps():
            yield from step


def _behind(effect: Entry) -> float:
    """A moment at which what caused something lay in the log for sure."""
    return parse_time(effect.appended_at).timestamp() + SKEW_SECONDS


def _correlation(entry: Entry) -> str | None:
    """The outside record at the root of the chain, by an entry's headers."""
    try:
        return _headers.decode(entry.headers).ce_correlationid
    except msgspec.MsgspecError:
        return None


def _spot(entry: Entry) -> Spot:
    return entry.topic, entry.partition, entry.offset
