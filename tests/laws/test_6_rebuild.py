"""Law 6. Rebuild: stored rows equal a replay, for generated histories."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams import rebuild
from streams.embedded import projector
from tests.desks import open_in, rows_of, somewhere, take
from tests.histories import History, histories, play

PEOPLE = ("ann", "ben", "cem", "dora")


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(PEOPLE, most=16))
def test_stored_rows_equal_a_replay(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        report = rebuild.verify(desk.database)
    assert report["gaps"] == []
    assert {name: one for name, one in report["tables"].items() if not one["same"]} == {}


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=histories(PEOPLE, most=16),
    cuts=st.sets(st.integers(0, 16), max_size=3),
    batch=st.integers(1, 40),
)
def test_rows_are_the_same_in_any_batches_and_after_any_stop(
    history: History, cuts: set[int], batch: int
) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        plain = rows_of(desk)
    with somewhere() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(projector, "BATCH", batch)
        for start, end in pairwise([0, *sorted(cuts), len(lines.outside)]):
            with open_in(folder, lines.models) as desk:
                take(desk, lines.outside[start:end])
        with open_in(folder, lines.models) as desk:
            desk.run()
            assert rows_of(desk) == plain
            assert rebuild.verify(desk.database)["clean"]


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(PEOPLE, most=16), batch=st.integers(1, 60))
def test_rows_that_are_folded_long_afterwards_are_the_same(history: History, batch: int) -> None:
    """All partitions stand still, then are caught up with one after the other."""
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        plain = rows_of(desk)
        for table in projector.TABLES:
            desk.database.execute(f"DELETE FROM {table.sql_name}")
        desk.database.execute("DELETE FROM read_positions")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(projector, "BATCH", batch)
            projector.Projector(desk.database).catch_up()
        assert rows_of(desk) == plain
