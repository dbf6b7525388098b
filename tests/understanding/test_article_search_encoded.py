"""With the encoder, articles are found by what is meant, with a confidence that means something."""

from __future__ import annotations

import pytest

from streams.understanding.knowledge_items import Article
from streams.understanding.pieces import PIECES, pieces
from streams.understanding.retrieval import OTHER_LANGUAGE
from streams.understanding.tier import Tier
from tests.understanding.test_article_search import PIN, PLAIN, REFUND, filler
from tests.understood import EMPTY, index, seen

GERMAN = Article(
    "pin-de", "PIN ändern", "So ändern Sie die PIN Ihrer Karte in der App.",
    ("wie ändere ich meine pin", "how do i change my pin"), None, "de",
)  # fmt: skip
GERMAN_REFUND = Article(
    "refund-de", "Erstattung", "Eine Erstattung dauert drei bis fünf Werktage.",
    ("wo bleibt meine erstattung",), None, "de",
)  # fmt: skip


def test_a_question_like_an_example_finds_its_article_surely(encoded: Tier) -> None:
    found = seen(encoded, "How do I change my PIN?", index(PIN, REFUND, PLAIN)).solutions
    assert found[0].id == "pin"
    assert found[0].confidence > 0.8
    assert all(other.confidence < 0.5 for other in found[1:])


def test_a_question_in_other_words_finds_its_article(encoded: Tier) -> None:
    taught = index(PIN, REFUND, PLAIN, *filler(40))
    question = "when do I get my money back for what I returned"
    assert seen(encoded, question, taught).solutions[0].id == "refund"
    assert seen(encoded, "four digits: choose others", taught).solutions[0].id == "pin"


def test_no_word_in_common_may_still_be_meant(encoded: Tier, models: Tier) -> None:
    taught = index(*filler(20), Article("bill", "Invoices", "We send invoices by post."))
    question = "billing statement"
    assert seen(models, question, taught).solutions == []
    assert seen(encoded, question, taught).solutions[0].id == "bill"


def test_a_question_about_something_else_is_answered_by_nothing(encoded: Tier) -> None:
    taught = index(PIN, REFUND, PLAIN, *filler(40))
    for message in (
        "my neighbour's dog barks all night, what can I do",
        "please tell me a joke about the weather",
        "I would like to complain about the opening hours of your branch",
        "",
        "😀",
        "x" * 100_000,
    ):
        found = seen(encoded, message, taught).solutions
        assert all(one.confidence < 0.8 for one in found)


@pytest.mark.parametrize("others", [0, 1, 3])
def test_few_articles_answer_no_more_than_many(encoded: Tier, others: int) -> None:
    taught = index(REFUND, *filler(others))
    for message in ("hello", "dupkey", "ok", "the app has crashed", "how do I log in?"):
        found = seen(encoded, message, taught).solutions
        assert all(one.confidence < 0.3 for one in found), message
    found = seen(encoded, REFUND.examples[0], taught).solutions
    assert found[0].id == "refund"
    assert found[0].confidence > 0.8


@pytest.mark.parametrize("message", ["", "   ", "🙂🙂🙂", "?!"])
def test_a_message_without_a_word_finds_nothing(encoded: Tier, message: str) -> None:
    assert seen(encoded, message, index(PIN, REFUND)).solutions == []


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 99])
def test_a_knowledge_base_of_any_size_is_searched(encoded: Tier, count: int) -> None:
    found = seen(encoded, "How do I change my PIN?", index(*filler(count), PIN)).solutions
    assert found[0].id == "pin"
    assert len(found) <= 5


def test_an_empty_knowledge_base_finds_nothing(encoded: Tier) -> None:
    assert seen(encoded, "How do I change my PIN?", EMPTY).solutions == []


def test_an_article_in_another_language_is_never_sure(encoded: Tier) -> None:
    found = seen(encoded, "how do i change my pin", index(GERMAN, REFUND)).solutions
    assert found[0].id == "pin-de"
    assert found[0].confidence <= OTHER_LANGUAGE


def test_a_message_in_another_language_finds_that_languages_articles(encoded: Tier) -> None:
    taught = index(PIN, REFUND, GERMAN, GERMAN_REFUND)
    message = "Guten Tag, wie ändere ich bitte die PIN meiner Karte in der App?"
    understood = seen(encoded, message, taught)
    assert understood.language == "de"
    assert understood.solutions[0].id == "pin-de"
    assert {one.id for one in understood.solutions} <= {"pin-de", "refund-de"}


