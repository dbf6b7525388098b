"""An article's words are looked up once as long as it stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from streams.understanding import light
from streams.understanding.article_words import ArticleWords, WordsOfArticles
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article
from streams.understanding.tfidf import SPACE, Lexicon, Vector, Vectoriser, Word

ARTICLES = [
    Article("refunds", "How refunds work", "Send it back within 30 days.", ("refund me", "money")),
    Article("parcels", "Where parcels are", "Follow the link in the mail.", ("track my parcel",)),
    Article("cards", "A card that is lost", "Freeze it at once.", ()),
]


class Counting(Vectoriser):
    """Counts what it makes."""

    def __init__(self) -> None:
        super().__init__(np.ones(SPACE, dtype=np.float32))
        self.made = 0

    def word_vector(self, found: Sequence[Word]) -> Vector:
        """Count one more."""
        self.made += 1
        return super().word_vector(found)


@pytest.fixture
def counting() -> Counting:
    return Counting()


def same(one: ArticleWords, other: ArticleWords) -> bool:
    return all(
        np.array_equal(a, b)
        for a, b in zip(
            [*one.short, one.long, *(a for vector in one.vectors for a in vector)],
            [*other.short, other.long, *(b for vector in other.vectors for b in vector)],
            strict=True,
        )
    )


def test_only_what_changed_is_looked_up_again(counting: Counting) -> None:
    words = WordsOfArticles(Lexicon(), counting)
    words.of(ARTICLES)
    assert counting.made == sum(1 + len(one.examples) for one in ARTICLES)
    counting.made = 0
    learned = msgspec.structs.replace(ARTICLES[1], examples=("track my parcel", "where is it"))
    found = words.of([ARTICLES[0], learned, ARTICLES[2]])
    assert counting.made == 3
    fresh = WordsOfArticles(Lexicon(), counting).of([ARTICLES[0], learned, ARTICLES[2]])
    assert all(map(same, found, fresh))


def test_what_is_no_longer_taught_is_forgotten(counting: Counting) -> None:
    words = WordsOfArticles(Lexicon(), counting)
    words.of(ARTICLES)
    words.of(ARTICLES[:1])
    counting.made = 0
    words.of(ARTICLES)
    assert counting.made == 3


def test_a_desk_that_learned_answers_as_one_that_knew_it_from_the_start() -> None:
    """To the last digit, whatever it had been fitted on before."""
    learned = msgspec.structs.replace(ARTICLES[1], examples=("track my parcel", "where is it"))
    now = KnowledgeIndex([ARTICLES[0], learned, ARTICLES[2]], (), (), (), "2")
    tier = light.load()
    tier.understand("money", index=KnowledgeIndex(ARTICLES, (), (), (), "1"))
    for asked in ("where is my parcel", "I lost the card", "refund, please"):
        found = tier.understand(asked, index=now).solutions
        assert found
        assert found == light.load().understand(asked, index=now).solutions
