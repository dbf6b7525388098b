"""What becomes of one request: each thing that may come, and any order of them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.event import Event
from schemas.events.contacts import (
    ReplyAccepted,
    ReplyAttempted,
    ReplyDelayed,
    ReplyFailed,
    ReplyUnconfirmed,
)
from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from streams.channels.channel import Accepted, Rejected
from streams.delivery.errand import (
    MOST_LOOKS,
    SEEN_TWICE,
    Came,
    Errand,
    NoAnswer,
    NoTelling,
    NotThere,
    Patience,
    Repeatable,
    Unlooked,
    Unsent,
    errand_of,
)
from streams.delivery.moves import Move, after, begun, delayed, failed

NOW = 1_795_000_000.0
PATIENCE = Patience(first_wait=4.0, longest_wait=60.0, give_up=3_600.0, answer=30.0)
REQUEST = ReplyRequested(
    customer_id="ann",
    ticket_id="T1",
    channel="slack",
    handle="T1/U1",
    kind="agent_reply",
    author="sam",
    parts=["One.", "Two."],
    outcome="agent_reply",
    policy_version="1",
)
RECORD = Record(
    id="r1",
    key="ann",
    at=datetime.fromtimestamp(NOW, UTC),
    by="channel",
    event=REQUEST,
    correlation="c1",
)
WAITS = errand_of(RECORD, REQUEST, 3, 7, datetime.fromtimestamp(NOW, UTC))
UNDER_WAY = begun(WAITS, RECORD, NOW, PATIENCE).errand


def became(errand: Errand, came: Came, *, parts: int = 1, now: float = NOW + 1) -> Move:
    return after(errand, RECORD, came, parts=parts, now=now, patience=PATIENCE, chance=1.0)


def said(move: Move) -> list[Event]:
    return [event for _, event in move.said]


def test_a_request_waits_from_when_it_is_taken_on() -> None:
    assert (WAITS.request_id, WAITS.channel, WAITS.partition, WAITS.offset) == ("r1", "slack", 3, 7)
    assert (WAITS.state, WAITS.part, WAITS.attempt) == ("waits", 0, 0)
    assert WAITS.due_at == WAITS.since == NOW
    assert "U1" not in WAITS.conversation


def test_a_try_is_said_before_it_is_made() -> None:
    move = begun(WAITS, RECORD, NOW, PATIENCE)
    assert move.errand.state == "under_way"
    assert move.errand.due_at > NOW + PATIENCE.answer
    (event,) = said(move)
    assert event == ReplyAttempted(
        customer_id="ann", ticket_id="T1", request_id="r1", attempt=1, transport="slack"
    )


def test_the_last_message_that_is_accepted_ends_it() -> None:
    move = became(UNDER_WAY, Accepted("m1"))
    assert move.errand.state == "done"
    (event,) = said(move)
    assert isinstance(event, ReplyAccepted)
    assert event.provider_message_id == "m1"


def test_another_message_waits_until_the_one_before_it_is_accepted() -> None:
    move = became(UNDER_WAY, Accepted("m1"), parts=2)
    assert (move.errand.state, move.errand.part, move.errand.attempt) == ("waits", 1, 0)
    assert move.errand.due_at == NOW + 1
    assert said(move) == []


def test_what_is_refused_for_good_ends_it() -> None:
    move = became(UNDER_WAY, Rejected("no such channel", final=True))
    (event,) = said(move)
    assert isinstance(event, ReplyFailed)
    assert (move.errand.state, event.final, event.error) == ("done", True, "no such channel")
    assert event.retry_at is None


@pytest.mark.parametrize(
    ("came", "wait"),
    [
        (Rejected("later", final=False), 4.0),
        (Rejected("later", final=False, retry_after=90.0), 90.0),
        (Rejected("later", final=False, retry_after=0.5), 4.0),
        (Unsent("no route"), 4.0),
    ],
)
def test_what_did_not_go_through_is_tried_again_when_it_may(came: Came, wait: float) -> None:
    move = became(UNDER_WAY, came)
    assert move.errand.state == "waits"
    assert move.errand.due_at == NOW + 1 + wait
    (event,) = said(move)
    assert isinstance(event, ReplyFailed)
    assert not event.final
    assert event.retry_at == datetime.fromtimestamp(NOW + 1 + wait, UTC)


def test_waits_double_up_to_the_longest_and_spread_over_half_of_it() -> None:
    assert [PATIENCE.wait(n, 1.0) for n in range(1, 7)] == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert PATIENCE.wait(3, 0.0) == 8.0
    assert PATIENCE.wait(10_000, 1.0) == 60.0


def test_no_new_try_is_begun_when_patience_is_over() -> None:
    move = became(UNDER_WAY, Unsent("no route"), now=NOW + PATIENCE.give_up)
    (event,) = said(move)
    assert isinstance(event, ReplyFailed)
    assert event.final
    assert move.errand.state == "done"


def test_what_stays_without_an_answer_is_doubted_and_nothing_is_said() -> None:
    move = became(UNDER_WAY, NoAnswer("timeout"))
    assert (move.errand.state, move.errand.doubts) == ("doubted", 1)
    assert move.errand.due_at == NOW + 5
    assert said(move) == []


def test_what_is_not_there_is_sent_again_once() -> None:
    doubted = became(UNDER_WAY, NoAnswer("timeout")).errand
    again = became(doubted, NotThere())
    assert again.errand.state == "waits"
    (event,) = said(again)
    assert isinstance(event, ReplyFailed)
    assert not event.final
    twice = became(begun(again.errand, RECORD, NOW + 2, PATIENCE).errand, NoAnswer("timeout"))
    assert twice.errand.doubts == SEEN_TWICE
    (event,) = said(became(twice.errand, NotThere()))
    assert isinstance(event, ReplyUnconfirmed)


def test_what_may_be_repeated_is_sent_again_however_often() -> None:
    errand, now = UNDER_WAY, NOW
    for doubts in range(1, 6):
        now += 10
        errand = became(errand, NoAnswer("timeout"), now=now).errand
        assert errand.doubts == doubts
        again = became(errand, Repeatable(), now=now).errand
        errand = begun(again, RECORD, now, PATIENCE).errand
        assert errand.tried_at == NOW, "the platform knows it from the first one on"


def test_what_is_found_counts_as_accepted() -> None:
    doubted = became(UNDER_WAY, NoAnswer("timeout")).errand
    (event,) = said(became(doubted, Accepted("m1")))
    assert isinstance(event, ReplyAccepted)


def test_what_nobody_can_tell_is_a_persons() -> None:
    doubted = became(UNDER_WAY, NoAnswer("timeout")).errand
    move = became(doubted, NoTelling())
    assert move.errand.state == "done"
    assert said(move) == [
        ReplyUnconfirmed(customer_id="ann", ticket_id="T1", request_id="r1", attempt=1)
    ]


def test_a_look_that_fails_is_taken_again_and_not_for_ever() -> None:
    errand = became(UNDER_WAY, NoAnswer("timeout")).errand
    for _ in range(MOST_LOOKS):
        move = became(errand, Unlooked("HTTP 500"))
        assert said(move) == []
        assert move.errand.state == "doubted"
        assert move.errand.due_at > NOW + 1
        errand = move.errand
    (event,) = said(became(errand, Unlooked("HTTP 500")))
    assert isinstance(event, ReplyUnconfirmed)


def test_what_failed_at_the_platform_is_looked_up_before_it_is_sent_again() -> None:
    move = became(UNDER_WAY, Rejected("HTTP 500", final=False, unsure=True))
    (event,) = said(move)
    assert isinstance(event, ReplyFailed)
    assert (event.final, event.error) == (False, "HTTP 500")
    assert (move.errand.state, move.errand.due_at) == ("doubted", NOW + 5)
    for _ in range(2 * MOST_LOOKS):
        move = became(move.errand, Unlooked("HTTP 500"))
        assert (move.errand.state, said(move)) == ("doubted", [])
    for none in (NotThere(), NoTelling()):
        again = became(move.errand, none)
        assert (again.errand.state, again.errand.due_at, said(again)) == ("waits", NOW + 1, [])
    late = NOW + PATIENCE.give_up + 1
    (event,) = said(became(move.errand, NotThere(), now=late))
    assert isinstance(event, ReplyFailed)
    assert event.final
    for unclear in (Unlooked("HTTP 500"), NoTelling()):
        (event,) = said(became(move.errand, unclear, now=late))
        assert isinstance(event, ReplyUnconfirmed)


def test_a_long_wait_for_the_platform_is_told_and_a_short_one_is_not() -> None:
    short = delayed(WAITS, RECORD, NOW + 2.0, NOW, "one a second")
    assert (short.errand.due_at, said(short)) == (NOW + 2.0, [])
    long = delayed(WAITS, RECORD, NOW + 60.0, NOW, "15 in 15 minutes")
    (event,) = said(long)
    assert isinstance(event, ReplyDelayed)
    assert event.until == datetime.fromtimestamp(NOW + 60.0, UTC)


def test_a_request_that_cannot_be_sent_at_all_ends_without_a_try() -> None:
    (event,) = said(failed(WAITS, RECORD, "no address"))
    assert isinstance(event, ReplyFailed)
    assert (event.attempt, event.final) == (1, True)


CAME: st.SearchStrategy[Came] = st.one_of(
    st.just(Accepted("m")),
    st.builds(
        Rejected,
        st.just("no"),
        st.booleans(),
        st.sampled_from([None, 1.0, 500.0]),
        st.booleans(),
    ),
    st.just(Unsent("no route")),
    st.just(NoAnswer("timeout")),
)
LOOKED: st.SearchStrategy[Came] = st.sampled_from(
    [Accepted("m"), NotThere(), Repeatable(), NoTelling(), Unlooked("HTTP 500")]
)


@given(data=st.data(), parts=st.integers(1, 3))
def test_whatever_comes_a_request_ends_once_and_no_message_is_sent_that_may_be_there(
    data: st.DataObject, parts: int
) -> None:
    errand, now, ends, steps = WAITS, NOW, 0, set[str]()
    sent = 0
    for _ in range(200):
        if errand.state == "done":
            break
        now = max(now, errand.due_at)
        if errand.state == "waits":
            move = begun(errand, RECORD, now, PATIENCE)
            sent += 1
            came = data.draw(CAME)
        else:
            move, came = Move(errand, RECORD), data.draw(LOOKED)
        first = move
        move = after(
            first.errand, RECORD, came, parts=parts, now=now, patience=PATIENCE, chance=0.5
        )
        unsure = isinstance(came, Rejected) and came.unsure and not came.final
        if unsure or isinstance(came, NoAnswer):
            assert move.errand.state == "doubted"
        for step, event in (*first.said, *move.said):
            assert step not in steps, "each step has an id of its own"
            steps.add(step)
            ends += isinstance(event, ReplyAccepted | ReplyUnconfirmed) or (
                isinstance(event, ReplyFailed) and event.final
            )
        assert move.errand.part >= errand.part
        assert (ends == 1) == (move.errand.state == "done")
        errand = move.errand
    else:
        pytest.fail(f"it never ends: {msgspec.structs.asdict(errand)}")
    assert sent >= errand.part
