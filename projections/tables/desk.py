"""Tables folded from the desk's and the knowledge base's inboxes."""

from __future__ import annotations

import msgspec

from projections.tables.table import EMPTY_LIST, Json, Table, by, json_of
from schemas.event import Event
from schemas.events import desk, knowledge
from schemas.record import Record
from schemas.topics import DESK, KNOWLEDGE

_replace = msgspec.structs.replace


class SpecialistRow(msgspec.Struct, frozen=True):
    """Somebody who works at the desk."""

    specialist_id: str
    name: str | None = None
    team: str | None = None
    skills: Json = EMPTY_LIST
    languages: Json = EMPTY_LIST
    senior: bool = False
    capacity: int = 10
    available: bool = True


def specialist_row(row: SpecialistRow | None, record: Record, key: str) -> SpecialistRow | None:
    """A specialist's row after a patch."""
    event = record.event
    row = row or SpecialistRow(specialist_id=key)
    match event:
        case desk.SpecialistDescribed():
            changes: dict[str, object] = {
                name: value
                for name in ("name", "team", "senior", "capacity", "available")
                if (value := getattr(event, name)) is not None
            }
            if event.skills is not None:
                changes["skills"] = json_of(event.skills)
            if event.languages is not None:
                changes["languages"] = json_of(event.languages)
            return _replace(row, **changes)
        case desk.AvailabilityReported():
            return _replace(row, available=event.available)
        case _:  # its keys name no row of any other event
            return row


_SPECIALISTS: frozenset[type[Event]] = frozenset(
    {desk.SpecialistDescribed, desk.AvailabilityReported}
)


class ArticleRow(msgspec.Struct, frozen=True):
    """An article of the knowledge base."""

    article_id: str
    title: str
    category: str | None
    language: str | None
    examples: int
    body: str


def article_row(row: ArticleRow | None, record: Record, key: str) -> ArticleRow | None:
    """An article's row after it was published."""
    event = record.event
    if not isinstance(event, knowledge.ArticlePublished):
        return row
    return ArticleRow(
        article_id=key,
        title=event.title,
        category=event.category,
        language=event.language,
        examples=len(event.examples),
        body=event.body,
    )


_ARTICLES: frozenset[type[Event]] = frozenset({knowledge.ArticlePublished})

TABLES: tuple[Table, ...] = (
    Table(
        "specialists",
        DESK.name,
        SpecialistRow,
        by("specialist_id", _SPECIALISTS),
        specialist_row,
        _SPECIALISTS,
    ),
    Table(
        "articles",
        KNOWLEDGE.name,
        ArticleRow,
        by("article_id", _ARTICLES),
        article_row,
        _ARTICLES,
        searched=("title", "body"),
    ),
)
