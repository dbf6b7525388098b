"""Law 11. `recover` from the log alone equals the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.agent import Agent
from agents.roster import ROSTERS
from agents.world import World
from projections.lines import FOLDS
from projections.tables import TABLES
from schemas.event import Event
from schemas.events.decisions import ContactAccepted
from schemas.record import Record
from schemas.topics import CONTACTS, DEAD_LETTERS
from streams import recovered
from streams.clock import ManualClock
from streams.deadletters import dead_letter
from streams.desk import Desk, open_desk
from streams.embedded.database import only_worker
from streams.embedded.recover import recover
from streams.embedded.worker import Worker
from streams.errors import Misconfigured, Refused, Unreadable
from streams.recovering import Refolding
from streams.redrive import redrive
from streams.testing import START
from streams.turn import Line
from tests.commands import Shell
from tests.desks import story
from tests.embedded import open_in, somewhere, take
from tests.full_life import full_life
from tests.histories import History, histories, play
from tests.stores import a_desk, by_hand, copied, everything

PEOPLE = ("ann", "ben", "cem", "dora")
CASE_STORE = ("lines", "parked", "timers", "claims", "contact_points", "seen", "positions")
SLOW = [HealthCheck.too_slow]
CONTACT = {"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"}


def store(desk: Desk) -> dict[str, list[Any]]:
    """Every row of the case store, states as their bytes."""
    return {
        name: sorted(desk.database.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        for name in CASE_STORE
    }


def lose(desk: Desk, *more: str) -> None:
    """Empty the case store, and some other tables."""
    for name in (*CASE_STORE, *more):
        desk.database.execute(f"DELETE FROM {name}")


def log(desk: Desk) -> str:
    """A digest of the log, but for the machine's time."""
    return everything(desk)["log"]


def comes_back(desk: Desk) -> dict[str, Any]:
    """Lose the case store, recover it, and see that it is what it was; returns the report."""
    before = store(desk)
    lose(desk)
    report = recover(desk.database)
    after = store(desk)
    for name in CASE_STORE:
        assert after[name] == before[name], name
    assert report["gaps"] == []
    assert all(one["same"] for one in recover(desk.database)["tables"].values())
    return report


# --- everything that can happen ------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store on which everything came that can come."""
    lines = play(full_life())
    folder = tmp_path_factory.mktemp("lived") / "store"
    with open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
    return folder


def test_a_full_life_comes_back(lived: Path, tmp_path: Path) -> None:
    with open_in(copied(lived, tmp_path / "copy")) as desk:
        for name in CASE_STORE:
            assert store(desk)[name], name
        report = comes_back(desk)
        assert report["left"] == {}
        assert report["records"] == len(store(desk)["seen"])


