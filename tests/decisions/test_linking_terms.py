"""Words as linking compares them: what people write differently and mean the same."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agents.linking_signals import SIGNALS, signals
from agents.linking_terms import (
    ACKNOWLEDGING,
    CHANNEL_WORDS,
    CUES,
    EMPTY,
    FOLLOW_UP,
    GREETING,
    OPENING,
    stem,
    term,
)
from schemas.vocabulary import CHANNELS
from tests.decisions.test_linking import CHARGED, HOUR, said, ticket


@pytest.mark.parametrize(
    "words",
    [
        ("pay", "pays", "paying", "payment", "payments"),
        ("charge", "charges", "charged", "charging"),
        ("query", "queries"),
        ("stop", "stops", "stopped", "stopping"),
        ("class", "classes"),
        ("connect", "connects", "connection", "connections"),
        ("tie", "ties"),
        ("dont", "don't", "don’t"),
    ],
)
def test_the_forms_of_an_english_word_are_one_word(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize(
    "word", ["", "i", "was", "bus", "need", "king", "this", "status", "größe", "größes"]
)
def test_a_word_that_has_no_ending_stays_as_it_is(word: str) -> None:
    """Short words, words that end by chance like one that has, words of other scripts."""
    assert stem(word) == word


def test_other_words_stay_apart() -> None:
    words = ["charge", "charm", "bill", "bus", "status", "state", "pin", "pay", "paper"]
    assert len({stem(word) for word in words}) == len(words)


def test_a_term_is_the_same_for_ever() -> None:
    """The log holds such numbers: CRC-32 (its check value), without the highest bit."""
    assert term("123456789") == 0x4BF43926
    assert term("\ud800") == term("?")


def test_a_word_of_coming_back_is_a_cue_and_no_matter() -> None:
    assert FOLLOW_UP | CHANNEL_WORDS.keys() == CUES
    assert CUES < EMPTY


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("email", "email"),
        ("emailed", "email"),
        ("livechat", "chat_widget"),
        ("whatsapp", "whatsapp"),
        ("phoned", "phone"),
        ("called", "phone"),
        ("slack", "slack"),
        ("messenger", "facebook"),
        ("tweeted", "twitter"),
        ("dm", "twitter"),
        ("discord", "discord"),
    ],
)
def test_customers_name_the_channel_that_they_used_before(word: str, channel: str) -> None:
    assert CHANNEL_WORDS[term(stem(word))] == channel


def test_every_channel_has_words_of_its_own() -> None:
    assert set(CHANNEL_WORDS.values()) == set(CHANNELS)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (GREETING, "hi hello good morning everyone"),
        (ACKNOWLEDGING, "ok thank you that is great invoice"),
        (OPENING, "how do I unblock"),
        (FOLLOW_UP, "again nobody answered yet parcel"),
        (EMPTY, "a thing about refunds"),
    ],
)
def test_a_word_that_says_how_is_known_and_the_matter_is_not(
    words: frozenset[int], told: str
) -> None:
    """The first word of each is known, the last is a matter."""
    known, *_, matter = told.split()
    assert term(stem(matter)) not in words
    assert term(stem(known)) in words


@pytest.mark.parametrize("scale", [0.001, 0.1, 1, 1000])
def test_only_how_the_weights_of_terms_compare_says_something(scale: float) -> None:
    message, first = said(CHARGED, "email", HOUR), ticket("A", "charged for the hotel", "email")
    scaled = tuple((name, weight * scale) for name, weight in message.features)
    rows = signals(replace(message, features=scaled), [first])
    assert rows == [pytest.approx(row) for row in signals(message, [first])]
    assert rows[0][SIGNALS.index("similarity")] > 0.5
