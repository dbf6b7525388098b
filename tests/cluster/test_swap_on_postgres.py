"""Tables made anew take the place of the live ones while queries go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from projections.tables import TABLES
from streams.cluster import tables
from streams.cluster.asof import Cut, View
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.query import PgReader
from streams.cluster.then import FOREVER
from tests.real import until

(TICKETS,) = [table for table in TABLES if table.name == "tickets"]


def _swapped(database: PgDatabase) -> None:
    for statement in tables.ddl(TICKETS, "n_tickets"):
        database.execute(statement)
    database.execute("INSERT INTO n_tickets SELECT * FROM p_tickets")
    with database.transaction():
        tables.swap(database, {TICKETS: "n_tickets"})


def test_queries_see_the_old_rows_or_the_new_ones_while_tables_are_swapped(url: str) -> None:
    database, done = connect(url), Event()

    def asking() -> set[int]:
        reader, seen = PgReader(url), set[int]()
        while not done.is_set():
            seen.add(reader.query("SELECT count(*) AS n FROM v1_tickets")[0]["n"])
        reader.close()
        return seen

    with ThreadPoolExecutor() as pool:
        asked = pool.submit(asking)
        try:
            for _ in range(5):
                _swapped(database)
        finally:
            done.set()
        assert asked.result() == {1}
    database.close()


def test_a_swap_keeps_indexes_and_what_others_built_on_the_views(
    url: str, reader: PgReader
) -> None:
    database = connect(url)
    database.execute("CREATE VIEW mine AS SELECT ticket_id FROM v1_tickets")
    _swapped(database)
    assert database.execute("SELECT count(*) FROM mine").fetchone() == (1,)
    assert reader.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 1}]
    rows = database.execute(
        "SELECT indexname FROM pg_indexes WHERE tablename IN ('p_tickets', 'p_tickets_past')"
    )
    made = {one.split()[2] for one in tables.ddl(TICKETS) if one.startswith("CREATE INDEX")}
    assert {str(name) for (name,) in rows} == made | {"p_tickets_pkey", "p_tickets_past_pkey"}
    rows = database.execute(
        "SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'p_tickets_past'::regclass"
    )
    assert rows.fetchall() == [("p_tickets_past_known",)]
    database.execute("DROP VIEW mine")
    database.close()


def test_a_query_of_a_position_that_waited_for_a_swap_reads_the_new_tables(url: str) -> None:
    database, reader = connect(url), PgReader(url)
    view = View(reader, Cut(FOREVER, {(TICKETS.topic, 0): 1}), None)
    with ThreadPoolExecutor() as pool:
        with database.transaction():
            for statement in tables.ddl(TICKETS, "n_tickets"):
                database.execute(statement)
            database.execute("INSERT INTO n_tickets SELECT * FROM p_tickets")
            tables.swap(database, {TICKETS: "n_tickets"})
            asked = pool.submit(view.query, "SELECT count(*) AS n FROM v1_tickets")
            until(lambda: _waits(url), 30, "the query waits")
        assert asked.result() == [{"n": 1}]
    database.close()
    reader.close()


def test_a_query_that_gave_way_to_a_swap_is_asked_again(url: str) -> None:
    database, name = connect(url), url.rpartition("/")[2]
    database.execute(f'ALTER DATABASE "{name}" SET deadlock_timeout = 2000')
    reader = PgReader(url)
    database.execute("SET deadlock_timeout = 60000")  # so that it is the query that gives way
    database.execute("BEGIN")
    database.execute("LOCK TABLE v1_insights IN ACCESS EXCLUSIVE MODE")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(reader.query, "SELECT count(*) AS n FROM v1_tickets, v1_insights")
        until(lambda: _waits(url), 30, "the query waits")
        database.execute("LOCK TABLE v1_tickets IN ACCESS EXCLUSIVE MODE")
        database.execute("COMMIT")
        assert asked.result() == [{"n": 1}]
    database.execute(f'ALTER DATABASE "{name}" RESET deadlock_timeout')
    database.close()
    reader.close()


def _waits(url: str) -> bool:
    database = connect(url)
    row = database.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    database.close()
    return row is not None and row[0] > 0
