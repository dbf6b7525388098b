"""Law 11 on Kafka and PostgreSQL: `recover` makes the case store of the log alone."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from schemas.record import partition_of
from schemas.topics import CONTACTS, DECISIONS, DOMAINS, KNOWLEDGE, TICKETS
from streams.clock import WallClock
from streams.cluster import ownership
from streams.cluster.ahead import ahead
from streams.cluster.copying import copy
from streams.cluster.desk import ClusterDesk
from streams.cluster.ownership import Fenced
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.recover import recover
from streams.cluster.wire import Outgoing
from streams.desk import open_desk
from streams.errors import Refused
from streams.settings import DatabaseSettings, Settings
from tests.commands import Shell
from tests.real import Cluster, invariants
from tests.real.cast import Cast
from tests.real.log import entries

REFOLDED = (*invariants.REFOLDED, "claims")
RECORDS = (DECISIONS.name, TICKETS.name)
POSITIONS = (
    "SELECT domain, partition, position FROM partitions"
    " WHERE position > 0 AND domain <> 'effects' ORDER BY 1, 2"
)


def behind(settings: Settings) -> list[str]:
    """Where the log is ahead of the database."""
    assert settings.database.url is not None
    with closing(connect(settings.database.url)) as database:
        return ahead(settings, database)


# --- a desk at work ------------------------------------------------------------------------------


def work(cluster: Cluster, cast: Cast) -> None:
    """Let all roles work off what waits, and stop them."""
    cast.add("desk", "up", "--port", "0")
    invariants.quiet(cluster)
    cast.leave()
    cast.well()


def morning(desk: ClusterDesk) -> None:
    """Customers write, known and unknown; foreign programs send, well and badly."""
    desk.produce(
        {"type": "specialist", "specialist_id": "bo", "name": "Bo", "languages": ["en"]},
        {"type": "customer", "customer_id": "ann", "handles": {"email": ["ann@example.org"]}},
        *(
            {"channel": "email", "handle": f"{name}@example.org", "message": "My order is late!"}
            for name in ("ann", "ben", "cem", "dora", "eve", "finn")
        ),
    )
    desk.intake.documents(["no line"])
    hello = json.dumps({"channel": "slack", "handle": "U1", "message": "Hello?"}).encode()
    good, bad = ("content-type", "application/json"), ("content-type", "nothing known")
    desk.producer.send(
        [
            Outgoing(CONTACTS.name, partition, None, json.dumps(dict([kind])), value, "")
            for partition, kind, value in ((0, good, hello), (7, good, hello), (5, bad, b"rubbish"))
        ]
    )
    article = json.dumps({"type": "article", "article_id": "a", "title": "T", "body": "B"}).encode()
    desk.producer.send([Outgoing(KNOWLEDGE.name, 3, None, json.dumps(dict([good])), article, "")])


def noon(desk: ClusterDesk) -> None:
    """Somebody turns out to be Ann; one ticket is closed, and its customer writes again."""
    rows = {row["customer_id"]: row["ticket_id"] for row in desk.query("SELECT * FROM v1_tickets")}
    others = sorted(customer for customer in rows if customer != "ann")
    ben = {"channel": "email", "handle": "ben@example.org"}
    desk.produce(
        {"type": "link", **ben, "customer_id": "ann", "by": "bo"},
        {"type": "reply", "ticket_id": rows["ann"], "text": "We are on it.", "by": "bo"},
        *({"type": "close", "ticket_id": rows[other], "by": "bo"} for other in others[:3]),
        {**ben, "message": "Still late, I am angry!"},
    )


def evening(desk: ClusterDesk) -> None:
    """A closed ticket is opened again, and everybody writes once more."""
    rows = desk.query("SELECT ticket_id FROM v1_tickets WHERE status = 'closed'")
    desk.produce(
        *({"type": "reopen", "ticket_id": row["ticket_id"], "by": "bo"} for row in rows),
        *(
            {"channel": "email", "handle": f"{name}@example.org", "message": "Any news?"}
            for name in ("ann", "ben", "cem", "dora", "eve", "finn")
        ),
    )


def test_a_lost_case_store_comes_back_and_the_desk_goes_on(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        morning(desk)
        work(cluster, cast)
        noon(desk)
        work(cluster, cast)
        before = invariants.digests(cluster.url, REFOLDED)
        stood = invariants.rows(cluster.url, POSITIONS)
        assert behind(settings) == []
        assert all(one["same"] for one in recover(settings)["tables"].values())
        assert invariants.digests(cluster.url, REFOLDED) == before

        with psycopg.connect(cluster.url, autocommit=True) as connection:
            for table in (*REFOLDED, "partitions"):
                connection.execute(f"TRUNCATE {table}")
        assert behind(settings)
        report = recover(settings)
        assert (report["gaps"], report["left"]) == ([], {})
        assert invariants.digests(cluster.url, REFOLDED) == before
        assert invariants.rows(cluster.url, POSITIONS) == stood
        assert behind(settings) == []

        evening(desk)
        work(cluster, cast)
    log = list(entries(cluster.broker.bootstrap, RECORDS))
    invariants.one_content_an_id(log)
    invariants.chains_hold(invariants.without_repeats(log))
    invariants.tables_equal_a_rebuild(cluster)
    empty = cluster.postgres.fresh_database()
    try:
        report = recover(settings.model_copy(update={"database": DatabaseSettings(url=empty)}))
        assert report["left"] == {}, "Kafka's own note says how far the workers were"
        assert invariants.digests(empty, REFOLDED) == invariants.digests(cluster.url, REFOLDED)
        assert invariants.rows(empty, POSITIONS) == invariants.rows(cluster.url, POSITIONS)
    finally:
        cluster.postgres.drop(empty)


def test_a_provider_id_that_was_here_is_known_again_with_what_was_said(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    ann = {"channel": "email", "handle": "ann@example.org", "provider_id": "mail-1"}
    ben = {"channel": "email", "customer_id": "ben", "provider_id": "mail-2"}
    foreign = {"channel": "slack", "handle": "U1", "provider_id": "ts-3", "message": "Hello?"}
    started = {"type": "start", "customer_id": "ben", "channel": "email", "text": "Good day"}
    started |= {"idempotency_key": "k"}
    with ClusterDesk(settings, WallClock()) as desk:
        desk.produce({**ann, "message": "My order is late!"})
        kind, value = json.dumps({"content-type": "application/json"}), json.dumps(foreign).encode()
        desk.producer.send([Outgoing(CONTACTS.name, 7, None, kind, value, "")])
        work(cluster, cast)
        desk.produce({**ben, "message": "Nobody has taken this yet"}, started)
        contents = "SELECT * FROM taken_in WHERE digest <> '' ORDER BY id"
        before = invariants.rows(cluster.url, contents)
        assert len(before) == 3
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            for table in (*REFOLDED, "partitions", "taken_in"):
                connection.execute(f"TRUNCATE {table}")
        assert recover(settings)["contents"] == 4
        assert set(before) < set(invariants.rows(cluster.url, contents))
        assert recover(settings)["contents"] == 0

        again = ({**ann, "message": "My order is late!"}, foreign)
        assert [one.status for one in desk.intake.documents(again)] == ["repeat", "repeat"]
        others = [{**one, "message": "Something else"} for one in (ann, ben, foreign)]
        for told in desk.intake.documents(others):
            assert told.status == "unreadable"
            assert "was here before with another content" in str(told.error)
        (told,) = desk.intake.documents([{**started, "text": "Good night"}])
        assert "has the idempotency key of another one" in str(told.error)
        work(cluster, cast)
        assert len(desk.query("SELECT * FROM v1_dead_letters")) == 4
        assert len(desk.query("SELECT * FROM v1_interactions WHERE direction = 'in'")) == 3


# --- a log that came from a laptop ---------------------------------------------------------------


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded store on which a part of the demo was worked off."""
    folder = tmp_path_factory.mktemp("played")
    assert Shell(folder)("demo", "--limit", "30").status == 0
    return folder


