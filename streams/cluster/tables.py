"""The SQL of the table projections in PostgreSQL: their tables and their views.

The same tables, columns and views as on SQLite, with the same values:

- Text is `text COLLATE "C"`: it compares and sorts by its bytes. NUL cannot be stored.
- Lists and objects are of type `json`, which keeps the text as it was written. A connection from
  `postgres.connect` gives it as text again, so that rows are read back as they were folded.
- True and false are `boolean`, whole numbers `bigint`, others `double precision`.
- Rows know what made them, and what they were before lies in the tables' past
  (`streams.cluster.versions`); `streams.cluster.then` has the views over both.

Making a table anew, for a rebuild: `ddl(table, name)` makes it under another name, indexes and all;
fold into it; then, in one transaction with the positions, `swap(database, {table: name, …})`. The
views go over to the new tables in place, with everybody's grants and with what others built upon
them. A swap waits for queries that are under way and may be chosen to give way to one of them
(`psycopg.errors.DeadlockDetected`): take the whole transaction again.

What the tables and views were made of is noted in `meta` (`made.…`), so that a release whose tables
differ finds out; see `outdated`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

from psycopg import errors

from projections.tables import TABLES, Json, Table
from streams import views
from streams.cluster import readers, then
from streams.cluster.postgres import PgDatabase
from streams.cluster.versions import (
    PAST,
    has_past,
    made_columns,
    past_ddl,
    past_indexes,
    past_statistics,
)
from streams.search import MARKS, STROKED

_TYPES: dict[object, str] = {
    str: 'text COLLATE "C"',
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    Json: "json",
}

_OTHER_WORDS = (
    (
        re.compile(r"json_group_array\((\w+)\)"),
        r"CAST('[' || coalesce(string_agg(CAST(to_json(\1) AS TEXT), ','), '') || ']' AS JSON)",
    ),
    (
        re.compile(r"SELECT value FROM json_each\(([\w.]+)\)"),
        r"SELECT json_array_elements_text(\1)",
    ),
    (
        re.compile(r"strftime\('%Y-%m-%dT%H:%M:%fZ', ([\w.]+), '\+7 days'\)"),
        r"""to_char(CAST(\1 AS TIMESTAMP) + INTERVAL '7 days', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
    ),
    (re.compile(r"COLLATE BINARY"), 'COLLATE "C"'),
    (re.compile(r"^CREATE VIEW"), "CREATE OR REPLACE VIEW"),
)
"""What the views say in SQLite's words, and the same in PostgreSQL's."""

_LETTERS = (
    r"SELECT id, CAST(replace(headers, '\u0000', '\ufffd') AS JSON) AS headers, value"
    " FROM dead_letters"
)
"""Dead letters, as this engine keeps them. Foreign headers may hold NUL, which no text here can."""

_VIEWS = "views"


@cache
def ddl(table: Table, name: str | None = None) -> tuple[str, ...]:
    """The statements that make a table and its indexes.

    Args:
        table: Which table.
        name: Another name than its own, for a table that is made beside the live one.
    """
    own = name or table.sql_name
    columns = [f"{column} {_TYPES[table.types[column]]}" for column in table.columns]
    columns[0] += " NOT NULL"
    past = past_ddl(table, own, ", ".join(columns))
    columns[0] += " PRIMARY KEY"
    columns += [f"{c} {kind} NOT NULL DEFAULT {_FIRST[c]}" for c, kind in made_columns(table)]
    return (
        f"CREATE TABLE {own} ({', '.join(columns)})",
        *past,
        *(
            f"CREATE INDEX {_index(own, index)} ON {own} ({', '.join(index)})"
            for index in table.indexes
        ),
        *(
            [f"CREATE INDEX {_index(own, SEARCH)} ON {own} USING gin ({searched_text(table)})"]
            if table.searched
            else ()
        ),
    )


_FIRST = {
    "made_clock": "0",
    "made_partition": "0",
    "made_offset": "0",
    "made_number": "1",
    "made_across": "false",
}
"""What made a row that says nothing of it: the beginning."""

SEARCH = ("search",)
"""What the name of a full-text index ends with."""

_SIGNS = (
    "\u00a0-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    "\u2000-\u206f\u2190-\u23ff\u2500-\u2775"
    "\u2794-\u2bff\u3000-\u3004\u3008-\u3020\uff01-\uff0f\uff1a-\uff20\U0001f300-\U0001faff"
)
"""Signs beyond ASCII, such as typographic apostrophes, quotes and dashes: a database whose locale
is C takes them for letters, and "user’s" for one word."""

_BETWEEN_WORDS = f"[][@._/:+,;!#()<>=&*|{_SIGNS}-]+"
"""What stands between words: an address is found by each of its parts, as on the other engine.

No question mark: that stands for a value."""


def searched_text(table: Table) -> str:
    """What the full-text search looks through, as PostgreSQL indexes it."""
    columns = " || ' ' || ".join(f"coalesce({name}, '')" for name in table.searched)
    return f"to_tsvector('simple', regexp_replace({plain(columns)}, '{_BETWEEN_WORDS}', ' ', 'g'))"


def plain(text: str) -> str:
    """What `streams.search.plain` makes of a text, as SQL of an expression for it."""
    stroked, bare = STROKED
    apart = f"normalize(translate({text}, '{stroked}', '{bare}'), NFD)"
    return f"normalize(regexp_replace({apart}, '[{MARKS}]+', '', 'g'), NFC)"


