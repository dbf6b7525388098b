"""The sentence encoder: what a vector depends on, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.understanding import artefacts, encoded, meanings
from streams.understanding.encoder import TOKENS, WIDTH, Encoder
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category, Tag
from streams.understanding.meanings import Meanings
from streams.understanding.text import bounded
from streams.understanding.tfidf import Floats


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    graph, tokenizer, _ = artefacts.read_encoder(artefacts.shipped())
    return Encoder(graph, tokenizer)


class Counting(Encoder):
    """An encoder that counts its calls; what it gives is soon told from other texts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, text: str) -> Floats:
        self.asked.append(text)
        return np.full(WIDTH, len(text) / 3, dtype=np.float32)


@settings(max_examples=30)
@given(text=st.text(max_size=300), before=st.text(max_size=300))
def test_a_text_has_one_vector_whatever_came_before(
    encoder: Encoder, text: str, before: str
) -> None:
    text = bounded(text)
    first = encoder.encode(text)
    encoder.encode(bounded(before))
    assert first.tobytes() == encoder.encode(text).tobytes()
    assert first.shape == (WIDTH,)
    assert float(first @ first) == pytest.approx(1.0, abs=1e-5)


def test_what_means_the_same_is_nearer_than_what_shares_words(encoder: Encoder) -> None:
    asked = encoder.encode("my card has not arrived yet")
    same = encoder.encode("I am still waiting for the plastic you sent")
    other = encoder.encode("my visitor has not arrived yet at the airport")
    assert float(asked @ same) > 0.2
    assert float(asked @ encoder.encode("where is my new bank card")) > float(asked @ other)


def test_a_text_is_read_up_to_a_number_of_tokens(encoder: Encoder) -> None:
    long = "card " * TOKENS
    assert encoder.encode(long).tobytes() == encoder.encode(long + "and a parrot").tobytes()
    short = "card " * (TOKENS - 10)
    assert encoder.encode(short).tobytes() != encoder.encode(short + "and a parrot").tobytes()


def test_a_taught_text_is_encoded_once() -> None:
    counting = Counting()
    taught = Meanings(counting)
    first = taught.of(["one", "three", "one"])
    assert counting.asked == ["one", "three"]
    assert np.array_equal(first, taught.of(["one", "three", "one"]))
    assert counting.asked == ["one", "three"]


def test_new_texts_are_read_a_text_a_step() -> None:
    counting = Counting()
    taught = Meanings(counting)
    taught.of(["one"])
    reading = taught.reading(["one", "two", "three", "two"])
    assert next(reading) == 1
    assert counting.asked == ["one", "two"]
    assert list(taught.reading(["one", "two", "three", "two"])) == [0]
    assert counting.asked == ["one", "two", "three"]


def test_a_remembered_meaning_is_the_one_that_is_made_anew() -> None:
    taught = Meanings(Counting())
    first = taught.of(["a text"])
    assert first.tobytes() == taught.of(["a text"]).tobytes()
    assert first.tobytes() == Meanings(Counting()).of(["a text"]).tobytes()
    assert first.dtype == np.float32


def test_what_one_tier_of_a_process_has_read_the_next_one_need_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    encode = Encoder.encode

    def counted(self: Encoder, text: str) -> Floats:
        asked.append(text)
        return encode(self, text)

    monkeypatch.setattr(Encoder, "encode", counted)
    article = Article("a", "How camels drink", "They drink at once.", ("when do camels drink",))
    category = Category("DesertRides", ("hire a camel", "ride into the dunes"))
    tag = Tag("thirsty_animal", ("it wants water",))
    index = KnowledgeIndex([article], [category], [tag], (), "a")
    left = list(encoded.load().prepare(index))
    assert left == [*range(len(asked) - 1, -1, -1)]  # nothing was left for the fit itself
    assert len(asked) == 8
    asked.clear()
    assert list(encoded.load().prepare(index)) == []
    assert asked == []


def test_what_was_used_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meanings, "REMEMBERED", 2)
    counting = Counting()
    taught = Meanings(counting)
    taught.of(["a", "b"])
    taught.of(["a", "c"])
    counting.asked.clear()
    taught.of(["a", "c"])
    assert counting.asked == []
    taught.of(["b"])
    assert counting.asked == ["b"]
