"""No platform gets more than it takes, and one that fails is left alone for a while."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.platforms import PLATFORMS, Rate
from streams.delivery.pacing import FAILURES, FIRST_REST, LONGEST_REST, Breaker, Pace, told


def spans(rate: Rate) -> tuple[int, float]:
    many = rate.burst or rate.many
    return many, many * rate.seconds / rate.many


@given(
    channel=st.sampled_from(sorted(PLATFORMS)),
    gaps=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 2)), min_size=1, max_size=80),
)
def test_in_no_stretch_of_time_goes_more_than_the_platform_takes(
    channel: str, gaps: list[tuple[float, int]]
) -> None:
    pace, now = Pace(), 1_000.0
    went: list[tuple[float, int]] = []
    for number, (gap, conversation) in enumerate(gaps):
        now += gap
        went.append((pace.slot(str(number), channel, str(conversation), now), conversation))
    for rate in PLATFORMS[channel].rates:
        many, span = spans(rate)
        for one in {None} if rate.per == "account" else {c for _, c in went}:
            mine = sorted(at for at, c in went if one is None or c == one)
            for first, later in zip(mine, mine[many:], strict=False):
                assert later - first >= span - 1e-6


def test_whoever_asks_again_has_the_same_moment_until_it_went() -> None:
    pace = Pace()
    assert pace.slot("a", "slack", "c", 10.0) == 10.0
    later = pace.slot("b", "slack", "c", 10.0)
    assert later == 11.0
    assert pace.slot("b", "slack", "c", 10.9) == later
    pace.went("b")
    assert pace.slot("b", "slack", "c", 11.0) == 12.0


def test_how_long_the_next_one_waits_is_known() -> None:
    pace = Pace()
    assert pace.wait(10.0) is None
    pace.slot("a", "slack", "c", 10.0)
    pace.went("a")
    pace.slot("b", "slack", "c", 10.0)
    assert pace.wait(10.25) == 0.75
    assert pace.wait(12.0) is None, "its moment has come: it waits for something else"


def test_what_a_platform_takes_is_told_in_words() -> None:
    assert told("twitter") == "twitter takes no more than 15 in 900 s, 1440 in 86400 s"
    assert told("whatsapp") == "whatsapp takes no more than 80 in 1 s, 45 in 270 s"


def test_a_platform_that_fails_in_a_row_is_left_alone_then_tried_by_one() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        assert not breaker.failed(100.0)
        assert breaker.open_until(100.0) is None
    assert breaker.failed(100.0)
    assert breaker.open_until(100.0) == 100.0 + FIRST_REST
    now = 100.0 + FIRST_REST
    assert breaker.open_until(now) is None
    breaker.begun()
    assert breaker.open_until(now) is not None, "one is the trial"
    assert not breaker.failed(now)
    assert breaker.open_until(now) == now + 2 * FIRST_REST


def test_an_answer_ends_the_rest_and_begins_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(100.0)
    assert breaker.answered()
    assert breaker.open_until(100.0) is None
    assert not breaker.answered()
    for _ in range(FAILURES - 1):
        assert not breaker.failed(200.0)
    assert breaker.open_until(200.0) is None


def test_rests_grow_to_the_longest_and_no_further() -> None:
    breaker, now = Breaker(), 0.0
    for _ in range(FAILURES):
        breaker.failed(now)
    for _ in range(20):
        until = breaker.open_until(now)
        assert until is not None
        assert until - now <= LONGEST_REST
        now = until
        breaker.begun()
        breaker.failed(now)
    assert breaker.open_until(now) == now + LONGEST_REST


def test_what_was_under_way_when_it_began_to_fail_makes_no_rest_longer() -> None:
    breaker = Breaker()
    for _ in range(FAILURES + 10):
        breaker.failed(100.0)
    assert breaker.open_until(100.0) == 100.0 + FIRST_REST


def test_a_look_at_a_platform_says_nothing_of_whether_it_takes_messages() -> None:
    breaker, now = Breaker(), 0.0
    for _ in range(FAILURES):
        breaker.failed(now)
    later = now + FIRST_REST
    breaker.begun()
    breaker.looked()
    assert breaker.open_until(now) == later
    assert breaker.open_until(later) is None
    breaker.begun()
    breaker.failed(later)
    assert breaker.open_until(later) == later + 2 * FIRST_REST
