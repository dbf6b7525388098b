"""Playing the demo: the same every time, however often it is stopped; nothing new the second time.

A few dialogues stand for all; one play of a busy Monday shows that all 28 actions are taken.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.record import contact_id
from schemas.vocabulary import rfc3339
from streams import pact
from streams.clock import ManualClock
from streams.demo.play import META, Play
from streams.demo.script import AFTERWARDS, START, dialogues, steps_of
from streams.demo.summary import tables_digest
from streams.desk import Desk
from streams.errors import Refused
from streams.understanding import light
from streams.understanding.tier import Tier

ROOT = Path(__file__).resolve().parents[2]
FEW = 10
MONDAY = 130

STOPPED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from streams.clock import ManualClock
from streams.demo.play import Play
from streams.demo.script import START
from streams.desk import Desk
from streams.embedded.log import SqliteLog
from streams.understanding import light

data, few, append = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
count, plain = 0, SqliteLog.append

def counted(log, records):
    global count
    count += 1
    if count == append:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(log, records)

SqliteLog.append = counted
with Desk(data, ManualClock(START)) as desk:
    desk.models = light.load()
    Play(desk, few).go(speed=None, tell=lambda steps: None)
print("played to the end")
"""
"""Plays, and is killed as by kill -9 at a certain append to the log."""


def played(
    folder: Path, limit: int, told: list[int] | None = None, models: Tier | None = None
) -> str:
    """Plays into a folder; returns the tables' digest.

    Models that are given have fitted what is taught already, which takes longest of a short play.
    """
    with Desk(folder, ManualClock(START)) as desk:
        desk.models = models or light.load()
        play = Play(desk, limit)
        steps = play.steps
        seen: list[int] = []
        play.go(speed=None, tell=seen.append)
        assert sum(seen) == steps
        if told is not None:
            told += seen
        return tables_digest(desk)


def contacts_of(folder: Path) -> set[str]:
    with Desk(folder, ManualClock(START)) as desk:
        rows = desk.query("SELECT interaction_id FROM v1_interactions WHERE direction = 'in'")
    return {str(row["interaction_id"]) for row in rows}


@pytest.fixture(scope="module")
def fitted() -> Tier:
    """The models of all plays that need not fit them anew."""
    return light.load()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a play that nobody disturbed, and its digest."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, played(folder, FEW)


def test_two_plays_give_the_same_digest(whole: tuple[Path, str], tmp_path: Path) -> None:
    assert played(tmp_path, FEW) == whole[1]


@pytest.mark.parametrize("append", [40, 470])
def test_a_play_that_was_killed_goes_on_to_the_same_digest(
    whole: tuple[Path, str], fitted: Tier, tmp_path: Path, append: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", STOPPED, str(ROOT), str(tmp_path), str(FEW), str(append)],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed
    assert played(tmp_path, FEW, models=fitted) == whole[1]


def test_a_second_play_adds_nothing(whole: tuple[Path, str]) -> None:
    folder, digest = whole
    with Desk(folder, ManualClock(START)) as desk:
        before = desk.log.last_seq()
        play = Play(desk, FEW)
        assert play.steps == 0
        play.go(speed=None, tell=lambda _: None)
        assert desk.log.last_seq() == before
        assert tables_digest(desk) == digest


def test_a_longer_play_over_a_shorter_one_adds_what_is_missing(
    fitted: Tier, tmp_path: Path
) -> None:
    played(tmp_path, 4, models=fitted)
    told: list[int] = []
    played(tmp_path, 9, told, fitted)
    expected = {
        contact_id(step.document["channel"], step.document["provider_id"])
        for one in dialogues()[:9]
        for step in steps_of(one)
        if step.when is None and "provider_id" in step.document
    }
    assert expected <= contacts_of(tmp_path)
    assert sum(told) == sum(len(one.steps) for one in dialogues()[4:9])


def test_a_store_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    with Desk(tmp_path, ManualClock(START)) as desk:
        desk.produce({"channel": "email", "handle": "ann@example.org", "message": "Hello"})
        with pytest.raises(Refused, match="something else"):
            Play(desk, FEW)


def test_a_shorter_play_that_was_used_since_is_not_gone_on_with(
    fitted: Tier, tmp_path: Path
) -> None:
    played(tmp_path, 2, models=fitted)
    later = ManualClock("2026-06-01T08:00:00Z")
    with Desk(tmp_path, later) as desk:
        desk.models = fitted
        desk.produce({"channel": "email", "handle": "ann@example.org", "message": "Hello"})
        desk.run()
    with Desk(tmp_path, ManualClock(START)) as desk:
        Play(desk, 2).go(speed=None, tell=lambda _: None)
        with pytest.raises(Refused, match="used since"):
            Play(desk, 3)


def test_a_store_made_by_another_command_plays_the_same(
    whole: tuple[Path, str], fitted: Tier, tmp_path: Path
) -> None:
    with Desk(tmp_path, ManualClock(START), secret="another") as desk:  # noqa: S106  # no secret
        assert desk.database.meta(META) is None
    assert played(tmp_path, FEW, models=fitted) == whole[1]


def test_a_busy_day_takes_all_28_actions_and_reads_like_a_days_work(
    fitted: Tier, tmp_path: Path
) -> None:
    """By the end of the week, so that follow-ups come due."""
    played(tmp_path, MONDAY, models=fitted)
    with Desk(tmp_path, ManualClock(START)) as desk:
        desk.models = fitted
        with desk.shift() as shift:
            shift.run_to(rfc3339(START + AFTERWARDS))
        taken = {row["action"] for row in desk.query("SELECT DISTINCT action FROM v1_decisions")}
        assert set(pact.ACTIONS) <= taken
        assert len(pact.ACTIONS) == 28
        letters = desk.query("SELECT * FROM v1_dead_letters")
        assert letters == []
        (sums,) = desk.query(
            "SELECT (SELECT count(*) FROM v1_tickets) AS tickets,"
            " (SELECT count(*) FROM v1_tickets WHERE resolved_at IS NOT NULL) AS resolved,"
            " (SELECT count(*) FROM v1_tickets WHERE escalated_at IS NOT NULL) AS escalated,"
            " (SELECT count(*) FROM v1_tickets WHERE origin = 'signal') AS proactive,"
            " (SELECT count(*) FROM v1_tickets WHERE vip_status) AS vips,"
            " (SELECT count(*) FROM v1_interactions WHERE kind = 'answer') AS answers,"
            " (SELECT count(*) FROM v1_interactions WHERE kind = 'agent_reply') AS replies"
        )
        assert sums["resolved"] > 0.6 * sums["tickets"]
        assert 0 < sums["escalated"] < 0.5 * sums["tickets"]
        assert sums["proactive"] > 0
        assert sums["vips"] > 0
        assert sums["answers"] > 0
        assert sums["replies"] > 0
        by = {
            str(row["agent_id"])
            for row in desk.query(
                "SELECT DISTINCT agent_id FROM v1_interactions WHERE kind = 'agent_reply'"
            )
        }
        team = desk.query("SELECT specialist_id FROM v1_specialists")
        assert by <= {str(row["specialist_id"]) for row in team}
