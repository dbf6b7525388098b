"""Knowledge, on a customer's line: which article answers, and whether it may do so by itself.

An article's own text is the answer: nothing is invented. The confidence is the models' calibrated
probability that the article answers the message, as `MessageUnderstood` recorded it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.impersonal import impersonal
from agents.policy import Policy
from agents.rulings import may_answer_again
from agents.world import ArticleText, Models, World
from projections.case import Case, Ticket
from projections.case.state import Contact, Seen
from projections.case.talk import UNHAPPY
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
from schemas.events.tickets import TicketResolved, TicketTriaged
from schemas.record import Record

BANS = frozenset(
    {"critical_priority", "complaint", "asked_for_person", "negative_sentiment", "workflow_failure"}
)
"""Triggers after which a person answers, never an article.

A VIP is not among them: they get the answer at once, and somebody senior all the same.
"""

MOST_CHARACTERS = 3000
"""How much of an article's text goes into an answer."""


SETTLED_WITHIN = 2
"""Contacts of a ticket whose subject still says what was answered."""

FEWEST_WORDS = 3
"""A shorter subject says too little to be an example."""


class Offer(msgspec.Struct, frozen=True):
    """Whether an article may answer.

    Attributes:
        outcome: answer, suggest or none.
        article_id: The article, unless none.
        confidence: The probability that it answers.
        reasons: Why it is so.
    """

    outcome: str
    article_id: str | None
    confidence: float | None
    reasons: list[str]


def offer(
    seen: Seen,
    *,
    triggers: tuple[str, ...],
    priority: str,
    offered: tuple[str, ...],
    policy: Policy,
) -> Offer:
    """Whether the best article answers by itself, is suggested, or neither.

    Args:
        seen: What was understood of the message.
        triggers: The escalation triggers that fired on the ticket.
        priority: The ticket's priority.
        offered: Articles that were offered on this ticket before.
        policy: The policy in force.
    """
    fresh = [(name, score) for name, score in seen.solutions if name not in offered]
    if not fresh:
        reason = "offered_before" if seen.solutions else "nothing_found"
        return Offer("none", None, None, [reason])
    name, score = fresh[0]
    limits = policy.thresholds
    banned = sorted(BANS.intersection(triggers))
    if priority == "critical" and "critical_priority" not in banned:
        banned.append("critical_priority")
    if banned:
        return Offer("none", name, score, [f"banned_{one}" for one in banned])
    if len(offered) >= policy.limits.automatic_answers_per_ticket:
        return Offer("none", name, score, ["enough_answers"])
    if score > limits.auto_answer:
        return Offer("answer", name, score, ["above_auto_answer"])
    if score >= limits.suggest:
        return Offer("suggest", name, score, ["above_suggest"])
    return Offer("none", name, score, ["too_unsure"])


def searched(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A triaged ticket is searched for."""
    event = record.event
    assert isinstance(event, TicketTriaged)
    contact, ticket = case.contact, case.ticket(event.ticket_id)
    if ticket is None:
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
    if event.outcome == "new" or ticket is None or contact is None or contact.seen is None:
        return
    if may_answer_again(ticket, frozenset(contact.seen.cues), world.policy):
        yield _found(case, ticket, contact.seen, _offer(ticket, contact.seen, world), world)


def _offer(ticket: Ticket, seen: Seen, world: World) -> Offer:
    verdict = offer(
        seen,
        triggers=ticket.triggers,
        priority=ticket.priority,
        offered=ticket.offered,
        policy=world.policy,
    )
    return permitted(verdict, seen, world.models)


def permitted(verdict: Offer, seen: Seen, models: Models) -> Offer:
    """The same verdict, if its article is still there and in the customer's language."""
    if verdict.outcome == "none" or verdict.article_id is None:
        return verdict
    article = models.article(verdict.article_id)
    if article is None:
        return Offer("none", verdict.article_id, verdict.confidence, ["article_is_gone"])
    if not _same_language(article, seen):
        return Offer("none", article.id, verdict.confidence, ["other_language"])
    return verdict


def _same_language(article: ArticleText, seen: Seen) -> bool:
    written = (article.language or "en").split("-")[0]
    return seen.language is None or seen.language.split("-")[0] == written


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
    yield SolutionShown(article_id=article.id, ticket_id=ticket.id)
    if event.outcome == "answer":
        yield InteractionMeasured.model_validate(
            {
                "category": ticket.category or "uncategorised",
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
    body = article.body.strip()[:MOST_CHARACTERS]
    if found.outcome == "suggest":
        text = f"Did you mean: {article.title}?\n\n{body}\n\nA colleague will look at it as well."
        return SolutionSuggested.model_validate({**told, "text": text})
    text = f"This should help: {article.title}\n\n{body}"
    candidate = (found.confidence or 0.0) > world.policy.thresholds.auto_resolution
    return AnswerChosen.model_validate(
        {**told, "text": text, "auto_resolution_candidate": candidate}
    )


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


def _rejected(record: Record, case: Case) -> Iterator[Event]:
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
                "category": ticket.category or "uncategorised",
                "kind": "rejected_answer",
                "channel": contact.channel,
                "ticket_id": ticket.id,
                "customer_id": case.customer_id,
            }
        )


def further(record: Record, case: Case, world: World) -> Iterator[Event]:
    """What a further message means for the articles: a rejection, a new search."""
    yield from _rejected(record, case)
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
        writes=frozenset({SolutionsFound, SolutionRejected, InteractionMeasured}),
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
)
