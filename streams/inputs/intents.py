"""Lines by which people at the desk ask for something: the desk verbs with their arguments.

The command line's verbs are made of these classes: a required field is an argument, and one with a
text as its default an argument that may be left out.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from schemas.event import Intent
from schemas.events import intents as asked
from schemas.vocabulary import Channel, Priority
from streams.inputs.fields import Body, EnclosedInput, Flag, Input, Moment, Name, Text

MOST_ENCLOSED = 10
"""Files that go with a reply."""


class IntentInput(Input):
    """What somebody asks of a ticket.

    Attributes:
        EVENT: The intent that the line becomes.
        RENAMED: Fields whose name in the event is another, with that name.
    """

    EVENT: ClassVar[type[Intent]]
    RENAMED: ClassVar[dict[str, str]] = {}

    ticket_id: Name
    by: Name = "desk"
    idempotency_key: Name | None = None
    expected_revision: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = None


class ReplyInput(IntentInput):
    """A reply to the customer."""

    TYPE = "reply"
    EVENT = asked.ReplyWritten
    text: Body
    channel: Channel | None = None
    attachments: Annotated[list[EnclosedInput], Field(max_length=MOST_ENCLOSED)] = []
    links: Flag = False


class NoteInput(IntentInput):
    """A note that only the desk sees."""

    TYPE = "note"
    EVENT = asked.NoteWritten
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
    """The issue is solved, where an article says how with that article."""

    TYPE = "resolve"
    EVENT = asked.ResolveAsked
    RENAMED = {"article_id": "solution_id"}
    article_id: Name | None = None


class CloseInput(IntentInput):
    """The ticket is to be closed."""

    TYPE = "close"
    EVENT = asked.CloseAsked


class ReopenInput(IntentInput):
    """The ticket is to be open again."""

    TYPE = "reopen"
    EVENT = asked.ReopenAsked


class EscalateInput(IntentInput):
    """The ticket is to be escalated."""

    TYPE = "escalate"
    EVENT = asked.EscalationAsked
    reason: Text = "asked by a person"


class AssignInput(IntentInput):
    """The ticket is to be somebody's."""

    TYPE = "assign"
    EVENT = asked.AssignmentAsked
    RENAMED = {"person": "specialist_id"}
    person: Name


class TransferInput(IntentInput):
    """The ticket is to be another team's."""

    TYPE = "transfer"
    EVENT = asked.TransferAsked
    team: Name
    reason: Text | None = None


class PriorityInput(IntentInput):
    """Another priority."""

    TYPE = "priority"
    EVENT = asked.PriorityAsked
    priority: Priority


class CategoriseInput(IntentInput):
    """Another category."""

    TYPE = "categorise"
    EVENT = asked.CategoryAsked
    category: Name


class TagsInput(IntentInput):
    """Tags to add and to remove."""

    TYPE = "tag"
    EVENT = asked.TagsAsked
    add: list[Name] = []
    remove: list[Name] = []


class SnoozeInput(IntentInput):
    """Out of sight until a moment."""

    TYPE = "snooze"
    EVENT = asked.SnoozeAsked
    until: Moment


class MergeInput(IntentInput):
    """The same issue as another ticket."""

    TYPE = "merge"
    EVENT = asked.MergeAsked
    into: Name


class UnmergeInput(IntentInput):
    """Not the same issue after all."""

    TYPE = "unmerge"
    EVENT = asked.UnmergeAsked


class SplitInput(IntentInput):
    """Messages that are an issue of their own."""

    TYPE = "split"
    EVENT = asked.SplitAsked
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
    for kind in list(vars().values())
    if isinstance(kind, type) and issubclass(kind, Input) and "TYPE" in vars(kind)
}
"""The types by which people at the desk ask for something, by their command's name."""
