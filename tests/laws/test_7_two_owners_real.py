"""Law 7 for two owners, on the real worker and a real database: stopped at every statement.

`test_7_two_owners.py` goes through the protocol's model to the end; here the code itself is ended
or put to sleep at each of its statements, and another worker takes over.
"""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from schemas.events.contacts import CustomerDescribed
from schemas.record import Record, partition_of
from streams.cluster import migrating, ownership
from tests import stepped
from tests.identities import link, wrote
from tests.lines import Lines
from tests.stepped import Log, Worker, emptied, outcome

OTHER = "ben"
"""Somebody who turns out to be Ann, on another partition."""

PARTITIONS = sorted({partition_of("ann"), partition_of(OTHER)})
SHARDS = 4


def outside() -> list[Record]:
    """Two people write who turn out to be one."""
    lines = Lines()
    lines.put(CustomerDescribed(customer_id="ann", name="Ann", email="ann@example.org"))
    lines.put(wrote("ann", 0, channel="email", handle="ann@example.org"))
    lines.put(wrote(OTHER, 1))
    lines.put(link(OTHER, "ann"))
    return lines.outside


@pytest.fixture(name="url")
def _url(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(ownership, "ASLEEP_SECONDS", 0)  # they sleep as long as a slow machine does
    migrating.migrate(database)
    return database


def undisturbed(url: str, *, late: bool = False) -> tuple[dict[str, Any], int]:
    """What a worker comes to that is let alone, and at how many moments it can be stopped."""
    log = began(url)
    worker = Worker(url, log, PARTITIONS, late=late)
    worker.run()
    assert not worker.fenced
    return outcome(url, log), worker.passed


def began(url: str) -> Log:
    """A log with what came in, and an empty database."""
    emptied(url)
    return Log(outside())


def finished(url: str, log: Log) -> dict[str, Any]:
    """What there is when one more worker has taken what is left."""
    worker = Worker(url, log, PARTITIONS)
    worker.run()
    return outcome(url, log)


def test_two_partitions_and_a_hand_over_between_them_are_at_stake(url: str) -> None:
    assert len(PARTITIONS) == 2
    plain, moments = undisturbed(url)
    assert moments > 50
    assert plain["outbox"] == plain["behind"] == []
    assert sum(len(told) for told in plain["folded"].values()) > 40
    assert undisturbed(url, late=True)[0] == plain


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_worker_that_ends_before_any_statement_loses_and_doubles_nothing(
    url: str, shard: int
) -> None:
    for late in (False, True):
        plain, moments = undisturbed(url, late=late)
        for moment in range(1 + shard, moments + 1, SHARDS * (1 + late)):
            log = began(url)
            worker = Worker(url, log, PARTITIONS, late=late)
            worker.run(upto=moment)
            worker.kill()
            assert finished(url, log) == plain, f"before {moment}: {worker.moment}"


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_worker_that_slept_through_a_take_over_does_no_harm_when_it_wakes(
    url: str, shard: int
) -> None:
    plain, moments = undisturbed(url)
    fenced = 0
    for moment in range(1 + shard, moments + 1, SHARDS):
        log = began(url)
        sleeper = Worker(url, log, PARTITIONS)
        sleeper.run(upto=moment)
        other = Worker(url, log, PARTITIONS)
        other.run(others=[sleeper])
        assert not other.fenced
        sleeper.run()
        fenced += sleeper.fenced
        assert finished(url, log) == plain, f"asleep before {moment}: {sleeper.moment}"
    assert fenced


@pytest.mark.parametrize("seed", range(SHARDS))
def test_two_workers_that_wake_and_sleep_in_turns_come_to_the_same(url: str, seed: int) -> None:
    plain, moments = undisturbed(url)
    chance = random.Random(seed)  # noqa: S311  # it draws schedules
    for _ in range(6):
        log = began(url)
        both = [Worker(url, log, PARTITIONS, late=chance.random() < 0.5) for _ in range(2)]
        schedule = [(chance.randrange(2), chance.randrange(1, moments // 2)) for _ in range(8)]
        for number, steps in schedule:
            one, another = both[number], both[1 - number]
            one.run(upto=one.passed + steps, others=[another])
            if chance.random() < 0.1:
                one.kill()
        for one, another in (both, both[::-1]):
            one.run(others=[another])
        assert finished(url, log) == plain, schedule


def test_without_the_drain_a_take_over_is_seen_to_lose(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, moments = undisturbed(url)
    monkeypatch.setattr(stepped.InlinePublisher, "drain", lambda *_: None)
    differs = 0
    for moment in range(1, moments + 1, 5):
        log = began(url)
        worker = Worker(url, log, PARTITIONS)
        worker.run(upto=moment)
        worker.kill()
        try:
            differs += finished(url, log) != plain
        except AssertionError:  # what was said does not follow what was said before
            differs += 1
    assert differs


def test_a_worker_that_sleeps_inside_a_transaction_is_ended_so_that_others_get_in(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = undisturbed(url)
    log = began(url)
    monkeypatch.setattr(ownership, "ASLEEP_SECONDS", 3)
    sleeper = Worker(url, log, PARTITIONS)
    while not sleeper.moment.startswith("UPDATE partitions SET epoch"):
        sleeper.step()
    sleeper.step()  # the row is locked now
    monkeypatch.setattr(ownership, "ASLEEP_SECONDS", 0)
    assert finished(url, log) == plain
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        sleeper.run()
