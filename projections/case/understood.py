"""What a contact means for a case: it came, was understood, went somewhere, is being drafted."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.case.bounds import (
    FACTS,
    LONGEST_TAG,
    MEANING,
    RATINGS,
    STATEMENTS,
    TAGS,
    TERMS,
    WINDOW,
)
from projections.case.reach import heard
from projections.case.state import STATEMENT, Case, Contact, Seen
from projections.case.words import LONGEST_HANDLE, LONGEST_NAME, clip, reference, with_handle
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ContactLinked, MessageUnderstood, Span
from schemas.events.drafts import DraftRequested
from schemas.record import Record

_replace = msgspec.structs.replace

WORD = 40
"""Bytes of the longest word of the models' own that is kept, such as a cue."""

SURE_OF_LANGUAGE = 0.9
"""From which confidence on a message's language counts as the customer's."""


def contact(case: Case, event: ContactReceived, record: Record) -> Case:
    """The case after a contact came in."""
    at = record.at.timestamp()
    handles, handle = case.handles, event.handle
    handle_known = handle is not None and handle in handles.get(event.channel, ())
    changes: dict[str, object] = {}
    if handle is not None:
        handles = with_handle(handles, event.channel, handle)
    if handles is not case.handles:
        changes = {"handles": handles, "unannounced": True}
    if case.first_at is None:
        changes |= {"first_at": at, "unannounced": True}
    return _replace(
        case,
        contacts=case.contacts + 1,
        reaches=heard(case.reaches, event.channel, handle, at),
        window=(*(t for t in case.window if t > at - 60.0), at)[-WINDOW:],
        contact=Contact(
            id=record.id,
            channel=event.channel,
            at=at,
            handle=None if handle is None else clip(handle, LONGEST_HANDLE),
            handle_known=handle_known,
            subject=clip(event.subject or "", 200),
            thread=reference(event.thread),
            in_reply_to=reference(event.in_reply_to),
            provider_id=reference(event.provider_id) or "",
        ),
        **changes,
    )


def understood(case: Case, event: MessageUnderstood, _record: Record) -> Case:
    """The case after the models said what the contact at hand means."""
    if case.contact is None or case.contact.id != event.contact_id:
        return case
    seen = Seen(
        language=event.language,
        sentiment=event.sentiment_score,
        urgency=tuple(clip(one, WORD) for one in event.urgency_indicators[:TAGS]),
        cues=tuple(clip(one, WORD) for one in event.cues[:TAGS]),
        categories=tuple((clip(c.name, LONGEST_NAME), c.confidence) for c in event.categories[:5]),
        out_of_scope=event.out_of_scope,
        tags=tuple(clip(tag, LONGEST_TAG) for tag in event.tags[:TAGS]),
        solutions=tuple((clip(s.name, LONGEST_NAME), s.confidence) for s in event.solutions[:5]),
        clues=tuple((clip(c.kind, WORD), clip(c.text, 120)) for c in event.clues[:12]),
        facts=tuple((clip(f.kind, WORD), clip(f.text, 120)) for f in _kept(event.facts)),
        facts_given=len(event.facts),
        features=tuple(
            zip(event.feature_terms[:TERMS], event.feature_weights[:TERMS], strict=False)
        ),
        unseen_priority=event.unseen_priority,
        meaning=None if event.meaning is None else clip(event.meaning, MEANING),
        words=event.words,
        model_versions=tuple(sorted(event.model_versions.items())),
    )
    changes: dict[str, object] = {}
    sure = (event.language_confidence or 0.0) > SURE_OF_LANGUAGE
    if case.language is None and event.language is not None and sure:
        changes = {"language": event.language, "unannounced": True}
    return _replace(
        case,
        contact=_replace(case.contact, seen=seen),
        tones=(*case.tones, event.sentiment_score)[-RATINGS:],
        **changes,
    )


def _kept(given: Sequence[Span]) -> list[Span]:
    """The first facts, and beside them the first statements: numbers leave these their room."""
    facts = [one for one in given if one.kind != STATEMENT]
    return facts[:FACTS] + [one for one in given if one.kind == STATEMENT][:STATEMENTS]


def linked(case: Case, event: ContactLinked, _record: Record) -> Case:
    """The case after the contact at hand found its ticket."""
    if case.contact is None or case.contact.id != event.contact_id:
        return case
    return _replace(
        case,
        contact=_replace(case.contact, ticket_id=event.ticket_id, is_new=event.outcome == "new"),
    )


def drafted(case: Case, event: DraftRequested, _record: Record) -> Case:
    """The case after a draft was asked for, for whoever answers the contact at hand."""
    if case.contact is None or case.contact.id != event.contact_id:
        return case
    return _replace(case, contact=_replace(case.contact, drafted=True))
