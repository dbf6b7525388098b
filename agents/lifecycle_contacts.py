"""To which ticket a contact belongs, and what it does to that ticket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from agents import lifecycle_clocks as clocks
from agents import linking
from agents.agent import Agent
from agents.deletions import DELETED, told
from agents.handover import needs_person
from agents.lifecycle_ends import ask, reopen, resolve, serve
from agents.lifecycle_vips import SERVES, served
from agents.moves import Moves, beginning
from agents.rulings import may_answer_again
from agents.world import World
from projections.case import Case, Ticket
from projections.case.state import Contact, Seen
from projections.case.talk import named
from schemas.event import Candidate, Event
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ContactAccepted, ContactLinked
from schemas.events.desk import RequestWithdrawn, SpecialistReleased
from schemas.events.tickets import (
    MessageAdded,
    SlaBreached,
    SlaMet,
    TicketAwaitsCustomer,
    TicketOpened,
    TicketRated,
    TicketReopened,
    TicketResolved,
    TicketStarted,
    TicketWoken,
)
from schemas.record import Record, ticket_id

_DISCONTENT = frozenset({"not_solved", "asks_person", "complaint", "unsettled"})

_RATING = "rating_"

JUST_THANKS = 10
"""Words up to which thanks are all that a message says; a longer one goes on to ask."""


def link(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Decide to which ticket an accepted contact belongs; what tells of a deletion, to tell it."""
    event, contact = record.event, case.contact
    assert isinstance(event, ContactAccepted)
    if DELETED in event.reasons:
        yield from told(case, world)
    if contact is None or contact.seen is None:
        return
    message = message_of(contact, contact.seen)
    weights = {**linking.shipped(message), **world.policy.linking}
    asked = surveyed(case) if rating_of(contact.seen.cues) is not None else None
    if asked is not None:
        verdict = linking.Link(asked.id, 1.0, "survey_answer", [(asked.id, 1.0)])
    else:
        verdict = linking.link(
            message,
            [candidate_of(t) for t in case.tickets.values() if is_candidate(t, world, contact.at)],
            weights,
        )
    yield ContactLinked(
        customer_id=case.customer_id,
        ticket_id=verdict.ticket_id or ticket_id(contact.id),
        outcome="new" if verdict.ticket_id is None else "existing",
        confidence=verdict.confidence,
        threshold=weights["threshold"],
        candidates=[Candidate(name=n, score=s) for n, s in verdict.candidates],
        reasons=[verdict.rule],
        policy_version=world.policy.version,
        model_versions=dict(contact.seen.model_versions),
        contact_id=contact.id,
        rule=verdict.rule,
    )


def rating_of(cues: Iterable[str]) -> int | None:
    """The rating that a message is, if it is one."""
    for cue in cues:
        if cue.startswith(_RATING):
            return int(cue.removeprefix(_RATING))
    return None


def surveyed(case: Case) -> Ticket | None:
    """The ticket whose survey still waits for an answer: of several the one resolved last."""
    waiting = (t for t in case.tickets.values() if _waits_for_rating(t))
    return max(waiting, key=lambda t: (t.resolved_at or 0.0, t.id), default=None)


def _waits_for_rating(ticket: Ticket) -> bool:
    return ticket.status == "resolved" and ticket.surveyed and ticket.rating is None


def is_candidate(ticket: Ticket, world: World, at: float) -> bool:
    """Whether a message may belong to a ticket: it is open, or was resolved not long ago."""
    if ticket.status == "closed" or ticket.merged_into is not None:
        return False
    window = world.policy.lifecycle.reopen_within_days * 86_400.0
    return ticket.resolved_at is None or at - ticket.resolved_at <= window


def message_of(contact: Contact, seen: Seen) -> linking.Message:
    """What linking needs to know of the contact at hand."""
    return linking.Message(
        channel=contact.channel,
        handle_known=contact.handle_known,
        thread=contact.thread,
        in_reply_to=contact.in_reply_to,
        at=contact.at,
        features=seen.features,
        cues=seen.cues,
        category=seen.categories[0][0] if seen.categories else None,
        references=named(seen),
        words=seen.words,
        subject=contact.subject,
        meaning=seen.meaning,
        solutions=seen.solutions,
    )


def candidate_of(ticket: Ticket) -> linking.Candidate:
    """What linking needs to know of a ticket."""
    return linking.Candidate(
        ticket_id=ticket.id,
        channel=ticket.last_channel or ticket.channel,
        channels=ticket.channels,
        threads=ticket.threads,
        status=ticket.status,
        opened_at=ticket.opened_at,
        last_customer_at=ticket.last_customer_at,
        last_reply_at=ticket.last_reply_at,
        resolved_at=ticket.resolved_at,
        category=ticket.category,
        features=ticket.features,
        last_reply_asked=ticket.awaiting is not None,
        references=(*ticket.references, *ticket.offered),
        contacts=ticket.contacts,
        absorbed=ticket.absorbed,
        subject=ticket.subject,
        meanings=ticket.meanings,
        solutions=ticket.solutions,
    )


