"""Channel: what a message is, whether it is worked on, and how a reply goes out.

The Channel agent alone reads the customer's text; what the models make of it is recorded as
`MessageUnderstood`, the first output of a contact's turn, and everybody else decides on that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agents.agent import Agent
from agents.automail import Verdict, validate
from agents.consent import stated
from agents.deletions import DELETED, ticket_of
from agents.world import Understanding, World
from projections.case import Case
from schemas.event import Candidate, Event
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import (
    ConsentStated,
    ContactAccepted,
    ContactHeld,
    ContactRejected,
    MessageUnderstood,
    Score,
    Span,
)
from schemas.record import Record

TERMS = 24
"""How many linking terms are kept of a message."""

FACTS = 48
"""How many facts and clues are kept of a message: all that a tier names."""

LONGEST_FACT = 120

FLOOD_BEGINS = "flood_begins"
"""Why a contact was held that is the first of a flood: only that one is told to the team."""

QUIET = 60.0
"""Seconds without a held contact after which a flood is over."""

_MEANT = frozenset(
    {"complaint", "asks_person", "not_solved", "solved", "legal_threat", "churn_threat"}
)
"""Cues of somebody who writes to us, whatever else the message says."""


def received(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A contact came in: held in a flood, rejected if nobody wrote it, else understood.

    What tells of a deletion is not read: it is accepted where the message is on a ticket at hand.
    What it says of being written to counts whatever becomes of it.
    """
    event = record.event
    assert isinstance(event, ContactReceived)
    if case.merged_into is not None:
        return
    yield from stated(record, _metadata(event.metadata), case, world)
    limit = world.policy.limits.flood_per_minute
    if len(case.window) > limit:
        yield ContactHeld(
            **_about(case, world),
            outcome="held",
            reasons=["flood"] if _floods(case, world) else ["flood", FLOOD_BEGINS],
            contact_id=record.id,
            channel=event.channel,
            contacts_in_window=len(case.window),
        )
        return
    verdict = judged(event, world)
    if verdict.issues == [DELETED] and ticket_of(case) is not None:
        yield ContactAccepted(
            **_about(case, world),
            outcome="accepted",
            reasons=[DELETED],
            contact_id=record.id,
            warnings=[DELETED],
        )
        return
    if not verdict.is_valid:
        yield ContactRejected(
            **_about(case, world),
            outcome="rejected",
            reasons=verdict.issues,
            contact_id=record.id,
            channel=event.channel,
        )
        return
    yield understood(record.id, event, case, world)


def _floods(case: Case, world: World) -> bool:
    """Whether the flood is on already: contacts were held until just now."""
    return case.held_at is not None and world.now.timestamp() - case.held_at <= QUIET


def judged(event: ContactReceived, world: World) -> Verdict:
    """Whether a contact can be worked on, before any model reads it."""
    return validate(
        event.channel,
        event.message,
        subject=event.subject or "",
        handle=event.handle,
        attachments=len(event.attachments),
        metadata=_metadata(event.metadata),
        longest=world.policy.limits.message_characters,
    )


def _metadata(text: str) -> dict[str, Any]:  # Any: whatever a producer sent along
    """What came with a contact; a foreign producer's that is no JSON object counts as nothing."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def understood(
    contact_id: str, event: ContactReceived, case: Case, world: World
) -> MessageUnderstood:
    """What the models make of a contact, as a fact."""
    found = world.models.understand(
        event.message,
        subject=event.subject or "",
        known_language=event.language or case.language,
    )
    terms = sorted(found.features, key=lambda pair: (-abs(pair[1]), pair[0]))[:TERMS]
    return MessageUnderstood(
        **_about(case, world),
        outcome=found.categories[0].name if found.categories else "understood",
        confidence=found.categories[0].confidence if found.categories else None,
        candidates=[Candidate(name=c.name, score=c.confidence) for c in found.categories],
        model_versions=dict(world.models.versions),
        contact_id=contact_id,
        channel=event.channel,
        words=len(event.message.split()),
        feature_terms=[int(term) for term, _ in terms],
        feature_weights=[round(weight * 100) for _, weight in terms],
        **_findings(found),
    )


def _findings(found: Understanding) -> dict[str, Any]:  # Any: the event's fields
    def spans(items: list[Any]) -> list[Span]:  # Any: clues or facts, which have one shape
        return [
            Span(kind=one.kind, text=one.text[:LONGEST_FACT], start=one.start, end=one.end)
            for one in items[:FACTS]
        ]

    return {
        "language": found.language,
        "language_confidence": found.language_confidence,
        "sentiment_score": found.sentiment_score,
        "urgency_indicators": found.urgency_indicators,
        "deadlines": found.deadlines[:FACTS],
        "cues": found.cues,
        "categories": [Score(name=c.name, confidence=c.confidence) for c in found.categories],
        "out_of_scope": found.out_of_scope,
        "tags": found.tags,
        "solutions": [Score(name=s.id, confidence=s.confidence) for s in found.solutions],
        "clues": spans(found.clues),
        "facts": spans(found.facts),
        "unseen_priority": found.unseen_priority,
        "meaning": found.meaning,
    }


def accepted(record: Record, case: Case, world: World) -> Iterator[Event]:
    """An understood message is accepted, unless it says itself that nobody reads here.

    Only mail programs answer by themselves like that, and none of them complains.
    """
    event = record.event
    assert isinstance(event, MessageUnderstood)
    if event.channel == "email" and "out_of_office" in event.cues and not _MEANT & set(event.cues):
        yield ContactRejected(
            **_about(case, world),
            outcome="rejected",
            reasons=["out_of_office"],
            model_versions=event.model_versions,
            contact_id=event.contact_id,
            channel=event.channel,
        )
        return
    trigger = world.trigger.event
    warnings = judged(trigger, world).warnings if isinstance(trigger, ContactReceived) else []
    yield ContactAccepted(
        **_about(case, world),
        outcome="accepted",
        reasons=warnings,
        contact_id=event.contact_id,
        warnings=warnings,
    )


def _about(case: Case, world: World) -> dict[str, Any]:  # Any: the event's fields
    return {"customer_id": case.customer_id, "policy_version": world.policy.version}


RECEIVED = Agent(
    name="channel",
    domain="customer",
    reads=frozenset({ContactReceived}),
    writes=frozenset(
        {ConsentStated, MessageUnderstood, ContactAccepted, ContactRejected, ContactHeld}
    ),
    decide=received,
)

ACCEPTED = Agent(
    name="channel",
    domain="customer",
    reads=frozenset({MessageUnderstood}),
    writes=frozenset((ContactAccepted, ContactRejected)),
    decide=accepted,
)