def stored(execute: Any, table: str, columns: str) -> list[Any]:
    """Some columns of a table, on either engine."""
    return sorted(tuple(row) for row in execute(f"SELECT {columns} FROM {table}"))


def test_the_store_of_a_copied_log_is_that_of_the_embedded_engine(
    settings: Settings, played: Path
) -> None:
    """But for lines on partitions whose last records led to nothing: no reader was here before."""
    with (
        open_desk(played) as desk,
        closing(connect(str(settings.database.url))) as database,
    ):
        copy(desk.log, settings)
        assert any("support.contacts.v1/" in one for one in ahead(settings, database))
        report = recover(settings)
        assert report["gaps"] == []
        assert ahead(settings, database) == []
        for table, columns in (
            ("claims", "request_id, attempt, outcome"),
            ("timers", "id, key, partition, ticket_id, kind, target, due_at"),
        ):
            ours = stored(database.execute, table, columns)
            assert ours == stored(desk.database.execute, table, columns), table

        def whole(execute: Any) -> list[Any]:
            return [
                line
                for line in stored(execute, "lines", "domain, key, numbered, state")
                if f"{DOMAINS[line[0]].name}/{partition_of(line[1])}" not in report["left"]
            ]

        assert whole(database.execute) == whole(desk.database.execute) != []


def test_who_worked_before_is_fenced_and_who_begins_meanwhile_stops_it(
    settings: Settings, played: Path
) -> None:
    with (
        open_desk(played) as desk,
        closing(connect(str(settings.database.url))) as database,
    ):
        copy(desk.log, settings)
        worker = ownership.claim(database, "customer", 3, "a worker")
        recover(settings)
        with pytest.raises(Fenced):
            ownership.tried(database, worker)
        before = invariants.digests(str(settings.database.url), REFOLDED)

        def begins(_: int) -> None:
            ownership.claim(database, "customer", 3, "another worker")

        with pytest.raises(Refused, match="another worker took over customer/3"):
            recover(settings, begins)
        assert invariants.digests(str(settings.database.url), REFOLDED) == before


def test_the_server_lets_the_recovery_of_a_large_log_take_its_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[PgDatabase] = []
    limits: list[Any] = []

    def kept(url: str) -> PgDatabase:
        opened.append(connect(url))
        return opened[-1]

    def looked(*_: object) -> None:  # in the midst of its transaction
        sql = "SELECT current_setting('idle_in_transaction_session_timeout')"
        limits.append(opened[0].execute(sql).fetchone())

    monkeypatch.setattr("streams.cluster.recover.connect", kept)
    monkeypatch.setattr("streams.cluster.recover.learn", looked)
    recover(settings)
    assert limits == [("0",)]
