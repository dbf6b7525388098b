"""Channel, outbound: a text becomes the messages of its platform, and a request to send them.

A reply goes where the ticket's customer wrote last, to the address and into the thread from which
they did. What a platform would not take any more is not tried, and that is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agents.addressing import Place, latest_handle, place_of
from agents.agent import Agent
from agents.rulings import reply_channel, ruling, takes_messages
from agents.shaping import shape, units
from agents.world import World
from projections.case import Case
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
    """What the other agents want said is shaped and requested, while the platform takes it."""
    message = _message(record)
    ticket = case.ticket(getattr(record.event, "ticket_id", None))
    if message is None or ticket is None:
        return
    place = place_of(ticket, ticket.last_channel or ticket.channel, case)
    if takes_messages(place.channel, ticket.last_customer_at, world.now):
        yield from _shaped(message, place, case, world)
    else:
        yield _too_late(place, case, world)


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
            message = Message("agent_reply", event.by, event.text)
            place = place_of(ticket, reply_channel(event, ticket), case)
            yield from _shaped(message, place, case, world)
    elif isinstance(event, ConversationStarted):
        message = Message("opening", event.by, event.text)
        handle = latest_handle(case, event.channel)
        yield from _shaped(message, Place(ticket_id(record.id), event.channel, handle), case, world)


def _too_late(place: Place, case: Case, world: World) -> ReplyShaped:
    return ReplyShaped.model_validate(
        {
            **_told(place, case, world),
            "outcome": "window_closed",
            "reasons": ["window_closed"],
            "parts": 0,
            "characters": 0,
            "limit": PLATFORMS[place.channel].characters,
        }
    )


def _told(place: Place, case: Case, world: World) -> dict[str, Any]:  # Any: event fields
    return {
        "customer_id": case.customer_id,
        "ticket_id": place.about,
        "policy_version": world.policy.version,
        "channel": place.channel,
    }


def _with_buttons(message: Message, channel: str) -> tuple[list[str], list[str]]:
    """The parts of a message and its buttons; in words where the platform cannot have them."""
    platform = PLATFORMS[channel]
    parts = shape(message.text, channel)
    room = platform.button_text or platform.characters
    if len(message.buttons) <= platform.buttons and units(parts[-1]) <= room:
        return parts, message.buttons
    return shape(f"{message.text}\n\n{_in_words(message)}", channel), []


def _shaped(message: Message, place: Place, case: Case, world: World) -> Iterator[Event]:
    platform = PLATFORMS[place.channel]
    parts, buttons = _with_buttons(message, place.channel)
    told = _told(place, case, world)
    yield ReplyShaped.model_validate(
        {
            **told,
            "outcome": f"{len(parts)} parts" if len(parts) > 1 else "one part",
            "parts": len(parts),
            "characters": sum(units(part) for part in parts),
            "limit": platform.characters,
        }
    )
    yield ReplyRequested.model_validate(
        {
            **told,
            "outcome": message.kind,
            "confidence": message.confidence,
            "handle": place.handle,
            "kind": message.kind,
            "author": message.author,
            "subject": _answering(place.subject) if platform.subject and place.subject else None,
            "parts": parts,
            "thread": place.thread if platform.threads else None,
            "in_reply_to": place.answers if platform.threads else None,
            "solution_id": message.solution_id,
            "buttons": buttons,
        }
    )


def _answering(subject: str) -> str:
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


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
