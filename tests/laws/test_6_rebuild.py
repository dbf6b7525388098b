"""Law 6. Rebuild: stored rows equal a replay, for generated histories."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projections.tables import TABLES
from schemas.events import contacts, intents
from streams.embedded import projector, rebuild
from streams.testing import understood
from tests.embedded import open_in, rows_of, somewhere, take
from tests.histories import History, Step, histories, play

PEOPLE = ("ann", "ben", "cem", "dora")


def _wrote(who: str) -> Step:
    told = {"channel": "email", "customer_id": who, "message": "Hi", "provider_id": ""}
    return Step(5.0, contacts.ContactReceived.model_validate(told), understanding=understood())


def _linked(one: str, other: str) -> Step:
    told = {"channel": "email", "customer_id": one, "handle": f"{one}@email", "by": "bo"}
    event = intents.LinkAsked.model_validate({**told, "other_customer_id": other})
    return Step(5.0, event)


_MERGED = [_wrote("ann"), _wrote("dora"), _wrote("ben"), _linked("dora", "ann")]
_MERGED += [_linked("ben", "dora"), _wrote("ben"), _wrote("ann")]


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(PEOPLE, most=16))
def test_stored_rows_equal_a_replay(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        report = rebuild.verify(desk.database)
    assert report["gaps"] == []
    assert {name: one for name, one in report["tables"].items() if not one["same"]} == {}


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
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
@example(history=_MERGED, batch=500)
@example(history=_MERGED, batch=3)
def test_rows_that_are_folded_long_afterwards_are_the_same(history: History, batch: int) -> None:
    """All partitions stand still, then are caught up with at once.

    A ticket that moves to another customer's line moves to another partition as well.
    """
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        plain = rows_of(desk)
        for table in TABLES:
            desk.database.execute(f"DELETE FROM {table.sql_name}")
        desk.database.execute("DELETE FROM read_positions")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(projector, "BATCH", batch)
            projector.Projector(desk.database).catch_up()
        assert rows_of(desk) == plain
