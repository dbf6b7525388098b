"""What people at the desk ask for. Written by the gateway, the command line and PACT."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Attachment, Event, Intent
from schemas.vocabulary import Channel, Personal, Priority, ReplyKind, Time


class ReplyWritten(Intent):
    """A person wrote a reply to the customer of a ticket.

    Its files lie in the store, by their SHA-256. `links` says whether one may go as a link: whether
    customers could reach the gateway when it was written.
    """

    text: Personal
    channel: Channel | None = None
    attachments: list[Attachment] = Field(default_factory=list)
    links: bool = False


class NoteWritten(Intent):
    """A person wrote a note that only the desk sees."""

    text: Personal


class ConversationStarted(Event):
    """A person wrote first: a new ticket begins with our message."""

    TOPIC: ClassVar[str] = "support.contacts.v1"

    customer_id: str
    channel: Channel
    text: Personal
    by: str
    idempotency_key: str | None = None


class ResolveAsked(Intent):
    """A person says that the issue is solved."""

    solution_id: str | None = None


class CloseAsked(Intent):
    """A person wants the ticket closed for good."""


class ReopenAsked(Intent):
    """A person wants a resolved or closed ticket open again."""


class EscalationAsked(Intent):
    """A person or program wants the ticket escalated."""

    reason: Personal = "asked by a person"
    triggers: list[str] = Field(default_factory=list)


class AssignmentAsked(Intent):
    """A person wants the ticket given to somebody by name."""

    specialist_id: str


class TransferAsked(Intent):
    """A person wants the ticket passed to another team."""

    team: str
    reason: Personal | None = None


class PriorityAsked(Intent):
    """A person wants another priority."""

    priority: Priority


class CategoryAsked(Intent):
    """A person corrects the category: also an example to learn from."""

    category: str


class TagsAsked(Intent):
    """A person adds and removes tags."""

    add: list[str] = Field(default_factory=list)
    remove: list[str] = Field(default_factory=list)


class SnoozeAsked(Intent):
    """A person wants the ticket out of sight until a moment."""

    until: Time


class MergeAsked(Intent):
    """A person says that this ticket is the same issue as another one."""

    into: str


class UnmergeAsked(Intent):
    """A person takes a merge of this ticket back."""


class SplitAsked(Intent):
    """A person says that these messages are an issue of their own."""

    messages: list[str]


class LinkAsked(Event):
    """A person says that a handle on a channel is this customer's."""

    TOPIC: ClassVar[str] = "support.contacts.v1"

    customer_id: str
    channel: Channel
    handle: Personal
    other_customer_id: str
    by: str
    idempotency_key: str | None = None


class UnlinkAsked(Event):
    """A person takes back that a handle on a channel is this customer's."""

    TOPIC: ClassVar[str] = "support.contacts.v1"

    customer_id: str
    channel: Channel
    handle: Personal
    other_customer_id: str
    by: str
    idempotency_key: str | None = None


class ConfirmationAsked(Intent):
    """A program asks that the customer be told that the ticket is in hand."""


class FollowUpAsked(Intent):
    """A program asks for a follow-up at a time (default: the policy's delay)."""

    follow_up_time: Time | None = None


class TeamAlertAsked(Intent):
    """A program asks that the team be alerted about a ticket."""

    alert_type: str = "attention"
    message: Personal | None = None


class NoticeAsked(Intent):
    """A program asks that the customer be told something about a ticket."""

    text: Personal
    kind: ReplyKind = "notice"


class HandoverAsked(Intent):
    """A program asks for the context packet of a ticket to be handed on."""

    to: str | None = None
