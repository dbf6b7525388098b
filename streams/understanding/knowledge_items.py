"""What a deployment has taught, as plain data for the knowledge index."""

from __future__ import annotations

import msgspec


class Article(msgspec.Struct, frozen=True):
    """An article that may answer messages.

    Attributes:
        id: The article's id.
        title: One line.
        body: The answer.
        examples: Questions that it answers, in customers' words.
        category: The name of a taught category, where the article belongs to one.
        language: BCP 47 code of its text; None means English.
    """

    id: str
    title: str
    body: str
    examples: tuple[str, ...] = ()
    category: str | None = None
    language: str | None = None


class Category(msgspec.Struct, frozen=True):
    """A category with example messages; priority and team are the rubric's, unread by models."""

    name: str
    examples: tuple[str, ...] = ()
    priority: str | None = None
    team: str | None = None


class Tag(msgspec.Struct, frozen=True):
    """A tag with example messages; a message may bear several tags."""

    name: str
    examples: tuple[str, ...] = ()


class ToneLabel(msgspec.Struct, frozen=True):
    """A message of this deployment with its true tone, 0 (unhappy) to 1."""

    text: str
    score: float


class Judged(msgspec.Struct, frozen=True):
    """What a customer made of an article that was shown, and how sure the models were of it."""

    confidence: float
    accepted: bool
