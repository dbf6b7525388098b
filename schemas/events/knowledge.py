"""The inbox of the knowledge domain: what the desk knows, and how well it served."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Event
from schemas.vocabulary import Personal, Priority


class _Knowledge(Event):
    TOPIC: ClassVar[str] = "support.knowledge.v1"


class ArticlePublished(_Knowledge):
    """An article is part of the knowledge base, new or in a new version. By any producer."""

    article_id: str
    title: str
    body: str
    examples: list[Personal] = Field(default_factory=list)
    category: str | None = None
    language: str | None = None


class ArticleRetired(_Knowledge):
    """An article is no longer offered. By any producer."""

    article_id: str
    by: str


class ExampleProposed(_Knowledge):
    """A question was answered by an article and confirmed.

    Written by the customer domain, or a program through PACT.
    """

    article_id: str
    example: Personal
    ticket_id: str | None = None


class SolutionShown(_Knowledge):
    """An article was offered to a customer. By the customer domain, or a program through PACT."""

    article_id: str
    ticket_id: str | None = None
    confidence: float | None = None


class SolutionAccepted(_Knowledge):
    """An offered article solved the issue. By the customer domain, or a program through PACT."""

    article_id: str
    ticket_id: str | None = None


class SolutionRejected(_Knowledge):
    """An offered article did not help. By the customer domain, or a program through PACT."""

    article_id: str
    ticket_id: str | None = None


class CategoryTaught(_Knowledge):
    """A category with example texts, and what it means for priority and team. By any producer."""

    name: str
    examples: list[Personal] = Field(default_factory=list)
    priority: Priority | None = None
    team: str | None = None


class TagTaught(_Knowledge):
    """A tag with example texts. By any producer."""

    name: str
    examples: list[Personal] = Field(default_factory=list)


class ToneLabelled(_Knowledge):
    """How this text sounds to the deployment, 0 (unhappy) to 1. By any producer."""

    text: Personal
    score: float
