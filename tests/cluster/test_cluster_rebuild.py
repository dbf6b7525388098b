"""Rebuild and verify on the cluster: the tables are what Kafka says, and it shows where not."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from projections.tables import TABLES
from schemas.record import partition_of
from schemas.topics import DECISIONS, METRICS, TICKETS, TOPICS
from streams.cluster import rebuild as module
from streams.cluster.projector import Projector
from streams.cluster.rebuild import rebuild, verify
from streams.embedded import rebuild as embedded
from streams.embedded.opening import open_database
from streams.entry import Entry
from streams.settings import Settings
from tests.commands import Shell
from tests.projecting import (
    SECONDS,
    caught_up,
    digests,
    ends_of,
    event_of,
    opened,
    played,
    positions,
    ready,
    rows,
    running,
    send,
    take,
    taken_in,
)
from tests.real import Cluster, until


@dataclass(frozen=True)
class Told:
    """What the embedded engine made of some dialogues.

    Attributes:
        log: Its log.
        taken: The inbox records that its worker took.
        verified: What its `verify` says.
    """

    log: list[Entry]
    taken: list[tuple[str, str, int, int]]
    verified: dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("played") / "data"
    log = played(folder, 12)
    database = open_database(folder)
    try:
        verified = embedded.verify(database)
    finally:
        database.close()
    return Told(log, taken_in(log, folder), verified)


@pytest.fixture
def folded(told: Told, cluster: Cluster, tmp_path: Path) -> Settings:
    settings = ready(cluster, tmp_path)
    send(settings, told.log)
    take(settings, told.taken)
    Projector(settings).catch_up()
    return settings


def test_it_says_what_the_embedded_engine_says_of_the_same_log(
    told: Told, folded: Settings
) -> None:
    told_of: list[int] = []
    assert verify(folded, told_of.append) == told.verified
    assert told.verified["clean"]
    assert sum(told_of) >= sum(ends_of(told.log).values())


DAMAGE = {
    "tickets": "UPDATE p_tickets SET status = 'odd' WHERE ticket_id = {}",
    "messages": "DELETE FROM p_messages WHERE interaction_id = {}",
    "customers": "UPDATE p_customers SET vip_status = NOT vip_status WHERE customer_id = {}",
    "insights": "INSERT INTO p_insights VALUES ('x', 'y', 'z', 'u', 'v')",
}


def test_rows_that_were_tampered_with_are_found_and_mended(told: Told, folded: Settings) -> None:
    before = digests(folded)
    with opened(folded) as database:
        for table in TABLES:
            if table.name in DAMAGE:
                key = f"(SELECT min({table.columns[0]}) FROM p_{table.name})"
                assert database.execute(DAMAGE[table.name].format(key)).rowcount == 1
    report = verify(folded)
    assert not report["clean"]
    assert {
        name: one["differing"] for name, one in report["tables"].items() if not one["same"]
    } == dict.fromkeys(DAMAGE, 1)
    mended = rebuild(folded, [])
    assert {name for name, one in mended.items() if not one["same"]} == set(DAMAGE)
    assert digests(folded) == before
    assert verify(folded) == told.verified


def test_one_projection_can_be_rebuilt_alone(folded: Settings) -> None:
    with opened(folded) as database:
        database.execute("UPDATE p_messages SET kind = ''")
        database.execute("UPDATE p_texts SET text = ''")
    assert list(rebuild(folded, ["messages"])) == ["messages"]
    report = verify(folded)["tables"]
    assert report["messages"]["same"]
    assert not report["texts"]["same"]


def made(settings: Settings) -> list[tuple[object, ...]]:
    return rows(
        settings,
        "SELECT relkind::text, relname::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i', 'v')"
        " ORDER BY 1, 2",
    )


def test_a_rebuild_leaves_the_tables_as_they_are_made(folded: Settings) -> None:
    before = made(folded)
    for table in TABLES:
        rows(folded, f"DELETE FROM {table.sql_name} RETURNING 1")
    report = rebuild(folded, [])
    assert made(folded) == before
    assert sum(not one["same"] for one in report.values()) > 10


def test_a_rebuild_under_live_traffic_holds_nobody_up_and_loses_nothing(
    told: Told, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Projectors fold, readers ask, and the rows were damaged: nobody ever sees an empty table."""
    monkeypatch.setattr(module, "NEAR", 0)
    settings = ready(cluster, tmp_path)
    send(settings, told.log[: len(told.log) // 2])
    take(settings, told.taken)
    Projector(settings).catch_up()
    ((least,),) = rows(settings, "SELECT count(*) FROM v1_decisions")
    rows(settings, "UPDATE p_decisions SET outcome = 'damaged' RETURNING 1")
    stop, seen = threading.Event(), list[int]()

    def ask() -> None:
        with opened(settings) as database:
            while not stop.is_set():
                row = database.execute("SELECT count(*) FROM v1_decisions").fetchone()
                assert row is not None
                seen.append(int(row[0]))

    def produce() -> None:
        for entry in range(len(told.log) // 2, len(told.log), 20):
            send(settings, told.log[entry : entry + 20])

    threads = [threading.Thread(target=ask), threading.Thread(target=produce)]
    with running(settings, settings):
        for thread in threads:
            thread.start()
        until(lambda: seen, SECONDS, "somebody asks")
        first = rebuild(settings, [])
        again = rebuild(settings, [])
        threads[1].join(SECONDS)
        caught_up(settings, told.log)
        stop.set()
        threads[0].join(SECONDS)
    assert not first["decisions"]["same"]
    assert all(one["same"] for one in again.values())
    assert min(seen) >= int(str(least))
    assert verify(settings) == told.verified


@pytest.mark.parametrize("topic", [TICKETS.name, DECISIONS.name, METRICS.name])
def test_a_record_that_is_missing_from_the_log_is_named(
    topic: str, told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    keys = {(one.topic, one.partition, one.offset): one.key for one in told.log}
    chain = defaultdict(list)
    for one in told.log:
        if one.topic == topic and (source := one.record().source) is not None:
            chain[keys[source.topic, source.partition, source.offset]].append(one)
    gone = next(some for some in chain.values() if len(some) > 2)[1]
    send(settings, [one for one in told.log if one is not gone])
    take(settings, told.taken)
    Projector(settings).catch_up()
    report = verify(settings)
    assert not report["clean"]
    assert report["gaps"]
    assert all(one.startswith(f"{topic}/") for one in report["gaps"])
    assert any("came before" in one for one in report["gaps"])


def test_a_log_that_was_cut_off_is_named(folded: Settings) -> None:
    place = next(p for p in sorted(positions(folded)) if p[0] == TICKETS.name)
    rows(
        folded,
        "UPDATE read_positions SET position = position + 5 WHERE topic = ? AND partition = ?"
        " RETURNING 1",
        *place,
    )
    report = verify(folded)
    assert not report["clean"]
    assert any(one.startswith(f"{place[0]}/{place[1]}: ") for one in report["gaps"])


def test_an_event_whose_predecessor_never_came_is_named(cluster: Cluster, tmp_path: Path) -> None:
    settings = ready(cluster, tmp_path)
    send(settings, [event_of("T1", 1, "ann", 0, 1, None), event_of("T1", 2, "bob", 0, 1, None)])
    Projector(settings).catch_up()
    send(settings, [event_of("T2", 2, "bob", 1, 2, 1)])
    Projector(settings).catch_up()
    assert verify(settings)["clean"], "what waits is no part of the tables yet"
    rows(
        settings,
        "UPDATE read_positions SET position = 2 WHERE topic = ? AND partition = ? RETURNING 1",
        TICKETS.name,
        partition_of("bob"),
    )
    report = verify(settings)
    assert report["gaps"] == [
        f"{TICKETS.name}/{partition_of('bob')}/1: the event of its ticket before it is not there"
    ]


def test_what_waits_for_the_worker_is_not_missed(
    told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    send(settings, told.log)
    take(settings, [one for one in told.taken if TOPICS[one[1]].domain != "customer"])
    Projector(settings).catch_up()
    report = verify(settings)
    assert report["clean"], report["gaps"]
    assert report["tables"]["texts"]["rows"] == 0


def test_the_commands_do_it_on_the_cluster(
    folded: Settings, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    shell = Shell(tmp_path / "nothing here")
    report = json.loads(shell("--json", "verify").bytes)
    assert report["clean"]
    assert shell("rebuild", "tickets").status == 0
    with opened(folded) as database:
        database.execute("DELETE FROM p_texts")
    assert shell("verify").status == 5
