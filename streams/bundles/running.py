"""Running a bundle: its turns are taken again on the embedded engine, and compared."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from schemas.event import Part
from schemas.record import Record, Source
from schemas.topics import DECISIONS, INBOX_NAMES, TICKETS
from streams.bundles.bundle import Bundle, Turn
from streams.bundles.masking import is_personal
from streams.bundles.recalled import Recollection
from streams.deciding import Turns
from streams.embedded.database import Database, only_worker
from streams.embedded.log import SqliteLog
from streams.embedded.opening import open_database
from streams.embedded.projector import Projector
from streams.embedded.store import CaseStore
from streams.entry import Entry
from streams.errors import Refused
from streams.turn import Line, numbered

Report = dict[str, Any]  # JSON

COMPARED = frozenset({DECISIONS.name, TICKETS.name})


def run(bundle: Bundle, folder: Path) -> Report:
    """Take a bundle's turns again in an empty store, which keeps what came of it.

    Args:
        bundle: The bundle.
        folder: Where the store is made.

    Returns:
        `ticket_id`, `text`, how many `turns` were taken and records `compared`, whether the outcome
        is the `same`, and the `differences`: each with `id`, `type`, `ticket_id`, `at`, `what`
        (missing, new, changed) and, of a change, the `fields`.

    Raises:
        Refused: The store is not empty, or somebody works on it.
    """
    database = open_database(folder)
    try:
        if SqliteLog(database).last_seq():
            raise Refused(
                f"the store in {folder} is not empty",
                "name another folder with --data, or none: then the store is thrown away",
            )
        with only_worker(folder):
            return _Run(database, bundle).report()
    finally:
        database.close()


class _Run:
    """One run of a bundle on a store.

    Args:
        database: The store, empty.
        bundle: The bundle.
    """

    def __init__(self, database: Database, bundle: Bundle) -> None:
        self._db = database
        self._bundle = bundle
        self._log = SqliteLog(database)
        self._store = CaseStore(database)
        self._turns = Turns(self._store, None)
        self._recollection = Recollection(bundle.policy, bundle.taught)
        self._written: dict[str, Entry] = {}
        self._compared = 0
        self._differences: list[Report] = []

    def report(self) -> Report:
        """Take every turn, and say how it compares."""
        with self._db.transaction():
            self._log.append([one.record for one in self._bundle.taught])
            for turn in self._bundle.turns:
                self._take(turn)
            for (topic, partition), end in self._log.ends().items():
                if topic in INBOX_NAMES:
                    self._store.advance(topic, partition, end, self._bundle.turns[-1].now)
            self._store.flush()
        Projector(self._db).catch_up()
        return {
            "ticket_id": self._bundle.ticket_id,
            "text": self._bundle.text,
            "turns": len(self._bundle.turns),
            "compared": self._compared,
            "same": not self._differences,
            "differences": self._differences,
        }

    def _take(self, turn: Turn) -> None:
        record = turn.record
        entry = self._written.get(record.id)
        if entry is None and self._left_out(record):
            self._differ(record, "missing")
            return
        if entry is None:
            (entry,) = self._log.append([record])
        if not self._store.see(entry.id):
            return
        place = (entry.topic, entry.partition, entry.offset)
        said = self._turns.take(
            "customer",
            entry.record(),
            entry.partition,
            partial(self._recollection.follows, turn),
            partial(_placed, place),
        )
        self._written |= {one.id: one for one in self._log.append(said)}
        self._compare(turn.said, said)

    def _left_out(self, record: Record) -> bool:
        """Whether a record only says what it says as the other line says it anew."""
        masked = self._bundle.text != "plain"
        return masked and record.type in {"RecordForwarded", "TicketHandedOver"}

    def _compare(self, before: list[Record], after: list[Record]) -> None:
        new = {one.id: one for one in after if one.topic in COMPARED}
        self._compared += len(before)
        for was in before:
            now = new.pop(was.id, None)
            if now is None:
                self._differ(was, "missing")
                continue
            fields = self._changed(was, now)
            if fields:
                self._differ(was, "changed", fields)
        for one in new.values():
            self._differ(one, "new")

    def _changed(self, was: Record, now: Record) -> list[str]:
        """What differs of a record, by the names of its fields; places in the log do not count."""
        plain = self._bundle.text == "plain"
        before, after = _shown(was, plain=plain), _shown(now, plain=plain)
        return sorted(name for name in before | after if before.get(name) != after.get(name))

    def _differ(self, record: Record, what: str, fields: list[str] | None = None) -> None:
        self._differences.append(
            {
                "id": record.id,
                "type": record.type,
                "ticket_id": getattr(record.event, "ticket_id", None),
                "at": record.at,
                "what": what,
                "fields": fields or [],
            }
        )


def _placed(
    place: tuple[str, int, int], outputs: list[Record], line: Line
) -> tuple[list[Record], Line]:
    return numbered(outputs, line, Source(*place, 0, len(outputs)))


def _shown(record: Record, *, plain: bool) -> dict[str, Any]:
    """What is compared of a record."""
    source = record.source
    return {
        "type": record.type,
        "key": record.key,
        "at": record.at,
        "by": record.by,
        "cause": record.cause,
        "correlation": record.correlation,
        "sequence": record.sequence,
        "previous": record.previous,
        "turn": None if source is None else (source.index, source.count),
        **_fields(record.event, plain=plain),
    }


def _fields(part: Part, *, plain: bool) -> dict[str, Any]:
    """The fields of an event, or of a part of one; without personal text unless all is plain."""
    found = {}
    for name, field in type(part).model_fields.items():
        if plain or not is_personal(field):
            value = getattr(part, name)
            some = value if isinstance(value, list) else [value]
            told = [_fields(one, plain=plain) if isinstance(one, Part) else one for one in some]
            found[name] = told if isinstance(value, list) else told[0]
    return found
