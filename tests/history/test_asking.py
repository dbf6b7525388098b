"""SQL over the history: what it gives, and what it refuses, cancels and caps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyarrow import dataset

from schemas.events import EVENTS
from streams.desk import Desk
from streams.errors import Refused
from streams.history import asking
from streams.history.asking import ask, shown
from streams.history.directory import Directory
from streams.history.questions import questions
from tests.embedded import open_in
from tests.replays import brought, rows


@pytest.fixture(scope="module")
def directory(lived: Desk, history: Path) -> Directory:
    return brought(lived, history)[0]


def asked(directory: Directory, sql: str, *, seconds: float = 60.0, most: int = 10_000) -> Any:
    return ask(directory, sql, seconds=seconds, rows=most)


def test_every_event_type_is_a_table(directory: Directory, history: Path) -> None:
    found = rows(history)
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS n, count(*) AS c FROM {name}" for name in EVENTS
    )
    assert {row["n"]: row["c"] for row in asked(directory, counts)} == {
        name: len(found.get(name, ())) for name in EVENTS
    }


def test_a_record_that_lies_twice_in_an_inbox_counts_once(lived: Desk, tmp_path: Path) -> None:
    (first, *_) = (one for one in lived.entries(type="ContactReceived"))
    with open_in(tmp_path / "store") as desk:
        with desk.database.transaction():
            for _ in range(2):
                rest = (first.key, first.headers, first.value, first.id)
                desk.log.append_raw(first.topic, first.partition, *rest)
        there, done = brought(desk, tmp_path / "p")
    assert done.rows == 2
    assert asked(there, "SELECT count(*) AS n FROM ContactReceived") == [{"n": 1}]


def test_values_are_shown_as_everywhere(directory: Directory) -> None:
    sql = """
        SELECT timestamp '2026-03-02 08:00:00.123456' AS moment, date '2026-03-02' AS day,
               sum(1) AS whole, 1.5::DECIMAL(4, 2) AS exact, 1e300 AS large, true AS truth,
               [1, 2] AS list, {'a': [timestamp '2026-03-02']} AS object, map {'k': 1.5} AS map,
               map {}::MAP(VARCHAR, INT) AS nothing, interval 90 minute AS span, 'x'::BLOB AS bytes,
               time '10:30' AS hour, NULL AS absent, 'nan'::DOUBLE AS nan, 2::HUGEINT ** 70 AS huge
    """
    (row,) = asked(directory, sql)
    assert math.isnan(row.pop("nan"))
    assert row == {
        "moment": "2026-03-02T08:00:00.123Z",
        "day": "2026-03-02",
        "whole": 1,
        "exact": 1.5,
        "large": 1e300,
        "truth": True,
        "list": [1, 2],
        "object": {"a": ["2026-03-02T00:00:00.000Z"]},
        "map": {"k": 1.5},
        "nothing": {},
        "span": "P0M0DT5400S",
        "bytes": "78",
        "hour": "10:30:00",
        "absent": None,
        "huge": 2.0**70,
    }


WRITES = [
    "COPY (SELECT 1) TO '{folder}/x.csv'",
    "WITH x AS (COPY (SELECT 1) TO '{folder}/x.csv') SELECT * FROM x",
    "WITH x AS (COPY (SELECT 1) TO '{history}/x.csv') SELECT * FROM x",
    "WITH x AS (INSERT INTO TicketOpened VALUES (1) RETURNING *) SELECT * FROM x",
    "WITH x AS (DELETE FROM TicketOpened RETURNING *) SELECT * FROM x",
    "INSERT INTO TicketOpened VALUES (1)",
    "UPDATE TicketOpened SET ticket_id = ''",
    "DELETE FROM TicketOpened",
    "DROP VIEW TicketOpened",
    "CREATE TABLE t (i INT)",
    "EXPORT DATABASE '{folder}'",
]

READS_ELSEWHERE = [
    "SELECT * FROM read_text('/etc/hosts')",
    "SELECT * FROM read_csv('/etc/hosts')",
    "SELECT * FROM '/etc/hosts'",
    "SELECT * FROM '{history}/_manifest.json'",
    "SELECT * FROM read_json('{history}/_manifest.json')",
    "SELECT * FROM read_parquet('{history}/type=TicketOpened/*.parquet')",
    "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM directory",  # a variable of our own
    "SELECT getenv('HOME')",
]

ATTACHES = [
    "ATTACH '{folder}/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "PRAGMA enable_external_access = true",
    "RESET memory_limit",
    "CALL enable_logging()",
    "SELECT * FROM sqlite_scan('{store}/pactdesk.db', 'log')",
    "SELECT 1; SELECT 2",
    "SELECT 1; ATTACH '{folder}/x.db'",
    "",
    "-- nothing",
    "EXPLAIN SELECT 1",
    "SELECT nonsense FROM TicketOpened",
    "SELEKT 1",
    "SELECT * FROM nosuch",
]


@pytest.mark.parametrize("sql", [*WRITES, *READS_ELSEWHERE, *ATTACHES])
def test_what_does_more_than_select_is_refused(
    sql: str, directory: Directory, history: Path, lived_store: Path, tmp_path: Path
) -> None:
    before = sorted(history.rglob("*"))
    with pytest.raises(Refused):
        asked(directory, sql.format(folder=tmp_path, history=history, store=lived_store))
    assert sorted(history.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_is_said_in_the_words_of_query(directory: Directory) -> None:
    for sql, said in {
        "DELETE FROM TicketOpened": "only SELECT over the tables of the history is allowed here",
        "SELECT * FROM nosuch": "there is no such table or function",
        "SELECT 1 +": "the query does not work",
    }.items():
        with pytest.raises(Refused, match=said):
            asked(directory, sql)


def test_what_runs_too_long_is_cancelled(directory: Directory) -> None:
    endless = "SELECT count(*) FROM range(1000000000) a(i), range(1000000) b(j) WHERE i * j % 7 = 3"
    with pytest.raises(Refused, match=r"^the query ran longer than 0 seconds"):
        asked(directory, endless, seconds=0.2)


def test_what_runs_too_long_while_it_gives_rows_is_said_to_run_too_long(
    directory: Directory,
) -> None:
    endless = "SELECT i FROM range(1000000000000) t(i) WHERE i < 100000 OR i = 999999999999"
    with pytest.raises(Refused, match=r"^the query ran longer than 1 seconds"):
        asked(directory, endless, seconds=1.0, most=1_000_000)


def test_what_gives_more_than_can_be_held_is_refused(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "GIVEN", 20_000_000)
    with pytest.raises(Refused, match="the query needs more memory than"):
        asked(directory, "SELECT repeat('x', 10000) FROM range(900000)")


def test_what_gives_too_much_is_cut_off(directory: Directory) -> None:
    """Long before a hundred million rows are there."""
    with pytest.raises(Refused, match="the query gives more than 1,000 rows"):
        asked(directory, "SELECT i, i::VARCHAR FROM range(100000000) t(i)", most=1000)
    assert len(asked(directory, "SELECT * FROM range(1000)", most=1000)) == 1000


def test_what_holds_too_much_is_refused(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = [line.replace("1GB", "20MB") for line in asking.SHUT]
    monkeypatch.setattr(asking, "SHUT", small)
    with pytest.raises(Refused, match="the query needs more memory than"):
        asked(directory, "SELECT array_agg(i) FROM range(100000000) t(i)")


def test_texts_that_are_too_large_together_are_said_to_be_so(directory: Directory) -> None:
    with pytest.raises(Refused, match="more memory than"):
        asked(directory, "SELECT repeat('x', 30000000) AS t FROM range(100)")


def test_columns_of_one_name_are_told_apart_in_the_history(directory: Directory) -> None:
    found = asked(directory, "SELECT 1 AS a, 2 AS a FROM range(1)")
    assert (found, found.columns) == ([{"a": 1, "a_2": 2}], ("a", "a_2"))


def test_a_file_that_goes_while_it_is_read_is_said(lived: Desk, tmp_path: Path) -> None:
    there, _ = brought(lived, tmp_path / "p")
    for file in tmp_path.glob("p/type=TicketOpened/*"):
        file.unlink()
    with pytest.raises(Refused, match="the directory was added to while the query ran"):
        asked(there, "SELECT count(*) FROM TicketOpened")


# --- by others ------------------------------------------------------------------------------------


def test_any_duckdb_finds_the_same_by_the_script_beside(
    directory: Directory, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(history)
    plain = duckdb.connect()
    plain.execute((history / "_sql" / "views.sql").read_text())
    for name, sql in questions().items():
        assert (history / "_sql" / f"{name}.sql").read_text() == sql
        found = plain.sql(sql).to_arrow_table()
        theirs = [row for batch in found.to_batches() for row in shown(batch)]
        assert theirs == asked(directory, sql), name
    (row,) = asked(directory, "SELECT count(*) AS n FROM IssueClassified")
    assert plain.execute("SELECT count(*) FROM IssueClassified").fetchone() == (row["n"],)
    plain.close()


def test_any_reader_of_partitioned_parquet_finds_the_types(history: Path) -> None:
    """`type=…` is the layout of Hive, which pandas, Polars and Spark know as well."""
    whole = dataset.dataset(history, format="parquet", partitioning="hive")
    assert {"type", "event_id", "event_at"} <= set(whole.schema.names)
    kinds = whole.to_table(columns=["type"]).column("type").unique().to_pylist()
    assert sorted(kinds) == sorted(rows(history))
    plain = duckdb.connect()
    found = plain.execute(
        f"SELECT type, count(*) FROM read_parquet('{history}/*/*.parquet', union_by_name = true,"
        " hive_partitioning = true) GROUP BY 1"
    ).fetchall()
    assert dict(found) == {kind: len(some) for kind, some in rows(history).items()}
    plain.close()
