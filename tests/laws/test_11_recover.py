"""Law 11. `recover` from the log alone equals the store."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings

from streams.desk import Desk
from streams.embedded.recover import recover
from tests.embedded import open_in, somewhere, take
from tests.full_life import full_life
from tests.histories import History, histories, play

PEOPLE = ("ann", "ben", "cem", "dora")
CASE_STORE = (
    "lines",
    "parked",
    "timers",
    "claims",
    "contact_points",
    "seen",
    "positions",
)
"""What is refolded, by table."""


def _store(desk: Desk) -> dict[str, Any]:
    """The case store: every row, states decoded."""
    return {
        name: [
            tuple(v for v in row)
            for row in desk.database.execute(f"SELECT * FROM {name} ORDER BY id" if False else f"SELECT * FROM {name}")
        ]
        for name in CASE_STORE
    }


def _lose(desk: Desk) -> None:
    """Empty the case store."""
    for name in CASE_STORE:
        desk.database.execute(f"DELETE FROM {name}")


def test_of_a_full_life() -> None:
    lines = play(full_life())
    with somewhere() as folder:
        with open_in(folder, lines.models) as desk:
            take(desk, lines.outside)
            before = _store(desk)
            _lose(desk)
            report = recover(desk.database)
            after = _store(desk)
    print({k: v for k, v in report.items()})
    for name in CASE_STORE:
        diff = [r for r in before[name] if r not in after[name]], [
            r for r in after[name] if r not in before[name]
        ]
        print(name, len(before[name]), len(diff[0]), len(diff[1]), repr(diff)[:600])
    assert before == after


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(PEOPLE, most=16))
def test_h(history: History) -> None:
    lines = play(history)
    with somewhere() as folder:
        with open_in(folder, lines.models) as desk:
            take(desk, lines.outside)
            before = _store(desk)
            _lose(desk)
            report = recover(desk.database)
            after = _store(desk)
    assert report["gaps"] == []
    assert after == before
