"""Which categories say what article is meant, and not only what a message is about.

The weights of search were fitted on categories as fine as articles: `card_arrival` is one
question, and has one article. There the probability of the category says more than all else. A
desk's own `billing` is no question: with its probability for evidence, whatever is asked about an
invoice would be answered with the only article on invoices. On a desk of five such categories with
an article or two in each, 14 of 20 questions that no article answers were answered all the same;
without it 1 was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from streams.understanding.knowledge_items import Article
from streams.understanding.points import spelled


def searched(articles: Sequence[Article], fine: Collection[str]) -> list[Article]:
    """The articles as they are searched: filed only where the category is as fine as they are.

    Args:
        articles: What was taught.
        fine: The categories that the weights were fitted on; of others only those that bear the
            name of the article are as fine.
    """
    return [
        one
        if one.category is None or one.category in fine or _bears(one, spelled(one.category))
        else msgspec.structs.replace(one, category=None)
        for one in articles
    ]


def _bears(article: Article, name: str) -> bool:
    return name in {spelled(article.id), spelled(article.title)}
