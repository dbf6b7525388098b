"""The first messages of the open week and its knowledge base, as far as their texts may ship."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category

MEASURED_ONLY = "stackfaq-"
"""What begins so is of a source that may be measured with and must train nothing."""


class Asked(NamedTuple):
    """An issue's first message, and the truth."""

    text: str
    article: str | None
    intent: str
    language: str


def rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file of the evaluation data."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def first_messages(data: Path) -> list[Asked]:
    """The first message of every issue of the open week whose text may ship."""
    issues = {row["issue"]: row for row in rows(data, "workload_truth_issues_open")}
    issue_of = {
        row["provider_id"]: row["issue"] for row in rows(data, "workload_truth_messages_open")
    }
    found: dict[str, Asked] = {}
    for row in rows(data, "workload_messages_open"):
        true = issues[issue_of[row["provider_id"]]]
        gold = true["gold_article"]
        if not str(gold).startswith(MEASURED_ONLY):
            asked = Asked(row["text"], gold, true["intent"], true["lang"])
            found.setdefault(true["issue"], asked)
    return list(found.values())


def shelf(data: Path) -> list[Article]:
    """The week's articles whose text may ship, under no category."""
    return [
        Article(row["id"], row["title"], row["body"], tuple(row["examples"]))
        for row in rows(data, "workload_kb_open")
        if not row["id"].startswith(MEASURED_ONLY)
    ]


def without_categories(data: Path) -> KnowledgeIndex:
    """The week's articles alone."""
    return KnowledgeIndex(shelf(data), (), (), (), "without")


def with_categories(data: Path, categories: Sequence[Category]) -> KnowledgeIndex:
    """The week's articles, those of a category's name filed under it."""
    names = {one.name for one in categories}
    filed = [
        Article(one.id, one.title, one.body, one.examples, one.id.removeprefix("b77-"))
        if one.id.removeprefix("b77-") in names
        else one
        for one in shelf(data)
    ]
    return KnowledgeIndex(filed, categories, (), (), "within")
