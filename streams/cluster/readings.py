"""What a reader of the log folds, and under which name it keeps its books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from projections.tables import TABLES, Table
from schemas.event import Event, TicketEvent
from schemas.events import EVENTS
from schemas.record import Record
from schemas.topics import TICKETS
from streams.cluster.postgres import PgDatabase
from streams.own.table import Own

_TICKET_EVENTS: frozenset[type[Event]] = frozenset(
    kind for kind in EVENTS.values() if issubclass(kind, TicketEvent)
)


def order_in(tables: Sequence[Table]) -> Table | None:
    """The table among some that knows which event of each ticket came last, if one does."""
    return next((t for t in tables if t.folds >= _TICKET_EVENTS and "revision" in t.columns), None)


class OrderRow(msgspec.Struct, frozen=True):
    """Which event of a ticket was folded last."""

    ticket_id: str
    revision: int


def _order_row(_row: OrderRow | None, record: Record, key: str) -> OrderRow:
    event = record.event
    assert isinstance(event, TicketEvent)
    return OrderRow(key, event.revision)


def _ticket_of(record: Record) -> Sequence[str]:
    event = record.event
    return (event.ticket_id,) if isinstance(event, TicketEvent) else ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader.

    Attributes:
        name: Its name in the books.
        tables: What it folds. Where it folds tickets, one of them knows their order.
        letters: Whether it keeps the dead letters too.
        stands: Whether it may go on, asked in each of its transactions.
    """

    name: str = "tables"
    tables: tuple[Table, ...] = TABLES
    letters: bool = True
    stands: Callable[[PgDatabase], bool] | None = None


OURS = Reading()
"""The reader of our tables."""


def tables_of(own: Own) -> tuple[Table, ...]:
    """A user's table; and, where it folds tickets, one beside it that keeps their order.

    Between partitions Kafka has no order, and a ticket may go from one to another.
    """
    if own.table.topic != TICKETS.name:
        return (own.table,)
    name = f"{own.name}__order"
    order = Table(name, TICKETS.name, OrderRow, _ticket_of, _order_row, _TICKET_EVENTS, prefix="o")
    return (own.table, order)
