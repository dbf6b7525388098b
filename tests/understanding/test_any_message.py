"""Whatever comes in is understood: without an error, in bounded work, the same every time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.world import Understanding
from streams.understanding import light
from streams.understanding.cue_phrases import CUES, URGENCY
from streams.understanding.features import LIMIT
from streams.understanding.index import KnowledgeIndex
from streams.understanding.text import MODEL_CHARS
from streams.understanding.tier import Tier
from tests.understood import EMPTY, seen

ODD = (
    "",
    " ",
    "\x00",
    "\ud800",
    "😀" * 3000,
    "שלום, הכרטיס שלי נחסם",
    "مرحبا، بطاقتي لا تعمل",
    "我的卡被盗了，请帮忙",
    "カードが使えません",
    "x" * 200_000,
    "hi, " * 50_000,
    "\n" * 200_000,
    "." * 200_000,
    "a@b." * 50_000,
    "1234567890" * 20_000,
    "> quoted\n" * 20_000,
    "Thanks!\n" * 20_000,
    "-- \nAnn",
    "\u202eevas ot drowssap",
    "e\u0301" * 500,
)


def sound(found: Understanding, message: str) -> None:
    """What holds of every understanding."""
    assert 0.0 <= found.sentiment_score <= 1.0
    assert found.language_confidence is None or 0.0 <= found.language_confidence <= 1.0
    assert found.out_of_scope is None or 0.0 <= found.out_of_scope <= 1.0
    for confidences in (
        [one.confidence for one in found.categories],
        [one.confidence for one in found.solutions],
    ):
        assert len(confidences) <= 5
        assert all(0.0 <= one <= 1.0 for one in confidences)
        assert confidences == sorted(confidences, reverse=True)
    assert sum(one.confidence for one in found.categories) <= 1.001
    ratings = {f"rating_{number}" for number in range(1, 6)}
    assert set(found.cues) <= {*CUES, "greeting_only", *ratings}
    assert set(found.urgency_indicators) <= set(URGENCY)
    spans = [(one.start, one.end, one.text) for one in found.clues]
    spans += [(one.start, one.end, one.text) for one in found.facts]
    for start, end, text in spans:
        assert 0 <= start < end <= MODEL_CHARS
        assert message[start:end] == text
    assert len(found.features) <= LIMIT
    length = sum(weight * weight for _, weight in found.features)
    assert length == pytest.approx(1.0, abs=0.01) or not found.features


@pytest.mark.parametrize("message", ODD, ids=range(len(ODD)))
def test_an_odd_message_is_understood(models: Tier, starter: KnowledgeIndex, message: str) -> None:
    sound(seen(models, message, starter), message)


@settings(max_examples=60)
@given(message=st.text(max_size=400))
def test_any_text_is_understood(models: Tier, starter: KnowledgeIndex, message: str) -> None:
    harmless = message.encode("utf-8", "replace").decode().replace("\x00", " ")
    sound(seen(models, message, starter), harmless)


@settings(max_examples=30)
@given(
    words=st.lists(
        st.sampled_from(
            [
                "my",
                "card",
                "order",
                "4711-88",
                "is",
                "$45.20",
                "by",
                "friday",
                "thanks",
                "not",
                "solved",
                "ann@example.org",
                "+44",
                "20",
                "7946",
                "0958",
                "12",
                "May",
                "urgent!",
                "lawyer?",
                "ticket",
                "#TKT-9",
                "\n",
                ",",
                ".",
            ]
        ),
        max_size=60,
    )
)
def test_any_order_of_telling_words_is_understood(
    models: Tier, starter: KnowledgeIndex, words: list[str]
) -> None:
    message = " ".join(words)
    sound(seen(models, message, starter), message)


def test_the_same_message_is_understood_the_same_by_other_models(starter: KnowledgeIndex) -> None:
    texts = ["I was charged twice, order 4711-88", "mera card kyu block hua", "hello", ODD[7]]
    one, other = light.load(), light.load()
    first = [seen(one, text, starter) for text in texts]
    second = [seen(other, text, starter) for text in reversed(texts)]
    assert first == second[::-1]


def test_the_order_of_messages_changes_nothing(models: Tier, starter: KnowledgeIndex) -> None:
    before = seen(models, "where is my refund", starter)
    for text in ODD[5:9]:
        seen(models, text, EMPTY)
    assert seen(models, "where is my refund", starter) == before


def test_only_the_beginning_of_a_long_message_is_read(models: Tier) -> None:
    beginning = "My card is lost. " * (MODEL_CHARS // 17 + 1)
    beginning = beginning[:MODEL_CHARS]
    assert seen(models, beginning + "my lawyer, order 4711-88" * 100) == seen(models, beginning)


def test_with_nothing_taught_there_are_no_categories_and_no_solutions(models: Tier) -> None:
    found = seen(models, "I was charged twice")
    assert (found.categories, found.solutions, found.tags) == ([], [], [])
    assert found.out_of_scope is None
    assert found.unseen_priority is None


def test_a_subject_is_read_but_nothing_is_quoted_from_it(models: Tier) -> None:
    found = models.understand("It never came.", subject="Where is order 4711-88", index=EMPTY)
    assert found.facts == []
    assert found.features != seen(models, "It never came.").features
