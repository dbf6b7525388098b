"""Drafts: replies of articles' sentences, which a language model proposes to whoever answers.

The request is a decision; what became of it comes to the customer's inbox, as with replies.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Decision, Event, Part
from schemas.vocabulary import Personal, PersonalJson


class Source(Part):
    """An article as a drafting model is given it: its first sentences, as many as there is room."""

    article_id: str
    title: str
    sentences: list[str]


class DraftRequested(Decision):
    """A draft is wanted for whoever takes the ticket; effects act on it. Written by Knowledge.

    `question` is what the customer wrote, cut where it is long; `facts` what they gave.
    """

    ACTION: ClassVar[str] = "knowledge.request_draft"

    contact_id: str
    question: Personal
    facts: list[Personal] = Field(default_factory=list)
    sources: list[Source]


class _Inbox(Event):
    TOPIC: ClassVar[str] = "support.contacts.v1"


class DraftAttempted(_Inbox):
    """A drafting model is about to be asked: durable before it is. Written by effects.

    `prompt` is all that it is told: its messages as JSON.
    """

    customer_id: str
    ticket_id: str
    request_id: str
    prompt: PersonalJson


class Quote(Part):
    """A sentence of an article, word for word."""

    article_id: str
    sentence: str


class DraftWritten(_Inbox):
    """A drafting model proposed a reply for a person to use or drop. By effects.

    `draft` says nothing but its `quotes`, which are sentences of the articles that the model was
    given, and what the customer gave; `reply` is the model's answer as it came.
    """

    customer_id: str
    ticket_id: str
    draft: Personal
    model_version: str
    request_id: str | None = None
    quotes: list[Quote] = Field(default_factory=list)
    reply: Personal | None = None


class DraftRefused(_Inbox):
    """What a drafting model replied is no draft, and nobody is shown it. Written by effects.

    `reason` is a word for what is wrong, `sentence` where it is, `reply` the answer as it came.
    """

    customer_id: str
    ticket_id: str
    request_id: str
    reason: str
    sentence: Personal | None = None
    reply: Personal
    model_version: str


class DraftFailed(_Inbox):
    """A drafting model gave no answer, or was not asked; it is not asked again. By effects."""

    customer_id: str
    ticket_id: str
    request_id: str
    error: Personal
