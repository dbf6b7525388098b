"""`run --now`: whose turn it is, what its clock says, and when timers run out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.policy import default_policy
from agents.policy_toml import parse, to_toml
from agents.world import World
from schemas.events.contacts import ContactReceived, TimerDue
from schemas.events.decisions import MessageUnderstood
from schemas.record import Record, partition_of
from streams import people
from streams.clock import ManualClock, RecordedClock
from streams.desk import Desk
from streams.embedded.shift import Shift
from streams.errors import Refused
from streams.testing import START
from streams.turn import turn
from tests.stores import a_desk, copied, everything

NINE = START


def at(minutes: float) -> str:
    return (NINE + timedelta(minutes=minutes)).isoformat()


def contact(person: str, minutes: float, text: str = "Where is my parcel?") -> dict[str, Any]:
    return {
        "channel": "email",
        "customer_id": person,
        "message": text,
        "provider_id": f"{person} {minutes} {text}",
        "at": at(minutes),
    }


def people_on_different_lines(count: int) -> list[str]:
    """Customers, each on a partition of its own, in the order of the partitions."""
    found: dict[int, str] = {}
    for number in range(1000):
        found.setdefault(partition_of(f"c{number}"), f"c{number}")
    return [found[partition] for partition in sorted(found)][:count]


FIRST, SECOND, THIRD = people_on_different_lines(3)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Record, datetime]]:
    """Every customer's turn that workers take from now on: its record and its clock."""
    taken: list[tuple[Record, datetime]] = []

    def watched(
        state: Any, record: Record, world: World, roster: Sequence[Any], evolve: Callable[..., Any]
    ) -> Any:
        taken.append((record, world.now))
        return turn(state, record, world, roster, evolve)

    monkeypatch.setattr("streams.deciding.turn", watched)
    return taken


def contacts(turns: list[tuple[Record, datetime]]) -> list[tuple[str, float]]:
    """Whose contacts were taken, and the clocks of their turns in minutes."""
    return [
        (record.key, (now - NINE).total_seconds() / 60)
        for record, now in turns
        if isinstance(record.event, ContactReceived)
    ]


def run(desk: Desk, minutes: float) -> None:
    assert isinstance(desk.clock, ManualClock)
    desk.clock.set(at(minutes))
    desk.run()


def test_partitions_are_merged_by_time_then_topic_and_partition_and_each_keeps_its_order(
    tmp_path: Path, turns: list[tuple[Record, datetime]]
) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(
            contact(THIRD, 2),
            contact(SECOND, 1),
            contact(FIRST, 2),
            contact(FIRST, 0, "earlier, but later in its partition"),
            contact(SECOND, 3),
        )
        run(desk, 10)
    assert contacts(turns) == [(SECOND, 1), (FIRST, 2), (FIRST, 2), (THIRD, 2), (SECOND, 3)]


def test_a_turns_clock_is_the_running_maximum_of_its_partition(
    tmp_path: Path, turns: list[tuple[Record, datetime]]
) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(contact(FIRST, 5), contact(FIRST, 1, "late"), contact(SECOND, 3))
        run(desk, 10)
        understood = [r.at for r in desk.events() if isinstance(r.event, MessageUnderstood)]
    assert contacts(turns) == [(SECOND, 3), (FIRST, 5), (FIRST, 5)]
    assert sorted(understood) == [NINE + timedelta(minutes=m) for m in (3, 5, 5)]


def test_what_lies_after_the_time_waits_and_what_is_behind_it_in_its_partition_too(
    tmp_path: Path, turns: list[tuple[Record, datetime]]
) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(contact(FIRST, 20), contact(FIRST, 1), contact(SECOND, 1))
        run(desk, 10)
        assert contacts(turns) == [(SECOND, 1)]
        run(desk, 20)
    assert contacts(turns) == [(SECOND, 1), (FIRST, 20), (FIRST, 20)]


def due(desk: Desk) -> list[tuple[datetime, str]]:
    return [(r.at, r.key) for r in desk.events() if isinstance(r.event, TimerDue)]


def test_a_timer_is_appended_when_its_partitions_clock_passes_it_and_taken_by_offset(
    tmp_path: Path, turns: list[tuple[Record, datetime]]
) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(contact(FIRST, 0))
        run(desk, 1)
        (wanted,) = desk.database.execute("SELECT min(due_at) FROM timers").fetchone()
        passed = (wanted - NINE.timestamp()) / 60 + 1
        turns.clear()
        desk.produce(
            contact(FIRST, passed, "passes it"), contact(FIRST, passed + 1, "was there before it")
        )
        run(desk, passed + 1)
        order = [r.event for r, _ in turns if isinstance(r.event, ContactReceived | TimerDue)]
    assert [type(event).__name__ for event in order[:3]] == [
        "ContactReceived",
        "ContactReceived",
        "TimerDue",
    ]


