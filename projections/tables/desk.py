"""Tables folded from the desk's and the knowledge base's inboxes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from projections.tables.table import Json, Table
from schemas.events import desk, knowledge
from schemas.record import Record
from schemas.topics import DESK, KNOWLEDGE

_replace = msgspec.structs.replace


def _listed(texts: Sequence[str]) -> Json:
    return Json(msgspec.json.encode(list(texts)).decode())


class SpecialistRow(msgspec.Struct, frozen=True):
    """Somebody who works at the desk."""

    specialist_id: str
    name: str | None = None
    team: str | None = None
    skills: Json = Json("[]")
    languages: Json = Json("[]")
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
                changes["skills"] = _listed(event.skills)
            if event.languages is not None:
                changes["languages"] = _listed(event.languages)
            return _replace(row, **changes)
        case desk.AvailabilityReported():
            return _replace(row, available=event.available)
        case _:
            return row


def _specialist_keys(record: Record) -> Sequence[str]:
    event = record.event
    if isinstance(event, desk.SpecialistDescribed | desk.AvailabilityReported):
        return (event.specialist_id,)
    return ()


class ArticleRow(msgspec.Struct, frozen=True):
    """An article of the knowledge base."""

    article_id: str
    title: str
    body: str
    category: str | None
    language: str | None
    examples: int


def article_row(row: ArticleRow | None, record: Record, key: str) -> ArticleRow | None:
    """An article's row after it was published."""
    event = record.event
    if not isinstance(event, knowledge.ArticlePublished):
        return row
    return ArticleRow(
        article_id=key,
        title=event.title,
        body=event.body,
        category=event.category,
        language=event.language,
        examples=len(event.examples),
    )


def _article_keys(record: Record) -> Sequence[str]:
    event = record.event
    return (event.article_id,) if isinstance(event, knowledge.ArticlePublished) else ()


TABLES: tuple[Table, ...] = (
    Table("specialists", DESK.name, SpecialistRow, _specialist_keys, specialist_row),
    Table("articles", KNOWLEDGE.name, ArticleRow, _article_keys, article_row),
)
