"""What is counted of a category, in buckets of a week."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from projections.category_line import (
    BUCKET,
    BUCKETS,
    LONGEST_WINDOW,
    CategoryLine,
    evolve,
    expected,
    in_window,
    totals,
    was_told,
)
from schemas.events.choices import InsightRaised
from schemas.events.metrics import InteractionMeasured
from streams.testing import START
from tests.anyevent import example
from tests.embedded import record_of

FIRST = int(START.timestamp() // BUCKET)


def counted(*told: tuple[str, int], minutes: float | None = None) -> CategoryLine:
    """The line after interactions of these kinds, each in a bucket after the first."""
    line = CategoryLine()
    for kind, bucket in told:
        event = example(InteractionMeasured, full=True).model_copy(
            update={"kind": kind, "minutes": minutes}
        )
        at = START + timedelta(seconds=bucket * BUCKET)
        line = evolve(line, msgspec.structs.replace(record_of(event), at=at))
    return line


def test_resolutions_and_their_minutes_are_summed() -> None:
    line = counted(("resolution", 0), ("resolution", 1), minutes=30.0)
    assert (line.resolutions, line.minutes, line.buckets, line.first) == (2, 60.0, (), None)
    assert counted(("resolution", 0)).minutes == 0.0


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("contact", "contacts"),
        ("escalation", "escalations"),
        ("automatic_answer", "answers"),
        ("rejected_answer", "rejections"),
    ],
)
def test_each_kind_has_its_count(kind: str, field: str) -> None:
    whole = totals(counted((kind, 0), (kind, 0), (kind, 1)))
    others = {"contacts", "escalations", "answers", "rejections"} - {field}
    assert getattr(whole, field) == 3
    assert {getattr(whole, other) for other in others} == {0}
    assert whole.number == FIRST + 1


def test_what_is_not_counted_leaves_the_buckets() -> None:
    assert counted(("reply", 0)).buckets == ()


def test_a_week_is_remembered_and_no_more() -> None:
    kept = counted(("contact", 0), ("contact", BUCKETS - 1))
    assert [bucket.number for bucket in kept.buckets] == [FIRST, FIRST + BUCKETS - 1]
    gone = counted(("contact", 0), ("contact", BUCKETS))
    assert [bucket.number for bucket in gone.buckets] == [FIRST + BUCKETS]
    assert gone.first == FIRST
    late = counted(("contact", BUCKETS), ("contact", 0))
    assert (late.buckets, late.first, late.at) == (gone.buckets, FIRST, gone.at)


def test_a_window_is_held_against_the_mean_before_it() -> None:
    hour = int(BUCKET // 60)
    line = counted(*[("contact", 0)] * 2, *[("contact", 1)] * 4, *[("contact", 2)] * 9)
    assert in_window(line, hour) == 9
    assert in_window(line, 2 * hour) == 13
    assert expected(line, hour) == 3.0
    assert expected(line, 2 * hour) == 4.0
    assert expected(line, 3 * hour) == 0.0
    assert expected(CategoryLine(), hour) == 0.0


def test_even_the_longest_window_is_held_against_the_day_before_it() -> None:
    day = 24 * 60 * 60 / BUCKET
    line = counted(*[("contact", 0)] * 9, *[("contact", int(day))] * 5, ("contact", int(7 * day)))
    week = LONGEST_WINDOW + 24 * 60
    assert in_window(line, LONGEST_WINDOW) == 1
    assert expected(line, LONGEST_WINDOW) == pytest.approx(5 * LONGEST_WINDOW / (24 * 60))
    assert week * 60 == BUCKETS * BUCKET


def test_an_insight_is_remembered_for_as_long_as_is_asked() -> None:
    line = counted(("contact", 0))
    told = evolve(
        line, record_of(example(InsightRaised, full=True).model_copy(update={"kind": "x"}))
    )
    assert was_told(told, "x", 1)
    assert not was_told(told, "y", 1)
    later = msgspec.structs.replace(told, at=told.at + 60.0)
    assert not was_told(later, "x", 1)
    assert was_told(later, "x", 2)
