"""The encoder tier hears complaints without a strong word, and what the light tier hears."""

from __future__ import annotations

import pytest

from streams.understanding.knowledge_items import ToneLabel
from streams.understanding.tier import Tier
from tests.understood import index, seen

QUIET_COMPLAINTS = (
    "I have lost my card. Seven weeks of letters and I am exactly where I started.",
    "Please cancel my plan. You keep taking money for something that I ended in spring.",
    "Where is my refund? You said five days, five weeks ago.",
)
CALM = (
    "How do I change the PIN of my card?",
    "My order number is 4711-88",
    "Where do I find my invoice? I am using the app on my phone.",
    "Thank you so much, that was really helpful!",
    "hello",
    "",
    "no",
    "8 Pity Street",
)


@pytest.mark.parametrize("message", QUIET_COMPLAINTS)
def test_a_complaint_without_a_strong_word_is_heard_by_its_meaning(
    models: Tier, encoded: Tier, message: str
) -> None:
    assert seen(encoded, message).sentiment_score < 0.3 < seen(models, message).sentiment_score


@pytest.mark.parametrize(
    "message",
    [
        "This is the third time I am writing and nobody has fixed it. I am fed up.",
        "I need to know my balance. This is absolutely unacceptable, I am furious.",
        "worst company ever, you are useless",
        "this is terrible",
    ],
)
def test_a_plain_complaint_scores_under_the_trigger(encoded: Tier, message: str) -> None:
    assert seen(encoded, message).sentiment_score < 0.3


@pytest.mark.parametrize("message", CALM)
def test_a_calm_message_scores_above_the_trigger(encoded: Tier, message: str) -> None:
    assert seen(encoded, message).sentiment_score >= 0.3


def test_thanks_score_above_questions_and_questions_above_complaints(encoded: Tier) -> None:
    happy = seen(encoded, "Great, thank you, that was a wonderful help!").sentiment_score
    calm = seen(encoded, CALM[0]).sentiment_score
    angry = seen(encoded, "This is ridiculous, you are useless.").sentiment_score
    assert angry < calm < happy


def test_one_sentence_of_many_is_enough(encoded: Tier) -> None:
    calm = "My order number is 4711. "
    message = calm * 3 + "I am fed up with this terrible service! " + calm * 3
    assert seen(encoded, message).sentiment_score < 0.3


def test_labels_of_the_deployment_move_the_tone(encoded: Tier) -> None:
    message = "My transfer has still not arrived."
    said = [f"{message} It is day {day}." for day in range(30)]
    before = seen(encoded, message).sentiment_score
    worse = seen(encoded, message, index(*(ToneLabel(text, 0.0) for text in said)))
    better = seen(encoded, message, index(*(ToneLabel(text, 1.0) for text in said)))
    assert worse.sentiment_score < before < better.sentiment_score


def test_a_message_in_another_language_is_neutral(encoded: Tier) -> None:
    found = seen(encoded, "Das ist eine Frechheit, ich bin wirklich sehr wütend auf Sie alle!")
    assert (found.language, found.sentiment_score) == ("de", 0.5)
