"""Knowledge, on a customer's line: which article answers, and whether it may do so by itself.

An article's own text is the answer: nothing is invented. Whether it may is `agents.offers`'
judgement; what customers make of it is in `agents.knowledge_judged`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agents.agent import Agent
from agents.knowledge_judged import judged, learned, rated
from agents.offers import BANS, Offer, offer, permitted
from agents.rulings import may_answer_again
from agents.shaping import beginning
from agents.triage_rules import is_critical, is_owed, triggers
from agents.wording import words
from agents.words import TITLE
from agents.world import ArticleText, World
from projections.case import Case, Ticket
from projections.case.state import Contact, Seen
from schemas.event import Candidate, Event
from schemas.events.decisions import (
    AnswerChosen,
    ContactLinked,
    Score,
    SolutionsFound,
    SolutionSuggested,
)
from schemas.events.knowledge import (
    ExampleProposed,
    SolutionAccepted,
    SolutionRejected,
    SolutionShown,
)
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import TicketRated, TicketResolved, TicketTriaged
from schemas.record import Record
from schemas.vocabulary import UNCATEGORISED

__all__ = ["AGENTS", "BANS", "Offer", "offer", "permitted"]

MOST_CHARACTERS = 3000
"""How much of an article's text goes into an answer."""

_ENDS = " \u00a0\u202f.?!。？！؟"
"""What a title may end with that no other mark goes behind."""


