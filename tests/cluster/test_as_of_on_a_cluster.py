"""As of on a cluster: the views as they stood are what they said then, and what a store says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from projections.tables import TABLES
from schemas.topics import CONTACTS, TICKETS
from streams.asof import AHEAD, BEFORE
from streams.clock import ManualClock, parse_time
from streams.cluster.asof import View, cut_of
from streams.cluster.desk import ClusterDesk
from streams.cluster.positions import token
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.progress import shown as stands
from streams.cluster.projector import Projector
from streams.cluster.query import PgReader
from streams.cluster.rebuild import rebuild, verify
from streams.cluster.versions import PAST, has_past
from streams.demo.script import START
from streams.desk import Desk
from streams.entry import Entry
from streams.errors import NotFound, Refused
from streams.settings import Settings
from streams.starter import AT
from tests.both import ORDER, shown
from tests.projecting import played, ready, send, take, taken_in
from tests.real import Broker, Cluster, Postgres
from tests.real.cluster import emptied

DIALOGUES = 10
STEPS = 6
"""In how many parts the log comes."""

Dump = dict[str, list[dict[str, Any]]]


def dump(asked: Any) -> Dump:
    """All views."""
    return {view: shown(asked, view) for view in ORDER}


@dataclass(frozen=True)
class Lived:
    """A cluster that came to where it is step by step.

    Attributes:
        settings: It.
        folder: A store with the same log.
        log: The log.
        then: The position and all views after each step.
        reader: Reads it by SQL.
    """

    settings: Settings
    folder: Path
    log: list[Entry]
    then: list[tuple[str, Dump]]
    reader: PgReader

    def as_of(self, moment: str) -> View:
        """The views as they stood."""
        database = opened(self.settings)
        try:
            return View(self.reader, cut_of(database, moment), None)
        finally:
            database.close()


def url(settings: Settings) -> str:
    assert settings.database.url is not None
    return settings.database.url


def opened(settings: Settings) -> PgDatabase:
    return connect(url(settings))


@pytest.fixture(scope="module")
def lived(
    running_broker: Broker, running_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("played") / "data"
    log = played(folder, DIALOGUES)
    emptied(running_broker)
    cluster = Cluster(running_broker, running_postgres, running_postgres.fresh_database())
    settings = ready(cluster, tmp_path_factory.mktemp("settings"))
    then = []
    reader = PgReader(url(settings))
    for step in range(STEPS):
        part = log[len(log) * step // STEPS : len(log) * (step + 1) // STEPS]
        send(settings, part)
        take(settings, taken_in(part, folder))
        Projector(settings).catch_up()
        database = opened(settings)
        then.append((token(stands(database)), dump(reader)))
        database.close()
    yield Lived(settings, folder, log, then, reader)
    reader.close()
    running_postgres.drop(cluster.url)


def test_a_position_gives_what_the_views_said_then(lived: Lived) -> None:
    for position, said in lived.then:
        assert dump(lived.as_of(position)) == said


def test_a_time_gives_what_the_embedded_engine_says_of_the_same_log(lived: Lived) -> None:
    moments = sorted({entry.happened_at() for entry in lived.log})
    with Desk(lived.folder, ManualClock(START), secret="demo") as desk:  # noqa: S106  # it guards nothing
        for at in moments[:: max(1, len(moments) // 8)]:
            moment = rfc3339_of(at)
            here, there = dump(desk.as_of(moment)), dump(lived.as_of(moment))
            for view in here.keys() - {"v1_positions"}:
                assert there[view] == here[view], (moment, view)


def rfc3339_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def test_what_had_happened_by_a_time_is_what_the_embedded_engine_says(lived: Lived) -> None:
    moment = rfc3339_of(sorted(entry.happened_at() for entry in lived.log)[len(lived.log) // 2])
    with (
        Desk(lived.folder, ManualClock(START), secret="demo") as desk,  # noqa: S106  # it guards nothing
        ClusterDesk(lived.settings, ManualClock(START)) as cluster,
    ):
        here = dump(desk.as_of(moment, occurred=True))
        there = dump(cluster.as_of(moment, occurred=True))
        for view in here.keys() - {"v1_positions"}:
            assert there[view] == here[view], view
        assert 0 < len(there["v1_tickets"]) < len(shown(cluster, "v1_tickets"))


def test_a_place_is_right_behind_its_record(lived: Lived) -> None:
    opening = next(entry for entry in lived.log if entry.topic == TICKETS.name)
    ticket = opening.record().event.model_dump()["ticket_id"]
    behind = lived.as_of(f"{opening.topic}/{opening.partition}/{opening.offset}")
    assert ticket in {row["ticket_id"] for row in shown(behind, "v1_tickets")}
    contact = opening.record().source
    assert contact is not None
    before = lived.as_of(f"{contact.topic}/{contact.partition}/{contact.offset}")
    assert ticket not in {row["ticket_id"] for row in shown(before, "v1_tickets")}


def test_before_the_beginning_there_is_nothing_and_in_the_future_what_is_known(
    lived: Lived,
) -> None:
    with ClusterDesk(lived.settings, ManualClock("2026-06-01T00:00:00Z")) as desk:
        # The log begins with what ships: its articles are known from their time on.
        first = desk.as_of(AT)
        assert (first.remark, shown(first, "v1_tickets")) == (None, [])
        assert shown(first, "v1_articles")
        early = desk.as_of(rfc3339_of(parse_time(AT).timestamp() - 1))
        assert early.remark == BEFORE
        assert (shown(early, "v1_tickets"), shown(early, "v1_articles")) == ([], [])
        late = desk.as_of("2099-01-01T00:00:00Z")
        assert (late.remark, shown(late, "v1_tickets")) == (AHEAD, shown(desk, "v1_tickets"))


def test_what_is_no_position_of_this_log_is_told(lived: Lived) -> None:
    for moment in (
        f"{CONTACTS.name}/2/999999",
        "support.nothing.v1/0/0",
        token({(CONTACTS.name, 2): 999_999}),
        token({("support.nothing.v1", 0): 1}),
    ):
        with pytest.raises(NotFound):
            lived.as_of(moment)
    for moment in ("yesterday", "", "k1.!!!", "p1.MQ", "2026-03-02T10:00:00"):
        with pytest.raises(Refused):
            lived.as_of(moment)


def test_the_past_is_read_only_sql_over_the_views_as_well(lived: Lived) -> None:
    view = lived.as_of(lived.then[1][0])
    for sql in (
        "SELECT * FROM p_tickets_past",
        "SELECT * FROM then_p_tickets",
        "SELECT * FROM public.v1_tickets",
        "WITH v AS (DELETE FROM read_times RETURNING 1) SELECT * FROM v",
        "SELECT ticket_id FROM v1_tickets) SELECT * FROM p_tickets_past WHERE (TRUE",
        "WITH v AS (DELETE FROM read_times RETURNING 1) SELECT v.*, ticket_id FROM v, v1_tickets",
        "WITH v AS (SELECT * FROM v1_tickets) SELECT * INTO other FROM v",
        "WITH v AS (SELECT * FROM v1_tickets) DELETE FROM read_times",
        "WITH v AS (SELECT * FROM v1_tickets) SELECT pg_sleep(0) FROM v",
        "WITH v AS (SELECT * FROM v1_tickets) SELECT * FROM v) AS a, (SELECT * FROM p_tickets_past",
    ):
        with pytest.raises(Refused):
            view.query(sql)
    asked = "WITH v AS (SELECT ticket_id FROM v1_tickets) SELECT count(*) AS n FROM v; -- so many"
    assert view.query(asked) == [{"n": len(lived.then[1][1]["v1_tickets"])}]


def test_a_query_of_the_past_may_have_a_with_of_its_own(lived: Lived) -> None:
    position, said = next(one for one in lived.then if len(one[1]["v1_tickets"]) > 1)
    tickets = [row["ticket_id"] for row in said["v1_tickets"]]
    assert len(tickets) < len(lived.then[-1][1]["v1_tickets"])
    view = lived.as_of(position)
    ordered = [{"ticket_id": ticket} for ticket in reversed(tickets)]
    # Named after the view that it reads: that one is still the view as it stood.
    hiding = "WITH v1_tickets AS (SELECT ticket_id FROM v1_tickets) SELECT * FROM v1_tickets"
    below = "SELECT max(ticket_id) FROM v1_tickets WHERE ticket_id < v.ticket_id"
    going_down = (
        "WITH RECURSIVE v AS (SELECT max(ticket_id) AS ticket_id FROM v1_tickets UNION ALL"
        f" SELECT ({below}) FROM v WHERE ticket_id IS NOT NULL)"
        " SELECT * FROM v WHERE ticket_id IS NOT NULL"
    )
    for sql in (
        "WITH v AS (SELECT * FROM v1_tickets) SELECT ticket_id FROM v ORDER BY ticket_id DESC",
        "(WITH v AS (SELECT * FROM v1_tickets) SELECT ticket_id FROM v) ORDER BY 1 DESC",
        f"{hiding} ORDER BY 1 DESC",
        going_down,
    ):
        assert view.query(sql) == ordered, sql
    twice = "WITH v AS (SELECT ?1 AS n) SELECT v.*, v.n, 1 FROM v, v1_tickets LIMIT 1"
    assert view.query(twice, ["a"]) == [{"n": "a", "n_2": "a", "?column?": 1}]


def test_a_rebuild_brings_the_past_along(lived: Lived) -> None:
    said = [dump(lived.as_of(position)) for position, _ in lived.then]
    database = opened(lived.settings)
    database.execute("UPDATE p_tickets SET subject = 'other'")
    database.execute("TRUNCATE p_tickets_past, read_times")
    database.close()
    rebuild(lived.settings, ())
    assert [dump(lived.as_of(position)) for position, _ in lived.then] == said
    assert verify(lived.settings)["clean"]


def test_a_position_stands_where_a_rebuild_found_other_clocks_than_those_of_the_past(
    lived: Lived,
) -> None:
    """As where `recover` found out when something was taken that nobody had noted."""
    some = lived.then[1::2]
    database = opened(lived.settings)
    database.execute("UPDATE read_times SET clock = clock + 1e15")
    shift(database, 1e15)
    for _ in range(2):  # what the first finds out, the second does not forget
        assert all(table["same"] for table in rebuild(lived.settings, ()).values())
        assert [dump(lived.as_of(position)) for position, _ in some] == [said for _, said in some]
    shift(database, -1e15)
    database.close()


def shift(database: PgDatabase, by: float) -> None:
    """Let the rows of tables with a past be made and ended so much later, in microseconds."""
    for table in (table for table in TABLES if has_past(table)):
        database.execute(f"UPDATE {table.sql_name} SET made_clock = made_clock + ?", (by,))
        database.execute(
            f"UPDATE {table.sql_name}{PAST} SET made_clock = made_clock + ?,"
            " gone_clock = gone_clock + ?",
            (by, by),
        )
