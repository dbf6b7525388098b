"""Roles: one worker at a time, effects and projections beside it, timers that do not starve."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.events.contacts import TimerDue
from schemas.topics import INBOXES
from streams.clock import WallClock
from streams.desk import Desk
from streams.embedded.rebuild import verify
from streams.embedded.running import run_roles
from streams.embedded.shift import Shift
from streams.errors import Misconfigured, Refused
from streams.roles import require_known
from tests.commands import Shell, ndjson, started
from tests.stores import a_desk

CONTACT = {"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"}


class TurnedClock(WallClock):
    """The machine's clock, turned forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The machine's time and as much as it was turned."""
        return datetime.now(UTC) + self.ahead


def contacts(count: int) -> list[dict[str, object]]:
    return [{**CONTACT, "provider_id": str(number)} for number in range(count)]


def nothing() -> None:
    """Nobody waits to be told that the roles are at work."""


def test_due_timers_fire_before_what_waits_by_the_walls_clock(tmp_path: Path) -> None:
    clock = TurnedClock()
    with a_desk(tmp_path, clock) as desk:
        desk.produce(CONTACT)
        desk.run()
        clock.ahead = timedelta(days=30)
        desk.produce(contacts(20))
        before = desk.log.last_seq()
        shift = Shift(desk)
        shift.rest()
        for _ in range(3):
            shift.step()
        fired = [e for e in desk.log.scan(before) if isinstance(e.record().event, TimerDue)]
    assert fired


def test_the_tables_follow_turns_that_say_nothing(tmp_path: Path) -> None:
    labels = [{"type": "tone", "text": f"fine {n}", "score": 0.9} for n in range(6)]
    with a_desk(tmp_path, WallClock()) as worker, a_desk(tmp_path, WallClock()) as producer:
        shift = Shift(worker)
        shift.run()
        producer.produce(labels)
        while shift.step() or shift.rest():
            pass
        lags = [row["lag"] for row in worker.query("SELECT lag FROM v1_positions")]
    assert lags
    assert set(lags) == {0}


@pytest.mark.parametrize(
    ("roles", "domain", "told"),
    [({"agents", "cooks"}, None, "there is no role cooks"), ({"agents"}, "desk", "one worker")],
)
def test_a_role_or_domain_that_there_is_not_is_a_matter_of_configuration(
    roles: set[str], domain: str | None, told: str, tmp_path: Path
) -> None:
    with a_desk(tmp_path, WallClock()) as desk, pytest.raises(Misconfigured, match=told):
        run_roles(desk, frozenset(roles), domain, threading.Event(), recorded=False, ready=nothing)


def test_whoever_misspells_a_role_is_told_all_that_there_are() -> None:
    with pytest.raises(Misconfigured) as told:
        require_known(frozenset({"gatway"}))
    assert told.value.remedy == "use some of agents, effects, gateway, projections"


def test_a_second_worker_is_refused_while_readers_and_producers_work(tmp_path: Path) -> None:
    with a_desk(tmp_path) as first, a_desk(tmp_path) as second, first.shift():
        with pytest.raises(Refused, match="another worker"):
            second.run()
        assert len(second.produce(CONTACT)) == 1
        assert second.query("SELECT * FROM v1_tickets") == []
    with a_desk(tmp_path) as third:
        assert third.run() > 0


def work(folder: Path, roles: set[str], done: Callable[[Desk], bool]) -> threading.Thread:
    """Roles at work in a thread of their own, until something is done."""
    ready = threading.Event()

    class Until(threading.Event):
        def __init__(self, desk: Desk) -> None:
            super().__init__()
            self._desk = desk

        def is_set(self) -> bool:
            return done(self._desk)

    def roles_at_work() -> None:
        with a_desk(folder, WallClock()) as desk:
            stop = Until(desk)
            run_roles(desk, frozenset(roles), None, stop, recorded=False, ready=ready.set)

    thread = threading.Thread(target=roles_at_work, daemon=True)
    thread.start()
    assert ready.wait(60)
    return thread


def test_roles_split_over_two_workers_do_what_one_does(tmp_path: Path) -> None:
    def delivered(desk: Desk) -> bool:
        states = [row["state"] for row in desk.query("SELECT state FROM v1_deliveries")]
        lags = desk.query("SELECT lag FROM v1_positions WHERE lag > 0")
        waits = desk.database.execute(
            "SELECT count(*) FROM ends LEFT JOIN positions USING (topic, partition)"
            " WHERE end_offset > coalesce(position, 0)"
            " AND topic IN ('support.contacts.v1', 'support.desk.v1')"
        ).fetchone()[0]
        return states.count("sent") >= 3 and set(states) == {"sent"} and not lags and not waits

    with a_desk(tmp_path, WallClock()) as desk:
        desk.produce([{**one, "customer_id": f"c{n}"} for n, one in enumerate(contacts(3))])
    agents = work(tmp_path, {"agents"}, delivered)
    others = work(tmp_path, {"projections", "effects"}, delivered)
    for thread in (agents, others):
        thread.join(120)
        assert not thread.is_alive()
    with a_desk(tmp_path, WallClock()) as desk:
        assert {row["state"] for row in desk.query("SELECT state FROM v1_deliveries")} == {"sent"}
        assert verify(desk.database)["clean"]


def test_up_drains_on_sigterm_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shell = Shell(data)
    assert shell("produce", stdin=ndjson(*contacts(30))).status == 0
    process = started("up", "--port", "0", "--json", data=data)
    try:
        assert process.stderr is not None
        assert b"pactdesk is up" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert b'"turns"' in out
    assert shell("verify").status == 0
    behind = "SELECT topic FROM v1_positions WHERE lag > 0"  # inboxes may wait, nothing else
    lags = {row["topic"] for row in shell("query", behind, "--json").json}
    assert lags <= {topic.name for topic in INBOXES}
    assert shell("run").status == 0
    assert (
        len(shell("query", "SELECT * FROM v1_interactions WHERE direction = 'in'", "--json").json)
        == 30
    )


def test_up_by_the_recorded_clock_gives_turns_the_records_own_time(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shell = Shell(data)
    line = {**CONTACT, "at": "2026-03-02T09:00:00Z"}
    assert shell("produce", stdin=ndjson(line)).status == 0
    process = started("up", "--port", "0", "--clock", "recorded", data=data)
    follower = started("events", "--follow", "--type", "ReplyAccepted", data=data)
    try:
        assert follower.stdout is not None
        assert b"ReplyAccepted" in follower.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
        follower.kill()
        follower.communicate()
    assert process.returncode == 0, err
    (row,) = shell("tickets", "--json").json
    assert row["created_at"] == "2026-03-02T09:00:00.000Z"
