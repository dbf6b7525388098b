"""A deadline is found whatever it is said with, and quoted as it was said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.understanding.deadlines import MOST, deadlines, soon

POINTS = (
    "Friday", "tuesday morning", "tomorrow", "tomorrow at 9", "tonight", "noon", "midnight",
    "noon tomorrow", "5 pm", "5:30 p.m.", "9 o'clock", "17:00", "17:00 on Friday", "9am Monday",
    "half past six", "quarter to five", "14 May", "May 14th", "14th of June 2027", "3 Sept. 2027",
    "2027-05-01", "2027-05-01 12:00", "14/05/2027", "1.2.2027", "this afternoon", "the weekend",
    "the end of the day", "end of next week", "close of business", "EOD", "Christmas",
    "next Wednesday", "this coming Thu", "Friday 5pm",
)  # fmt: skip
SPANS = (
    "an hour", "the hour", "2 hours", "two hours", "the next 24 hours", "half an hour", "30 mins",
    "twenty minutes", "forty-five minutes", "an hour and a half", "one or two hours", "24h",
    "a couple of days", "three days", "2-3 days", "less than two hours",
)  # fmt: skip
LONG_SPANS = ("two weeks", "a month", "five business days", "10 working days")
UNTIL = ("by", "before", "until", "till", "no later than", "not later than")
EVENTS = (
    "my flight leaves", "the train to Leeds departs", "our lease ends", "the offer expires",
    "my exam is", "the shop closes", "the deadline is", "rent is due", "I have an appointment",
    "I leave", "we are flying to Rome", "I have to leave for the airport",
)  # fmt: skip
CALM = ("Hello,", "please help", "it is blocked", "thanks", "because of that", "order AB-CD", "OK!")


def as_words(text: str) -> str:
    return " ".join(text.split())


@given(until=st.sampled_from(UNTIL), point=st.sampled_from(POINTS))
def test_a_point_in_time_after_a_word_that_bounds_is_quoted_whole(until: str, point: str) -> None:
    said = f"{until} {point}"
    assert deadlines(f"I want it solved {said}, please") == [said]


@given(span=st.sampled_from(SPANS + LONG_SPANS))
def test_a_span_of_time_is_quoted_whole(span: str) -> None:
    assert deadlines(f"Answer me within {span}, please") == [f"within {span}"]


@given(span=st.sampled_from(SPANS))
def test_a_short_span_to_come_is_a_deadline(span: str) -> None:
    assert deadlines(f"The guests come in {span}, please") == [f"in {span}"]


@given(
    event=st.sampled_from(EVENTS),
    when=st.sampled_from(
        [f"on {day}" for day in ("Friday", "Tuesday morning", "14 May", "the 3rd")]
        + [f"in {span}" for span in SPANS + LONG_SPANS]
        + ["tomorrow at 9", "tonight", "at six", "at 6:30 pm", "today at noon", "in the morning"]
    ),
)
def test_what_leaves_or_ends_sets_a_deadline(event: str, when: str) -> None:
    (found,) = deadlines(f"Hello, {event} {when}. Please help")
    assert found.endswith(when)
    assert as_words(f"{event} {when}").endswith(found)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Friday at the latest", "Friday at the latest"),
        ("send it 2027-05-01 at the very latest", "2027-05-01 at the very latest"),
        ("The doctor needs the form this afternoon.", "needs the form this afternoon"),
        ("It has to be done tonight.", "has to be done tonight"),
        ("I need this fixed today!", "need this fixed today"),
        ("I have surgery tomorrow and need my number", "have surgery tomorrow"),
        ("We open in thirty minutes", "We open in thirty minutes"),
        ("my exam's tomorrow", "exam's tomorrow"),
        ("deadline: Friday", "deadline: Friday"),
        ("valid until the 14th", "until the 14th"),
        ("My card was stolen, I am here until noon", "until noon"),
        ("It was lost and I need a new one until Friday", "until Friday"),
        ("I was hoping to hear from you until tomorrow", "until tomorrow"),
        ("I want it before 5, please", "before 5"),
        ("It is due by May.", "by May"),
        ("BY FRIDAY 5PM", "BY FRIDAY 5PM"),
        ("mera refund kal tak chahiye", "kal tak"),
        ("kal shaam 5 baje tak bhej do", "kal shaam 5 baje tak"),
        ("Friday tak kar do please", "Friday tak"),
        ("5 baje tak call karo", "5 baje tak"),
        ("somvar tak batao", "somvar tak"),
        ("by the\nend of the day", "by the end of the day"),
        ("It ends on 2027-05-01T12:00:00+02:00, so hurry", "2027-05-01T12:00:00+02:00"),
    ],
)
def test_a_deadline_is_found(message: str, found: str) -> None:
    assert deadlines(message) == [found]


@pytest.mark.parametrize(
    "message",
    [
        "I was charged 2 days ago",
        "I have not heard from you in three days",
        "You charged me twice in two days",
        "My card ending in 4561 expires soon",
        "It was due on Friday",
        "It was used by the 3rd party",
        "The price was reduced by 5.",
        "I paid by card in May",
        "before we met on Friday",
        "I need to know why I was charged today",
        "It does not need to be today",
        "I need to know today's rate",
        "I needed cash today",
        "It happened on Tuesday at 9",
        "until further notice",
        "kal tak sab theek chal raha tha",
        "abhi tak kuch nahi aaya",
        "It worked fine until this morning",
        "the app worked until today, now it crashes",
        "I waited until 9pm",
        "I was on hold until 10:30",
        "I have been waiting since Friday until today",
        "I may 5 times",
        "by the sun",
        "It was 5 minutes before",
        "no deadline at all",
        "",
    ],
)
def test_a_time_that_bounds_nothing_is_no_deadline(message: str) -> None:
    assert deadlines(message) == []


@given(
    said=st.lists(
        st.tuples(st.sampled_from(UNTIL), st.sampled_from(POINTS)).map(" ".join),
        unique=True,
        max_size=8,
    ),
    around=st.lists(st.sampled_from(CALM), min_size=9, max_size=9),
)
def test_deadlines_come_in_their_order_and_what_stands_around_changes_none(
    said: list[str], around: list[str]
) -> None:
    message = around[0]
    for one, calm in zip(said, around[1:], strict=False):
        message += f" {one}; {calm}"
    assert deadlines(message) == said[:MOST]


WORDS = (
    "by", "before", "in", "within", "the", "next", "at", "on", "is", "need", "it", "flight", "due",
    "leaves", "Friday", "tomorrow", "5", "12:30", "pm", "2027-05-01", "14th", "May", "hours", "an",
    "hour", "end", "of", "day", "latest", "ago", "not", ",", ".", "\n", "  ", "\u00a0", "٣", "ſat",
)  # fmt: skip


@settings(max_examples=200)
@given(
    message=st.one_of(
        st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
    )
)
def test_whatever_is_written_deadlines_are_few_distinct_and_quoted(message: str) -> None:
    found = deadlines(message)
    assert len(found) <= MOST
    assert len(set(found)) == len(found)
    for one in found:
        assert one in as_words(message)
        assert any(map(str.isalnum, one))
    assert deadlines(f"  {message}\n") == found


def test_a_deadline_in_hindi_presses_where_it_is_soon() -> None:
    assert soon(["kal tak"])
    assert soon(["5 baje tak"])
    assert not soon(["somvar tak"])