def take(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Open a ticket for the contact at hand, or add the contact to the one it belongs to."""
    event, contact = record.event, case.contact
    assert isinstance(event, ContactLinked)
    if contact is None or event.ticket_id is None or contact.id != event.contact_id:
        return
    moves = Moves(case, event.ticket_id, world)
    if event.outcome == "new":
        moves.opened(opening(case, contact, event.ticket_id, world))
        added(moves, contact)
    elif event.ticket_id in case.tickets:
        serve(moves, record.id)
        _follow_up(moves, contact, record)
    yield from moves.events
    yield from served(case, record.id, world, but=event.ticket_id)


def opening(
    case: Case, contact: Contact, new_id: str, world: World, origin: str = "contact"
) -> TicketOpened:
    """The ticket that the contact at hand opens."""
    trigger, seen = world.trigger.event, contact.seen
    message = trigger.message if isinstance(trigger, ContactReceived) else ""
    metadata = trigger.metadata if isinstance(trigger, ContactReceived) else "{}"
    subject = contact.subject or beginning(message)
    return TicketOpened.model_validate(
        {
            "ticket_id": new_id,
            "customer_id": case.customer_id,
            "revision": 1,
            "status": "new",
            "priority": "medium",
            "channel": contact.channel,
            "opened_at": world.now,
            "contact_id": contact.id,
            "subject": subject,
            "description": message,
            "origin": origin,
            "handle": contact.handle,
            "language": seen.language if seen is not None else None,
            "sentiment_score": seen.sentiment if seen is not None else None,
            "vip": case.vip,
            "metadata": metadata,
        }
    )


def added(moves: Moves, contact: Contact) -> None:
    """The contact at hand is a message of the ticket."""
    moves.say(
        MessageAdded,
        interaction_id=contact.id,
        direction="in",
        interaction_type="customer_message",
        message_channel=contact.channel,
        sentiment_score=contact.seen.sentiment if contact.seen is not None else None,
        kind="message",
    )


def is_content(cues: frozenset[str], words: int) -> bool:
    """Whether a message says that the issue is solved, or nothing but thanks."""
    if cues & _DISCONTENT:
        return False
    return "solved" in cues or ("thanks" in cues and words <= JUST_THANKS)


def _follow_up(moves: Moves, contact: Contact, record: Record) -> None:
    before = moves.ticket
    cues = frozenset(contact.seen.cues if contact.seen is not None else ())
    content = is_content(cues, contact.seen.words if contact.seen is not None else 0)
    confirms = content and "will_try" not in cues
    added(moves, contact)
    if before.snoozed_until is not None:
        moves.say(TicketWoken, reason="customer_wrote")
    score = rating_of(cues)
    if score is not None and _waits_for_rating(before):
        moves.say(TicketRated, score=score, contact_id=contact.id)
    if before.status == "resolved":
        settled = content or score is not None or "greeting_only" in cues
        if cues & _DISCONTENT or not settled:  # also what is said beside a number
            reopen(moves, record.id, "customer", "customer_wrote")
    elif confirms and (before.offer is not None or ("solved" in cues and before.replies)):
        resolve(moves, "customer", "confirmed", before.offer)
    elif before.status == "waiting_customer":
        _answered(moves, record, before, content=content, cues=cues)


def _answered(
    moves: Moves, record: Record, before: Ticket, *, content: bool, cues: frozenset[str]
) -> None:
    """The customer whom the ticket waited for has written."""
    world = moves.world
    if content:
        after = world.policy.lifecycle
        moves.say(
            TicketAwaitsCustomer,
            reason="thanked",
            assume_resolved_at=world.now + timedelta(hours=after.assume_resolved_hours),
        )
        return
    if before.specialist_id is not None:
        moves.say(TicketStarted, status="in_progress", reason="customer_wrote")
        clocks.resume(moves)
        return
    moves.say(TicketWoken, status="triaged", reason="customer_wrote")
    clocks.resume(moves)
    if needs_person(moves.ticket) and not may_answer_again(before, cues, world.policy):
        ask(moves, record.id)


LINK = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({ContactAccepted}),
    writes=frozenset({ContactLinked, MessageAdded}),
    decide=link,
)

TAKE = Agent(
    name="lifecycle",
    domain="customer",
    reads=frozenset({ContactLinked}),
    writes=SERVES
    | frozenset(
        {
            TicketOpened,
            TicketRated,
            MessageAdded,
            TicketWoken,
            TicketReopened,
            TicketStarted,
            TicketAwaitsCustomer,
            TicketResolved,
            SlaMet,
            SlaBreached,
            RequestWithdrawn,
            SpecialistReleased,
        }
    ),
    decide=take,
)
