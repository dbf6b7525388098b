"""What the tests of understanding share: indexes over what is taught, and messages understood."""

from __future__ import annotations

import msgspec

from agents.world import Understanding
from streams.understanding import artefacts
from streams.understanding.features import TermTable
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category, Tag, ToneLabel
from streams.understanding.tier import Tier


def index(*items: Article | Category | Tag | ToneLabel) -> KnowledgeIndex:
    """An index over what is taught, in the given order of each kind."""
    return KnowledgeIndex(
        [one for one in items if isinstance(one, Article)],
        [one for one in items if isinstance(one, Category)],
        [one for one in items if isinstance(one, Tag)],
        [one for one in items if isinstance(one, ToneLabel)],
        "taught",
    )


def category(line: bytes) -> Category:
    """A category from its input line."""
    document = msgspec.json.decode(line)
    return Category(document["name"], tuple(document["examples"]))


EMPTY = index()
"""Nothing taught."""


def seen(models: Tier, message: str, taught: KnowledgeIndex = EMPTY) -> Understanding:
    """What the models make of a message."""
    return models.understand(message, index=taught)


def shipped_terms() -> TermTable:
    """The weights of terms that come with the system."""
    files, _ = artefacts.read(artefacts.shipped())
    terms = files["linking_idf"]
    return TermTable(terms["terms"], terms["idf"], float(terms["unseen"]))
