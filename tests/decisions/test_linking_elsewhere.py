"""The same matter on another channel, in words that say little: no second ticket.

Given an open ticket, when its customer writes elsewhere, then the message goes where they mean.
"""

from __future__ import annotations

import pytest

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
