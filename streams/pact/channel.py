"""The Channel agent's actions: take a message in, judge one, shape one, send one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from agents.automail import validate
from agents.shaping import shape
from schemas.event import Attachment
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import (
    ContactAccepted,
    ContactHeld,
    ContactLinked,
    ContactRejected,
    MessageUnderstood,
    ReplyRequested,
)
from schemas.events.intents import ReplyWritten
from schemas.platforms import PLATFORMS
from schemas.record import derived_id
from schemas.vocabulary import Channel, rfc3339
from streams.errors import Unreadable
from streams.inputs import ContactInput, Name, Text
from streams.inputs.intents import MOST_ENCLOSED
from streams.pact.action import BY, Action, Answer, Asking, Call, Params, failed, named
from streams.pact.asking import about, asked, delivery, done, event_of, first, ticket_after
from streams.pact.enclosing import Given, enclosed
from streams.rulings import Outcome


class Received(ContactInput, Params):
    """A customer's message: the contact of the contract."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message: Text = named("message", "content", "text")
    by: Name = BY
    idempotency_key: Name | None = None


class Judged(Params):
    """A message to be judged."""

    message: Text = named("message", "content", "text")
    channel: Channel | None = None
    subject: Text | None = None
    handle: Name | None = None
    language: Name | None = None
    attachments: tuple[Attachment, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)


class Formatted(Params):
    """A text to be shaped for a platform."""

    text: Text = named("text", "content", "message", "response")
    channel: Channel = named("channel", "platform")


class Sent(Asking):
    """A reply to the customer of a ticket, with files: by their ids or SHA-256, or as they are."""

    ticket_id: Name
    text: Text = named("text", "content", "message", "response")
    channel: Channel | None = None
    attachments: Annotated[tuple[Name | Given, ...], Field(max_length=MOST_ENCLOSED)] = ()


def receive_message(call: Call, params: Received) -> Answer:
    """Take a message in through intake, as any producer's, and say what became of it."""
    contact = params.model_dump(mode="json", exclude={"by", "idempotency_key"}, exclude_none=True)
    if params.provider_id is None and params.idempotency_key is not None:
        contact["provider_id"] = derived_id("pact", params.by, params.idempotency_key)
    try:
        outcome = call.desk.take_in(contact)
    except Unreadable as error:
        raise Unreadable(f"{call.action}: {error.what}", error.remedy) from error
    failure = outcome.failure
    if failure is not None:
        raise failed(call.action, failure, tuple(outcome.record_ids))
    return Answer(
        {"processed_message": processed(outcome)}, tuple(outcome.record_ids), outcome.settled
    )


def processed(outcome: Outcome) -> dict[str, Any]:
    """What became of a contact: how it was ruled on, what was understood, which ticket it has."""
    contact = outcome.record.event
    assert isinstance(contact, ContactReceived)
    seen = event_of(outcome, MessageUnderstood)
    linked = event_of(outcome, ContactLinked)
    ruling, reasons, ruled_at = _ruling(outcome)
    ticket_id = linked.ticket_id if linked is not None else None
    ticket = ticket_after(outcome, ticket_id)
    return {
        "contact_id": outcome.record.id,
        "interaction_id": outcome.record.id,
        "customer_id": (linked.customer_id if linked is not None else None) or contact.customer_id,
        "channel": contact.channel,
        "ticket_id": ticket_id,
        "is_new_ticket": linked is not None and linked.outcome == "new",
        "status": ruling if ticket is None else ticket.status,
        "priority": None if ticket is None else ticket.priority,
        "category": None if ticket is None else ticket.category,
        "ruling": ruling,
        "reasons": reasons,
        "language": None if seen is None else seen.language,
        "sentiment_score": None if seen is None else seen.sentiment_score,
        "urgency_indicators": [] if seen is None else seen.urgency_indicators,
        "urgency_detected": seen is not None and bool(seen.urgency_indicators),
        "tags": [] if seen is None else seen.tags,
        "cues": [] if seen is None else seen.cues,
        "deadlines": [] if seen is None else seen.deadlines,
        "word_count": len(contact.message.split()),
        "has_attachments": bool(contact.attachments),
        "processing_timestamp": ruled_at,
    }


def _ruling(outcome: Outcome) -> tuple[str | None, list[str], str | None]:
    """How a contact was ruled on, why, and when."""
    for record in outcome.followed:
        match record.event:
            case ContactAccepted():
                return "accepted", list(record.event.warnings), rfc3339(record.at)
            case ContactRejected():
                return "rejected", list(record.event.reasons), rfc3339(record.at)
            case ContactHeld():
                return "held", list(record.event.reasons), rfc3339(record.at)
            case _:
                pass
    return None, [], None


def validate_message(call: Call, params: Judged) -> Answer:
    """Whether a message can be worked on, by the rules of the workflow, floods apart."""
    verdict = validate(
        params.channel or "",
        params.message,
        subject=params.subject or "",
        handle=params.handle,
        attachments=len(params.attachments),
        metadata=params.metadata,
        longest=call.policy.limits.message_characters,
    )
    issues = list(verdict.issues)
    if verdict.is_valid:
        found = call.models.understand(
            params.message, subject=params.subject or "", known_language=params.language
        )
        issues += [cue for cue in found.cues if cue == "out_of_office"]
    return Answer(
        {
            "validation": {
                "is_valid": not issues,
                "issues": issues,
                "warnings": list(verdict.warnings),
            }
        }
    )


def format_for_platform(_call: Call, params: Formatted) -> Answer:
    """A text as the platform takes it: its markup, in as many messages as it needs."""
    parts = shape(params.text, params.channel)
    platform = PLATFORMS[params.channel]
    return Answer(
        {
            "formatted_content": "\n\n".join(parts),
            "parts": parts,
            "channel": params.channel,
            "limit": platform.characters,
        }
    )


def send_response(call: Call, params: Sent) -> Answer:
    """A reply to the customer, as a person at the desk writes one."""
    settings = call.desk.settings
    event = ReplyWritten.model_validate(
        {
            **about(call, params, params.ticket_id),
            "text": params.text,
            "channel": params.channel,
            "attachments": enclosed(call, params.attachments),
            "links": bool(params.attachments) and settings.gateway.public_url is not None,
        }
    )
    outcome = done(call, asked(call, params, event))
    message_id, request = first(outcome, ReplyRequested)
    return Answer(
        {
            "message_id": message_id,
            "delivery_status": delivery(call, message_id),
            "ticket_id": params.ticket_id,
            "channel": None if request is None else request.channel,
            "parts": [] if request is None else request.parts,
        },
        tuple(outcome.record_ids),
        outcome.settled,
    )


ACTIONS = (
    Action("channel.receive_message", "append", ("processed_message",), Received, receive_message),
    Action("channel.validate_message", "read", ("validation",), Judged, validate_message),
    Action(
        "channel.format_for_platform",
        "read",
        ("formatted_content",),
        Formatted,
        format_for_platform,
    ),
    Action(
        "channel.send_response",
        "append",
        ("message_id", "delivery_status"),
        Sent,
        send_response,
    ),
)
