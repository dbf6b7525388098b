"""Articles are found by title, body and examples, with a confidence that means something."""

from __future__ import annotations

import pytest

from streams.understanding.knowledge_items import Article
from streams.understanding.tier import Tier
from tests.understood import EMPTY, index, seen

PIN = Article(
    "pin",
    "Changing your PIN",
    "Open the app, choose your card, then Change PIN. An ATM changes it as well.",
    ("how do I change my pin", "I want a new pin code", "can the pin be set at an atm"),
)
REFUND = Article(
    "refund",
    "When refunds arrive",
    "A refund takes three to five working days to reach your account.",
    ("where is my refund", "the refund has not arrived", "how long does a refund take"),
)
PLAIN = Article("fees", "Fees abroad", "Paying in another currency costs one per cent.")


def filler(count: int) -> list[Article]:
    """Articles about other things."""
    things = ("lamp", "garden", "bicycle", "kettle", "window", "violin", "carpet", "tunnel")
    return [
        Article(f"filler-{i}", f"The {things[i % 8]} manual part {i}", f"Turn screw {i} left.")
        for i in range(count)
    ]


def test_a_question_like_an_example_finds_its_article_surely(models: Tier) -> None:
    found = seen(models, "How do I change my PIN?", index(PIN, REFUND, PLAIN)).solutions
    assert found[0].id == "pin"
    assert found[0].confidence > 0.8
    assert all(other.confidence < 0.5 for other in found[1:])


def test_an_article_without_examples_is_found_by_title_and_body(models: Tier) -> None:
    found = seen(models, "what are the fees for paying abroad", index(PIN, REFUND, PLAIN)).solutions
    assert found[0].id == "fees"


def test_no_word_in_common_finds_nothing(models: Tier) -> None:
    assert seen(models, "xylophone quartet", index(PIN, REFUND)).solutions == []


def test_a_question_about_something_else_is_answered_by_nothing(models: Tier) -> None:
    taught = index(PIN, REFUND, PLAIN, *filler(40))
    for message in (
        "my neighbour's dog barks all night, what can I do",
        "please tell me a joke about the weather",
        "I would like to complain about the opening hours of your branch",
    ):
        found = seen(models, message, taught).solutions
        assert all(one.confidence < 0.8 for one in found)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 999])
def test_a_knowledge_base_of_any_size_is_searched(models: Tier, count: int) -> None:
    found = seen(models, "How do I change my PIN?", index(*filler(count), PIN)).solutions
    assert found[0].id == "pin"
    assert len(found) <= 5


def test_an_empty_knowledge_base_finds_nothing(models: Tier) -> None:
    assert seen(models, "How do I change my PIN?", EMPTY).solutions == []


def test_an_article_in_another_language_is_never_sure(models: Tier) -> None:
    german = Article(
        "pin-de", "PIN ändern", "So ändern Sie die PIN.", ("how do I change my pin",), None, "de"
    )
    found = seen(models, "how do I change my pin code please", index(german, REFUND)).solutions
    assert found[0].id == "pin-de"
    assert found[0].confidence <= 0.5


@pytest.mark.parametrize("language", ["en-US", "en_GB", "EN"])
def test_the_region_of_an_articles_language_makes_it_no_other(models: Tier, language: str) -> None:
    regional = Article(PIN.id, PIN.title, PIN.body, PIN.examples, None, language)
    found = seen(models, "How do I change my PIN?", index(regional, REFUND)).solutions
    assert found == seen(models, "How do I change my PIN?", index(PIN, REFUND)).solutions
    assert found[0].confidence > 0.8


def test_a_question_that_was_learned_is_found_better(models: Tier) -> None:
    question = "the four digits for my plastic, how to pick others"
    before = seen(models, question, index(PIN, REFUND, PLAIN)).solutions
    learned = Article(PIN.id, PIN.title, PIN.body, (*PIN.examples, question))
    after = seen(models, question, index(learned, REFUND, PLAIN)).solutions
    assert after[0].id == "pin"
    assert after[0].confidence > max((one.confidence for one in before), default=0.0)
    assert after[0].confidence > 0.8


def test_of_two_equal_articles_neither_is_sure(models: Tier) -> None:
    twin = Article("twin", PIN.title, PIN.body, PIN.examples)
    alone = seen(models, "How do I change my PIN?", index(PIN, REFUND)).solutions[0]
    found = seen(models, "How do I change my PIN?", index(PIN, twin, REFUND)).solutions
    assert found[0].confidence < alone.confidence


def test_articles_of_odd_content_do_no_harm(models: Tier) -> None:
    odd = [Article("empty", "", ""), Article("marks", "!!!", "😀", ("", "..."))]
    found = seen(models, "How do I change my PIN?", index(*odd, PIN)).solutions
    assert found[0].id == "pin"


def test_a_thousand_examples_of_one_article_are_searched(models: Tier) -> None:
    many = Article(
        "many", "Pins", "About pins.", tuple(f"question {i} on pins" for i in range(999))
    )
    assert seen(models, "question 998 on pins", index(many, REFUND)).solutions[0].id == "many"
