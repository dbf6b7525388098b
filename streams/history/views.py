"""The tables of a history as SQL: what DuckDB is told of a directory, ours and anybody's.

An inbox may hold a record twice, since its producers may send again; the first one counts, as for
every agent. `tickets` is what became of every ticket, gathered from its events: what most questions
begin with.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources

from schemas.event import Event, TicketEvent
from schemas.events import EVENTS
from schemas.topics import INBOX_NAMES
from streams.history.columns import columns_of, quoted, sql_of

TICKETS_VIEW = "tickets"


def once(kind: type[Event], rows: str) -> str:
    """The statement that selects what counts of some rows of an event type.

    Args:
        kind: The type.
        rows: What SQL calls them.
    """
    if kind.TOPIC not in INBOX_NAMES:
        return f"SELECT * FROM {rows}"
    return (
        f"SELECT * FROM {rows} QUALIFY row_number()"
        " OVER (PARTITION BY event_id ORDER BY event_partition, event_offset) = 1"
    )


@cache
def tickets_view() -> str:
    """The statement that selects every ticket as it stands."""
    text = resources.files("streams.history").joinpath("tickets.sql").read_text(encoding="utf-8")
    events = " UNION ALL ".join(
        "SELECT ticket_id, customer_id, revision, status, priority, category, team, event_at"
        f" FROM {quoted(name)}"
        for name, kind in EVENTS.items()
        if issubclass(kind, TicketEvent)
    )
    return text.replace("ALL_TICKET_EVENTS", events)


def script(present: Iterable[str]) -> str:
    """The views of a directory, for a DuckDB that runs inside it.

    Args:
        present: The event types that it has files of.
    """
    there = frozenset(present)
    lines = ["-- Written by pactdesk replay: run it with DuckDB, inside this directory."]
    for name, kind in EVENTS.items():
        columns = ", ".join(
            f"CAST(NULL AS {sql_of(one.type)}) AS {quoted(one.name)}" for one in columns_of(kind)
        )
        rows = f"(SELECT {columns} WHERE FALSE"
        if name in there:
            rows += (
                f" UNION ALL BY NAME SELECT * FROM read_parquet('type={name}/*.parquet',"
                " union_by_name = true, hive_partitioning = false)"
            )
        lines.append(f"CREATE OR REPLACE VIEW {quoted(name)} AS {once(kind, rows + ')')};")
    lines.append(f"CREATE OR REPLACE VIEW {TICKETS_VIEW} AS {tickets_view().rstrip()};")
    return "\n".join(lines) + "\n"
