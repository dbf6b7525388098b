"""Whole desks for scenarios: embedded, on a manual clock, told in the words of the outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.policy import default_policy
from agents.world import Models
from schemas.event import Event
from schemas.record import Record
from streams.clock import ManualClock
from streams.desk import Desk
from streams.embedded.taught import Taught
from streams.rulings import Ruling, ask
from streams.worlds import Worlds

MONDAY = "2026-03-02T09:00:00Z"
"""When scenarios begin unless told otherwise."""


SECRET = "scenario"  # noqa: S105  # it guards nothing
"""The identity secret of these desks, so that ids are the same in every run."""


class Story:
    """A desk, and what happened on it since one looked last.

    Args:
        desk: The desk.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._seen = desk.position()

    def write(self, message: str, **fields: object) -> str:
        """Ann writes, by e-mail unless told otherwise; returns the contact's id."""
        told: dict[str, object] = {"channel": "email", "handle": "ann@example.org"}
        if "customer_id" in fields:
            del told["handle"]
        (number,) = self.give({**told, "message": message, **fields})
        return number

    def give(self, *documents: Mapping[str, object]) -> list[str]:
        """Inputs come in and are worked off; returns their records' ids."""
        ids = self.desk.produce(*documents)
        self.desk.run()
        return ids

    def asks(self, type_: str, **fields: object) -> Ruling:
        """Somebody at the desk (bo, unless told otherwise) asks for something."""
        return ask(self.desk, {"type": type_, "by": "bo", **fields})

    def later(self, **span: float) -> None:
        """Time passes, with all that is due in it."""
        clock = self.desk.clock
        assert isinstance(clock, ManualClock)
        clock.advance(**span)
        self.desk.run()

    def told(self, *names: str) -> list[str]:
        """Names of the events since one looked last, in order; of these alone if any are given."""
        records = list(self.desk.events(after=self._seen))
        self._seen = self.desk.position()
        return [r.type for r in records if not names or r.type in names]

    def events(self, kind: type[Event]) -> list[Any]:  # Any: events of that type
        """All events of a type that there ever were."""
        return [r.event for r in self.desk.events(type=kind.__name__)]

    def rows(self, sql: str, *parameters: object) -> Sequence[dict[str, Any]]:
        """Rows of the views."""
        return self.desk.query(sql, parameters)

    def row(self, columns: str, ticket_id: str | None = None) -> tuple[Any, ...]:
        """Some columns of a ticket's row, or of the only ticket's."""
        where = "" if ticket_id is None else " WHERE ticket_id = ?"
        given = [] if ticket_id is None else [ticket_id]
        (row,) = self.desk.query(f"SELECT {columns} FROM v1_tickets{where}", given)
        return tuple(row.values())

    @property
    def tickets(self) -> list[str]:
        """The ids of all tickets, in the order in which they were opened."""
        rows = self.desk.query("SELECT ticket_id FROM v1_tickets ORDER BY created_at, ticket_id")
        return [str(row["ticket_id"]) for row in rows]

    @property
    def ticket(self) -> str:
        """The id of the only ticket."""
        (ticket_id,) = self.tickets
        return ticket_id

    @property
    def alerts(self) -> list[str]:
        """The kinds of all alerts, in order."""
        rows = self.desk.query("SELECT alert_type FROM v1_alerts ORDER BY at, alert_id")
        return [str(row["alert_type"]) for row in rows]


class _Given:
    """Models that were given, at any moment, whatever is taught."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def add(self, record: Record) -> None:
        """Teach them nothing."""

    def activate(self, tier: str, clock: float) -> None:
        """They stay the same."""

    def prepare(self, clock: float) -> Iterator[int]:
        """They are ready."""
        del clock
        return iter(())

    def at(self, clock: float, index: str | None = None) -> Models:
        """The models that were given."""
        del clock, index
        return self._models


@contextmanager
def story(folder: Path, models: Models | None = None, at: str = MONDAY) -> Iterator[Story]:
    """A story on a fresh desk.

    Args:
        folder: Its data directory.
        models: What understands messages; the real ones by default.
        at: The manual clock's first reading.
    """
    with Desk(folder, ManualClock(at), secret=SECRET) as desk:
        if models is not None:
            desk.worlds = Worlds(Taught(desk.database), _Given(models), default_policy())
        yield Story(desk)
