"""What tickets give each other when they are merged, parted again, or split."""

from __future__ import annotations

import msgspec

from projections.case.bounds import FEATURE_ROWS, MEANINGS, REFERENCES, THREADS
from projections.case.state import Case, Ticket
from projections.case.talk import count, kept
from projections.case.words import latest

_replace = msgspec.structs.replace


def lineage(case: Case, ticket_id: str | None) -> list[Ticket]:
    """A ticket, the one that it was merged into, and so on, as far as they are at hand."""
    found: dict[str, Ticket] = {}
    while ticket_id is not None and ticket_id not in found:
        ticket = case.tickets.get(ticket_id)
        if ticket is None:
            break
        found[ticket_id] = ticket
        ticket_id = ticket.merged_into
    return list(found.values())


def absorbed(into: Ticket, known: Ticket) -> Ticket:
    """A ticket after another was merged into it: it answers for both from now on."""
    later = known.last_customer_at > into.last_customer_at
    return _replace(
        into,
        absorbed=latest(into.absorbed, (*known.absorbed, known.id), THREADS),
        channels=tuple(dict.fromkeys((*into.channels, *known.channels))),
        last_channel=known.last_channel if later else into.last_channel,
        last_customer_at=max(into.last_customer_at, known.last_customer_at),
        threads=latest(known.threads, into.threads, THREADS),
        references=latest(known.references, into.references, REFERENCES),
        facts=kept((*known.facts, *into.facts)),
        facts_given=into.facts_given + known.facts_given,
        features=(*known.features, *into.features)[-FEATURE_ROWS:],
        meanings=(*into.meanings, *known.meanings)[:MEANINGS],
        solutions=into.solutions or known.solutions,
        contacts=into.contacts + known.contacts,
        replies=into.replies + known.replies,
        person_replies=into.person_replies + known.person_replies,
        left=into.left or known.left,
    )


def let_go(into: Ticket, known: Ticket) -> Ticket:
    """A ticket after one that was merged into it stands on its own again.

    What the two said together in the meantime stays; the other's own threads, references, facts
    and counts go with it.
    """
    gone = {known.id, *known.absorbed}
    return _replace(
        into,
        absorbed=tuple(i for i in into.absorbed if i not in gone),
        threads=tuple(i for i in into.threads if i not in known.threads),
        references=tuple(i for i in into.references if i not in known.references),
        facts=tuple(f for f in into.facts if f not in known.facts),
        facts_given=max(0, into.facts_given - known.facts_given),
        contacts=max(0, into.contacts - known.contacts),
        replies=max(0, into.replies - known.replies),
        person_replies=max(0, into.person_replies - known.person_replies),
        left=None if into.left == known.left else into.left,
    )


def parted(known: Ticket, named: frozenset[str]) -> tuple[Ticket, Ticket]:
    """A ticket without some of its messages, and the same ticket with only these."""
    stay = tuple(m for m in known.messages if m[0] not in named)
    go = tuple(m for m in known.messages if m[0] in named)
    facts = tuple(f for f in known.facts if f.contact_id in named)
    moved = _replace(
        known,
        messages=go,
        contacts=count(go, "contact"),
        replies=count(go, "answer", "reply"),
        person_replies=count(go, "reply"),
        facts=facts,
        facts_given=len(facts),
        **_told(known, go),
    )
    rest = _replace(
        known,
        messages=stay,
        contacts=max(0, known.contacts - moved.contacts),
        replies=max(0, known.replies - moved.replies),
        person_replies=max(0, known.person_replies - moved.person_replies),
        facts=tuple(f for f in known.facts if f.contact_id not in named),
        facts_given=max(0, known.facts_given - len(facts)),
        **_told(known, stay),
    )
    return rest, moved


def _told(known: Ticket, messages: tuple[tuple[str, str], ...]) -> dict[str, object]:
    """Where the customer wrote these messages of a ticket, and which of them was the last.

    Where that is not known of all of them, a part of the ticket has what the whole of it had.
    """
    on = dict(
        zip((m for m, _ in reversed(known.messages)), reversed(known.spoken_on), strict=False)
    )
    wrote = [m for m, kind in messages if kind == "contact"]
    told: dict[str, object] = {"spoken_on": tuple(on[m] for m, _ in messages if m in on)}
    if not wrote or any(m not in on for m in wrote):
        return told
    told |= {"channels": tuple(dict.fromkeys(on[m] for m in wrote)), "last_channel": on[wrote[-1]]}
    if wrote[-1] != known.last_contact_id:
        told |= {"last_contact_id": wrote[-1], "thread": None, "message_id": None}
    return told


def joined(into: Ticket, moved: Ticket) -> Ticket:
    """A ticket that was just opened, with the messages that another one parted with."""
    return _replace(
        into,
        messages=moved.messages,
        spoken_on=moved.spoken_on,
        thread=moved.thread,
        message_id=moved.message_id,
        last_contact_id=moved.last_contact_id,
        channels=moved.channels,
        last_channel=moved.last_channel,
        last_customer_at=moved.last_customer_at,
        contacts=moved.contacts,
        replies=moved.replies,
        person_replies=moved.person_replies,
        facts=moved.facts,
        facts_given=moved.facts_given,
        left=moved.left,
    )
