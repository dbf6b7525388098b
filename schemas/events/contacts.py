"""The inbox of the customer domain: what comes from outside and between lines."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Attachment, Event
from schemas.vocabulary import (
    Channel,
    Personal,
    PersonalJson,
    SlaTarget,
    Time,
    TimerKind,
)


class _Inbox(Event):
    TOPIC: ClassVar[str] = "support.contacts.v1"


class ContactReceived(_Inbox):
    """A customer wrote or spoke on a channel. Written by a gateway or any producer.

    `handle` is the address on the channel, opaque. `thread` and `in_reply_to` are the
    provider's own references. `metadata` is kept as it came.
    """

    channel: Channel
    customer_id: str
    handle: Personal | None = None
    message: Personal
    subject: Personal | None = None
    thread: str | None = None
    in_reply_to: str | None = None
    provider_id: str
    language: str | None = None
    attachments: list[Attachment] = Field(default_factory=list)
    metadata: PersonalJson = "{}"


class CustomerDescribed(_Inbox):
    """The CRM said something about a customer. A patch: what is absent stays. By any producer."""

    customer_id: str
    name: Personal | None = None
    email: Personal | None = None
    phone: Personal | None = None
    lifetime_value: float | None = None
    preferred_channel: Channel | None = None
    language: str | None = None
    account_manager: str | None = None
    handles: PersonalJson | None = None


class ProductSignalReported(_Inbox):
    """The product noticed something about a customer, such as a crash. By any producer."""

    customer_id: str
    kind: str
    metadata: PersonalJson = "{}"


class SurveyAnswered(_Inbox):
    """A customer rated how a ticket went, 1 (bad) to 5 (good). By a gateway or any producer."""

    customer_id: str
    ticket_id: str | None = None
    score: int
    comment: Personal | None = None


class InteractionReported(_Inbox):
    """A program reports an interaction that took place elsewhere. By PACT's append actions."""

    customer_id: str
    ticket_id: str | None = None
    kind: str
    content: Personal | None = None
    by: str
    idempotency_key: str | None = None


class SpecialistAssigned(_Inbox):
    """The desk gave a ticket to a person. Written by the desk domain."""

    customer_id: str
    ticket_id: str
    specialist_id: str
    team: str
    request_id: str
    reasons: list[str] = Field(default_factory=list)


class SpecialistUnavailable(_Inbox):
    """The desk found nobody free; says who could take it next, and when. By the desk domain."""

    customer_id: str
    ticket_id: str
    request_id: str
    next_specialist_id: str | None = None
    next_at: Time | None = None
    reasons: list[str] = Field(default_factory=list)


class ReplyAttempted(_Inbox):
    """A delivery is about to be tried: durable before the provider is called. By effects.

    `part` is the message of several that goes out now, from 0; `attempt` counts its tries.
    """

    customer_id: str
    ticket_id: str | None = None
    request_id: str
    attempt: int
    transport: str
    part: int = 0


class ReplyAccepted(_Inbox):
    """The transport took the reply. Written by effects; `transport` says which one it was."""

    customer_id: str
    ticket_id: str | None = None
    request_id: str
    transport: str
    provider_message_id: str


class ReplyDelayed(_Inbox):
    """A reply waits, for its provider takes no more until a time. By effects."""

    customer_id: str
    ticket_id: str | None = None
    request_id: str
    until: Time
    reason: str


class ReplyDelivered(_Inbox):
    """The provider says that the reply reached the customer's device. By a gateway."""

    customer_id: str
    ticket_id: str | None = None
    request_id: str


class ReplyRead(_Inbox):
    """The provider says that the customer opened the reply. By a gateway."""

    customer_id: str
    ticket_id: str | None = None
    request_id: str


class ReplyAddressLeft(_Inbox):
    """Whoever writes in a chat left an address for the answers of this conversation. By gateways.

    It is a claim: it may be written to with what is said there, and makes nobody anybody.
    """

    customer_id: str
    ticket_id: str
    email: Personal


class ReplyFailed(_Inbox):
    """A delivery failed; `final` when no further attempt will be made. By effects or gateway.

    `retry_at` is when the next attempt is to be made; `part` as in `ReplyAttempted`.
    """

    customer_id: str
    ticket_id: str | None = None
    request_id: str
    attempt: int
    error: Personal
    final: bool
    part: int = 0
    retry_at: Time | None = None


class ReplyUnconfirmed(_Inbox):
    """An attempt has no outcome and cannot be looked up; a person must decide. By effects."""

    customer_id: str
    ticket_id: str | None = None
    request_id: str
    attempt: int


class AlertSent(_Inbox):
    """An alert reached the place where its team reads. Written by effects."""

    customer_id: str
    ticket_id: str | None = None
    alert_id: str
    place: str


class AlertFailed(_Inbox):
    """An alert did not reach a place, and will not be tried again. Written by effects."""

    customer_id: str
    ticket_id: str | None = None
    alert_id: str
    place: str
    error: Personal


class TimerDue(_Inbox):
    """A timer of this line ran out. Written by the owner of the partition."""

    customer_id: str
    ticket_id: str
    kind: TimerKind
    target: SlaTarget | None = None
    due_at: Time


class RecordForwarded(_Inbox):
    """A record that belongs to this line now, handed on with its id kept. By the customer domain.

    `value` is the original event's JSON as base64 text, `hops` counts the hand-ons.
    """

    customer_id: str
    from_customer_id: str
    record_id: str
    record_type: str
    value: Personal
    at: Time
    hops: int


class TicketHandedOver(_Inbox):
    """Tickets and counters pass from one line to another at a merge or its undoing.

    Written by the customer domain, in records of bounded size: `part` of `parts`. `tickets` and
    `profile` are the case's own JSON.
    """

    customer_id: str
    from_customer_id: str
    part: int
    parts: int
    undo: bool = False
    tickets: PersonalJson
    profile: PersonalJson


class AttachmentStored(_Inbox):
    """A file that came with a contact is kept. Written by effects, for mail by the gateway.

    `index` is its place among the contact's attachments, from 0; `media_type` is what its bytes
    say, whatever its sender claimed.
    """

    customer_id: str
    contact_id: str
    index: int
    sha256: str
    size: int
    media_type: str
    name: Personal


class AttachmentRefused(_Inbox):
    """A file that came with a contact could not be had, or is not kept. By effects or gateway.

    `final` when it will not be tried again, else `retry_at` says when it will be.
    """

    customer_id: str
    contact_id: str
    index: int
    attempt: int
    reason: str
    final: bool
    retry_at: Time | None = None
