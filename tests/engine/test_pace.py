"""When records count as coming fast, so that more of them are gathered."""

from __future__ import annotations

import pytest

from streams.cluster import pace
from streams.cluster.pace import OVER_SECONDS, Pace


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(pace, "time", time)
    return time


def noted(one: Pace, time: Time, seconds: float, count: int) -> bool:
    time.now += seconds
    one.note(count)
    return one.fast


def test_a_pace_is_fast_once_many_come_for_a_while_and_not_after_one_burst(time: Time) -> None:
    one = Pace(100.0)
    assert not noted(one, time, 0.01, 3)
    assert [noted(one, time, 0.1, 20) for _ in range(9)][-1]


def test_a_pace_is_slow_again_when_few_come(time: Time) -> None:
    one = Pace(100.0)
    assert noted(one, time, OVER_SECONDS, 1000)
    assert not noted(one, time, OVER_SECONDS, 1)


def test_no_time_between_two_notes_is_no_endless_pace(time: Time) -> None:
    one = Pace(1e6)
    assert not noted(one, time, 0.0, 5)
