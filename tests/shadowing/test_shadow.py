"""A shadow: a candidate beside the live agents, that never troubles them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.policy import Policy, default_policy
from agents.policy_toml import to_toml
from agents.world import ArticleHit, ArticleText
from schemas.events.control import ModelActivated, PolicyActivated
from schemas.events.decisions import MessageUnderstood
from schemas.topics import CONTACTS
from streams.clock import WallClock
from streams.embedded import running
from streams.errors import Refused
from streams.people import activate_policy
from streams.settings import TierName
from streams.shadowing import beside, judging, kept
from streams.shadowing import running as shadow_running
from streams.shadowing.beside import Beside, Seen
from streams.shadowing.promoting import promote
from streams.shadowing.report import report
from streams.testing import START, FakeModels, understood
from streams.whatif.backtest import Span
from streams.whatif.candidate import Candidate, tried
from streams.whatif.history import history_of
from tests.desks import Story, story
from tests.real import until
from tests.stores import everything, opened

SURE = FakeModels(
    understanding=understood(solutions=[ArticleHit("a1", 0.7)]),
    articles={"a1": ArticleText("a1", "Charged twice", "We give the second payment back.")},
)
ROLES = frozenset({"agents", "projections", "effects"})


def eager() -> Policy:
    """A policy that answers by itself sooner than the shipped one."""
    document = default_policy().model_dump(mode="json")
    document["thresholds"]["auto_answer"] = 0.6
    return Policy.model_validate(document)


def begin(told: Story, policy: Policy | None = None, tier: TierName | None = None) -> kept.Shadow:
    """A candidate runs beside the live agents from now on."""
    desk = told.desk
    return kept.start(desk.database, Candidate(policy, tier), "bo", desk.clock.now(), desk.taken)


def of(told: Story) -> dict[str, Any]:
    """What the shadow came to so far."""
    shadow = kept.latest(told.desk.database)
    assert shadow is not None
    return report(told.desk.database, shadow, told.desk.policy())


def rows(told: Story) -> int:
    """Of how many turns something is kept."""
    (count,) = told.desk.database.execute(
        "SELECT count(*) FROM shadowed WHERE turn <> ''"
    ).fetchone()
    return int(count)


def lacking(told: Story) -> set[tuple[str, int, int]]:
    """What was taken since the shadow began, and is not judged."""
    shadow = kept.latest(told.desk.database)
    assert shadow is not None
    left = kept.lacking(told.desk.database, shadow, told.desk.taken())
    return {(*place, offset) for place, offsets in left.items() for offset in offsets}


# --- what it says --------------------------------------------------------------------------------


def test_a_shadow_says_of_live_turns_what_a_backtest_says_of_recorded_ones(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        begin(told, eager())
        told.write("I was charged twice")
        told.later(hours=1)
        told.asks("reply", ticket_id=told.ticket, text="We look into it.")
        told.later(hours=30)
        live = of(told)
        with history_of(told.desk) as history:
            afterwards = tried(history, Candidate(eager()), Span())
    assert live["errors"] == {}
    assert live["automatic_answers"] == {"recorded": 0, "again": 1}
    assert {name: live[name] for name in afterwards} == afterwards


def test_the_live_policy_as_its_own_shadow_agrees_in_everything(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        begin(told, default_policy())
        told.write("I was charged twice")
        found = of(told)
        assert found["identical"] == found["outputs"] > 0
        assert {*found["agreement"].values()} == {1.0}
        assert found["contacts"] == 1


def test_other_models_read_every_message_anew(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        begin(told, tier="light")
        told.write("I was charged twice")
        found = of(told)
        assert found["errors"] == {}
        assert found["models"] == "light"
        assert found["by_action"]["channel.receive_message"]["changed"] == 1


def test_a_message_that_was_held_live_is_read_by_a_shadow_that_lets_it_in(tmp_path: Path) -> None:
    document = default_policy().model_dump(mode="json")
    document["limits"]["flood_per_minute"] = 1
    with story(tmp_path, FakeModels()) as told:
        activate_policy(told.desk, to_toml(Policy.model_validate(document)), "bo")
        told.later(minutes=1)
        begin(told, default_policy())
        told.write("Where is my parcel?")
        told.write("Hello?")
        found = of(told)
        assert found["errors"] == {}
        assert found["by_action"]["channel.receive_message"]["added"] == 1


# --- it troubles nobody --------------------------------------------------------------------------


def lived(folder: Path, *, shadowed: bool) -> dict[str, str]:
    """All that a store holds after a small life, but for what the shadow keeps."""
    with story(folder, SURE) as told:
        if shadowed:
            begin(told, eager())
        told.write("I was charged twice")
        told.later(hours=100)
        found = everything(told.desk)
    return {name: one for name, one in found.items() if not name.startswith("shadow")}


def test_the_live_desk_is_the_same_with_a_shadow_and_without(tmp_path: Path) -> None:
    assert lived(tmp_path / "a", shadowed=True) == lived(tmp_path / "b", shadowed=False)


def test_without_a_shadow_nothing_is_kept_and_no_thread_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Beside, "saw", lambda *_: pytest.fail("nobody watches"))
    monkeypatch.setattr(shadow_running.Shadowing, "start", lambda *_: pytest.fail("no shadow runs"))
    with story(tmp_path, SURE) as told:
        told.write("I was charged twice")
        assert told.tickets
        assert rows(told) == 0


def test_what_fails_in_the_shadow_is_counted_and_named_and_the_live_turn_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("a candidate's own")

    monkeypatch.setattr(judging, "decided", fails)
    with story(tmp_path, SURE) as told:
        begin(told, eager())
        told.write("I was charged twice")
        assert told.tickets
        found = of(told)
        assert found["errors"] == {"ZeroDivisionError: a candidate's own": found["turns"]}
        assert (found["outputs"], found["differences"]) == (0, 0)


def test_a_shadow_that_cannot_write_begins_again_and_the_live_desk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, failed = kept.keep, threading.Event()

    def keep_at_last(*given: Any) -> None:
        if not failed.is_set():
            failed.set()
            raise OSError("no room")
        plain(*given)

    monkeypatch.setattr(shadow_running, "keep", keep_at_last)
    with story(tmp_path, SURE) as told:
        begin(told, eager())
        told.write("I was charged twice")
        assert failed.is_set()
        told.write("Hello?")
        assert len(told.desk.query("SELECT * FROM v1_interactions WHERE direction = 'in'")) == 2
        found = of(told)
        assert (found["contacts"], found["missed"]) == (2, 0), "it is made up for"
        assert lacking(told) == set()


def seen(number: int) -> Seen:
    """A turn of which only its place counts."""
    nothing: Any = None
    return Seen("customer", (CONTACTS.name, 0, number), nothing, nothing, nothing, [])


def taken(between: Beside, numbers: Sequence[int]) -> None:
    """A worker keeps some turns."""
    for number in numbers:
        between.saw(seen(number))
    between.kept()


def test_a_worker_that_somebody_waits_for_leaves_out_what_the_shadow_cannot_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "MOST", 3)
    between = Beside(patient=False)
    taken(between, range(5))
    assert between.take_missed() == 2
    assert [one.place[2] for one in between.next(10, 0.0)] == [0, 1, 2]
    assert between.take_missed() == 0


def test_a_worker_for_which_nobody_waits_lets_the_shadow_catch_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "MOST", 1)
    between = Beside(patient=True)
    between.watching = True
    found: list[int] = []

    def shadow() -> None:
        while len(found) < 3:
            found.extend(one.place[2] for one in between.next(1, 5.0))

    thread = threading.Thread(target=shadow)
    thread.start()
    for number in range(3):
        taken(between, [number])
    thread.join()
    assert (found, between.take_missed()) == ([0, 1, 2], 0)


def test_what_was_decided_and_not_kept_is_not_shown() -> None:
    between = Beside(patient=False)
    between.saw(seen(1))
    between.dropped()
    taken(between, [2])
    assert [one.place[2] for one in between.next(10, 0.0)] == [2]


# --- its life ------------------------------------------------------------------------------------


def test_a_shadow_goes_on_after_a_restart_and_a_turn_is_kept_once(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        begin(told, eager())
        told.write("I was charged twice")
        first = rows(told)
        assert first == of(told)["turns"]
    with opened(tmp_path, WallClock(), SURE) as desk:
        again = Story(desk)
        again.write("And again!")
        found = of(again)
        assert found["contacts"] == 2
        assert found["turns"] == rows(again) > first


def test_a_shadow_that_is_started_while_the_desk_is_up_sees_what_comes_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_running, "LOOK_SECONDS", 0.01)
    stop, ready = threading.Event(), threading.Event()

    def up() -> None:
        with opened(tmp_path, WallClock(), SURE) as desk:
            running.run_roles(desk, ROLES, None, stop, recorded=False, ready=ready.set)

    thread = threading.Thread(target=up)
    thread.start()
    assert ready.wait(60)
    with opened(tmp_path, WallClock(), SURE) as desk:
        told = Story(desk)
        begin(told, eager())

        def judged() -> bool:
            desk.produce({"channel": "email", "handle": "ann@example.org", "message": "Hello?"})
            return rows(told) > 0

        until(judged, 60, "the shadow sees a turn")
        stop.set()
        thread.join()
        assert of(told)["errors"] == {}


def test_promoting_a_policy_is_an_event_and_ends_the_shadow(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        begin(told, eager())
        told.write("I was charged twice")
        promote(told.desk, "cy")
        (event,) = told.events(PolicyActivated)
        assert (event.version, event.by) == (eager().version, "cy")
        found = of(told)
        assert found["ended_how"] == "promoted"
        told.later(minutes=1)
        told.write("I was charged twice", customer_id="ben")
        assert told.desk.policy().version == eager().version
        assert of(told)["turns"] == found["turns"]
        with pytest.raises(Refused, match="no shadow runs"):
            promote(told.desk, "cy")


def test_promoting_models_is_an_event_from_which_on_they_read(tmp_path: Path) -> None:
    with story(tmp_path) as told:
        told.write("I was charged twice")
        begin(told, tier="light")
        promote(told.desk, "cy")
        (event,) = told.events(ModelActivated)
        assert (event.name, event.by) == ("light", "cy")
        told.later(minutes=1)
        told.write("I was charged twice", customer_id="ben")
        before, after = told.events(MessageUnderstood)
        assert before.meaning is not None
        assert after.meaning is None
        for name, version in after.model_versions.items():
            assert name == "index" or f"{name} {version}" in event.version
        with history_of(told.desk) as history:
            assert tried(history, Candidate(default_policy()), Span())["differences"] == 0


def test_one_shadow_runs_at_a_time_and_a_new_one_begins_with_nothing(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        first = begin(told, eager())
        told.write("I was charged twice")
        with pytest.raises(Refused, match="runs already"):
            begin(told, eager())
        kept.end(told.desk.database, first, "stopped", START)
        assert of(told)["ended_how"] == "stopped"
        told.later(minutes=1)
        begin(told, eager())
        assert (rows(told), of(told)["turns"]) == (0, 0)