def _index(name: str, columns: tuple[str, ...]) -> str:
    return f"{name}_{'_'.join(columns)}"


def create(database: PgDatabase) -> None:
    """Make the tables and the views; in a transaction of the caller's."""
    for table in TABLES:
        _execute(database, ddl(table))
        _note(database, table.name, ddl(table))
    create_views(database)


def create_views(database: PgDatabase) -> None:
    """Make the views over the tables, or make them anew; in a transaction.

    In place, where the views that stand there have the same columns, and perhaps fewer.
    """
    try:
        with database.connection.transaction():
            _execute(database, _made_with_views())
    except errors.InvalidTableDefinition:
        drop_views(database)
        _execute(database, _made_with_views())
    readers.let_read(database, readable())
    _note(database, _VIEWS, _made_with_views())


def drop_views(database: PgDatabase) -> None:
    """Drop the views; what others built upon them must be gone before."""
    database.execute(f"DROP VIEW IF EXISTS {', '.join((*readable(), *then.tables()))}")


@cache
def view_names() -> tuple[str, ...]:
    """The names of the views."""
    return tuple(views.name_of(statement) for statement in _sqlite_views())


def hide(database: PgDatabase) -> None:
    """Hide tables and views from one connection behind empty ones of its own; in a transaction.

    Its dead letters are those that everybody sees, to be deleted from.
    """
    for table in TABLES:
        database.execute(ddl(table)[0].replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    database.execute("CREATE TEMP TABLE read_positions (LIKE read_positions INCLUDING DEFAULTS)")
    database.execute("CREATE TEMP TABLE dead_letters AS SELECT * FROM dead_letters")
    for statement in _views():
        database.execute(statement.replace("CREATE OR REPLACE VIEW", "CREATE TEMP VIEW", 1))
    readers.let_read(database, [f"pg_temp.{name}" for name in view_names()])


@cache
def readable() -> tuple[str, ...]:
    """The names of the views, as they are now and as they stood."""
    return (*view_names(), *then.both(view_names()))


def swap(database: PgDatabase, made: Mapping[Table, str]) -> None:
    """Put tables that were made beside the live ones in their place; in a transaction.

    Args:
        database: The cluster's database.
        made: The name of each new table, from `ddl(table, name)`. A live one need not be there.

    Raises:
        psycopg.errors.DeadlockDetected: It had to give way to a query; take the transaction again.
    """
    # First the views, as a query does, so that none is met half-way; those of now before others,
    # for each brings the lock of its tables along, and they are what most queries hold.
    rows = database.execute(
        "SELECT viewname FROM pg_views WHERE schemaname = current_schema() AND viewname = ANY(?)",
        ([*readable(), *then.tables()],),
    )
    there = {str(name) for (name,) in rows}
    if there:
        names = ", ".join(name for name in (*readable(), *then.tables()) if name in there)
        database.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
    for table, name in made.items():
        for end in _ends_of(table):
            own = table.sql_name + end
            database.execute(f"ALTER TABLE IF EXISTS {own} RENAME TO {own}_before")
            database.execute(f"ALTER TABLE {name}{end} RENAME TO {own}")
    create_views(database)
    for table, name in made.items():
        own = table.sql_name
        for end in _ends_of(table):
            database.execute(f"DROP TABLE IF EXISTS {own}{end}_before")
        indexes = [_index("", index) for index in table.indexes]
        indexes += [_index("", SEARCH)] if table.searched else []
        indexes += past_indexes(table)
        for index in (*indexes, *(f"{end}_pkey" for end in _ends_of(table))):
            database.execute(f"ALTER INDEX {name}{index} RENAME TO {own}{index}")
        for known in past_statistics(table):
            database.execute(f"ALTER STATISTICS {name}{known} RENAME TO {own}{known}")
        _note(database, table.name, ddl(table))


def _ends_of(table: Table) -> tuple[str, ...]:
    """What the names of a table and of its past end with."""
    return ("", PAST) if has_past(table) else ("",)


def outdated(database: PgDatabase) -> tuple[list[str], bool]:
    """The tables that another release made in another way, and whether it did so to the views."""
    rows = database.execute("SELECT name, value FROM meta WHERE name LIKE 'made.%'")
    made = {str(name): str(value) for name, value in rows}
    return (
        [t.name for t in TABLES if made.get(f"made.{t.name}") != _digest(ddl(t))],
        made.get(f"made.{_VIEWS}") != _digest(_made_with_views()),
    )


def _execute(database: PgDatabase, statements: tuple[str, ...]) -> None:
    for statement in statements:
        database.execute(statement)


def _note(database: PgDatabase, name: str, statements: tuple[str, ...]) -> None:
    database.set_meta(f"made.{name}", _digest(statements))


def _digest(statements: tuple[str, ...]) -> str:
    return sha256(";\n".join(statements).encode()).hexdigest()[:16]


@cache
def _views() -> tuple[str, ...]:
    return tuple(in_our_words(statement) for statement in _sqlite_views())


@cache
def _made_with_views() -> tuple[str, ...]:
    return (*_views(), *then.statements(_views()))


def _sqlite_views() -> tuple[str, ...]:
    return (*views.of_tables(), views.of_letters(_LETTERS))


def in_our_words(statement: str) -> str:
    """A statement of a view as PostgreSQL takes it."""
    for pattern, words in _OTHER_WORDS:
        statement = pattern.sub(words, statement)
    return statement
