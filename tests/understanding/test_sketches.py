"""What the log keeps of a message's meaning, for linking."""

from __future__ import annotations

import re

import numpy as np
import pytest

from agents.linking_meaning import BITS, bits, nearness
from agents.linking_terms import CHANNEL_WORDS, stem, term
from streams.understanding.features import TermTable, calls, sketch
from streams.understanding.index import KnowledgeIndex
from streams.understanding.tfidf import Lexicon
from streams.understanding.tier import Tier
from tests.understood import shipped_terms

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


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Hi, I wrote to you on whatsapp earlier about spare cards. Any update?", "spare cards"),
        ("Still nothing on my Boarding Pass. Mine is ann@example.org.", "Boarding Pass Mine"),
        ("Dear team,\nany news of the parcel?\n\nKind regards,\nBen Costa", "parcel"),
        ("Any news?", ""),
        ("", ""),
        ("hi i wrote to you on twiter aerlier about spare cards any ypdate", "spare cards"),
        ("Still no white card. My e-mail is ann@example.org.", "white card"),
        ("any news of my seat my email is annbergexamplecom", "seat"),
        ("Following up on the parcel, call me on 0171-55.", "parcel"),
    ],
)
def test_what_somebody_comes_back_to_is_what_they_name(text: str, named: str) -> None:
    assert shipped_terms().matter(text) == named


@pytest.mark.parametrize(
    "text",
    [
        "My e-mail is ann@example.org.",
        "my email address: ann@example.org",
        "my whatsapp number is 0171-55 12",
        "my twitter handle is @ann",
        "Please call me on 0171-55.",
        "you can reach me at ann@example.org",
    ],
)
def test_who_says_where_they_can_be_reached_names_no_channel(text: str) -> None:
    found = shipped_terms().features(text, Lexicon().look_up(text))
    assert {int(one) for one, _ in found}.isdisjoint(CHANNEL_WORDS)


@pytest.mark.parametrize(
    "text", ["My phone is broken", "my email is not working", "Call me on Monday", "my mail: lost"]
)
def test_who_says_something_else_of_it_names_it(text: str) -> None:
    found = shipped_terms().features(text, Lexicon().look_up(text))
    assert len(found) == len({stem(word) for word in re.findall(r"\w+", text.lower())})


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [("agian", "again"), ("twiter", "twitter"), ("whatsaop", "whatsapp"), ("updatte", "update")],
)
def test_a_mistyped_cue_is_one(mistyped: str, meant: str) -> None:
    terms = shipped_terms()
    assert terms.features(mistyped, Lexicon().look_up(mistyped)) == [[term(stem(meant)), 1.0]]


@pytest.mark.parametrize("word", ["white", "quite", "water", "fone", "wroe", "twit"])
def test_another_word_is_not(word: str) -> None:
    terms = shipped_terms()
    assert terms.features(word, Lexicon().look_up(word)) == [[term(stem(word)), 1.0]]


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


def test_who_comes_back_is_nearest_to_the_matter_that_they_name(
    encoded: Tier, starter: KnowledgeIndex
) -> None:
    """However people come back, it is not the coming back that is compared."""

    def meant(text: str) -> str:
        found = encoded.understand(text, index=starter).meaning
        assert found is not None
        return found

    back = "Hi, I wrote to you on whatsapp earlier about %s. Any update?"
    matters = ("spare cards", "my boarding pass", "a refund that is missing")
    opened = [meant(f"Where do I see {one}") for one in matters]
    for number, named in enumerate(matters):
        near = [nearness(bits(meant(back % named)), [other]) for other in opened]
        assert near.index(max(near)) == number
        assert max(near) > 0.6