def searched(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A triaged ticket is searched for; one that is triaged anew, while nobody has it.

    Where it was answered before, that its message is a further one has had it searched for.
    """
    event = record.event
    assert isinstance(event, TicketTriaged)
    contact, ticket = case.contact, case.ticket(event.ticket_id)
    if ticket is None:
        return
    if event.previous is not None and (ticket.offered or ticket.specialist_id is not None):
        return
    if contact is None or contact.ticket_id != ticket.id or contact.seen is None:
        yield _found(case, ticket, None, Offer("none", None, None, ["no_message"]), world)
        return
    yield _found(case, ticket, contact.seen, _offer(ticket, contact.seen, world), world)


def searched_again(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A further message is searched for while nobody has the ticket."""
    event = record.event
    assert isinstance(event, ContactLinked)
    contact, ticket = case.contact, case.ticket(event.ticket_id)
    if ticket is None or contact is None or contact.seen is None:
        return
    if may_answer_again(ticket, frozenset(contact.seen.cues), world.policy):
        yield _found(case, ticket, contact.seen, _offer(ticket, contact.seen, world), world)


def _offer(ticket: Ticket, seen: Seen, world: World) -> Offer:
    """The offer for a message, which may itself fire a trigger that is not on the ticket yet."""
    grave = is_critical(seen, world.policy, world.models)
    priority = "critical" if grave else ticket.priority
    fired = triggers(seen, priority=priority, vip=is_owed(ticket), policy=world.policy)
    verdict = offer(
        seen,
        triggers=(*ticket.triggers, *fired),
        priority=ticket.priority,
        offered=ticket.offered,
        policy=world.policy,
    )
    return permitted(verdict, seen, world.models)


def _found(
    case: Case, ticket: Ticket, seen: Seen | None, verdict: Offer, world: World
) -> SolutionsFound:
    hits = seen.solutions if seen is not None else ()
    limits = world.policy.thresholds
    return SolutionsFound(
        customer_id=case.customer_id,
        ticket_id=ticket.id,
        outcome=verdict.outcome,
        confidence=verdict.confidence,
        threshold=limits.suggest if verdict.outcome == "suggest" else limits.auto_answer,
        candidates=[Candidate(name=name, score=score) for name, score in hits],
        reasons=verdict.reasons,
        policy_version=world.policy.version,
        model_versions=dict(seen.model_versions) if seen is not None else {},
        solutions=[Score(name=name, confidence=score) for name, score in hits],
    )


def offered(record: Record, case: Case, world: World) -> Iterator[Event]:
    """What the search allows is answered or suggested, in the article's own words."""
    event = record.event
    assert isinstance(event, SolutionsFound)
    contact, ticket = case.contact, case.ticket(event.ticket_id)
    if event.outcome == "none" or contact is None or ticket is None:
        return
    name = next(s.name for s in event.solutions if s.name not in ticket.offered)
    article = world.models.article(name)
    if article is None:
        return
    yield _said(event, case, ticket, contact, article, world)
    yield SolutionShown(article_id=article.id, ticket_id=ticket.id, confidence=event.confidence)
    if event.outcome == "answer":
        yield InteractionMeasured.model_validate(
            {
                "category": ticket.category or UNCATEGORISED,
                "kind": "automatic_answer",
                "channel": contact.channel,
                "ticket_id": ticket.id,
                "customer_id": case.customer_id,
            }
        )


def _said(
    found: SolutionsFound,
    case: Case,
    ticket: Ticket,
    contact: Contact,
    article: ArticleText,
    world: World,
) -> AnswerChosen | SolutionSuggested:
    told = {
        "customer_id": case.customer_id,
        "ticket_id": ticket.id,
        "outcome": article.id,
        "confidence": found.confidence,
        "threshold": found.threshold,
        "candidates": found.candidates,
        "reasons": found.reasons,
        "policy_version": world.policy.version,
        "model_versions": found.model_versions,
        "contact_id": contact.id,
        "solution_id": article.id,
        "solution_title": article.title,
    }
    body = beginning(article.body.strip(), MOST_CHARACTERS)
    own = words(ticket.id, case, world)
    if found.outcome == "suggest":
        text = f"{_titled(own.did_you_mean, article)}\n\n{body}\n\n{own.as_well}"
        return SolutionSuggested.model_validate({**told, "text": text})
    candidate = (found.confidence or 0.0) > world.policy.thresholds.auto_resolution
    # An article next to the right one, which is missing, comes near enough to be asked about.
    text = f"{_titled(own.helps if candidate else own.is_it, article)}\n\n{body}"
    return AnswerChosen.model_validate(
        {**told, "text": text, "auto_resolution_candidate": candidate}
    )


def _titled(frame: str, article: ArticleText) -> str:
    """Words with the title of an article in them, without its own last mark where they have one."""
    title = article.title
    bare = title if frame.endswith(TITLE) else title.rstrip(_ENDS) or title
    return frame.replace(TITLE, bare)


def further(record: Record, case: Case, world: World) -> Iterator[Event]:
    """What a further message means for the articles: a judgement, a new search."""
    yield from judged(record, case)
    yield from searched_again(record, case, world)


AGENTS = (
    Agent(
        name="knowledge",
        domain="customer",
        reads=frozenset({TicketTriaged}),
        writes=frozenset({SolutionsFound}),
        decide=searched,
    ),
    Agent(
        name="knowledge",
        domain="customer",
        reads=frozenset({ContactLinked}),
        writes=frozenset(
            {
                SolutionsFound,
                SolutionAccepted,
                SolutionRejected,
                ExampleProposed,
                InteractionMeasured,
            }
        ),
        decide=further,
    ),
    Agent(
        name="knowledge",
        domain="customer",
        reads=frozenset({SolutionsFound}),
        writes=frozenset({AnswerChosen, SolutionSuggested, SolutionShown, InteractionMeasured}),
        decide=offered,
    ),
    Agent(
        name="knowledge",
        domain="customer",
        reads=frozenset({TicketResolved}),
        writes=frozenset({SolutionAccepted, ExampleProposed}),
        decide=learned,
    ),
    Agent(
        name="knowledge",
        domain="customer",
        reads=frozenset({TicketRated}),
        writes=frozenset({SolutionAccepted, ExampleProposed}),
        decide=rated,
    ),
)
