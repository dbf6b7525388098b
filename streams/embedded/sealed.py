"""What an embedded desk can do with seals: make them, read them, and what an audit needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from secrets import token_hex

from schemas.record import Record
from streams.embedded import sealing
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry, Place
from streams.folding import Step
from streams.settings import Settings
from streams.tampering import Seals, seals_among


class Sealed:
    """A desk as far as its log is sealed; the desk itself opens and closes what is used here."""

    settings: Settings
    database: Database
    log: SqliteLog

    def seal(self, step: Step = lambda _: None) -> list[Record]:
        """Seal all that is in the log by now; returns the seals.

        Args:
            step: Told how many records were sealed since it was told last.
        """
        return sealing.seal(self.database, step)

    def seals(self) -> Seals:
        """The seals of each partition, as far as they can be read."""
        return seals_among(sealing.control(self.log))[0]

    def between(self, place: Place, start: int, end: int) -> Iterator[Entry]:
        """The entries of a partition from one offset on, below another."""
        found = sealing.entries_of(self.log, place, start)
        return takewhile(lambda entry: entry.offset < end, found)

    def with_ids(self, ids: Iterable[str]) -> list[Entry]:
        """The first entry of each of some ids; ids that nothing has are left out."""
        return [entry for one in ids if (entry := self.log.find(one)) is not None]

    def signing_key(self) -> str:
        """The private key of audits: the one that is set, or this store's own."""
        given = self.settings.audit.signing_key
        if given is not None:
            return given
        with self.database.transaction():
            known = self.database.meta("audit.signing_key") or token_hex(32)
            self.database.set_meta("audit.signing_key", known)
        return known
