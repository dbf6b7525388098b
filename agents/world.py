"""The world as a turn sees it: one snapshot of policy, models, knowledge and the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from agents.policy import Policy
from schemas.record import Record


class CategoryScore(msgspec.Struct, frozen=True):
    """A taught category with its calibrated probability."""

    name: str
    confidence: float


class ArticleHit(msgspec.Struct, frozen=True):
    """An article with the calibrated probability that it answers the message."""

    id: str
    confidence: float


class Clue(msgspec.Struct, frozen=True):
    """Something in the text that may point to a person, an order or a ticket."""

    kind: str
    text: str
    start: int
    end: int


class Fact(msgspec.Struct, frozen=True):
    """Something that the customer said and that must survive a hand-over, with its place."""

    kind: str
    text: str
    start: int
    end: int


class Understanding(msgspec.Struct, frozen=True):
    """What the models make of a message. What the tier at hand cannot say is None or empty.

    Attributes:
        language: BCP 47 code; None when unsure and nothing is known.
        language_confidence: 0 to 1.
        sentiment_score: Calibrated, 0 (unhappy) to 1; below 0.3 is unhappy.
        urgency_indicators: Names of the urgency cues found.
        deadlines: Deadlines as RFC 3339 or as said.
        cues: Any of thanks, solved, not_solved, asks_person, complaint, legal_threat,
            churn_threat, out_of_office, unsettled (thanks or solved, and then a question or a
            "but"; a rating, and then a question), will_try (thanks, before it was tried),
            greeting_only, rating_1 to rating_5.
        categories: Taught categories, most likely first, five at most.
        out_of_scope: Probability that no taught category fits; None without categories.
        tags: Taught tags that fit.
        solutions: Articles, most likely first, five at most.
        clues: Pointers to persons, orders and tickets.
        facts: What the customer gave.
        features: For linking: [hashed term, weight] pairs, 48 at most, of unit length.
        unseen_priority: Estimate of urgent-or-worse where no rubric exists, 0 to 1.
        meaning: For linking: the signs of the sentence encoder's vector, in hexadecimal.
    """

    language: str | None
    language_confidence: float | None
    sentiment_score: float
    urgency_indicators: list[str]
    deadlines: list[str]
    cues: list[str]
    categories: list[CategoryScore]
    out_of_scope: float | None
    tags: list[str]
    solutions: list[ArticleHit]
    clues: list[Clue]
    facts: list[Fact]
    features: list[list[float]]
    unseen_priority: float | None
    meaning: str | None = None


class ArticleText(msgspec.Struct, frozen=True):
    """What an answer needs of an article."""

    id: str
    title: str
    body: str
    language: str | None = None


class CategoryRule(msgspec.Struct, frozen=True):
    """What the desk taught about a category beside its examples."""

    name: str
    priority: str | None = None
    team: str | None = None


class Models(Protocol):
    """The models and the knowledge index, at one version."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the models and of the index, by name."""

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """What the models make of one message."""

    def article(self, article_id: str) -> ArticleText | None:
        """An article of the index."""

    def category(self, name: str) -> CategoryRule | None:
        """A taught category of the index."""


class World(msgspec.Struct, frozen=True):
    """One snapshot for one turn.

    Attributes:
        now: The turn's one reading of the clock.
        policy: The policy in force.
        models: The models and the knowledge index.
        trigger: The inbox record that the turn works on.
    """

    now: datetime
    policy: Policy
    models: Models
    trigger: Record
