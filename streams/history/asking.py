"""SQL over a directory of Parquet, by DuckDB: a table for each event type, and nothing else.

DuckDB itself reaches no file: it is shut off from them before the question is read, and is handed
the rows by Arrow. So a question that would write, read elsewhere, attach a database or install an
extension meets a closed door, in whatever words it is put. It runs in memory that is bounded, ends
in time, and gives no more rows than it may.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import dataset

from schemas.events import EVENTS
from schemas.vocabulary import rfc3339
from streams.errors import Refused
from streams.history.columns import columns_of, quoted
from streams.history.directory import FORMAT, Directory, Manifest, damaged
from streams.history.views import TICKETS_VIEW, once, tickets_view
from streams.query import Found, apart, too_long

MEMORY = "1GB"
"""What a question may hold in memory while it runs."""

GIVEN = 1_000_000_000
"""Bytes of what it gives, at most, as Arrow counts them."""

AT_ONCE = 10_000

_FULL = "The maximum total string size"
"""What DuckDB says where the texts of what it gives at once are more than Arrow takes."""

SHUT = (
    "SET TimeZone = 'UTC'",
    "SET python_enable_replacements = false",  # else the names of our own variables are tables
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET temp_directory = ''",
    f"SET memory_limit = '{MEMORY}'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
"""What shuts a database off before it is asked."""

_SPOILT = re.compile(r"registered as 'rows of (\w+)' failed: (IOError|Invalid)")
"""What DuckDB says where a file cannot be read."""

_CHECKED = dataset.ParquetFileFormat(
    default_fragment_scan_options=dataset.ParquetFragmentScanOptions(
        page_checksum_verification=True
    )
)
"""Parquet whose bytes are held against their sums: a damaged file gives no wrong answer."""

_REMEDY = "see docs/how-to/analyse-history.md for the tables and their columns"


def ask(directory: Directory, sql: str, *, seconds: float, rows: int) -> Found:
    """The rows of a SELECT over the tables of a directory.

    Args:
        directory: The directory; its files may be added to meanwhile.
        sql: One statement.
        seconds: How long it may run.
        rows: How many rows it may give.

    Raises:
        Refused: It is not a SELECT over the tables, it is wrong, it runs too long or holds or gives
            too much.
        Misconfigured: A file of the directory was damaged.
    """
    _only_select(sql)
    try:
        return _asked(directory, sql, seconds, rows)
    except (duckdb.Error, pa.ArrowException, OSError, OverflowError) as error:
        if "INTERRUPT Error" in str(error):  # by Arrow, when some rows were given before
            raise too_long(seconds) from error
        spoilt = _SPOILT.search(str(error))
        if spoilt is not None and not isinstance(error, FileNotFoundError):
            raise damaged(f"a file of {directory.path / f'type={spoilt[1]}'}") from error
        raise _refusal(error) from error


def _asked(directory: Directory, sql: str, seconds: float, rows: int) -> Found:
    size = 0
    with _tables(directory, sql) as connection, _ended(connection, seconds):
        reader = connection.sql(sql).to_arrow_reader(AT_ONCE)
        found = Found(apart(reader.schema.names), ())
        for batch in reader:
            if len(found) + batch.num_rows > rows:
                raise Refused(
                    f"the query gives more than {rows:,} rows",
                    "narrow it with a WHERE or a LIMIT, or raise history.query_rows",
                )
            size += batch.nbytes
            if size > GIVEN:
                raise _too_large()
            found += shown(batch)
    return found


def _too_large() -> Refused:
    return Refused(f"the query needs more memory than {MEMORY}", "narrow it with a WHERE")


def columns_of_tickets() -> dict[str, str]:
    """The columns of `tickets` with their types."""
    nothing = Directory(Path(), Manifest(FORMAT))
    with _tables(nothing, TICKETS_VIEW) as connection:
        rows = connection.execute(f"DESCRIBE {TICKETS_VIEW}").fetchall()
    return {str(name): str(kind) for name, kind, *_ in rows}


def _only_select(sql: str) -> None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise _refusal(error) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise only_select()


def only_select() -> Refused:
    """The refusal of what is no SELECT, or does more than select."""
    return Refused("only SELECT over the tables of the history is allowed here", _REMEDY)


@contextmanager
def _tables(directory: Directory, sql: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of the tables that a statement speaks of."""
    connection = duckdb.connect(":memory:")
    try:
        for line in SHUT:
            connection.execute(line)
        names, gathered = _named(sql)
        for name in names:
            kind = EVENTS[name]
            files = [str(file) for file in directory.files(name)]
            columns = columns_of(kind)
            rows = dataset.dataset(files, schema=columns, format=_CHECKED) if files else None
            connection.register(_rows(name), columns.empty_table() if rows is None else rows)
            connection.execute(f"CREATE VIEW {quoted(name)} AS {once(kind, quoted(_rows(name)))}")
        if gathered:
            connection.execute(f"CREATE VIEW {TICKETS_VIEW} AS {tickets_view()}")
        yield connection
    finally:
        connection.close()


def _named(sql: str) -> tuple[list[str], bool]:
    """The event types that a statement speaks of, and whether of tickets; all if of none.

    Each takes a moment to be known, and most questions are about few.
    """
    text = sql.lower()
    found = [name for name in EVENTS if name.lower() in text]
    gathered = TICKETS_VIEW in text or not found
    if gathered:
        text += tickets_view().lower()
        found = [name for name in EVENTS if name.lower() in text or not found]
    return found, gathered


def _rows(name: str) -> str:
    return f"rows of {name}"


@contextmanager
def _ended(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what runs longer."""
    clock = threading.Timer(seconds, connection.interrupt)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()
        clock.join()


def _refusal(error: Exception) -> Refused:
    text = " ".join(str(error).split())
    if isinstance(error, duckdb.PermissionException):
        return only_select()
    if isinstance(error, duckdb.CatalogException) and "is not an table" in text:
        return only_select()
    if isinstance(error, duckdb.CatalogException) and "does not exist" in text:
        return Refused(f"there is no such table or function ({text})", _REMEDY)
    if isinstance(error, duckdb.OutOfMemoryException | pa.ArrowMemoryError) or _FULL in text:
        return _too_large()
    if isinstance(error, FileNotFoundError):
        return Refused("the directory was added to while the query ran", "ask again")
    return Refused(f"the query does not work: {text}", _REMEDY)


def shown(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Rows with the values that every surface shows."""
    names = apart(batch.schema.names)
    columns = [[_value(one, column.type) for one in column.to_pylist()] for column in batch.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _value(value: Any, kind: pa.DataType) -> Any:  # Any: a value of any column
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {str(_value(k, kind.key_type)): _value(v, kind.item_type) for k, v in value}
    if pa.types.is_struct(kind):
        return {one.name: _value(value[one.name], one.type) for one in kind}
    match value:
        case list():
            return [_value(one, kind.value_type) for one in value]
        case datetime():
            return rfc3339(value if value.tzinfo else value.replace(tzinfo=UTC))
        case date() | time():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return value.hex()
        case pa.MonthDayNano():
            months, days, nanoseconds = value
            return f"P{months}M{days}DT{nanoseconds / 1e9:g}S"
        case _:
            return value