def test_an_article_of_a_region_is_found_in_its_language(encoded: Tier) -> None:
    austrian = Article(GERMAN.id, GERMAN.title, GERMAN.body, GERMAN.examples, None, "de-AT")
    message = "Guten Tag, wie ändere ich bitte die PIN meiner Karte in der App?"
    found = seen(encoded, message, index(PIN, REFUND, austrian)).solutions
    assert [one.id for one in found] == ["pin-de"]


def test_a_message_in_another_language_is_never_answered_surely(encoded: Tier) -> None:
    for taught in (index(GERMAN, REFUND), index(GERMAN), index(PIN, REFUND)):
        message = "Guten Tag, wie ändere ich bitte meine PIN? Wie ändere ich meine pin in der App?"
        understood = seen(encoded, message, taught)
        assert understood.language == "de"
        assert all(one.confidence <= OTHER_LANGUAGE for one in understood.solutions)


def test_a_message_whose_language_has_no_article_is_searched_for_in_all(encoded: Tier) -> None:
    message = "Bonjour, je voudrais changer le code PIN de ma carte bancaire s'il vous plaît"
    understood = seen(encoded, message, index(PIN, REFUND))
    assert understood.language == "fr"
    assert understood.solutions[0].id == "pin"


def test_a_question_that_was_learned_is_found_better(encoded: Tier) -> None:
    question = "I want other numbers for my plastic"
    taught = index(PIN, REFUND, PLAIN, *filler(30))
    before = seen(encoded, question, taught).solutions
    learned = Article(PIN.id, PIN.title, PIN.body, (*PIN.examples, question))
    after = seen(encoded, question, index(learned, REFUND, PLAIN, *filler(30))).solutions
    assert after[0].id == "pin"
    sure = next((one.confidence for one in before if one.id == "pin"), 0.0)
    assert after[0].confidence > max(sure, 0.8)


def test_of_two_equal_articles_neither_is_sure(encoded: Tier) -> None:
    twin = Article("twin", PIN.title, PIN.body, PIN.examples)
    found = seen(encoded, "How do I change my PIN?", index(PIN, twin, REFUND)).solutions
    assert {found[0].id, found[1].id} == {"pin", "twin"}
    assert found[0].confidence < 0.8


def test_of_articles_with_equal_titles_the_questions_decide(encoded: Tier) -> None:
    twin = Article("twin", PIN.title, "Closed.", ("where do I get a new mobile phone number",))
    found = seen(encoded, "I want a new pin code", index(twin, PIN, REFUND)).solutions
    assert found[0].id == "pin"


def test_articles_of_odd_content_do_no_harm(encoded: Tier) -> None:
    odd = [
        Article("empty", "", ""),
        Article("marks", "!!!", "😀", ("", "...")),
        Article("huge", "Terms", "word " * 200_000),
        Article("one-word", "Data", "x" * 1_000_000),
        Article("broken", "\ud800\x00", "\ud800" * 9, ("\ud800",)),
    ]
    found = seen(encoded, "How do I change my PIN?", index(*odd, PIN)).solutions
    assert found[0].id == "pin"


def test_what_came_before_changes_no_answer(encoded: Tier) -> None:
    taught = index(PIN, REFUND, PLAIN, GERMAN)
    alone = seen(encoded, "How do I change my PIN?", taught).solutions
    seen(encoded, "where is my refund", index(REFUND, PLAIN))
    seen(encoded, "wie ändere ich meine pin", taught)
    assert seen(encoded, "How do I change my PIN?", taught).solutions == alone


def test_a_long_text_is_cut_into_pieces_that_overlap() -> None:
    words = [f"w{number}" for number in range(1000)]
    found = pieces(" ".join(words))
    assert len(found) == PIECES
    assert found[0].split() == words[:90]
    assert found[1].split() == words[70:160]
    assert pieces("") == pieces(" \n ") == []
    assert pieces("one two") == ["one two"]


@pytest.mark.parametrize("count", [1, 89, 90, 91, 160, 161, 439, 440, 441])
def test_pieces_hold_every_word_from_the_start(count: int) -> None:
    words = [f"w{number}" for number in range(count)]
    found = pieces(" ".join(words))
    assert dict.fromkeys(word for piece in found for word in piece.split()) == dict.fromkeys(
        words[:440]
    )
    assert all(len(piece.split()) <= 90 for piece in found)
