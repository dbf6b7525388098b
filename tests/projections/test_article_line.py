"""What the line of an article remembers of its examples."""

from __future__ import annotations

from projections.article import EXAMPLES, ArticleLine, Learned, digest, evolve, knows
from schemas.events.choices import ExampleLearned
from schemas.events.knowledge import ArticlePublished
from tests.anyevent import example
from tests.embedded import record_of


def learns(line: ArticleLine, text: str) -> ArticleLine:
    event = example(ExampleLearned, full=True).model_copy(update={"example": text})
    return evolve(line, record_of(event))


def published(line: ArticleLine, *examples: str) -> ArticleLine:
    event = example(ArticlePublished, full=True).model_copy(update={"examples": list(examples)})
    return evolve(line, record_of(event))


def test_an_example_is_remembered_with_how_the_answers_had_been_judged_by_then() -> None:
    line = learns(ArticleLine(accepted=5, rejected=2), "why?")
    assert line.examples == (digest("why?"),)
    assert line.learned == (Learned(digest("why?"), 5, 2),)
    assert knows(line, "why?")
    assert not knows(line, "how?")


def test_of_too_many_learned_examples_the_latest_are_remembered() -> None:
    line = ArticleLine()
    for number in range(EXAMPLES + 1):
        line = learns(line, str(number))
    latest = tuple(digest(str(number)) for number in range(1, EXAMPLES + 1))
    assert line.examples == latest
    assert tuple(one.digest for one in line.learned) == latest
    assert len(latest) == 60


def test_of_too_many_examples_what_people_gave_comes_before_what_was_learned() -> None:
    line = published(learns(learns(ArticleLine(), "a"), "b"), "b", *map(str, range(EXAMPLES - 2)))
    assert len(line.examples) == EXAMPLES
    assert line.examples[-2:] == (digest(str(EXAMPLES - 3)), digest("a"))
    assert [one.digest for one in line.learned] == [digest("a")]
    full = published(line, *map(str, range(EXAMPLES)))
    assert full.examples == tuple(digest(str(number)) for number in range(EXAMPLES))


def test_a_digest_is_the_same_on_every_machine_and_of_every_text() -> None:
    assert digest("größe") == "f4f8e155c9329ae9"
    assert len(digest("\ud800")) == len(digest("größe"))
