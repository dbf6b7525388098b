"""To which open ticket a message belongs, as people would expect it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.linking import WEIGHTS, WITH_MEANING, Candidate, Link, Message, link, shipped
from agents.linking_signals import SIGNALS, signals
from agents.linking_terms import stem, term

HOUR = 3600.0
DAY = 24 * HOUR

CHARGED = "I was charged twice for the hotel in Lisbon last week"
PIN = "How do I change the PIN of my card?"


def features(text: str) -> tuple[tuple[int, int], ...]:
    """Long words weigh more, as rare ones do: what linking reads, without a model."""
    words = dict.fromkeys(stem(word.strip(".,?!#")) for word in text.lower().split())
    return tuple((term(word), 10 * len(word)) for word in words if word)


def said(text: str, channel: str, at: float, **more: object) -> Message:
    """A message with nothing special about it but what is given."""
    fields: dict[str, object] = {
        "handle_known": True,
        "thread": None,
        "in_reply_to": None,
        "cues": (),
        "category": None,
        "references": (),
    }
    return Message(
        channel=channel,
        at=at,
        features=features(text),
        words=len(text.split()),
        **{**fields, **more},  # type: ignore[arg-type]  # the fields by name
    )


def ticket(name: str, text: str, channel: str, at: float = 0.0, **more: object) -> Candidate:
    """An open ticket with one message."""
    fields: dict[str, object] = {
        "channels": (channel,),
        "threads": (),
        "status": "triaged",
        "opened_at": at,
        "last_reply_at": None,
        "resolved_at": None,
        "category": None,
        "features": (features(text),),
        "last_reply_asked": False,
        "references": (),
        "contacts": 1,
    }
    return Candidate(
        ticket_id=name,
        channel=channel,
        last_customer_at=at,
        **{**fields, **more},  # type: ignore[arg-type]  # the fields by name
    )


def decide(message: Message, *candidates: Candidate) -> Link:
    return link(message, candidates, shipped(message))


def test_without_a_ticket_everything_is_new() -> None:
    assert decide(said(CHARGED, "email", 0)) == Link(None, 1.0, "new", [])


def test_the_same_thread_is_the_same_ticket_whatever_is_said() -> None:
    found = decide(
        said(PIN, "email", 90 * DAY, thread="t1"),
        ticket("A", CHARGED, "email", threads=("t1",)),
        ticket("B", PIN, "email", 89 * DAY, threads=("t2",)),
    )
    assert (found.ticket_id, found.rule, found.confidence) == ("A", "thread", 1.0)


def test_a_reply_reference_decides_before_the_thread() -> None:
    found = decide(
        said("ok", "email", DAY, thread="t2", in_reply_to="m1"),
        ticket("A", CHARGED, "email", threads=("m1",)),
        ticket("B", PIN, "email", threads=("t2",)),
    )
    assert (found.ticket_id, found.rule) == ("A", "reply_reference")


def test_a_ticket_that_is_named_is_meant_even_after_a_merge() -> None:
    cands = (
        ticket("TICK_1", CHARGED, "email"),
        ticket("TICK_2", PIN, "email", absorbed=("TICK_9",)),
    )
    assert decide(said(PIN, "phone", DAY, references=("#tick_1",)), *cands).ticket_id == "TICK_1"
    found = decide(said("news?", "phone", DAY, references=("TICK_9",)), *cands)
    assert (found.ticket_id, found.rule) == ("TICK_2", "ticket_reference")


@pytest.mark.parametrize("channel", ["chat_widget", "email", "whatsapp"])
@pytest.mark.parametrize("after", [300.0, 2 * HOUR, DAY])
def test_a_second_unrelated_question_is_a_new_issue(channel: str, after: float) -> None:
    found = decide(said(PIN, channel, after), ticket("A", CHARGED, "chat_widget"))
    assert (found.ticket_id, found.rule) == (None, "new")
    assert found.confidence > 0.5


@pytest.mark.parametrize(
    ("text", "channel", "after"),
    [
        ("any news?", "chat_widget", 300.0),
        ("any news?", "whatsapp", 2 * HOUR),
        ("Any news?", "whatsapp", DAY),
        ("hello, any update on this?", "phone", 3 * HOUR),
        ("Is someone looking at this?", "email", 5 * HOUR),
    ],
)
def test_asking_for_news_is_linked_on_any_channel(text: str, channel: str, after: float) -> None:
    first = "email" if channel != "chat_widget" else channel
    assert decide(said(text, channel, after), ticket("A", CHARGED, first)).ticket_id == "A"


def test_an_issue_goes_on_across_channels() -> None:
    found = decide(
        said("Me again about the double hotel charge in Lisbon, still waiting", "whatsapp", HOUR),
        ticket("A", CHARGED, "email"),
        ticket("B", PIN, "chat_widget", 1800.0),
    )
    assert (found.ticket_id, found.rule) == ("A", "score")
    assert found.confidence > 0.8


def test_the_same_matter_in_other_words_is_linked() -> None:
    message = said("the hotel in Lisbon charged me twice", "whatsapp", 2 * HOUR)
    assert decide(message, ticket("A", CHARGED, "email")).ticket_id == "A"


@pytest.mark.parametrize(
    ("channel", "after"), [("email", 1200.0), ("email", DAY), ("whatsapp", 5 * HOUR)]
)
@pytest.mark.parametrize("text", ["thanks!", "Thank you very much", "thanks, that worked"])
def test_thanks_after_a_reply_are_for_it(text: str, channel: str, after: float) -> None:
    answered = ticket("A", CHARGED, "email", last_reply_at=600.0)
    assert decide(said(text, channel, after, cues=("thanks",)), answered).ticket_id == "A"


def test_thanks_at_the_end_of_a_new_question_do_not_link_it() -> None:
    answered = ticket("A", CHARGED, "email", last_reply_at=600.0)
    message = said(f"{PIN} Thanks!", "email", DAY, cues=("thanks",))
    assert decide(message, answered).ticket_id is None


@pytest.mark.parametrize("channel", ["email", "whatsapp"])
def test_what_did_not_help_is_not_solved(channel: str) -> None:
    answered = ticket("A", CHARGED, "email", last_reply_at=600.0, resolved_at=600.0)
    message = said("that did not help", channel, 3 * HOUR, cues=("not_solved",))
    assert decide(message, answered).ticket_id == "A"


def test_two_messages_within_seconds_are_one_issue() -> None:
    greeted = ticket("A", "hello", "whatsapp")
    assert decide(said(CHARGED, "whatsapp", 20.0), greeted).ticket_id == "A"
    half = ticket("A", "hi, I was charged", "whatsapp")
    assert decide(said("twice for the hotel", "whatsapp", 5.0), half).ticket_id == "A"


def test_the_answer_to_our_question_belongs_to_it() -> None:
    asked = ticket("A", CHARGED, "chat_widget", last_reply_at=60.0, last_reply_asked=True)
    assert decide(said("yes please", "chat_widget", 900.0), asked).ticket_id == "A"


def test_a_new_question_is_new_even_where_we_wait_for_an_answer() -> None:
    asked = ticket("A", CHARGED, "email", last_reply_at=60.0, last_reply_asked=True)
    message = said("How do I change the PIN of my new credit card please?", "email", DAY)
    assert decide(message, asked).ticket_id is None


def test_the_same_order_number_is_the_same_matter() -> None:
    first = ticket("A", "Where is my order 4711-88?", "email", references=("4711-88",))
    same = said("my order 4711-88 is broken", "phone", 2 * DAY, references=("4711-88",))
    other = said("Where is my order 9999-12?", "email", 3 * DAY, references=("9999-12",))
    assert decide(same, first).ticket_id == "A"
    assert decide(other, first).ticket_id is None


@pytest.mark.parametrize("weights", [WEIGHTS, WITH_MEANING])
def test_every_weight_is_one_of_a_signal(weights: dict[str, float]) -> None:
    assert set(weights) == {*SIGNALS, "bias", "threshold"}
    assert 0 < weights["threshold"] < 1
    assert all(math.isfinite(weight) for weight in weights.values())


TEXTS = st.sampled_from([CHARGED, PIN, "any news?", "thanks", "hello", "", "yes please"])
CHANNELS = st.sampled_from(["email", "whatsapp", "phone"])
MESSAGES = st.builds(
    said,
    TEXTS,
    CHANNELS,
    st.floats(0, 30 * DAY),
    cues=st.sampled_from([(), ("thanks",), ("not_solved",)]),
    thread=st.sampled_from([None, "t1"]),
)
TICKETS = st.lists(
    st.builds(
        ticket,
        st.sampled_from("ABCDEFGH"),
        TEXTS,
        CHANNELS,
        st.floats(0, 30 * DAY),
        last_reply_at=st.none() | st.floats(0, 30 * DAY),
        threads=st.sampled_from([(), ("t1",)]),
        last_reply_asked=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.ticket_id,
)


@given(message=MESSAGES, candidates=TICKETS, dice=st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_changes_nothing(
    message: Message, candidates: list[Candidate], dice: object
) -> None:
    shuffled = list(candidates)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own random numbers
    assert link(message, shuffled, WEIGHTS) == link(message, candidates, WEIGHTS)


@given(message=MESSAGES, candidates=TICKETS)
def test_the_probabilities_of_all_outcomes_are_one(
    message: Message, candidates: list[Candidate]
) -> None:
    found = link(message, candidates, WEIGHTS)
    probabilities = [p for _, p in found.candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert found.ticket_id is None or found.ticket_id == found.candidates[0][0]
    fresh = 1.0 - sum(probabilities)
    if found.ticket_id is None:
        assert found.confidence == pytest.approx(fresh, abs=0.001)
    else:
        assert found.confidence == probabilities[0]
    assert -0.001 <= fresh <= 1.001


@given(message=MESSAGES, candidates=TICKETS)
def test_signals_are_small_numbers_in_a_fixed_order(
    message: Message, candidates: list[Candidate]
) -> None:
    for row in signals(message, candidates):
        assert len(row) == len(SIGNALS)
        assert all(math.isfinite(value) and -10 <= value <= 200 for value in row)


def test_a_new_subject_line_is_a_new_matter_even_a_minute_later() -> None:
    first = ticket("A", CHARGED, "email", subject="Charged twice")
    found = decide(said(PIN, "email", 60, subject="A new PIN"), first)
    assert found.ticket_id is None


@pytest.mark.parametrize("subject", ["Charged twice", "Re: charged twice", "AW: RE: Charged Twice"])
def test_the_same_subject_line_goes_on_without_any_reference(subject: str) -> None:
    first = ticket("A", CHARGED, "email", subject="Charged twice")
    found = decide(said("here is the invoice that you need", "email", DAY, subject=subject), first)
    assert found.ticket_id == "A"


def test_who_asks_for_news_may_do_so_under_a_new_subject_line() -> None:
    first = ticket("A", CHARGED, "email", subject="Charged twice")
    text = "I wrote about being charged twice and still have no answer"
    assert decide(said(text, "email", 3600, subject="Still waiting"), first).ticket_id == "A"


def test_a_new_thread_on_the_same_channel_is_a_new_matter() -> None:
    first = ticket("A", CHARGED, "email", threads=("t1",))
    assert decide(said(PIN, "email", 60, thread="t2"), first).ticket_id is None


PARCEL = "parcel damaged"
BOX = ((term("parcel"), 3), (term("box"), 4))
"""A message of two words, the second of which weighs more."""

AWAITED: dict[str, object] = {"last_reply_asked": True, "last_reply_at": 30.0}
"""We replied last, and wait for the customer."""


@pytest.mark.parametrize(
    ("signal", "message", "more", "value"),
    [
        ("similarity", said("parcel", "email", 60), {"features": (BOX,)}, pytest.approx(0.6)),
        ("similarity", said("invoice", "email", 60), {}, 0.0),
        ("similarity", said("invoice", "email", 60), {"features": ()}, 0.0),
        ("similarity", said("invoice", "email", 60), {"features": ((),)}, 0.0),
        ("here", said(PARCEL, "email", 60), {}, 1.0),
        ("here", said(PARCEL, "phone", 60), {}, 0.0),
        ("here_slow", said(PARCEL, "email", 60), {}, 1.0),
        ("here_slow", said(PARCEL, "phone", 60), {"channel": "phone"}, 0.0),
        ("here_at_once", said(PARCEL, "email", 120), {}, 1.0),
        ("here_at_once", said(PARCEL, "email", 121), {}, 0.0),
        ("here_in_pace", said(PARCEL, "email", 3 * HOUR), {}, 1.0),
        ("here_in_pace", said(PARCEL, "email", 3 * HOUR + 1), {}, 0.0),
        ("here_in_pace", said(PARCEL, "phone", 600), {"channel": "phone"}, 1.0),
        ("here_in_pace", said(PARCEL, "phone", 601), {"channel": "phone"}, 0.0),
        ("here_in_pace_running", said(PARCEL, "email", 60), {"contacts": 2}, 1.0),
        ("here_in_pace_running", said(PARCEL, "email", 60), {}, 0.0),
        ("here_age", said(PARCEL, "email", 180), {}, 2.0),
        ("away_age", said(PARCEL, "phone", 180), {}, 2.0),
        ("here_words", said("one two three", "email", 60), {}, 2.0),
        ("words", said("one two three", "phone", 60), {}, 2.0),
        ("few_words", said("one two", "email", 60), {}, 1.0),
        ("few_words", said("one two three", "email", 60), {}, 0.0),
        ("days_idle", said(PARCEL, "email", 2 * DAY), {}, 2.0),
        ("days_idle", said(PARCEL, "email", 9 * DAY), {}, 7.0),
        ("follow_up", said("parcel still missing", "email", 60), {}, 1.0),
        ("follow_up", said(PARCEL, "email", 60), {}, 0.0),
        ("follow_up_strength", said("still no news again yet parcel", "email", 60), {}, 3.0),
        ("follow_up_days_idle", said("any news", "email", 2 * DAY), {}, 2.0),
        ("names_its_channel", said("as i wrote by mail", "phone", 60), {}, 1.0),
        ("names_another_channel", said("as i wrote on slack", "phone", 60), {}, 1.0),
        ("names_another_channel", said("as i wrote by mail", "phone", 60), {}, 0.0),
        ("greeting", said("hello sir", "email", 60), {}, 1.0),
        ("greeting", said("hello parcel", "email", 60), {}, 0.0),
        ("greeting_at_once", said("hello sir", "email", 60), {}, 1.0),
        ("after_greeting", said(PARCEL, "email", 60), {"features": (features("hi"),)}, 1.0),
        ("acknowledging", said("ok thanks", "email", 60), {}, 1.0),
        ("acknowledging", said("ok parcel", "email", 60), {}, 0.0),
        ("acknowledging", said("ok thanks yes parcel box", "email", 60), {}, 0.0),
        ("acknowledging_here", said("ok thanks yes parcel box", "email", 60), {}, 0.6),
        ("acknowledging_here", said("ok parcel", "email", 60), {}, 0.5),
        ("opening", said("how change pin", "email", 60), {}, 1.0),
        ("opening_twice", said("how can parcel", "email", 60), {}, 1.0),
        ("opening_twice", said("how change pin", "email", 60), {}, 0.0),
        ("contacts", said(PARCEL, "email", 60), {"contacts": 3}, 2.0),
        ("running", said(PARCEL, "phone", 60), {"contacts": 2}, 1.0),
        ("running", said(PARCEL, "phone", 60), {}, 0.0),
        ("same_category", said(PARCEL, "email", 60, category="x"), {"category": "x"}, 1.0),
        ("same_category", said(PARCEL, "email", 60), {}, 0.0),
        ("other_category", said(PARCEL, "email", 60, category="x"), {"category": "y"}, 1.0),
        ("other_category", said(PARCEL, "email", 60, category="x"), {}, 0.0),
        ("shared_reference", said(PARCEL, "email", 60, references=("7",)), {}, 0.0),
        (
            "shared_reference",
            said(PARCEL, "email", 60, references=("7",)),
            {"references": ("6", "7")},
            1.0,
        ),
        ("unknown_handle", said(PARCEL, "email", 60, handle_known=False), {}, 1.0),
        ("unknown_handle", said(PARCEL, "email", 60), {}, 0.0),
        ("contentless", said("any news yet", "email", 60), {}, 1.0),
        ("contentless", said("any parcel news yet", "email", 60), {}, 0.0),
        ("awaited", said(PARCEL, "email", 60), AWAITED, 1.0),
        ("awaited", said(PARCEL, "email", 60), AWAITED | {"last_reply_at": -1.0}, 0.0),
        ("awaited", said("yesterday", "email", 60), AWAITED, 1.0),
        ("awaited", said("i already explained it", "email", 60), AWAITED, 0.0),
        ("awaited_short", said("i already explained it", "email", 60), AWAITED, 0.0),
        ("awaited_short", said("a b c d e f g h", "email", 60), AWAITED, 1.0),
        ("awaited_short", said("a b c d e f g h i", "email", 60), AWAITED, 0.0),
        ("thanks_after_reply", said("ok", "email", 60, cues=("thanks",)), AWAITED, 1.0),
        ("thanks_after_reply", said(PARCEL, "email", 60, cues=("thanks",)), AWAITED, 0.0),
        ("thanks_after_reply", said("ok yes no pin x", "email", 6, cues=("thanks",)), AWAITED, 0.0),
        ("thanks_after_reply", said(PARCEL, "email", 60, cues=("solved",)), AWAITED, 1.0),
        ("thanks_after_reply", said("ok", "email", 60, cues=("thanks",)), {}, 0.0),
        ("not_solved_after_reply", said("no", "email", 60, cues=("not_solved",)), AWAITED, 1.0),
        (
            "not_solved_after_reply",
            said("no", "email", 60, cues=("not_solved",)),
            {"resolved_at": 30.0},
            1.0,
        ),
        ("resolved", said(PARCEL, "email", 60), {"resolved_at": 30.0}, 1.0),
        ("resolved", said(PARCEL, "email", 60), {}, 0.0),
        ("same_subject", said(PARCEL, "email", 60, subject="Re: Box"), {"subject": "box"}, 1.0),
        ("other_subject", said(PARCEL, "email", 60, subject="PIN"), {"subject": "Box"}, 1.0),
        ("other_subject", said(PARCEL, "email", 60, subject="PIN"), {}, 0.0),
        ("other_thread", said(PARCEL, "email", 60, thread="t2"), {"threads": ("t1",)}, 1.0),
        ("other_thread", said(PARCEL, "email", 60, thread="t1"), {"threads": ("t1",)}, 0.0),
    ],
)
def test_what_speaks_for_a_ticket_is_measured(
    signal: str, message: Message, more: dict[str, object], value: float
) -> None:
    """Of a ticket about a damaged parcel, written by mail at midnight."""
    (row,) = signals(message, [replace(ticket("A", PARCEL, "email"), **more)])
    assert row[SIGNALS.index(signal)] == value


def test_a_later_ticket_comes_first() -> None:
    tickets = [ticket(str(n), PARCEL, "email", at=float(n)) for n in range(7)]
    rows = signals(said("any news", "email", 60), tickets)
    assert [row[SIGNALS.index("rank")] for row in rows] == [4.0, 4.0, 4.0, 3.0, 2.0, 1.0, 0.0]
    assert [row[SIGNALS.index("here_latest")] for row in rows] == [0.0] * 6 + [1.0]
