"""Channel, outbound: a text becomes the messages of its platform, and a request to send them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.rulings import reply_channel, ruling
from agents.shaping import shape
from agents.world import World
from projections.case import Case, Ticket
from schemas.event import Event
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
from schemas.platforms import PLATFORMS
from schemas.record import Record, ticket_id

SOLVED, MORE = "That solved it", "I need more help"

_STARS = ["1", "2", "3", "4", "5"]


class Message(msgspec.Struct, frozen=True):
    """What is to be said, before it is shaped.

    Attributes:
        kind: A `ReplyKind`.
        author: The agent or the person.
        text: The text.
        buttons: What the customer may press.
        solution_id: The article that it offers.
        confidence: How sure the offer is.
    """

    kind: str
    author: str
    text: str
    buttons: list[str] = []
    solution_id: str | None = None
    confidence: float | None = None


def said(record: Record, case: Case, world: World) -> Iterator[Event]:
    """What the other agents want said is shaped and requested."""
    message = _message(record)
    ticket = case.ticket(getattr(record.event, "ticket_id", None))
    if message is None or ticket is None:
        return
    yield from _requested(message, ticket, ticket.last_channel or ticket.channel, case, world)


def _message(record: Record) -> Message | None:
    event = record.event
    match event:
        case AnswerChosen() | SolutionSuggested():
            return Message(
                kind="answer" if isinstance(event, AnswerChosen) else "suggestion",
                author=record.by,
                text=event.text,
                buttons=[SOLVED, MORE],
                solution_id=event.solution_id,
                confidence=event.confidence,
            )
        case ConfirmationRequested():
            return Message("confirmation", record.by, event.text)
        case SurveyRequested():
            return Message("survey", record.by, event.text, buttons=_STARS)
        case CustomerNotified():
            return Message(event.kind, record.by, event.text)
        case _:
            return None


def written(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A person's reply is shaped and requested, unless a rule says no."""
    event = record.event
    if ruling(event, case, world.policy, world.now) is not None:
        return
    if isinstance(event, ReplyWritten):
        ticket = case.ticket(event.ticket_id)
        if ticket is not None:
            message = Message("agent_reply", event.by, event.text)
            yield from _requested(message, ticket, reply_channel(event, ticket), case, world)
    elif isinstance(event, ConversationStarted):
        message = Message("opening", event.by, event.text)
        yield from _shaped(message, ticket_id(record.id), event.channel, "", None, case, world)


def _requested(
    message: Message, ticket: Ticket, where: str, case: Case, world: World
) -> Iterator[Event]:
    contact = case.contact
    answers = contact if contact is not None and contact.ticket_id == ticket.id else None
    thread = answers.thread if answers is not None and answers.channel == where else None
    yield from _shaped(message, ticket.id, where, ticket.subject, thread, case, world)


def _shaped(
    message: Message,
    about: str,
    where: str,
    subject: str,
    thread: str | None,
    case: Case,
    world: World,
) -> Iterator[Event]:
    platform = PLATFORMS[where]
    text, buttons = message.text, message.buttons
    if buttons and len(buttons) > platform.buttons:
        text, buttons = f"{text}\n\n{_in_words(message)}", []
    parts = shape(text, where)
    told = {
        "customer_id": case.customer_id,
        "ticket_id": about,
        "policy_version": world.policy.version,
        "channel": where,
    }
    yield ReplyShaped.model_validate(
        {
            **told,
            "outcome": f"{len(parts)} parts" if len(parts) > 1 else "one part",
            "parts": len(parts),
            "characters": sum(len(part) for part in parts),
            "limit": platform.characters,
        }
    )
    handles = case.handles.get(where, ())
    contact = case.contact
    before = contact.provider_id if contact is not None and contact.channel == where else None
    yield ReplyRequested.model_validate(
        {
            **told,
            "outcome": message.kind,
            "confidence": message.confidence,
            "handle": handles[-1] if handles else None,
            "kind": message.kind,
            "author": message.author,
            "subject": f"Re: {subject}" if platform.subject and subject else None,
            "parts": parts,
            "thread": thread if platform.threads else None,
            "in_reply_to": (before or None) if platform.threads else None,
            "solution_id": message.solution_id,
            "buttons": buttons,
        }
    )


def _in_words(message: Message) -> str:
    """What the buttons would have said, where the platform has none."""
    if message.kind == "survey":
        return "Please answer with a number from 1 (bad) to 5 (good)."
    return 'Did this solve it? Answer "solved", or "need more help".'


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
