"""Knowledge, for people: whether a language model is asked to draft the reply of whoever answers.

It is asked once for a contact that brings a ticket to a person, where there are articles at all
that it could quote. Nobody waits for it, and what it writes is never sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from agents.agent import Agent
from agents.offers import same_language
from agents.quoting import excerpt
from agents.world import World
from projections.case import Case
from projections.case.state import Seen
from schemas.event import Candidate, Event
from schemas.events.contacts import ContactReceived
from schemas.events.desk import SpecialistRequested
from schemas.events.drafts import DraftRequested, Source
from schemas.record import Record

MOST_ASKED = 4000
"""How many characters of a message are passed on."""


def asked(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A message goes to a person, and a draft is asked for them."""
    event, trigger = record.event, world.trigger.event
    assert isinstance(event, SpecialistRequested)
    wants = world.policy.drafting
    contact, ticket = case.contact, case.ticket(event.ticket_id)
    if not wants.enabled or not isinstance(trigger, ContactReceived):
        return
    if ticket is None or contact is None or contact.seen is None:
        return
    if contact.ticket_id != ticket.id or contact.id != world.trigger.id or contact.drafted:
        return
    given = [
        (score, source)
        for name, score in contact.seen.solutions
        if score >= wants.least_confidence
        and name not in ticket.offered
        and (source := _source(name, contact.seen, world)) is not None
    ][: wants.articles]
    if not given:
        return
    yield DraftRequested(
        customer_id=case.customer_id,
        ticket_id=ticket.id,
        confidence=given[0][0],
        threshold=wants.least_confidence,
        outcome=given[0][1].article_id,
        candidates=[Candidate(name=name, score=score) for name, score in contact.seen.solutions],
        reasons=["goes_to_a_person"],
        policy_version=world.policy.version,
        model_versions=dict(contact.seen.model_versions),
        contact_id=contact.id,
        question=trigger.message[:MOST_ASKED],
        facts=[*dict.fromkeys(fact.text for fact in ticket.facts)],
        sources=[source for _, source in given],
    )


def _source(name: str, seen: Seen, world: World) -> Source | None:
    """An article as it can be quoted: it is there, in the customer's language, and not empty."""
    article = world.models.article(name)
    if article is None or not same_language(article, seen):
        return None
    found = excerpt(article.body)
    return Source(article_id=name, title=article.title, sentences=found) if found else None


ASKED = Agent(
    name="knowledge",
    domain="customer",
    reads=frozenset({SpecialistRequested}),
    writes=frozenset({DraftRequested}),
    decide=asked,
)
