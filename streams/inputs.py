"""The public input: what a line of NDJSON (or an object over any other way in) may be.

One model a type; their fields are the contract. What is wrong with a line is told with the
field, the fault and what would be right.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.event import Attachment
from schemas.vocabulary import CHANNELS, Channel, Priority, Time
from streams.errors import Unreadable

LINE_LIMIT = 1024 * 1024
"""Bytes a line may have."""


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("it holds a NUL character; leave it out")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a surrogate pair; send whole characters") from error
    return text


Text = Annotated[str, AfterValidator(_clean)]
Name = Annotated[str, AfterValidator(_clean), Field(min_length=1, max_length=500)]


class Input(BaseModel):
    """What every type of line has."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    TYPE: ClassVar[str]

    at: Time | None = None


class ContactInput(Input):
    """A customer's message: a line without `type`."""

    TYPE = "contact"

    channel: Channel
    customer_id: Name | None = None
    handle: Name | None = None
    message: Text
    subject: Text | None = None
    thread: Name | None = None
    in_reply_to: Name | None = None
    provider_id: Name | None = None
    language: Name | None = None
    attachments: list[Attachment] = []
    metadata: dict[str, Any] = {}

    @model_validator(mode="after")
    def _someone(self) -> ContactInput:
        if self.customer_id is None and self.handle is None:
            raise ValueError("who wrote it is missing: give customer_id or handle")
        return self


class CustomerInput(Input):
    """What the CRM knows of a customer; a patch."""

    TYPE = "customer"

    customer_id: Name
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    lifetime_value: float | None = None
    preferred_channel: Channel | None = None
    language: Name | None = None
    account_manager: Name | None = None
    handles: dict[Channel, list[Name]] = {}


class SignalInput(Input):
    """Something that the product noticed."""

    TYPE = "signal"

    customer_id: Name
    kind: Name
    metadata: dict[str, Any] = {}


class SurveyInput(Input):
    """A customer's rating."""

    TYPE = "survey"

    ticket_id: Name | None = None
    customer_id: Name | None = None
    score: Annotated[int, Field(ge=1, le=5)]
    comment: Text | None = None

    @model_validator(mode="after")
    def _something(self) -> SurveyInput:
        if self.ticket_id is None and self.customer_id is None:
            raise ValueError("what was rated is missing: give ticket_id or customer_id")
        return self


class ArticleInput(Input):
    """An article of the knowledge base."""

    TYPE = "article"

    article_id: Name
    title: Name
    body: Annotated[str, AfterValidator(_clean), Field(min_length=1)]
    examples: list[Text] = []
    category: Name | None = None
    language: Name | None = None


class CategoryInput(Input):
    """A category with example texts."""

    TYPE = "category"

    name: Name
    examples: list[Text] = []
    priority: Priority | None = None
    team: Name | None = None


class TagInput(Input):
    """A tag with example texts."""

    TYPE = "tag"

    name: Name
    examples: list[Text] = []


class ToneInput(Input):
    """How a text sounds to this deployment."""

    TYPE = "tone"

    text: Name
    score: Annotated[float, Field(ge=0, le=1)]


class SpecialistInput(Input):
    """Somebody who works at the desk; a patch."""

    TYPE = "specialist"

    specialist_id: Name
    name: Name
    team: Name | None = None
    skills: list[Name] | None = None
    languages: list[Name] | None = None
    senior: bool | None = None
    capacity: Annotated[int, Field(ge=0, le=1000)] | None = None
    hours: dict[str, list[tuple[str, str]]] | None = None
    available: bool | None = None


class IntentInput(Input):
    """What somebody asks of a ticket."""

    ticket_id: Name
    by: Name = "desk"
    idempotency_key: Name | None = None


class ReplyInput(IntentInput):
    """A reply to the customer."""

    TYPE = "reply"
    text: Name | Text
    channel: Channel | None = None


class NoteInput(IntentInput):
    """A note that only the desk sees."""

    TYPE = "note"
    text: Text


class StartInput(Input):
    """A conversation that the desk begins."""

    TYPE = "start"
    customer_id: Name
    channel: Channel
    text: Text
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
    IS_INTENT: ClassVar[bool] = True
    add: list[Name] = []
    remove: list[Name] = []


class SnoozeInput(IntentInput):
    """Out of sight until a moment."""

    TYPE = "snooze"
    until: Time


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


PLAIN: dict[str, type[Input]] = {
    kind.TYPE: kind
    for kind in (
        CustomerInput,
        SignalInput,
        SurveyInput,
        ArticleInput,
        CategoryInput,
        TagInput,
        ToneInput,
        SpecialistInput,
    )
}
"""The types that describe the world, by their name."""

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


def is_tag_intent(document: dict[str, Any]) -> bool:
    """Whether a line of type `tag` asks for tags on a ticket, rather than teaching a tag."""
    return "ticket_id" in document


def read(line: bytes) -> Input:
    """The input in one line.

    Raises:
        Unreadable: With what is wrong and what would be right.
    """
    if len(line) > LINE_LIMIT:
        raise Unreadable(
            f"the line has {len(line)} bytes, {LINE_LIMIT} are allowed",
            "send large content as an attachment",
        )
    try:
        document = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(
            f"the line is not JSON ({error})", "write one JSON object a line"
        ) from error
    return read_document(document)


def read_document(document: object) -> Input:
    """The input in a decoded object; raises as `read` does."""
    if not isinstance(document, dict):
        raise Unreadable(
            f"the line is a JSON {type(document).__name__}, not an object",
            'write an object such as {"channel": "email", "handle": "…", "message": "…"}',
        )
    body = dict(document)
    kind = _kind(body)
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise Unreadable(*_told(kind, error)) from error


def _kind(body: dict[str, Any]) -> type[Input]:
    name = body.pop("type", "contact")
    if name == "contact":
        return ContactInput
    if name == "tag" and is_tag_intent(body):
        return TagsInput
    kind = PLAIN.get(name) or INTENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(sorted({*PLAIN, *INTENTS}))
        raise Unreadable(
            f"{name!r} is not a type of line", f"use one of {known}, or no type for a contact"
        )
    return kind


_RIGHT = {
    "missing": "give it a value",
    "extra_forbidden": "leave it out, or put it into metadata",
    "timezone_aware": "add an offset, such as 2026-03-02T08:00:00Z",
    "timezone_naive": "add an offset, such as 2026-03-02T08:00:00Z",
    "datetime_from_date_parsing": "write RFC 3339, such as 2026-03-02T08:00:00Z",
    "datetime_parsing": "write RFC 3339, such as 2026-03-02T08:00:00Z",
}


def _told(kind: type[Input], error: ValidationError) -> tuple[str, str]:
    """What is wrong and what would be right, of the first fault."""
    fault = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in fault["loc"]) or "the line"
    what = fault["msg"].removeprefix("Value error, ")
    if field == "channel" and fault["type"] == "literal_error":
        return f"{kind.TYPE}: channel {fault['input']!r} is unknown", "use one of " + ", ".join(
            CHANNELS
        )
    if fault["type"] == "value_error" and (":" in what or ";" in what):
        head, _, tail = what.replace(";", ":").partition(":")
        return f"{kind.TYPE}: {field}: {head.strip()}", tail.strip()
    right = _RIGHT.get(fault["type"], what[0].lower() + what[1:])
    return f"{kind.TYPE}: {field}: {what}", right
