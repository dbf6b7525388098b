"""What customers make of offered articles: accepted, rejected, and what can be learned from it.

An offer is judged once: whoever turns it down takes it off the ticket, and a ticket that is
resolved with it offers it no more. Silence and a person's word are no judgement until the customer
says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.impersonal import impersonal
from agents.lifecycle_contacts import is_content
from agents.world import World
from projections.case import Case, Ticket
from projections.case.state import STATEMENT, Fact
from projections.case.talk import UNHAPPY
from schemas.event import Event
from schemas.events.decisions import ContactLinked
from schemas.events.knowledge import ExampleProposed, SolutionAccepted, SolutionRejected
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import TicketRated, TicketResolved
from schemas.record import Record
from schemas.vocabulary import UNCATEGORISED

SETTLED_WITHIN = 2
"""Contacts of a ticket whose first one still says what was answered."""

PLEASED = 4
"""Stars of a survey, of five, from which on a customer is taken to be satisfied."""

FEWEST_WORDS = 3
"""A shorter question says too little to be an example."""

LONGEST_QUESTION = 120
"""Characters of the sentences that are one."""


def learned(record: Record, case: Case, _world: World) -> Iterator[Event]:
    """A customer who says that the answer solved it confirms its article."""
    event = record.event
    assert isinstance(event, TicketResolved)
    if event.solution_id is not None and event.by == "customer":
        yield from _confirmed(event.ticket_id, event.solution_id, case)


def rated(record: Record, case: Case, _world: World) -> Iterator[Event]:
    """A customer who is pleased with how a person or silence ended it confirms the article."""
    event = record.event
    assert isinstance(event, TicketRated)
    ticket = case.ticket(event.ticket_id)
    if ticket is not None and ticket.settled_with is not None and event.score >= PLEASED:
        yield from _confirmed(ticket.id, ticket.settled_with, case)


def _confirmed(ticket_id: str, article: str, case: Case) -> Iterator[Event]:
    """The answer is counted for its article, and its question becomes an example."""
    yield SolutionAccepted(article_id=article, ticket_id=ticket_id)
    question = _question(case.ticket(ticket_id), article, case)
    if question is not None:
        yield ExampleProposed(article_id=article, example=question, ticket_id=ticket_id)


def _question(ticket: Ticket | None, article: str, case: Case) -> str | None:
    """The question that the answer was for, without what is only this customer's.

    It is what the first message says, in its first sentences. A subject line may be that of a form
    which everybody sends, or of a mail of ours, and would have the article answer all of them: it
    stands in only where the message says nothing. And the customer must have opened the ticket with
    it, the matter have been settled with the next, and the answer have been for it: an offer is for
    the message before it, and whoever names an article as they resolve a ticket has read the whole.
    """
    if ticket is None or ticket.origin != "contact" or ticket.contacts > SETTLED_WITHIN:
        return None
    opening = next((message for message, kind in ticket.messages if kind == "contact"), None)
    if article in ticket.offered and ticket.offer_question != opening:
        return None
    said = [one for one in ticket.facts if (one.kind, one.contact_id) == (STATEMENT, opening)]
    question = impersonal(_beginning(said) or ticket.subject, case.name)
    return question if len(question.split()) >= FEWEST_WORDS else None


def _beginning(said: Sequence[Fact]) -> str:
    """The first statements, as many as there is room for; of one that is longer all of it."""
    found, room = list(said[:1]), LONGEST_QUESTION - len(said[0].text) if said else 0
    for one in said[1:]:
        room -= len(one.text)
        if room < 0:
            break
        found.append(one)
    return " ".join(one.text for one in found)


def judged(record: Record, case: Case) -> Iterator[Event]:
    """What the message at hand says of an article: once, for then it stands no more.

    An offer that did not help, or what a ticket was resolved with, is counted for its article.
    Thanks for an offer resolve the ticket, which confirms it (`learned`); thanks for what it was
    resolved with confirm that.
    """
    event = record.event
    assert isinstance(event, ContactLinked)
    contact, ticket = case.contact, case.ticket(event.ticket_id)
    if ticket is None or contact is None or contact.seen is None:
        return
    article, cues = ticket.offer or ticket.settled_with, frozenset(contact.seen.cues)
    if article is None:
        return
    if ticket.settled_with is not None and is_content(cues, contact.seen.words):
        yield from _confirmed(ticket.id, ticket.settled_with, case)
    elif UNHAPPY & cues:
        yield SolutionRejected(article_id=article, ticket_id=ticket.id)
        yield InteractionMeasured.model_validate(
            {
                "category": ticket.category or UNCATEGORISED,
                "kind": "rejected_answer",
                "channel": contact.channel,
                "ticket_id": ticket.id,
                "customer_id": case.customer_id,
            }
        )
