"""What the log keeps of a message's meaning, for linking."""

from __future__ import annotations

import numpy as np
import pytest

from agents.linking_meaning import BITS, bits
from agents.linking_terms import stem, term
from streams.understanding.features import TermTable, calls, sketch
from streams.understanding.tfidf import Lexicon

VECTOR = np.where(np.arange(BITS) % 8 == 0, 0.1, -0.1).astype(np.float32)

PARCEL = [[float(term(stem("parcel"))), 1.0]]
THANKS = [[float(term(stem("thanks"))), 1.0]]


def test_a_sketch_is_a_bit_a_number() -> None:
    found = sketch(VECTOR, PARCEL)
    assert found == "80" * (BITS // 8)
    assert bits(found) == int(found, 16)


def test_without_an_encoder_there_is_none() -> None:
    assert sketch(None, PARCEL) is None


@pytest.mark.parametrize("features", [THANKS, []])
def test_who_names_no_matter_has_none(features: list[list[float]]) -> None:
    assert sketch(VECTOR, features) is None


@pytest.mark.parametrize("text", ["Hello?", "hi there?", " hello ?!", "Hey??"])
def test_a_greeting_with_a_question_mark_calls(text: str) -> None:
    assert calls(text)


@pytest.mark.parametrize("text", ["Hello", "hello, where is it?", "?", "hello? my card", ""])
def test_anything_else_does_not(text: str) -> None:
    assert not calls(text)


def test_who_calls_asks_for_anybody() -> None:
    table = TermTable(np.array([], dtype=np.int32), np.array([], dtype=np.float32), 3.0)
    hashed = [int(one) for one, _ in table.features("Hello?", Lexicon().look_up("Hello?"))]
    assert sorted(hashed) == sorted([term(stem("hello")), term(stem("anybody"))])
