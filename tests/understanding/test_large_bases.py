"""However much is taught, a start encodes so many texts, and search finds what it found."""

from __future__ import annotations

import numpy as np
import pytest

from streams.understanding import artefacts, dense_fields, light, retrieval_encoded
from streams.understanding.article_words import EXAMPLES
from streams.understanding.dense_fields import ENCODED, DenseFields, texts_of
from streams.understanding.encoder import WIDTH, Encoder
from streams.understanding.knowledge_items import Article
from streams.understanding.meanings import REMEMBERED, Meanings, table
from streams.understanding.pieces import PIECES
from streams.understanding.tfidf import Floats
from streams.understanding.tier import Tier
from tests.understanding.test_article_search import PIN, REFUND, filler
from tests.understood import index, seen
from training.fit_meanings import starter_articles


class Counting(Encoder):
    """Gives made-up vectors and counts the texts that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, text: str) -> Floats:
        self.asked.append(text)
        made = np.random.default_rng(len(self.asked)).normal(size=WIDTH).astype(np.float32)
        return made / np.float32(np.sqrt(made @ made))


def shelf(count: int, examples: int, words: int) -> list[Article]:
    return [
        Article(
            str(number),
            f"Title {number}",
            f"word{number} " * words,
            tuple(f"question {turn} on {number}" for turn in range(examples)),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "examples", "words"),
    [(1, 0, 0), (1, 1000, 10**6), (900, 5, 180), (3000, 10, 500), (ENCODED, 3, 40)],
)
def test_so_many_texts_are_encoded_at_most(count: int, examples: int, words: int) -> None:
    found = texts_of(shelf(count, examples, words))
    assert len(found.short) + len(found.long) <= ENCODED
    assert len(found.first) == count + 1
    titles = [found.short[start] for start in found.first[:-1]]
    assert titles == [f"Title {number}" for number in range(count)]
    assert len(found.long) <= count * PIECES
    assert max(np.diff(found.first)) <= EXAMPLES + 1


def test_what_there_is_room_for_goes_to_first_pieces_first() -> None:
    found = texts_of(shelf(3000, 1, 500))
    assert set(found.owners[:3000]) == set(range(3000))
    assert found.owners == sorted(found.owners[:3000]) + sorted(found.owners[3000:6000]) + sorted(
        found.owners[6000:]
    )


def test_the_vectors_of_a_base_take_bounded_memory() -> None:
    counting = Counting()
    meanings = Meanings(counting)
    fields = DenseFields(shelf(4000, 2, 300), meanings)
    assert len(counting.asked) <= ENCODED
    held = sum(one.nbytes for one in vars(fields).values() if isinstance(one, np.ndarray))
    assert held <= 2 * ENCODED * WIDTH * 4 + 2**20
    DenseFields(shelf(4000, 2, 300), meanings)
    assert len(counting.asked) <= ENCODED  # each text once


def test_no_more_texts_are_remembered_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.understanding.meanings.REMEMBERED", 3)
    counting = Counting()
    meanings = Meanings(counting)
    meanings.of(["a", "b", "c", "a", "d"])
    assert counting.asked == ["a", "b", "c", "d"]
    meanings.of(["a", "b"])
    assert counting.asked == ["a", "b", "c", "d", "b"]
    assert ENCODED < REMEMBERED


def test_what_ships_is_not_encoded_and_gives_the_same_vectors() -> None:
    first, second = Counting(), Counting()
    texts = ["one", "two", "three"]
    shipped = table(texts, first)
    assert (Meanings(second, shipped).of(texts) == Meanings(Counting()).of(texts)).all()
    assert second.asked == []


def test_the_starter_articles_cost_no_encoding() -> None:
    arrays, _ = artefacts.read(artefacts.shipped(), artefacts.ENCODED)
    counting = Counting()
    DenseFields(starter_articles(), Meanings(counting, arrays["meanings"]))
    assert counting.asked == []


def test_a_base_of_more_articles_is_searched_by_words(
    encoded: Tier, models: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_fields, "ENCODED", 30)
    monkeypatch.setattr(retrieval_encoded, "ENCODED", 30)
    small, large = index(PIN, REFUND, *filler(28)), index(PIN, REFUND, *filler(29))
    question = "how do i change my pin"
    by_words = seen(models, question, large).solutions
    assert seen(encoded, question, large).solutions == by_words
    assert seen(encoded, question, small).solutions != by_words
    assert seen(encoded, question, small).solutions[0].id == "pin"


def test_the_light_tier_needs_no_meanings() -> None:
    found = seen(light.load(), "how do i change my pin", index(PIN, REFUND)).solutions
    assert found[0].id == "pin"
