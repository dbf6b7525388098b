"""Channel, outbound: a text becomes the messages of its platform, and a request to send them.

A reply goes where the ticket's customer wrote last, to the address and into the thread from which
they did. What a platform would not take any more is not tried there, and that is recorded; it goes
another way if the policy knows one, and so does, once, what failed for good.
"""

from __future__ import annotations

from collections.abc import Iterator

from agents.addressing import Place, latest_handle, place_of
from agents.agent import Agent
from agents.rulings import reply_channel, ruling
from agents.saying import Message
from agents.saying import said as to_customer
from agents.ways import second_way, way
from agents.world import World
from projections.case import Case
from schemas.event import Event
from schemas.events.contacts import ReplyFailed
from schemas.events.decisions import (
    AnswerChosen,
    ConfirmationRequested,
    CustomerNotified,
    ReplyRequested,
    ReplyShaped,
    SolutionSuggested,
    SurveyRequested,
)
from schemas.events.intents import ConversationStarted, ReplyWritten
from schemas.record import Record, ticket_id


def said(record: Record, case: Case, world: World) -> Iterator[Event]:
    """What the other agents want said is shaped and requested, while the platform takes it."""
    message = _message(record)
    ticket = case.ticket(getattr(record.event, "ticket_id", None))
    if message is None or ticket is None:
        return
    place = place_of(ticket, ticket.last_channel or ticket.channel, case)
    how = way(message.kind, place, ticket, case, world.policy, world.now)
    yield from to_customer(message, ticket.id, how, case, world)


def _message(record: Record) -> Message | None:
    event = record.event
    match event:
        case AnswerChosen() | SolutionSuggested():
            return Message(
                kind="answer" if isinstance(event, AnswerChosen) else "suggestion",
                author=record.by,
                text=event.text,
                solution_id=event.solution_id,
                confidence=event.confidence,
            )
        case ConfirmationRequested():
            return Message("confirmation", record.by, event.text)
        case SurveyRequested():
            return Message("survey", record.by, event.text)
        case CustomerNotified():
            return Message(event.kind, record.by, event.text)
        case _:  # nothing else is said to customers
            return None


def written(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A person's reply is shaped and requested, unless a rule says no."""
    event = record.event
    if ruling(event, case, world.policy, world.now) is not None:
        return
    if isinstance(event, ReplyWritten):
        ticket = case.ticket(event.ticket_id)
        if ticket is not None:
            message = Message(
                "agent_reply", event.by, event.text, attachments=tuple(event.attachments)
            )
            place = place_of(ticket, reply_channel(event, ticket), case)
            how = way(message.kind, place, ticket, case, world.policy, world.now)
            yield from to_customer(message, ticket.id, how, case, world)
    elif isinstance(event, ConversationStarted):
        message = Message("opening", event.by, event.text)
        about = ticket_id(record.id)
        place = Place(about, event.channel, latest_handle(case, event.channel))
        how = way(message.kind, place, None, case, world.policy, world.now)
        yield from to_customer(message, about, how, case, world)


def failed(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A reply that failed for good goes the other way that was kept for it, once."""
    event = record.event
    assert isinstance(event, ReplyFailed)
    second = second_way(event, case, world.policy, world.now)
    if second is not None:
        kept, how = second
        message = Message(
            kind=kept.kind,
            author=kept.author,
            text=kept.text,
            solution_id=kept.solution_id,
            confidence=kept.confidence,
            instead_of=kept.request_id,
        )
        yield from to_customer(message, event.ticket_id or "", how, case, world)


SAID = Agent(
    name="channel",
    domain="customer",
    reads=frozenset(
        {
            AnswerChosen,
            SolutionSuggested,
            ConfirmationRequested,
            SurveyRequested,
            CustomerNotified,
        }
    ),
    writes=frozenset({ReplyShaped, ReplyRequested}),
    decide=said,
)

WRITTEN = Agent(
    name="channel",
    domain="customer",
    reads=frozenset({ReplyWritten, ConversationStarted}),
    writes=frozenset({ReplyShaped, ReplyRequested}),
    decide=written,
)

FAILED = Agent(
    name="channel",
    domain="customer",
    reads=frozenset({ReplyFailed}),
    writes=frozenset({ReplyShaped, ReplyRequested}),
    decide=failed,
)
