"""What messages mean for a ticket: the customer's, ours, and the notes of the desk."""

from __future__ import annotations

import msgspec

from projections.case.bounds import (
    FACTS,
    FEATURE_ROWS,
    MEANINGS,
    MESSAGES,
    OFFERS,
    REFERENCES,
    STATEMENTS,
    THREADS,
    TIMELINE,
)
from projections.case.state import STATEMENT, Case, Contact, Entry, Fact, Seen, Ticket
from projections.case.words import LONGEST_NAME, clip, latest
from schemas.events.tickets import MessageAdded

_replace = msgspec.structs.replace

REFERENCE_KINDS = frozenset({"order", "reference", "ticket"})
"""Kinds of clues that name a matter rather than a person."""

CODE = "code"
"""The kind of a fact that is a code: it names a matter whatever word stands before it, or none."""

UNHAPPY = frozenset({"not_solved", "asks_person", "complaint"})
"""Cues with which a customer turns an offered article down."""

BY_PEOPLE = frozenset({"agent_reply", "opening"})
"""Kinds of replies that people write."""


def message(case: Case, known: Ticket, event: MessageAdded, at: float) -> Ticket:
    """The ticket after a message, reply or note became part of it."""
    messages = (*known.messages, (event.interaction_id, _what(event)))[-MESSAGES:]
    entry = Entry(at=at, kind=event.kind, who=clip(event.author or "customer", 80))
    changes: dict[str, object] = {
        "messages": messages,
        "spoken_on": (*known.spoken_on, event.message_channel)[-MESSAGES:],
        "timeline": (*known.timeline, entry)[-TIMELINE:],
    }
    if event.direction == "in":
        _customer_wrote(changes, case.contact, known, event, at)
    elif event.direction == "out" and _what(event) != "other":
        _we_wrote(changes, known, event, at)
    return _replace(known, **changes)


def _what(event: MessageAdded) -> str:
    """What a message counts as."""
    if event.direction == "in":
        return "contact"
    if event.interaction_type != "agent_response" or event.instead_of is not None:
        return "other"
    return "reply" if event.kind in BY_PEOPLE else "answer"


def named(seen: Seen) -> tuple[str, ...]:
    """The numbers and codes by which a message names its matter."""
    clues = (text for kind, text in seen.clues if kind in REFERENCE_KINDS)
    return (*clues, *(text for kind, text in seen.facts if kind == CODE))


def count(messages: tuple[tuple[str, str], ...], *kinds: str) -> int:
    """How many of a ticket's messages are of some kinds."""
    return sum(kind in kinds for _, kind in messages)


def kept(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The facts that a ticket keeps of these: the latest, and statements beside all the others.

    Where there are too many, what was said again takes one place: what stands under every mail
    would soon leave none for the number of the order.
    """
    statements = sum(fact.kind == STATEMENT for fact in facts)
    if statements <= STATEMENTS and len(facts) - statements <= FACTS:
        return facts
    full = {True: statements > STATEMENTS, False: len(facts) - statements > FACTS}
    room = {True: STATEMENTS, False: FACTS}
    staying: list[Fact] = []
    told: set[tuple[str, str]] = set()
    for fact in reversed(facts):
        kind, said = fact.kind == STATEMENT, (fact.kind, fact.text)
        if room[kind] and not (full[kind] and said in told):
            room[kind] -= 1
            told.add(said)
            staying.append(fact)
    return tuple(reversed(staying))


def _we_wrote(changes: dict[str, object], known: Ticket, event: MessageAdded, at: float) -> None:
    changes |= {
        "replies": known.replies + 1,
        "last_reply_at": at,
        "first_replied_at": known.first_replied_at or at,
    }
    if event.kind in BY_PEOPLE:
        changes["person_replies"] = known.person_replies + 1
    if event.solution_id is None:
        changes["offer"] = None
    else:
        article = clip(event.solution_id, LONGEST_NAME)
        changes |= {
            "offer": article,
            "offered": latest(known.offered, (article,), OFFERS),
            "offer_question": known.last_contact_id,
        }


def _customer_wrote(
    changes: dict[str, object],
    contact: Contact | None,
    known: Ticket,
    event: MessageAdded,
    at: float,
) -> None:
    changes |= {
        "contacts": known.contacts + 1,
        "last_customer_at": at,
        "last_contact_id": event.interaction_id,
        "last_channel": event.message_channel,
        "assume_resolved_at": None,
        "follow_up_at": None,
    }
    if event.message_channel not in known.channels:
        changes["channels"] = (*known.channels, event.message_channel)
    if contact is None or contact.id != event.interaction_id:
        return
    changes["last_customer_at"] = contact.at
    changes |= {"thread": contact.thread, "message_id": contact.provider_id or None}
    refs = tuple(r for r in (contact.provider_id, contact.thread) if r)
    changes["threads"] = latest(known.threads, refs, THREADS)
    seen = contact.seen
    if seen is None:
        return
    facts = tuple(Fact(kind, text, contact.id) for kind, text in seen.facts)
    tone = seen.sentiment if known.sentiment is None else min(known.sentiment, seen.sentiment)
    if UNHAPPY & set(seen.cues):
        changes["offer"] = None
    changes |= {
        "features": (*known.features, seen.features)[-FEATURE_ROWS:],
        "meanings": (*known.meanings, *([seen.meaning] if seen.meaning else []))[:MEANINGS],
        "solutions": known.solutions or (seen.solutions if seen.meaning else ()),
        "facts": kept((*known.facts, *facts)),
        "facts_given": known.facts_given + max(seen.facts_given, len(facts)),
        "references": latest(known.references, named(seen), REFERENCES),
        "sentiment": tone,
    }
