"""How articles serve and what Analytics noticed, folded from the decisions' topic."""

from __future__ import annotations

import msgspec

from projections.tables.table import Table, by, by_id
from schemas.event import Event
from schemas.events import choices as chose
from schemas.record import Record
from schemas.topics import DECISIONS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


class ArticleUseRow(msgspec.Struct, frozen=True):
    """How an article serves."""

    article_id: str
    version: int = 0
    retired: bool = False
    learned: int = 0
    shown: int = 0
    accepted: int = 0
    rejected: int = 0


def article_use_row(row: ArticleUseRow | None, record: Record, key: str) -> ArticleUseRow | None:
    """An article's row after a decision about it."""
    row = row or ArticleUseRow(article_id=key)
    event = record.event
    match event:
        case chose.ArticleAdopted():
            return _replace(row, version=event.version, retired=event.outcome == "retired")
        case chose.ExampleLearned():
            return _replace(row, learned=row.learned + 1)
        case chose.SolutionTracked():
            return _replace(
                row, shown=event.shown, accepted=event.accepted, rejected=event.rejected
            )
        case _:  # its keys name no row of any other event
            return row


_ABOUT_ARTICLES: frozenset[type[Event]] = frozenset(
    {chose.ArticleAdopted, chose.ExampleLearned, chose.SolutionTracked}
)


class InsightRow(msgspec.Struct, frozen=True):
    """Something that Analytics noticed."""

    insight_id: str
    at: str
    kind: str
    category: str
    text: str


def insight_row(row: InsightRow | None, record: Record, key: str) -> InsightRow | None:
    """An insight's row."""
    event = record.event
    if row is not None or not isinstance(event, chose.InsightRaised):
        return row
    return InsightRow(key, rfc3339(record.at), event.kind, event.category, event.text)


_INSIGHTS: frozenset[type[Event]] = frozenset({chose.InsightRaised})

TABLES: tuple[Table, ...] = (
    Table(
        "article_use",
        DECISIONS.name,
        ArticleUseRow,
        by("article_id", _ABOUT_ARTICLES),
        article_use_row,
        _ABOUT_ARTICLES,
    ),
    Table(
        "insights", DECISIONS.name, InsightRow, by_id(_INSIGHTS), insight_row, _INSIGHTS, once=True
    ),
)
