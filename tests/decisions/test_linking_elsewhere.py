"""The same matter on another channel, in words that say little: no second ticket.

Given an open ticket, when its customer writes elsewhere, then the message goes where they mean.
"""

from __future__ import annotations

import pytest

from tests.decisions.test_linking import CHARGED, DAY, HOUR, PIN, decide, said, ticket

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
    assert decide(said(text, then, after), ticket("A", PARCEL, first)).ticket_id == "A"


@pytest.mark.parametrize("text", ["when will it come", "hello anybody"])
def test_of_several_tickets_it_goes_to_the_latest(text: str) -> None:
    found = decide(
        said(text, "whatsapp", 2 * HOUR),
        ticket("A", CHARGED, "email", -DAY),
        ticket("B", PARCEL, "chat_widget", HOUR),
    )
    assert found.ticket_id == "B"


@pytest.mark.parametrize("after", [120.0, HOUR, DAY])
@pytest.mark.parametrize("text", [PIN, "I need a new card please", "hello", "good morning"])
def test_a_matter_of_its_own_or_a_bare_greeting_opens_a_ticket(text: str, after: float) -> None:
    assert decide(said(text, "whatsapp", after), ticket("A", PARCEL, "email")).ticket_id is None
