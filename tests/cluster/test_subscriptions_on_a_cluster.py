"""Outbound webhooks on a cluster: one process sends at a time, and another follows it."""

from __future__ import annotations

import pytest

from streams.clock import WallClock
from streams.cluster import migrating
from streams.cluster.desk import ClusterDesk
from streams.cluster.migrations.versions import v0004_subscriptions
from streams.cluster.postgres import connect
from streams.cluster.reading import Reader
from streams.settings import Settings
from streams.subscriptions import kept
from streams.subscriptions.kept import Wish
from streams.subscriptions.subscribing import replayed, shown, subscribed
from tests.gateways import CONTACT
from tests.olderdatabase import as_version_4_left_it
from tests.real import until
from tests.real.cast import Cast
from tests.receivers import Receiver, answers, receiver

SECONDS = 120


def test_a_database_without_the_table_gets_it_by_migrating(database: str) -> None:
    migrating.migrate(database)
    one = connect(database)
    as_version_4_left_it(one)
    one.execute("DROP TABLE subscriptions")
    before = v0004_subscriptions.down_revision
    one.execute(f"UPDATE {migrating.VERSION_TABLE} SET version_num = '{before}'")
    migrating.migrate(database)
    assert one.execute("SELECT count(*) FROM subscriptions").fetchone() == (0,)
    assert migrating.version_of(one) == migrating.VERSION
    one.close()


def write(desk: ClusterDesk, count: int) -> None:
    """Ann writes, so often; returns when the workers have taken it all, and it is in the log."""
    position = desk.position()
    for number in range(count):
        desk.produce({**CONTACT, "provider_id": f"{position[-20:]}-{number}"})
    until(lambda: desk.progress.worked_off(desk.position()), SECONDS, "all is worked off")


def quiet(desk: ClusterDesk, reader: Reader) -> bool:
    """Whether all is worked off, every reply has its outcome, and nothing more will follow."""
    before = in_the_log(reader)
    types = [entry.record().type for step in reader.steps() for entry in step]
    state = desk.status()
    answered = types.count("ReplyRequested") == types.count("ReplyAccepted") > 0
    waits = state["waiting"] or state["unpublished"]
    return answered and not waits and in_the_log(reader) == before


def in_the_log(reader: Reader) -> dict[tuple[str, int], list[str]]:
    """The ids of what lies in each partition, each once: a killed process may have sent twice."""
    found: dict[tuple[str, int], list[str]] = {}
    for step in reader.steps():
        for entry in step:
            ids = found.setdefault((entry.topic, entry.partition), [])
            if entry.id not in ids:
                ids.append(entry.id)
    return found


def as_sent(there: Receiver, start: int = 0) -> dict[tuple[str, int], list[str]]:
    """The ids of what came, by where it lies, each once."""
    found: dict[tuple[str, int], list[str]] = {}
    for one in there.got[start:]:
        data = one.event["data"]
        ids = found.setdefault((data["topic"], data["partition"]), [])
        if one.id not in ids:
            ids.append(one.id)
    return found


def same_from_one_place(there: Receiver) -> bool:
    """Whether what came again from one place of the log was the same, byte for byte."""
    places: dict[tuple[str, int, int], bytes] = {}
    for one in there.got:
        data = one.event["data"]
        place = (data["topic"], data["partition"], data["offset"])
        if places.setdefault(place, one.body) != one.body:
            return False
    return True


@pytest.mark.broker
def test_two_processes_send_each_record_once(settings: Settings, cast: Cast) -> None:
    cast.add("agents", "up", "--roles", "agents")
    desks = ClusterDesk(settings, WallClock())
    with receiver() as there, desks as desk, Reader(settings) as log:
        mine = subscribed(desk, settings, Wish(there.url), "beginning")
        cast.add("one", "up", "--roles", "effects")
        cast.add("other", "up", "--roles", "effects")
        write(desk, 5)
        until(lambda: quiet(desk, log), SECONDS, "nothing more follows")
        until(lambda: as_sent(there) == in_the_log(log), SECONDS, "all is sent")
        assert there.repeats() == {}
        assert all(one.verified(mine.secret) for one in there.got)
        until(lambda: shown(desk, mine.id)["lag"] == 0, SECONDS, "nothing is left")
        first, seen = {one.id: one.body for one in there.got}, len(there.got)
        replayed(desk, mine.id, "beginning")
        until(lambda: as_sent(there, seen) == in_the_log(log), SECONDS, "all is sent again")
        assert {one.id: one.body for one in there.got[seen:]} == first
        cast.leave("one")
        write(desk, 2)
        until(lambda: quiet(desk, log), SECONDS, "nothing more follows")
        until(lambda: as_sent(there) == in_the_log(log), SECONDS, "the other one sends")
        cast.leave("other")
        assert len(there.got) == seen + sum(map(len, in_the_log(log).values())), "each once"
        assert kept.one(desk.database, mine.id).owner is None


@pytest.mark.broker
def test_when_one_is_killed_another_goes_on_and_nothing_is_lost(
    settings: Settings, cast: Cast
) -> None:
    cast.add("agents", "up", "--roles", "agents")
    desks = ClusterDesk(settings, WallClock())
    with receiver(answers(500)) as there, desks as desk, Reader(settings) as log:
        mine = subscribed(desk, settings, Wish(there.url), "beginning")
        for name in ("one", "other"):
            cast.add(name, "up", "--roles", "effects")
        for name in ("one", "other", "one"):
            epoch = kept.one(desk.database, mine.id).epoch
            seen = len(there.got)
            write(desk, 3)
            there.has(seen + 3)
            cast.kill(name)
            cast.at_work(name)
            assert kept.one(desk.database, mine.id).epoch >= epoch
        until(lambda: as_sent(there) == in_the_log(log), SECONDS, "all is sent")
        assert same_from_one_place(there)
        assert kept.one(desk.database, mine.id).epoch > 1, "somebody took over"
