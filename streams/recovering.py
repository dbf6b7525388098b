"""The case store from the log alone: folds, and nothing decided again.

What an agent said lies in the log with the coordinates of the record that it was said about. So
each inbox partition is gone through in its order, and a line comes to the state after each record
and after what followed from it, in the way of a live turn (`streams.deciding.Turns`), but that the
log says what followed. No model is asked, no clock is read, nothing is appended.

How far a partition was taken, `streams.extent` says; what lies further is left to the worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from projections.case import Case, timers
from projections.lines import FOLDS
from schemas.record import Record, derived_id, partition_of
from schemas.topics import TOPICS, Domain
from streams.deciding import Turns
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry, Place
from streams.errors import Misconfigured, Unreadable
from streams.extent import AT_ONCE, Evidence, Extent, named
from streams.folding import Step
from streams.recovered import RecoveredStore, parked_rows
from streams.store import unpacked_line, unpacked_ticket
from streams.turn import Line

MOST_GAPS = 100
"""Gaps that are told of; with so many, more say nothing more."""


class Recorded(NamedTuple):
    """An inbox record as it was taken: whose, where it lies, what followed, at which clock.

    The clock is exact where something followed; else it is the latest that the log knows of.
    """

    domain: Domain
    entry: Entry
    outputs: list[Record]
    clock: float


class Refolding:
    """Folds the case store anew in a scratch store.

    Args:
        log: The whole log, with its index of ids.
        anew: A scratch store (`streams.recovered`) that was surveyed (`streams.surveying`).
        evidence: What the engine knows.
        step: Told how many records were taken since it was told last.

    Attributes:
        taken: How many records were folded.
        left: How many entries were left to the worker, by partition.
        gaps: What the log lacks, in words; the first `MOST_GAPS`.

    Raises:
        Misconfigured: More was taken than the log holds.
    """

    def __init__(
        self, log: Database, anew: Database, evidence: Evidence, step: Step = lambda _: None
    ) -> None:
        self.taken = 0
        self.left: dict[Place, int] = {}
        self.gaps: list[str] = []
        self._log = SqliteLog(log)
        self._db = anew
        self._evidence = evidence
        self._step = step
        self._extent = Extent(log, anew, evidence)
        self._store = RecoveredStore(anew)
        self._turns = Turns(self._store, None)

    def run(self) -> None:
        """Fold every inbox partition, then read the timers off what came of it.

        Raises:
            Misconfigured: The log was written by a release that knows more than this one.
        """
        for place, until in self._extent.until.items():
            left = self._extent.ends[place] - until
            if left:
                self.left[place] = left
            self._partition(place, until)
        self._retime()

    # --- a partition, record by record --------------------------------------------------------

    def _partition(self, place: Place, until: int) -> None:
        count = 0
        for turn in self._turns_of(place, until):
            self._entry(turn)
            count += 1
            if count % AT_ONCE == 0:
                self._step(AT_ONCE)
        self._step(count % AT_ONCE)

    def _turns_of(self, place: Place, until: int) -> Iterator[Recorded]:
        """The entries of a partition with what followed, in order; then the partition is done."""
        domain = TOPICS[place[0]].domain
        assert domain is not None
        clock = self._evidence.clocks.get(place, 0.0)
        for entry in self._extent.entries(place, 0, until):
            outputs = self._outputs(entry)
            clock = max(clock, outputs[0].at.timestamp() if outputs else entry.happened_at())
            yield Recorded(domain, entry, outputs, clock)
        if until:
            self._store.advance(*place, until, clock)
        self._store.flush()

    def _entry(self, turn: Recorded) -> None:
        """Take an entry as the worker took it: fold it, or pass it over as it did."""
        domain, entry, outputs, _ = turn
        if not outputs and (not self._evidence.native(entry) or not self._extent.is_first(entry)):
            return
        if not outputs and self._extent.put_aside(entry):
            if self._evidence.letters_are_seen:
                self._store.see(entry.id)
            return
        self._store.begin()
        try:
            self._turns.take(
                domain,
                entry.record(),
                entry.partition,
                partial(self._as_said, turn),
                partial(self._numbered, entry),
            )
        except Unreadable as error:
            if outputs:
                raise _of_another_release(entry, error) from error
            self._store.undo()
            if self._evidence.letters_are_seen:
                self._store.see(entry.id)
            return
        self._store.see(entry.id)
        self._extent.take(entry)
        self.taken += 1

    def _as_said(
        self, turn: Recorded, state: msgspec.Struct, record: Record
    ) -> tuple[Any, list[Record]]:
        """The state after a record and what the log says followed from it."""
        evolve = FOLDS[turn.domain].evolve
        for one in (record, *turn.outputs):
            try:
                state = evolve(state, one)
            except Exception as error:  # a fold raises whatever it met
                raise Unreadable(
                    f"the {one.type} cannot be folded: {type(error).__name__}: {error}",
                    "re-drive it once its producer is mended",
                ) from error
        return state, turn.outputs

    def _outputs(self, entry: Entry) -> list[Record]:
        """What followed from an entry, in the order in which it was said."""
        rows = self._db.execute(
            "SELECT topic, partition, offset FROM outputs WHERE source_topic = ?"
            " AND source_partition = ? AND source_offset = ? ORDER BY place",
            entry[1:4],
        ).fetchall()
        return [_said(self._log.read(t, p, offset, 1)[0]) for t, p, offset in rows]

    def _numbered(
        self, entry: Entry, outputs: list[Record], line: Line
    ) -> tuple[list[Record], Line]:
        """The line after the numbers that the outputs have; what they do not follow is a gap."""
        sequence, last = line.sequence, dict(line.last)
        source = outputs[0].source
        assert source is not None
        if source.count != len(outputs):
            self._lacks(entry, f"{len(outputs)} of the {source.count} records that followed")
        for record in outputs:
            if record.sequence is None:
                continue
            if record.sequence != sequence + 1 and source.count == len(outputs):
                self._lacks(entry, f"{record.sequence} follows {sequence} on its line")
            sequence = record.sequence
            last[record.topic] = sequence
        return outputs, Line(sequence, last)

    def _lacks(self, entry: Entry, what: str) -> None:
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append(f"{named(entry[1:4])}: {what}")

    # --- timers -------------------------------------------------------------------------------

    def _retime(self) -> None:
        """Write the timers that the lines and the parked tickets imply and that did not run out."""
        rows = self._db.execute("SELECT key, numbered, state FROM lines WHERE domain = 'customer'")
        for key, numbered, state in rows:
            self._times(key, unpacked_line("customer", state, numbered)[0])
        for ticket_id, key, _, state in parked_rows(self._db):
            ticket = unpacked_ticket(state)
            self._times(key, Case(customer_id=key, tickets={ticket_id: ticket}))

    def _times(self, key: str, case: Case) -> None:
        implied = timers(case)
        ran_out = [i for i in implied if self._log.has(derived_id(i, key))]
        left = {i: timer for i, timer in implied.items() if i not in ran_out}
        if left:
            self._store.retime(key, partition_of(key), {}, left)


def _said(entry: Entry) -> Record:
    """What an entry that was said in a turn holds; raises `Misconfigured` where it is no record."""
    try:
        return entry.record()
    except Unreadable as error:
        raise Misconfigured(
            f"{named(entry[1:4])} was said in a turn, and this release cannot read it"
            f" ({error.what})",
            "install the release that wrote the log, or a later one; if that wrote it,"
            " `pactdesk verify` says whether it was changed since",
        ) from error


def _of_another_release(entry: Entry, error: Unreadable) -> Misconfigured:
    return Misconfigured(
        f"{named(entry[1:4])} was decided, and this release cannot fold it ({error.what})",
        "install the release that wrote the log, or a later one",
    )
