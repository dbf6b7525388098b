"""Turns that waited for the shadow when its process was killed are made up for from the log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from threading import Event
from typing import Any, NoReturn

import pytest

from streams.clock import ManualClock
from streams.desk import Desk
from streams.embedded import running, shadow
from streams.folding import Step
from streams.shadowing import kept, making_up
from streams.shadowing import running as shadow_running
from streams.shadowing.making_up import Stopped
from streams.shadowing.report import report
from tests.desks import MONDAY, story
from tests.real import until
from tests.shadow_killing import begin, live

ROLES = frozenset({"agents", "projections", "effects"})

Rows = list[tuple[Any, ...]]


def rows(desk: Desk) -> Rows:
    """What is kept of every inbox record, by its place."""
    return desk.database.execute(
        'SELECT topic, partition, "offset", turn FROM shadowed ORDER BY 1, 2, 3'
    ).fetchall()


def lacking(desk: Desk) -> int:
    """How many records were taken beside the shadow and are not judged."""
    one = kept.latest(desk.database)
    assert one is not None
    return sum(map(len, kept.lacking(desk.database, one, desk.taken()).values()))


def missed(desk: Desk) -> int:
    """How many turns the report says were left out."""
    one = kept.latest(desk.database)
    assert one is not None
    return int(report(desk.database, one, desk.policy())["missed"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What a shadow that nobody disturbs makes of the same life."""
    with story(tmp_path_factory.mktemp("undisturbed")) as told:
        begin(told)
        live(told)
        return rows(told.desk)


def forgetful(after: int) -> Callable[..., None]:
    """Keeps some batches and then nothing: as much is in the store after a kill."""
    plain, batches = kept.keep, 0

    def keep(*given: Any) -> None:
        nonlocal batches
        batches += 1
        if batches <= after:
            plain(*given)

    return keep


def left_behind(folder: Path, after: int) -> None:
    """A desk lives, and its shadow keeps some batches of one turn."""
    with pytest.MonkeyPatch.context() as patch, story(folder) as told:
        patch.setattr(shadow_running, "AT_ONCE", 1)
        patch.setattr(shadow_running, "keep", forgetful(after))
        patch.setattr(shadow_running, "make_up", lambda *_: None)
        begin(told)
        live(told)


def again(folder: Path) -> Desk:
    """The same desk after a restart."""
    return Desk(folder, ManualClock(MONDAY))


def test_a_shadow_that_was_killed_goes_on_where_it_stopped(
    tmp_path: Path, undisturbed: Rows
) -> None:
    program = [sys.executable, "-m", "tests.shadow_killing", str(tmp_path), "3"]
    ended = subprocess.run(program, env={**os.environ}, check=False, timeout=120)
    assert ended.returncode == -SIGKILL
    with again(tmp_path) as desk:
        before = {*rows(desk)}
        assert len(before) == 3
        assert lacking(desk) > 0
        desk.run()
        assert lacking(desk) == 0
        assert before < {*rows(desk)} <= {*undisturbed}


@pytest.mark.parametrize("after", [0, 5])
def test_what_waited_is_judged_after_a_restart_as_it_would_have_been(
    tmp_path: Path, undisturbed: Rows, after: int
) -> None:
    left_behind(tmp_path, after)
    with again(tmp_path) as desk:
        assert len(rows(desk)) == after
        assert lacking(desk) == len(undisturbed) - after
        desk.run()
        assert rows(desk) == undisturbed
        assert (lacking(desk), missed(desk)) == (0, 0)


def test_what_is_made_up_for_is_there_once_however_often_that_is_broken_off(
    tmp_path: Path, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path, 1)
    monkeypatch.setattr(making_up, "AT_ONCE", 1)
    plain, found = kept.keep, []

    def keep_one(*given: Any) -> None:
        plain(*given)
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(making_up, "keep", keep_one)
        for _ in range(2):
            with again(tmp_path) as desk:
                desk.run()
                found.append(len(rows(desk)))
    assert found == [2, 3]
    with again(tmp_path) as desk:
        desk.run()
        assert rows(desk) == undisturbed


def test_where_nothing_is_lacking_the_log_is_not_read(
    tmp_path: Path, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    with story(tmp_path) as told:
        begin(told)
        live(told)
    monkeypatch.setattr(making_up, "Rereading", lambda *_: pytest.fail("nothing is lacking"))
    with again(tmp_path) as desk:
        desk.run()
        assert rows(desk) == undisturbed


def test_what_was_left_out_is_made_up_for_after_a_restart(
    tmp_path: Path, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, story(tmp_path) as told:
        patch.setattr("streams.shadowing.beside.MOST", 0)
        patch.setattr("streams.shadowing.beside.PATIENCE_SECONDS", 0.0)
        patch.setattr(shadow_running.Shadowing, "_look_back", lambda *_: False)
        begin(told)
        live(told)
        assert missed(told.desk) == len(undisturbed)
        assert rows(told.desk) == []
    with again(tmp_path) as desk:
        desk.run()
        assert rows(desk) == undisturbed
        assert missed(desk) == 0


def test_a_desk_that_is_up_makes_up_for_it_beside_its_work(
    tmp_path: Path, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path, 2)
    monkeypatch.setattr(shadow_running, "LOOK_SECONDS", 0.01)
    stop = Event()
    with again(tmp_path) as desk, again(tmp_path) as beside:

        def judged() -> None:
            until(lambda: lacking(beside) == 0, 60, "it is made up for")
            stop.set()

        running.run_roles(desk, ROLES, None, stop, recorded=True, ready=judged)
        assert rows(desk) == undisturbed


def test_a_desk_that_is_to_stop_does_not_wait_until_the_log_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path, 2)
    stop = Event()

    def read_for_ever(_database: object, _worlds: object, step: Step) -> NoReturn:
        def told() -> bool:
            try:
                step(1)
            except Stopped:
                return True
            return False

        stop.set()
        until(told, 60, "it is told to stop")
        raise Stopped

    monkeypatch.setattr(shadow, "history", read_for_ever)
    monkeypatch.setattr(shadow_running, "LOOK_SECONDS", 0.01)
    with again(tmp_path) as desk:
        running.run_roles(desk, ROLES, None, stop, recorded=True, ready=lambda: None)
        assert stop.is_set()
        assert len(rows(desk)) == 2


def test_a_shadow_that_ended_is_made_up_for_no_more(tmp_path: Path) -> None:
    left_behind(tmp_path, 1)
    with again(tmp_path) as desk:
        one = kept.required(desk.database)
        kept.end(desk.database, one, "stopped", desk.clock.now())
        desk.run()
        assert len(rows(desk)) == 1
