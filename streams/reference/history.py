"""The page of the history: which columns each event type has in Parquet."""

from __future__ import annotations

from schemas.event import Event
from schemas.events import EVENTS
from streams.history.asking import columns_of_tickets
from streams.history.columns import RECORD_COLUMNS, RECORD_SAYS, columns_of, sql_of
from streams.reference.markdown import code, table

_HEAD = """# History

What [`pactdesk replay`](commands.md#replay) writes: a folder `type=…` for each event type, with
files of the columns below, in DuckDB's words. Columns are only ever added. What is marked as
personal in [the events](events.md) has no column. Every column may be null: in files that were
written before it was added. Times are in UTC. How to ask:
[analyse the history](../how-to/analyse-history.md).

## Columns of every event type

"""

_OWN = """
## Columns of each event type

What they mean stands with [the events](events.md).

"""

_TICKETS = """
## tickets

What became of every ticket, gathered from its events: a table of `--sql` and of `_sql/views.sql`.

"""


def page() -> str:
    """The whole page."""
    record = table(
        ("column", "type", "what"),
        [(code(one.name), sql_of(one.type), RECORD_SAYS[one.name]) for one in RECORD_COLUMNS],
    )
    own = table(("event", "columns"), [(code(name), _own(kind)) for name, kind in EVENTS.items()])
    tickets = table(
        ("column", "type"), [(code(name), kind) for name, kind in columns_of_tickets().items()]
    )
    return f"{_HEAD}{record}\n{_OWN}{own}\n{_TICKETS}{tickets}"


def _own(kind: type[Event]) -> str:
    fields = list(columns_of(kind))[len(RECORD_COLUMNS) :]
    return ", ".join(f"{code(one.name)} {sql_of(one.type)}" for one in fields) or "none"