def test_when_nothing_is_left_due_timers_fire_by_time_then_partition_and_the_rest_waits(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce(contact(SECOND, 1), contact(THIRD, 0), contact(FIRST, 1))
        run(desk, 2)
        rows = desk.database.execute(
            "SELECT due_at, key FROM timers ORDER BY due_at, partition, id"
        ).fetchall()
        last = rows[3][0]
        run(desk, (last - NINE.timestamp()) / 60)
        expected = [(datetime.fromtimestamp(d, UTC), key) for d, key in rows if d <= last]
        fired = due(desk)
        assert fired[: len(expected)] == expected
        assert all(moment.timestamp() <= last for moment, _ in fired)
        (waits,) = desk.database.execute("SELECT min(due_at) FROM timers").fetchone()
        assert waits > last


def script(desk: Desk) -> None:
    desk.produce(
        *(contact(person, minute) for minute in (0, 7, 3) for person in (FIRST, SECOND, THIRD))
    )


@pytest.mark.parametrize(("most", "commits"), [(1, 20), (3, 8)])
def test_the_same_inbox_gives_the_same_store_however_often_it_is_interrupted(
    most: int, commits: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when turns are committed by ones or threes, which changes nothing."""
    with a_desk(tmp_path / "base") as desk:
        script(desk)
    evening = at(60 * 30)
    with a_desk(copied(tmp_path / "base", tmp_path / "whole"), ManualClock(evening)) as desk:
        desk.run()
        whole = everything(desk)
        assert due(desk)
    folder, steps = copied(tmp_path / "base", tmp_path / "parts"), 0
    monkeypatch.setattr("streams.embedded.worker.MOST", most)
    while True:
        with a_desk(folder, ManualClock(evening)) as desk:
            shift = Shift(desk)
            shift.rest()
            if not shift.step():
                desk.run()
                assert everything(desk) == whole
                break
        steps += 1
    assert steps > commits


def test_a_recorded_clock_takes_everything_in_the_same_order_and_fires_no_timer_by_itself(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path / "base") as desk:
        script(desk)
    with a_desk(copied(tmp_path / "base", tmp_path / "run"), ManualClock(at(7))) as desk:
        desk.run()
        stepped = everything(desk)
    with a_desk(copied(tmp_path / "base", tmp_path / "up"), RecordedClock()) as desk:
        shift = Shift(desk, timers=False)
        shift.run()
        assert everything(desk) == stepped


def test_a_turn_sees_the_policy_that_was_in_force_at_its_clock(tmp_path: Path) -> None:
    text = to_toml(default_policy()).replace("flood_per_minute = 60", "flood_per_minute = 59")
    with a_desk(tmp_path) as desk:
        assert isinstance(desk.clock, ManualClock)
        desk.produce(contact(FIRST, 1), contact(SECOND, 5), contact(FIRST, 9))
        desk.clock.set(at(4))
        people.activate_policy(desk, text, "me")
        run(desk, 10)
        versions = [
            r.event.policy_version for r in desk.events() if isinstance(r.event, MessageUnderstood)
        ]
    assert versions == [default_policy().version, *[parse(text).version] * 2]


def test_a_manual_clock_stands_until_it_is_moved_and_never_moves_backwards() -> None:
    clock = ManualClock("2026-03-02T10:00:00+01:00")
    assert clock.now() == NINE
    clock.advance(days=1, hours=2, minutes=3)
    assert clock.now() == NINE + timedelta(days=1, hours=2, minutes=3)
    with pytest.raises(Refused, match="never moves backwards"):
        clock.advance(hours=-1)
    with pytest.raises(Refused, match="never moves backwards"):
        clock.set(NINE)
    clock.set(clock.now())
    assert clock.now() == NINE + timedelta(days=1, hours=2, minutes=3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("noon", "is not a time"),
        ("2026-03-02T08:00:00", "has no offset"),
        ("", "is not a time"),
        ("9999-12-31T23:00:00-02:00", "too far away"),
    ],
)
def test_a_time_is_rfc_3339_with_an_offset(text: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        ManualClock(text)
