"""What the projector is guarded against: another reader, a server that goes away, a full queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.record import partition_of
from schemas.topics import TICKETS
from streams.cluster import fetching, session
from streams.cluster.projector import Projector
from streams.errors import Misconfigured
from streams.settings import KafkaSettings, Settings
from tests.projecting import (
    SECONDS,
    event_of,
    lag,
    opened,
    positions,
    ready,
    rows,
    running,
    send,
)
from tests.real import Cluster, until

PLACE = (TICKETS.name, partition_of("ann"))


def blocked(settings: Settings) -> bool:
    """Whether somebody waits for a lock."""
    (found,) = rows(
        settings,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'",
    )
    return found != (0,)


def meanwhile(settings: Settings, first: str, then: str = "SELECT 1") -> int:
    """A projector catches up and runs into what somebody else does at once; returns its count.

    Args:
        settings: Where.
        first: What somebody else does, in a transaction that the projector will wait for.
        then: What they do once it waits, before they commit.
    """
    folded: list[int] = []
    thread = threading.Thread(target=lambda: folded.append(Projector(settings).catch_up()))
    with opened(settings) as database:
        with database.transaction():
            database.execute(first)
            thread.start()
            until(lambda: blocked(settings), SECONDS, "it waits")
            database.execute(then)
        thread.join(SECONDS)
    assert len(folded) == 1
    return folded[0]


def test_a_reader_that_was_overtaken_writes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    settings = ready(cluster, tmp_path)
    Projector(settings).catch_up()
    send(settings, [event_of("T1", 1, "ann", 0, 1, None)])
    where = f"WHERE topic = '{PLACE[0]}' AND partition = {PLACE[1]}"
    folded = meanwhile(
        settings,
        f"SELECT position FROM read_positions {where} FOR UPDATE",
        f"UPDATE read_positions SET position = 1 {where}",
    )
    assert folded == 0
    assert positions(settings) == {PLACE: 1}
    assert rows(settings, "SELECT count(*) FROM p_tickets") == [(0,)]


def test_a_row_that_somebody_else_makes_at_once_is_not_overwritten(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Both found no row; the later one takes its batch again, onto the row of the first."""
    settings = ready(cluster, tmp_path)
    send(settings, [event_of("T1", 1, "ann", 0, 1, None), event_of("T1", 2, "ann", 1, 2, 1)])
    folded = meanwhile(
        settings,
        "INSERT INTO p_tickets (ticket_id, customer_id, channel, priority, status, created_at,"
        " updated_at, subject, revision, tags, metadata, channels, escalation_reasons)"
        " VALUES ('T1', 'ann', 'email', 'low', 'new', 't', 't', 'theirs', 1,"
        " '[]', '{}', '[]', '[]')",
    )
    assert folded == 2
    assert rows(settings, "SELECT subject, revision, tags FROM p_tickets") == [
        ("theirs", 2, '["2"]')
    ]


def fresh(settings: Settings, ticket: str, done: int) -> Callable[[], bool]:
    """Send a ticket's first event; returns whether it and as many as before are folded."""
    send(settings, [event_of(ticket, 1, "ann", done, done + 1, done or None)])
    return lambda: rows(settings, "SELECT count(*) FROM p_tickets") == [(done + 1,)]


def test_it_goes_on_after_the_database_and_the_broker_were_away(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    with running(settings):
        until(fresh(settings, "T1", 0), SECONDS, "it runs")
        cluster.postgres.kill()
        cluster.postgres.start()
        until(fresh(settings, "T2", 1), SECONDS, "the database is back")
        cluster.broker.kill()
        cluster.broker.start()
        until(fresh(settings, "T3", 2), SECONDS, "the broker is back")
    assert positions(settings) == {PLACE: 3}
    assert rows(settings, "SELECT count(*) FROM gaps") == [(0,)]


def test_a_partition_that_waits_is_fetched_no_further_and_goes_on_afterwards(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python forgets what it holds of a paused partition, unless it is helped."""
    monkeypatch.setattr(fetching, "QUEUED", 20)
    monkeypatch.setattr(session, "BATCH", 50)
    settings = ready(cluster, tmp_path)
    count = 300
    send(settings, [event_of("T1", n + 2, "bob", n, n + 1, n or None) for n in range(count)])
    tickets = [event_of(f"E{n}", 1, "eve", n, n + 1, n or None) for n in range(count)]
    contacts = [event_of(f"C{n}", 1, "ann", n, n + 1, n or None) for n in range(count)]
    send(settings, tickets)
    with running(settings):
        until(lambda: sum(positions(settings).values()) == count, SECONDS, "the others go on")
        send(settings, contacts)
        until(lambda: sum(positions(settings).values()) == 2 * count, SECONDS, "and on")
        send(settings, [event_of("T1", 1, "ann", count, count + 1, count)])
        until(lambda: sum(positions(settings).values()) == 3 * count + 1, SECONDS, "all of it")
        until(lambda: lag(settings) == 0, SECONDS, "nothing is left")
    assert rows(settings, "SELECT revision FROM p_tickets WHERE ticket_id = 'T1'") == [(count + 1,)]


def test_settings_that_do_not_do_end_it_with_a_word_about_them(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    nowhere = settings.model_copy(update={"kafka": KafkaSettings()})
    with pytest.raises(Misconfigured, match=r"kafka\.bootstrap_servers is not set"):
        Projector(nowhere).run(threading.Event())
    with opened(settings) as database:
        database.execute("DROP TABLE read_positions CASCADE")
    with pytest.raises(Misconfigured, match="does not exist"):
        Projector(settings).run(threading.Event())
