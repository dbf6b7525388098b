"""What somebody else resolved a ticket with teaches once the customer says that it helped."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.events.contacts import SurveyAnswered
from schemas.events.intents import ReopenAsked, ResolveAsked
from schemas.events.knowledge import ExampleProposed, SolutionAccepted, SolutionRejected
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import TicketReopened, TicketResolved
from streams.testing import Scene
from tests.decisions.test_knowledge import models, says, written
from tests.tickets import ANN, ask, contact, only_ticket

QUESTION = "How do refunds work"


def settled(scene: Scene | None = None, article: str | None = "a2", **more: Any) -> Scene:
    """A ticket that nothing answered, which a person resolved with an article."""
    return ask(scene or written(("a1", 0.4)), ResolveAsked, solution_id=article, **more)


def survey(scene: Scene, score: int) -> Scene:
    return scene.when(SurveyAnswered(customer_id=ANN, ticket_id=only_ticket(scene).id, score=score))


@pytest.mark.parametrize("score", [4, 5])
def test_a_customer_who_is_pleased_confirms_what_a_person_named(score: int) -> None:
    scene = survey(settled(), score)
    assert scene.one(SolutionAccepted).article_id == "a2"
    learned = scene.one(ExampleProposed)
    assert (learned.article_id, learned.example) == ("a2", QUESTION)
    assert only_ticket(scene).settled_with is None


@pytest.mark.parametrize("score", [1, 2, 3])
def test_a_customer_who_is_not_pleased_says_nothing_of_the_article(score: int) -> None:
    scene = survey(settled(), score)
    assert scene.all(SolutionAccepted) == []
    assert scene.all(SolutionRejected) == []
    assert survey(scene, 5).one(SolutionAccepted).article_id == "a2"


@pytest.mark.parametrize("cue", ["thanks", "solved"])
def test_thanks_for_it_confirm_it_once(cue: str) -> None:
    scene = says(settled(), cue)
    assert scene.one(SolutionAccepted).article_id == "a2"
    assert scene.one(ExampleProposed).example == QUESTION
    assert says(scene, cue).all(SolutionAccepted) == []
    assert survey(scene, 5).all(SolutionAccepted) == []


@pytest.mark.parametrize("cue", ["not_solved", "asks_person", "complaint"])
def test_what_did_not_help_is_rejected_once(cue: str) -> None:
    scene = says(settled(), cue)
    assert scene.one(SolutionRejected).article_id == "a2"
    assert "rejected_answer" in [m.kind for m in scene.all(InteractionMeasured)]
    assert scene.one(TicketReopened).reason == "customer_wrote"
    assert says(scene, cue).all(SolutionRejected) == []
    assert survey(scene, 5).all(SolutionAccepted) == []


def test_an_offer_that_silence_ended_is_confirmed_by_a_good_rating() -> None:
    scene = written(("a1", 0.95)).later(hours=73)
    assert scene.one(TicketResolved).by == "lifecycle"
    rated = survey(scene, 5)
    assert rated.one(SolutionAccepted).article_id == "a1"
    assert rated.one(ExampleProposed).example == QUESTION


def test_whoever_named_no_article_teaches_nothing() -> None:
    scene = settled(article=None)
    assert survey(scene, 5).all(SolutionAccepted) == []
    assert says(scene, "thanks").all(SolutionAccepted) == []


def test_what_the_customer_confirmed_is_not_confirmed_again() -> None:
    scene = says(written(("a1", 0.95)), "thanks")
    assert scene.one(SolutionAccepted).article_id == "a1"
    assert survey(scene, 5).all(SolutionAccepted) == []
    assert says(scene, "thanks").all(SolutionAccepted) == []


def test_a_ticket_that_was_opened_again_is_no_longer_settled_with_it() -> None:
    scene = ask(settled(), ReopenAsked)
    assert survey(scene, 5).all(SolutionAccepted) == []
    other = survey(settled(scene, "a1"), 5)
    assert other.one(SolutionAccepted).article_id == "a1"


def test_after_a_long_talk_the_article_is_counted_and_the_question_not_learned() -> None:
    scene = written(("a1", 0.4))
    for _ in range(2):
        scene = says(scene)
    scene = survey(settled(scene), 5)
    assert scene.one(SolutionAccepted).article_id == "a2"
    assert scene.all(ExampleProposed) == []


def test_what_was_offered_for_a_later_question_is_no_answer_to_the_first() -> None:
    scene = says(written(("a1", 0.95)), pairs=(("a2", 0.9),))
    assert only_ticket(scene).offered == ("a1", "a2")
    assert survey(settled(scene, "a2"), 5).all(ExampleProposed) == []
    assert survey(settled(scene, "long"), 5).one(ExampleProposed).example == QUESTION


def test_a_further_question_is_no_judgement() -> None:
    scene = replace(settled(), models=models())
    scene = scene.when(contact("and my password?", provider_id="p9"))
    assert scene.all(SolutionAccepted) == []
    assert scene.all(SolutionRejected) == []
