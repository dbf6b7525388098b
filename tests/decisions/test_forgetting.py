"""What an article learned stops counting once its answers are rejected."""

from __future__ import annotations

from projections.article import FORGOTTEN_FROM, digest, forgotten
from schemas.event import Event
from schemas.events.choices import SolutionTracked
from schemas.events.knowledge import ExampleProposed
from tests.decisions.test_learning import ACCEPTED, REFUNDS, REJECTED, after, proposal

QUESTION = "How do refunds work"


def left_out(*events: Event) -> frozenset[str]:
    return forgotten(after(*events).state)


def test_a_learned_example_is_forgotten_after_some_rejections() -> None:
    learned = (REFUNDS, proposal())
    assert left_out(*learned, *[REJECTED] * (FORGOTTEN_FROM - 1)) == frozenset()
    assert left_out(*learned, *[REJECTED] * FORGOTTEN_FROM) == {digest(QUESTION)}
    assert FORGOTTEN_FROM == 3


def test_acceptances_speak_for_what_was_learned() -> None:
    learned = (REFUNDS, proposal())
    assert left_out(*learned, *[ACCEPTED, REJECTED] * 3) == frozenset()
    assert left_out(*learned, *[ACCEPTED, REJECTED] * 3, REJECTED) == {digest(QUESTION)}


def test_rejections_before_it_was_learned_say_nothing_of_it() -> None:
    served = [ACCEPTED] * 4 + [REJECTED] * 4
    assert left_out(REFUNDS, *served, proposal(), REJECTED, REJECTED) == frozenset()
    assert left_out(REFUNDS, *served, proposal(), *[REJECTED, ACCEPTED] * 3) == frozenset()


def test_an_article_that_serves_well_again_remembers() -> None:
    assert left_out(REFUNDS, proposal(), *[REJECTED] * 3, *[ACCEPTED] * 3) == frozenset()


def test_what_people_taught_is_never_forgotten() -> None:
    with_example = REFUNDS.model_copy(update={"examples": [QUESTION]})
    assert left_out(with_example, *[REJECTED] * 9) == frozenset()
    assert left_out(REFUNDS, proposal(), with_example, *[REJECTED] * 9) == frozenset()


def test_what_was_forgotten_is_not_learned_again() -> None:
    scene = after(REFUNDS, *[ACCEPTED] * 5, proposal(), *[REJECTED] * 6)
    assert forgotten(scene.state) == {digest(QUESTION)}
    scene.when(ExampleProposed(article_id="a1", example=QUESTION)).then()


def test_the_rejection_that_makes_it_forget_says_so() -> None:
    scene = after(REFUNDS, proposal(), *[REJECTED] * (FORGOTTEN_FROM - 1))
    scene = scene.when(REJECTED)
    assert scene.one(SolutionTracked).reasons == ["examples_forgotten"]
    assert scene.when(REJECTED).one(SolutionTracked).reasons == []
