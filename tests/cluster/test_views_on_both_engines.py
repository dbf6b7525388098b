"""The views say the same on SQLite and on PostgreSQL, value by value, type by type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.metrics import DEFINITIONS
from projections.tables import TABLES
from streams.clock import ManualClock
from streams.cluster import migrating
from streams.cluster.postgres import connect
from streams.cluster.query import PgReader
from streams.demo.play import Play
from streams.demo.script import START
from streams.desk import Desk
from tests.both import ORDER, copied, differences, rows_of, shown
from tests.embedded import open_in, somewhere, take
from tests.full_life import full_life
from tests.histories import History, histories, play
from tests.real import Postgres

DIALOGUES = 25


@pytest.fixture(scope="module")
def url(running_postgres: Postgres) -> Iterator[str]:
    """A database whose own order of text is not that of bytes, as most servers' are."""
    name = "other_order"
    with psycopg.connect(running_postgres.url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0"
            " LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"
        )
    address = running_postgres.url_of(name)
    migrating.migrate(address)
    yield address
    running_postgres.drop(address)


@pytest.fixture(scope="module")
def reader(url: str) -> Iterator[PgReader]:
    one = PgReader(url)
    yield one
    one.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk where everything came that can come, and something that cannot be read."""
    lines = play(full_life())
    with open_in(tmp_path_factory.mktemp("lived"), lines.models) as desk:
        take(desk, lines.outside)
        list(desk.intake.lines([b"not json", b'{"type": "what?"}', '{"ü": "ſ"}'.encode()]))
        desk.run()
        yield desk


def test_a_desk_of_everything_is_shown_the_same(lived: Desk, url: str, reader: PgReader) -> None:
    copied(lived.database, url)
    assert differences(lived, reader) == []
    empty = [view for view in ORDER if not shown(reader, view)]
    assert empty == []


def test_the_demo_is_shown_the_same(tmp_path: Path, url: str, reader: PgReader) -> None:
    with Desk(tmp_path, ManualClock(START)) as desk:
        Play(desk, DIALOGUES).go(speed=None, tell=lambda _steps: None)
        copied(desk.database, url)
        assert differences(desk, reader) == []


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(("ann", "ben", "cem"), most=10))
def test_any_history_is_shown_the_same(url: str, reader: PgReader, history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        copied(desk.database, url)
        assert differences(desk, reader) == []


def test_an_empty_desk_is_shown_the_same(tmp_path: Path, url: str, reader: PgReader) -> None:
    with open_in(tmp_path) as desk:
        copied(desk.database, url)
        assert differences(desk, reader) == []
        assert {row["value"] for row in shown(reader, "v1_metrics")} == {0.0, None}


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    ("asked", "definitions"),
    [
        ("", len(DEFINITIONS)),
        (" WHERE metric = 'sla_met'", 1),
        (" WHERE metric = 'reopen_rate' AND definition = 'v1'", 1),
    ],
)
def test_a_definition_that_is_not_asked_for_is_not_worked_out(
    url: str, asked: str, definitions: int
) -> None:
    with closing(connect(url)) as database:
        plan = database.execute(f"EXPLAIN SELECT * FROM v1_metrics{asked}").fetchall()
    assert sum("Subquery Scan on asked" in row[0] for row in plan) == definitions


def test_documents_keep_every_byte_of_their_text(lived: Desk, url: str) -> None:
    copied(lived.database, url)
    database = connect(url)
    for table in TABLES:
        columns = ", ".join(table.columns)
        rows = database.execute(f"SELECT {columns} FROM {table.sql_name}").fetchall()
        here = {row[0]: tuple(row) for row in rows_of(lived.database, table)}
        assert {row[0]: tuple(row) for row in rows} == here
    database.close()


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, max_size=30, unique=True))
def test_texts_have_one_order(tmp_path: Path, url: str, reader: PgReader, texts: list[str]) -> None:
    texts = [*{*texts, "a", "B", "b", "Ä", "é", "z", "_", "-", "😀", "ﬃ", "a b", "aB", " "}]
    target = connect(url)
    target.execute("TRUNCATE p_insights")
    row = "INSERT INTO p_insights VALUES (?, ?, 'kind', ?, ?)"
    rows = [(str(number), text, text[::-1], text) for number, text in enumerate(texts)]
    target.executemany(row, rows)
    target.close()
    with open_in(tmp_path) as desk:
        desk.database.execute("DELETE FROM p_insights")
        desk.database.executemany(row, rows)
        for order in ("text", "text DESC", "category || text", "upper(text), text", "min(text)"):
            asked = f"SELECT text FROM v1_insights GROUP BY text, category ORDER BY {order}"
            assert desk.query(asked) == reader.query(asked)
        asked = "SELECT count(*) AS n FROM v1_insights WHERE text < ?"
        assert desk.query(asked, ["b"]) == reader.query(asked, ["b"])


def test_no_column_of_a_view_has_the_order_of_the_server(url: str) -> None:
    database = connect(url)
    rows = database.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_name LIKE 'v1@_%' ESCAPE '@' AND data_type = 'text'"
        " AND collation_name IS DISTINCT FROM 'C'"
    ).fetchall()
    database.close()
    assert rows == []