@settings(max_examples=10, suppress_health_check=SLOW)
@given(history=histories(PEOPLE, most=16))
def test_any_history_comes_back(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        comes_back(desk)


@settings(max_examples=8, suppress_health_check=SLOW)
@given(history=histories(PEOPLE, most=14), cut=st.floats(0, 1))
def test_a_desk_that_recovered_goes_on_as_if_nothing_had_been(history: History, cut: float) -> None:
    lines = play(history)
    middle = int(cut * len(lines.outside))
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        undisturbed = log(desk), store(desk)
    with somewhere() as folder:
        with open_in(folder, lines.models) as desk:
            take(desk, lines.outside[:middle])
            lose(desk)
            recover(desk.database)
        with open_in(folder, lines.models) as desk:
            take(desk, lines.outside[middle:])
            assert (log(desk), store(desk)) == undisturbed


@settings(max_examples=8, suppress_health_check=SLOW)
@given(history=histories(PEOPLE, most=14))
def test_what_the_log_alone_does_not_tell_is_taken_once_more_and_changes_nothing(
    history: History,
) -> None:
    """Nobody else knows how far the worker was: records that led to nothing are left to it."""
    lines = play(history)
    with somewhere() as folder:
        with open_in(folder, lines.models) as desk:
            take(desk, lines.outside)
            before = log(desk), store(desk)
            lose(desk, "read_positions", *(table.sql_name for table in TABLES))
            report = recover(desk.database)
            if not report["left"]:
                assert store(desk)["lines"] == before[1]["lines"]
        with open_in(folder, lines.models) as desk:
            assert isinstance(desk.clock, ManualClock)
            desk.clock.set(max(record.at for record in lines.outside))
            desk.run()
            assert (log(desk), store(desk)) == before


def test_the_demo_comes_back(tmp_path: Path) -> None:
    assert Shell(tmp_path)("demo", "--limit", "40").status == 0
    with open_desk(tmp_path) as desk:
        comes_back(desk)


# --- what a worker passes over, and what goes wrong ----------------------------------------------


def test_unreadable_records_and_repeats_are_passed_over_as_the_worker_did(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        by_hand(desk, "no headers", b"\xffno event", number="bad")
        by_hand(desk, "no headers either", b"\xffno event", number="worse")
        desk.run()
        first = next(e for e in desk.log.scan() if e.topic == CONTACTS.name)
        by_hand(desk, first.headers, first.value, number=first.id)
        by_hand(desk, "repeats", b"\xff", number="bad")
        redrive(desk, None)
        desk.produce({**CONTACT, "message": "And now?"})
        desk.run()
        comes_back(desk)


def _failing(kinds: tuple[type[Event], ...]) -> Iterable[Agent]:
    def broken(agent: Agent) -> Agent:
        def decide(record: Record, state: object, world: World) -> Iterable[Event]:
            if isinstance(record.event, kinds):
                raise RuntimeError("out of order")  # noqa: TRY004  # an agent that breaks
            return agent.decide(record, state, world)

        return replace(agent, decide=decide)

    return tuple(broken(agent) for agent in ROSTERS["customer"])


def test_a_turn_on_which_an_agent_failed_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_desk(tmp_path) as desk:
        with monkeypatch.context() as patch:
            patch.setitem(ROSTERS, "customer", _failing((ContactAccepted,)))
            desk.produce(CONTACT)
            desk.run()
        desk.produce({**CONTACT, "message": "And now?"})
        desk.run()
        comes_back(desk)


def test_a_record_that_no_fold_takes_is_passed_over_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when its dead letter is gone by then, and the parked ticket that it names stays."""
    fold = FOLDS["customer"].evolve

    def choosy(state: object, record: Record) -> object:
        if getattr(record.event, "text", None) == "poison":
            raise ValueError("no fold for this")
        return fold(state, record)

    with story(tmp_path) as told:
        told.write("Where is my parcel?")
        told.asks("close", ticket_id=told.ticket)
        with monkeypatch.context() as patch:
            patch.setitem(FOLDS, "customer", FOLDS["customer"]._replace(evolve=choosy))
            told.give({"type": "note", "ticket_id": told.ticket, "text": "poison", "by": "bo"})
            comes_back(told.desk)
        comes_back(told.desk)
        assert told.desk.letters()
        told.desk.database.execute(
            "UPDATE log SET headers = replace(headers, 'dl_origin', 'gone') WHERE topic = ?",
            (DEAD_LETTERS.name,),
        )
        monkeypatch.setitem(FOLDS, "customer", FOLDS["customer"]._replace(evolve=choosy))
        comes_back(told.desk)
        assert [row[0] for row in store(told.desk)["parked"]] == [told.ticket]


def test_what_was_put_aside_and_led_to_something_all_the_same_is_folded(tmp_path: Path) -> None:
    """Such is a record that ended the worker's process again and again."""
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        first = next(e for e in desk.log.scan() if e.topic == CONTACTS.name)
        with desk.database.transaction():
            error = Unreadable("it ended the process", "see the log")
            dead_letter(desk.log, first, error, handler="customer", at="2026-03-02T09:00:00Z")
        comes_back(desk)


def test_what_is_not_taken_yet_is_left_to_the_worker(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        desk.produce({**CONTACT, "message": "And now?"}, {**CONTACT, "customer_id": "ben"})
        report = comes_back(desk)
        assert sum(report["left"].values()) == 2
        assert desk.run() >= 2
        rows = desk.query("SELECT customer_id FROM v1_tickets ORDER BY customer_id")
        assert [row["customer_id"] for row in rows] == ["ann", "ben"]


def test_a_parked_ticket_that_came_back_and_went_again_comes_back(tmp_path: Path) -> None:
    with story(tmp_path) as told:
        told.write("Where is my parcel?")
        ticket = told.ticket
        told.asks("close", ticket_id=ticket)
        comes_back(told.desk)
        assert [row[0] for row in store(told.desk)["parked"]] == [ticket]
        told.asks("reopen", ticket_id=ticket)
        assert store(told.desk)["parked"] == []
        comes_back(told.desk)


def test_a_timer_that_ran_out_and_was_not_taken_yet_does_not_run_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(START)
    with a_desk(tmp_path, clock) as desk:
        desk.produce(CONTACT)
        desk.run()
        clock.advance(days=1)
        with only_worker(tmp_path):
            worker = Worker(desk.database, desk.worlds, clock)
            assert worker.waits()
            monkeypatch.setattr("streams.embedded.worker.MOST", 1)
            with worker.committing():
                worker.work()
        assert list(desk.log.scan())[-1].record().type == "TimerDue"
        comes_back(desk)


# --- refusals ------------------------------------------------------------------------------------


def test_nothing_is_recovered_beside_a_worker(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk, only_worker(tmp_path), pytest.raises(Refused, match="worker"):
        recover(desk.database)


def test_a_log_with_a_hole_is_refused(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        before = store(desk)
        desk.database.execute("DELETE FROM log WHERE topic = 'support.tickets.v1' AND offset = 0")
        with pytest.raises(Misconfigured, match="records are missing"):
            recover(desk.database)
        assert store(desk) == before


def test_what_was_said_and_cannot_be_read_is_named_itself(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        before = store(desk)
        desk.database.execute(
            "UPDATE log SET value = x'00' WHERE topic = 'support.tickets.v1' AND offset = 1"
        )
        with pytest.raises(Misconfigured, match=r"support\.tickets\.v1/\d+/1 was said in a turn"):
            recover(desk.database)
        assert store(desk) == before


def test_a_log_that_ends_before_the_store_does_is_refused(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        desk.database.execute("UPDATE positions SET position = position + 1")
        with pytest.raises(Misconfigured, match="this is another log"):
            recover(desk.database)


def test_a_log_that_lacks_what_followed_replaces_no_store_that_may_have_it(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        desk.database.execute(
            "UPDATE log SET headers = replace(headers, '\"ce_sourcetopic\"', '\"x\"') WHERE seq ="
            " (SELECT max(seq) FROM log WHERE topic = 'support.tickets.v1')"
        )
        before = store(desk)
        with pytest.raises(Refused, match="the log lacks"):
            recover(desk.database)
        assert store(desk) == before
        lose(desk)
        report = recover(desk.database)
        assert report["gaps"]
        assert report["tables"]["lines"]["rows"]


def test_a_store_whose_bytes_are_damaged_comes_back(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(CONTACT)
        desk.run()
        before = store(desk)
        desk.database.execute("UPDATE lines SET state = x'c1', numbered = x'00'")
        assert not recover(desk.database)["tables"]["lines"]["same"]
        assert store(desk) == before


# --- a recovery that does less is found out ------------------------------------------------------


def _drops_an_output(patch: pytest.MonkeyPatch) -> None:
    whole = Refolding._outputs  # noqa: SLF001  # what is broken here is inside
    patch.setattr(Refolding, "_outputs", lambda self, entry: whole(self, entry)[:-1])


def _parks_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recovered.RecoveredStore, "park", lambda *_: None)


def _numbers_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        Refolding, "_numbered", lambda _self, _entry, outputs, _line: (outputs, Line(len(outputs)))
    )


def _times_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Refolding, "_retime", lambda _self: None)


@pytest.mark.parametrize(
    "broken", [_drops_an_output, _parks_nothing, _numbers_anew, _times_nothing]
)
def test_this_law_notices(
    broken: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    lived: Path,
    tmp_path: Path,
) -> None:
    with open_in(copied(lived, tmp_path / "copy")) as desk:
        before = store(desk)
        lose(desk)
        broken(monkeypatch)
        recover(desk.database)
        assert store(desk) != before
