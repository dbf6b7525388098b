"""Encodes the texts that ship with the package, so that no desk has to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from streams.starter import lines
from streams.understanding.dense_fields import texts_of
from streams.understanding.encoder import Encoder
from streams.understanding.knowledge_items import Article, Category
from streams.understanding.meanings import table
from streams.understanding.text import bounded, clean


def fit(categories: Sequence[Category], encoder: Encoder) -> dict[str, NDArray[Any]]:
    """The meanings of the starter categories' examples and of the starter articles."""
    texts = [clean(bounded(text)) for category in categories for text in category.examples]
    fields = texts_of(starter_articles())
    return table([*texts, *fields.short, *fields.long], encoder)


def starter_articles() -> list[Article]:
    """The articles that ship with the package."""
    return [
        Article(
            one["article_id"],
            one["title"],
            one["body"],
            tuple(one.get("examples", ())),
            one.get("category"),
            one.get("language"),
        )
        for one in map(json.loads, lines("articles"))
    ]
