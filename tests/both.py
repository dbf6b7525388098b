"""One desk's tables on both engines: folded on SQLite, copied row by row into PostgreSQL.

What a projector of the cluster would write is compared elsewhere; here the rows are the same, and
what is compared is what the views make of them.
"""

from __future__ import annotations

from typing import Any, get_type_hints

import msgspec

from projections.tables import TABLES, Table
from projections.tables.learned import InsightRow
from projections.tables.tickets import TicketRow
from schemas.topics import DEAD_LETTERS
from streams.cluster import migrating
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.query import PgReader
from streams.embedded.database import Database

ORDER = {
    "v1_tickets": "ticket_id",
    "v1_interactions": "interaction_id",
    "v1_customers": "customer_id",
    "v1_decisions": "record_id",
    "v1_articles": "article_id",
    "v1_specialists": "specialist_id",
    "v1_daily": "day, channel, coalesce(category, '')",
    "v1_insights": "insight_id",
    "v1_alerts": "alert_id",
    "v1_follow_ups": "follow_up_id",
    "v1_drafts": "draft_id",
    "v1_deliveries": "request_id",
    "v1_messages": "message_id",
    "v1_attachments": "attachment_id",
    "v1_positions": "projection, topic, partition",
    "v1_metrics": "metric, definition, period, segment",
    "v1_counted": "metric, definition, period, segment, id",
    "v1_dead_letters": "dead_letter_id",
}
"""Every view, and what puts its rows into one order."""


def copied(database: Database, url: str) -> None:
    """Make the tables of a cluster's database hold what those of an embedded store hold.

    Args:
        database: The embedded store.
        url: A migrated database; what its tables held is gone.
    """
    target = connect(url)
    with target.transaction():
        for table in TABLES:
            _copy(target, table.sql_name, table.columns, rows_of(database, table))
        places = ("projection", "topic", "partition", "position", "end_position")
        found = database.execute(f"SELECT {', '.join(places)} FROM read_positions").fetchall()
        _copy(target, "read_positions", places, found)
        letters = database.execute(
            "SELECT id, partition, offset, headers, key, value FROM log WHERE topic = ?",
            (DEAD_LETTERS.name,),
        ).fetchall()
        columns = ("id", "partition", '"offset"', "headers", "key", "value")
        _copy(target, "dead_letters", columns, letters)
    target.close()


def rows_of(database: Database, table: Table) -> list[list[Any]]:
    """A table's rows on SQLite, with what is true or false as that."""
    hints = get_type_hints(table.row)
    truths = [hints[column] is bool for column in table.columns]
    rows = database.execute(f"SELECT {', '.join(table.columns)} FROM {table.sql_name}")
    return [
        [bool(value) if truth else value for value, truth in zip(row, truths, strict=True)]
        for row in rows
    ]


def _copy(target: PgDatabase, name: str, columns: tuple[str, ...], rows: list[Any]) -> None:
    target.execute(f"TRUNCATE {name}")
    with target.connection.cursor().copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


TICKET = TicketRow(
    ticket_id="t1",
    customer_id="ann",
    channel="email",
    priority="high",
    status="new",
    created_at="2026-03-02T09:00:00.000Z",
    updated_at="2026-03-02T09:00:00.000Z",
    vip_status=True,
    contacts=2,
    sentiment_score=0.1,
)

INSIGHT = InsightRow("i1", "2026-03-02T09:00:00.000Z", "surge", "billing", "It's 100 % \\ ?")


def with_a_ticket(url: str, secret: str = "") -> None:
    """Migrate a database and put a ticket, an insight and a secret into it.

    Args:
        url: An empty database.
        secret: What stands in a table that is no view's; a function writes to the same.
    """
    migrating.migrate(url)
    database = connect(url)
    for table, row in (("p_tickets", TICKET), ("p_insights", INSIGHT)):
        values = msgspec.structs.astuple(row)
        marks = ", ".join("?" * len(values))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", values)
    database.execute("INSERT INTO meta VALUES ('a.secret', ?)", (secret,))
    database.execute(
        "CREATE FUNCTION written_by_a_function() RETURNS integer LANGUAGE sql SECURITY DEFINER"
        " AS $$INSERT INTO meta VALUES ('written', 'x') RETURNING 1$$"
    )
    database.close()


def shown(asked: Any, view: str) -> list[dict[str, Any]]:
    """All rows of a view in their order.

    Args:
        asked: A desk, or a reader of the cluster.
        view: Which view.
    """
    rows: list[dict[str, Any]] = asked.query(f"SELECT * FROM {view} ORDER BY {ORDER[view]}")
    return rows


def differences(desk: Any, reader: PgReader, but: frozenset[str] = frozenset()) -> list[str]:
    """Where the two engines do not show the same, to the type of each value and byte by byte."""
    found = []
    for view in ORDER.keys() - but:
        here, there = shown(desk, view), shown(reader, view)
        if len(here) != len(there):
            found.append(f"{view}: {len(here)} rows and {len(there)}")
            continue
        found += [
            f"{view}.{name}: {mine!r} and {other[name]!r}"
            for row, other in zip(here, there, strict=True)
            for name, mine in row.items()
            if (type(mine), mine) != (type(other[name]), other[name])
        ]
        if list(here[0]) != list(there[0]) if here else False:
            found.append(f"{view}: other columns")
        if msgspec.json.encode(here) != msgspec.json.encode(there):
            found.append(f"{view}: other JSON")
    return found
