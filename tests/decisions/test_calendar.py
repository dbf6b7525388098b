"""Business time: what is counted and added agrees, in every zone, on every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.calendar import (
    Calendar,
    NeverOpen,
    Spans,
    add_business,
    business_between,
    is_open,
    minutes_of,
    next_opening,
)

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe")
ALWAYS = Calendar("UTC", (((0, 1440),),) * 7)


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """Some spans of a day, several of them or none, up to midnight."""
    edges = draw(st.lists(st.integers(0, 1440), max_size=6, unique=True))
    edges = sorted(edges)[: len(edges) // 2 * 2]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Calendars that open for an hour and more on a weekday at least."""
    week = [draw(spans()) for _ in range(7)]
    week[draw(st.integers(0, 6))] = ((600, 720),)
    holidays = draw(st.frozensets(st.dates(date(2026, 3, 1), date(2026, 4, 30)), max_size=5))
    return Calendar(draw(st.sampled_from(ZONES)), tuple(week), holidays)


moments = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001  # hypothesis wants it naive and makes it aware
    datetime(2026, 12, 31),  # noqa: DTZ001  # hypothesis wants it naive and makes it aware
    timezones=st.just(UTC),
)
lengths = st.integers(0, 5_000)


@given(moments, lengths, calendars())
def test_what_was_added_is_what_is_counted(
    begin: datetime, minutes: int, calendar: Calendar
) -> None:
    end = add_business(begin, minutes, calendar)
    assert business_between(begin, end, calendar) == pytest.approx(minutes, abs=1e-6)


@given(moments, lengths, lengths, calendars())
def test_more_time_ends_later_and_in_steps_as_at_once(
    begin: datetime, first: int, more: int, calendar: Calendar
) -> None:
    middle = add_business(begin, first, calendar)
    end = add_business(begin, first + more, calendar)
    assert begin <= middle <= end
    if more:
        assert add_business(middle, more, calendar) == end


@given(moments, moments, moments, calendars())
def test_counting_adds_up_over_any_moment_between(
    one: datetime, two: datetime, three: datetime, calendar: Calendar
) -> None:
    a, b, c = sorted((one, two, three))
    whole = business_between(a, c, calendar)
    parts = business_between(a, b, calendar) + business_between(b, c, calendar)
    assert whole == pytest.approx(parts, abs=1e-6)
    assert 0 <= whole <= (c - a).total_seconds() / 60
    assert business_between(c, a, calendar) == 0


@given(moments, calendars())
def test_the_next_opening_is_open_and_nothing_is_before_it(
    moment: datetime, calendar: Calendar
) -> None:
    opening = next_opening(moment, calendar)
    assert opening >= moment
    assert is_open(opening, calendar)
    assert business_between(moment, opening, calendar) == 0
    assert (opening == moment) == is_open(moment, calendar)


@given(moments, lengths)
def test_a_desk_that_is_always_open_counts_plain_minutes(begin: datetime, minutes: int) -> None:
    assert add_business(begin, minutes, ALWAYS) == begin + timedelta(minutes=minutes)


def hours(zone: str, *spans_of_day: tuple[int, int], off: tuple[str, ...] = ()) -> Calendar:
    """The same spans every day."""
    holidays = frozenset(date.fromisoformat(day) for day in off)
    return Calendar(zone, (spans_of_day,) * 7, holidays)


def test_a_day_with_a_change_of_clocks_has_the_length_it_has() -> None:
    whole = hours("Europe/Berlin", (0, 1440))
    begins = [datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)]
    ends = [datetime(2026, 3, 29, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)]
    lengths_of = [business_between(a, b, whole) for a, b in zip(begins, ends, strict=True)]
    assert lengths_of == [23 * 60, 25 * 60]


def test_a_span_within_the_hour_that_the_clocks_skip_is_no_time() -> None:
    night = hours("Europe/Berlin", (120, 180))  # two to three o'clock
    day = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert business_between(day, day + timedelta(hours=23), night) == 0


@pytest.mark.parametrize(
    ("zone", "day", "skipped", "open_minutes"),
    [
        ("Europe/Berlin", "2026-03-29", (60, 150), 60),  # one o'clock to half past two: to two
        ("Europe/Berlin", "2026-03-29", (150, 240), 60),  # half past two to four: from three on
        ("Australia/Lord_Howe", "2026-10-04", (60, 135), 60),  # half an hour is skipped there
        ("Europe/Berlin", "2026-10-25", (60, 150), 90),  # what comes twice ends the first time
    ],
)
def test_a_time_that_the_clocks_skip_is_the_moment_of_the_change(
    zone: str, day: str, skipped: tuple[int, int], open_minutes: int
) -> None:
    begin = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone))
    assert business_between(begin, begin + timedelta(hours=9), hours(zone, skipped)) == open_minutes


def test_lunch_nights_and_holidays_are_left_out() -> None:
    calendar = hours("UTC", (540, 720), (780, 1020), off=("2026-03-03",))
    begin = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
    assert add_business(begin, 60, calendar) == datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
    assert add_business(begin, 300, calendar) == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def test_a_span_ends_before_its_end() -> None:
    calendar = hours("UTC", (540, 600))
    assert is_open(datetime(2026, 3, 2, 9, 59, 59, tzinfo=UTC), calendar)
    assert not is_open(datetime(2026, 3, 2, 10, 0, tzinfo=UTC), calendar)


def test_a_desk_that_never_opens_says_so() -> None:
    never = hours("UTC")
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(NeverOpen):
        next_opening(moment, never)
    with pytest.raises(NeverOpen):
        add_business(moment, 1, never)


@pytest.mark.parametrize(("text", "minutes"), [("00:00", 0), ("09:05", 545), ("24:00", 1440)])
def test_times_of_day_are_read(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    "text", ["", "9", "9:5", "09:60", "24:01", "25:00", "a:00", "-1:00", "09.00"]
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        minutes_of(text)
