"""What customers make of offered articles: accepted, rejected, and what can be learned from it.

An offer is judged once: whoever turns it down takes it off the ticket, and a ticket that is
resolved with it offers it no more. Silence and a person's word are no judgement.
"""

from __future__ import annotations

from collections.abc import Iterator

from agents.impersonal import impersonal
from agents.world import World
from projections.case import Case, Ticket
from projections.case.talk import UNHAPPY
from schemas.event import Event
from schemas.events.decisions import ContactLinked
from schemas.events.knowledge import ExampleProposed, SolutionAccepted, SolutionRejected
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import TicketResolved
from schemas.record import Record
from schemas.vocabulary import UNCATEGORISED

SETTLED_WITHIN = 2
"""Contacts of a ticket whose subject still says what was answered."""

FEWEST_WORDS = 3
"""A shorter subject says too little to be an example."""


def learned(record: Record, case: Case, _world: World) -> Iterator[Event]:
    """A confirmed answer is counted for its article, and its question becomes an example."""
    event = record.event
    assert isinstance(event, TicketResolved)
    if event.solution_id is None or event.by != "customer":
        return
    yield SolutionAccepted(article_id=event.solution_id, ticket_id=event.ticket_id)
    question = _question(case.ticket(event.ticket_id), case)
    if question is not None:
        yield ExampleProposed(
            article_id=event.solution_id, example=question, ticket_id=event.ticket_id
        )


def _question(ticket: Ticket | None, case: Case) -> str | None:
    """The question that the answer was for, without what is only this customer's.

    A ticket knows of its messages only the subject: the customer's own, or how the first message
    begins. So it is a question for examples only if the customer opened the ticket with it, the
    answer was for that message, and the matter was settled with the next.
    """
    if ticket is None or ticket.origin != "contact" or ticket.contacts > SETTLED_WITHIN:
        return None
    opening = next((message for message, kind in ticket.messages if kind == "contact"), None)
    if ticket.offer_question != opening:
        return None
    question = impersonal(ticket.subject, case.name)
    return question if len(question.split()) >= FEWEST_WORDS else None


def rejected(record: Record, case: Case) -> Iterator[Event]:
    """An offer that did not help is counted for its article: once, for then it stands no more."""
    event = record.event
    assert isinstance(event, ContactLinked)
    contact, ticket = case.contact, case.ticket(event.ticket_id)
    if ticket is None or ticket.offer is None or contact is None or contact.seen is None:
        return
    if UNHAPPY.intersection(contact.seen.cues):
        yield SolutionRejected(article_id=ticket.offer, ticket_id=ticket.id)
        yield InteractionMeasured.model_validate(
            {
                "category": ticket.category or UNCATEGORISED,
                "kind": "rejected_answer",
                "channel": contact.channel,
                "ticket_id": ticket.id,
                "customer_id": case.customer_id,
            }
        )
