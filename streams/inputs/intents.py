"""Lines by which people at the desk ask for something: the desk verbs with their arguments."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.vocabulary import Channel, Priority
from streams.inputs.fields import Body, Input, Moment, Name, Text, Whole


class IntentInput(Input):
    """What somebody asks of a ticket."""

    ticket_id: Name
    by: Name = "desk"
    idempotency_key: Name | None = None
    expected_revision: Annotated[Whole, Field(ge=0, lt=2**31)] | None = None


class ReplyInput(IntentInput):
    """A reply to the customer."""

    TYPE = "reply"
    text: Body
    channel: Channel | None = None


class NoteInput(IntentInput):
    """A note that only the desk sees."""

    TYPE = "note"
    text: Body


class StartInput(Input):
    """A conversation that the desk begins."""

    TYPE = "start"
    customer_id: Name
    channel: Channel
    text: Body
    by: Name = "desk"
    idempotency_key: Name | None = None


class ResolveInput(IntentInput):
    """The issue is solved."""

    TYPE = "resolve"


class CloseInput(IntentInput):
    """The ticket is to be closed."""

    TYPE = "close"


class ReopenInput(IntentInput):
    """The ticket is to be open again."""

    TYPE = "reopen"


class EscalateInput(IntentInput):
    """The ticket is to be escalated."""

    TYPE = "escalate"
    reason: Text = "asked by a person"


class AssignInput(IntentInput):
    """The ticket is to be somebody's."""

    TYPE = "assign"
    person: Name


class TransferInput(IntentInput):
    """The ticket is to be another team's."""

    TYPE = "transfer"
    team: Name
    reason: Text | None = None


class PriorityInput(IntentInput):
    """Another priority."""

    TYPE = "priority"
    priority: Priority


class CategoriseInput(IntentInput):
    """Another category."""

    TYPE = "categorise"
    category: Name


class TagsInput(IntentInput):
    """Tags to add and to remove."""

    TYPE = "tag"
    add: list[Name] = []
    remove: list[Name] = []


class SnoozeInput(IntentInput):
    """Out of sight until a moment."""

    TYPE = "snooze"
    until: Moment


class MergeInput(IntentInput):
    """The same issue as another ticket."""

    TYPE = "merge"
    into: Name


class UnmergeInput(IntentInput):
    """Not the same issue after all."""

    TYPE = "unmerge"


class SplitInput(IntentInput):
    """Messages that are an issue of their own."""

    TYPE = "split"
    messages: Annotated[list[Name], Field(min_length=1)]


class LinkInput(Input):
    """A handle is this customer's."""

    TYPE = "link"
    customer_id: Name
    channel: Channel
    handle: Name
    by: Name = "desk"
    idempotency_key: Name | None = None


class UnlinkInput(LinkInput):
    """A handle is not this customer's."""

    TYPE = "unlink"


INTENTS: dict[str, type[Input]] = {
    kind.TYPE: kind
    for kind in (
        ReplyInput,
        NoteInput,
        StartInput,
        ResolveInput,
        CloseInput,
        ReopenInput,
        EscalateInput,
        AssignInput,
        TransferInput,
        PriorityInput,
        CategoriseInput,
        TagsInput,
        SnoozeInput,
        MergeInput,
        UnmergeInput,
        SplitInput,
        LinkInput,
        UnlinkInput,
    )
}
"""The types by which people at the desk ask for something, by their command's name."""
