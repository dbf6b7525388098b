"""Lines that say what happened or how the world is: one model a type, fields by contract."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from schemas.vocabulary import Channel, Priority
from streams.inputs.fields import (
    AttachmentInput,
    Body,
    Flag,
    Handles,
    Hours,
    Input,
    Metadata,
    Name,
    Number,
    Text,
)


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
    attachments: list[AttachmentInput] = []
    metadata: Metadata = {}

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
    lifetime_value: Number | None = None
    preferred_channel: Channel | None = None
    language: Name | None = None
    account_manager: Name | None = None
    handles: Handles = {}


class HappenedInput(Input):
    """What counts each time that it happens: a key tells a repeat of the line from that."""

    idempotency_key: Name | None = None


class SignalInput(HappenedInput):
    """Something that the product noticed."""

    TYPE = "signal"

    customer_id: Name
    kind: Name
    metadata: Metadata = {}


class SurveyInput(HappenedInput):
    """A customer's rating."""

    TYPE = "survey"

    ticket_id: Name | None = None
    customer_id: Name | None = None
    score: Annotated[int, Field(strict=True, ge=1, le=5)]
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
    body: Body
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

    text: Body
    score: Annotated[float, Field(strict=True, ge=0, le=1)]


class SpecialistInput(Input):
    """Somebody who works at the desk; a patch."""

    TYPE = "specialist"

    specialist_id: Name
    name: Name
    team: Name | None = None
    skills: list[Name] | None = None
    languages: list[Name] | None = None
    senior: Flag | None = None
    capacity: Annotated[int, Field(strict=True, ge=0, le=1000)] | None = None
    hours: Hours | None = None
    available: Flag | None = None


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
