"""A message on its way out: what is to be said becomes a request in the shape of its platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from agents.enclosing import linked
from agents.languages import spoken
from agents.lifecycle_replies import RESPONSES
from agents.policy_delivery import Template
from agents.shaping import shape, shape_blank, units
from agents.ways import Shut, Way, other_channel
from agents.wording import language_of, tongue, words
from agents.words import Words
from agents.world import World
from projections.case import Case
from projections.case.keeping import may_be_kept
from projections.case.offline import fits
from schemas.event import Attachment, Candidate, Event
from schemas.events.decisions import ReplyRequested, ReplyShaped
from schemas.platforms import CHAT, PLATFORMS

STARS = ["1", "2", "3", "4", "5"]


class Message(msgspec.Struct, frozen=True):
    """What is to be said, before it is shaped.

    Attributes:
        kind: A `ReplyKind`.
        author: The agent or the person.
        text: The text.
        solution_id: The article that it offers.
        confidence: How sure the offer is.
        instead_of: The request that it stands for, which failed or was not read.
        attachments: The files that go with it.
        unread: The requests that it says again, which nobody read.
    """

    kind: str
    author: str
    text: str
    solution_id: str | None = None
    confidence: float | None = None
    instead_of: str | None = None
    attachments: tuple[Attachment, ...] = ()
    unread: tuple[str, ...] = ()

    def buttons(self, own: Words) -> list[str]:
        """What the customer may press."""
        if self.kind in {"answer", "suggestion"}:
            return [own.solved, own.more]
        return STARS if self.kind == "survey" else []


def said(
    message: Message, about: str, how: Way | Shut, case: Case, world: World
) -> Iterator[Event]:
    """What becomes of a message: why it cannot go where it should, and the request if it can.

    Args:
        message: What is to be said.
        about: The ticket.
        how: How it may go.
        case: The customer's case.
        world: The turn's snapshot.
    """
    if isinstance(how, Shut):
        yield _refused(how, about, case, world)
        return
    if how.around is not None:
        yield _refused(how.around, about, case, world)
    yield from _requested(message, how, case, world)


def _refused(shut: Shut, about: str, case: Case, world: World) -> ReplyShaped:
    return ReplyShaped.model_validate(
        {
            **_told(about, shut.channel, case, world),
            "outcome": shut.reason,
            "reasons": [shut.reason],
            "parts": 0,
            "characters": 0,
            "limit": PLATFORMS[shut.channel].characters,
        }
    )


def _told(about: str, channel: str, case: Case, world: World) -> dict[str, Any]:  # Any: fields
    return {
        "customer_id": case.customer_id,
        "ticket_id": about,
        "policy_version": world.policy.version,
        "channel": channel,
    }


def _requested(message: Message, way: Way, case: Case, world: World) -> Iterator[Event]:
    place, template = way.place, way.template
    platform = PLATFORMS[place.channel]
    parts, buttons = _shaped(message, way, words(place.about, case, world))
    told = _told(place.about, place.channel, case, world)
    blank = platform.template_characters if template is not None else None
    yield ReplyShaped.model_validate(
        {
            **told,
            "outcome": f"{len(parts)} parts" if len(parts) > 1 else "one part",
            "parts": len(parts),
            "characters": sum(units(part) for part in parts),
            "limit": blank or platform.characters,
        }
    )
    told |= {
        "outcome": message.kind,
        "confidence": message.confidence,
        "handle": place.handle,
        "kind": message.kind,
        "language": tongue(place.about, case, world),
        "author": message.author,
        "subject": _answering(place.subject) if platform.subject and place.subject else None,
        "parts": parts,
        "thread": place.thread if platform.threads else None,
        "in_reply_to": place.answers if platform.threads else None,
        "solution_id": message.solution_id,
        "buttons": buttons,
        "within": way.within,
        "instead_of": message.instead_of,
        "attachments": message.attachments,
        "linked": linked(message.attachments, place.channel),
        "unread": list(message.unread),
        "mail_at": _mail_at(message, place.channel, parts, world),
    }
    if template is not None:
        language = language_of(place.about, case)
        told |= {
            "template": template.name,
            "template_language": _approved(template, language),
            "template_parameter": template.parameter or None,
        }
    yield ReplyRequested.model_validate({**told, **_around(message, way, case, world)})


def _mail_at(message: Message, channel: str, parts: list[str], world: World) -> datetime | None:
    """When what is said in a chat goes by e-mail, unless it is read; None for all else."""
    if channel != CHAT or message.kind not in RESPONSES or not fits("\n".join(parts)):
        return None
    return world.now + timedelta(minutes=world.policy.chat.offline_minutes)


def _around(message: Message, way: Way, case: Case, world: World) -> dict[str, Any]:  # Any: fields
    """What a request says of other ways: the one that it did not go, the one that it may yet go.

    A message goes one other way at most, so that it never goes in a circle. One with files is not
    kept for another way: which of them went by the first cannot be told.
    """
    if message.instead_of is not None:
        return {"reasons": ["unread" if message.unread else "failed"]}
    shut = way.around
    if shut is not None:
        return {
            "reasons": [shut.reason],
            "candidates": [
                Candidate(name=way.place.channel, score=1.0, note="fall_back"),
                Candidate(name=shut.channel, score=0.0, note=shut.reason),
            ],
        }
    other = other_channel(message.kind, way.place.channel, case, world.policy)
    if other is None or message.attachments or not may_be_kept(message.text):
        return {}
    return {"fall_back": other, "fall_back_text": message.text}


def _approved(template: Template, language: str | None) -> str:
    """The language of a platform's template that comes nearest to a ticket's."""
    if language is None:
        return template.language
    near = (code for one, code in template.languages.items() if spoken(one) == spoken(language))
    return template.languages.get(language) or next(near, template.language)


def _shaped(message: Message, way: Way, own: Words) -> tuple[list[str], list[str]]:
    """The parts of a message and its buttons; in words where the platform cannot have them."""
    channel = way.place.channel
    platform = PLATFORMS[channel]
    shaped = shape if way.template is None else shape_blank
    parts = shaped(message.text, channel)
    room = platform.button_text or platform.characters
    buttons = message.buttons(own)
    fits = len(buttons) <= platform.buttons and units(parts[-1]) <= room
    if not buttons or (fits and way.template is None):
        return parts, buttons
    instead = own.by_number if message.kind == "survey" else own.by_word
    return shaped(f"{message.text}\n\n{instead}", channel), []


def _answering(subject: str) -> str:
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"
