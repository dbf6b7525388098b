"""The same matter on another channel, in words that say little: no second ticket.

Given an open ticket, when its customer writes elsewhere, then the message goes where they mean.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agents.linking import WEIGHTS, WITH_MEANING, link
from agents.linking_signals import SIGNALS, signals
from schemas.vocabulary import CHANNELS
from tests.decisions.test_linking import CHARGED, DAY, HOUR, PIN, said, ticket

PARCEL = "Where is my parcel? It should be here since Monday"


@pytest.mark.parametrize("after", [120.0, HOUR, 5 * HOUR])
@pytest.mark.parametrize(
    "text",
    ["when will it come", "When will it arrive?", "is it done", "can you do that please",
     "hello anybody", "still nothing", "what about this", "is anyone there"],
)  # fmt: skip
@pytest.mark.parametrize(("first", "then"), [("email", "whatsapp"), ("chat_widget", "phone")])
def test_what_names_no_matter_of_its_own_goes_on(
    text: str, after: float, first: str, then: str
) -> None:
    for weights in (WEIGHTS, WITH_MEANING):  # a message without a matter has no meaning
        found = link(said(text, then, after), [ticket("A", PARCEL, first)], weights)
        assert found.ticket_id == "A"


@pytest.mark.parametrize("text", ["when will it come", "hello anybody"])
def test_of_several_tickets_it_goes_to_the_latest(text: str) -> None:
    tickets = [
        ticket("A", CHARGED, "email", -DAY),
        ticket("B", PARCEL, "chat_widget", HOUR),
    ]
    for weights in (WEIGHTS, WITH_MEANING):
        assert link(said(text, "whatsapp", 2 * HOUR), tickets, weights).ticket_id == "B"


@pytest.mark.parametrize("after", [120.0, HOUR, DAY])
@pytest.mark.parametrize("text", [PIN, "I need a new card please", "hello", "good morning"])
def test_a_matter_of_its_own_or_a_bare_greeting_opens_a_ticket(text: str, after: float) -> None:
    for weights in (WEIGHTS, WITH_MEANING):
        found = link(said(text, "whatsapp", after), [ticket("A", PARCEL, "email")], weights)
        assert found.ticket_id is None


SPOKEN_OF = {
    "email": ["email", "mail", "emailed"],
    "slack": ["slack"],
    "whatsapp": ["whatsapp"],
    "chat_widget": ["chat", "widget", "chatted", "livechat"],
    "phone": ["phone", "phoned", "call", "called"],
    "twitter": ["twitter", "tweet", "tweeted", "dm"],
    "facebook": ["facebook", "messenger"],
    "discord": ["discord"],
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_whoever_says_where_they_wrote_before_means_the_ticket_of_that_channel(
    channel: str,
) -> None:
    then = "email" if channel != "email" else "phone"
    there, other = ticket("A", CHARGED, channel), ticket("B", PARCEL, then)
    its, anothers = (SIGNALS.index(name) for name in ("names_its_channel", "names_another_channel"))
    for word in SPOKEN_OF[channel]:
        one, two = signals(said(f"any news, i asked by {word} already", then, HOUR), [there, other])
        assert (one[its], one[anothers]) == (1.0, 0.0), word
        assert (two[its], two[anothers]) == (0.0, 1.0), word


@pytest.mark.parametrize(
    ("text", "where", "signal"),
    [
        ("following up here as nobody answered", "by mail", "names_another_was_here"),
        ("me again, still the same problem, this time", "by phone", "this_time_was_here"),
    ],
)
def test_whoever_says_that_they_moved_has_not_been_here_with_it(
    text: str, where: str, signal: str
) -> None:
    column = SIGNALS.index(signal)
    left = ticket("A", PARCEL, "email")
    moved = ticket("B", CHARGED, "phone", 60.0, channels=("email", "phone"))
    told, untold = (said(words, "phone", HOUR) for words in (f"{text} {where}", text))
    assert [row[column] for row in signals(told, [moved, left])] == [1.0, 0.0]
    third = said("this is the third time i call, still the same problem", "phone", HOUR)
    called = said("i called already and nobody answered", "phone", HOUR)
    anew = said(f"this time {where}: how do i change my pin", "phone", HOUR)
    for message in (untold, third, called, anew, said(f"{PARCEL} {where}", "phone", HOUR)):
        assert [row[column] for row in signals(message, [moved, left])] == [0.0, 0.0]
    for message, there in ((told, "this time" in text), (third, False), (anew, False)):
        (row,) = signals(message, [left])
        assert row[SIGNALS.index("this_time_elsewhere")] == there
    for weights in (WEIGHTS, WITH_MEANING):
        odds = [dict(link(one, [moved, left], weights).candidates) for one in (told, untold)]
        with_it, without = (one["A"] / one["B"] for one in odds)
        assert with_it > without


def test_the_same_problem_again_is_the_one_named_and_not_the_one_that_was_answered() -> None:
    left = ticket("A", PARCEL, "email")
    answered = ticket("B", CHARGED, "email", 60.0, last_reply_at=120.0)
    named = said("Me again. Still the same problem with my parcel", "phone", HOUR)
    unnamed = said("Me again. Still the same problem", "phone", HOUR)
    column = SIGNALS.index("not_solved_after_reply")
    for message, ours in ((named, 0.0), (unnamed, 1.0)):
        (row,) = signals(replace(message, cues=("not_solved",)), [answered])
        assert row[column] == ours
    for weights in (WEIGHTS, WITH_MEANING):
        for message, meant in ((named, "A"), (unnamed, "B")):
            unsolved = replace(message, cues=("not_solved",))
            assert link(unsolved, [answered, left], weights).ticket_id == meant


@pytest.mark.parametrize(
    ("one", "other"), [("ab-4711", "AB4711"), ("#4711-88", "4711 88"), ("how_to_pay", "how-to-pay")]
)
def test_a_number_is_the_same_however_it_is_written(one: str, other: str) -> None:
    column = SIGNALS.index("shared_reference")
    known = ticket("A", PARCEL, "email", references=(one,))
    (row,) = signals(said("any news", "phone", HOUR, references=(other,)), [known])
    assert row[column] == 1.0
