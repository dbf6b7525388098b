"""Knowledge on an article's own line: versions, examples, how it serves."""

from __future__ import annotations

import pytest

from agents import learning
from agents.policy import default_policy
from projections.article import EXAMPLES, ArticleLine, evolve
from schemas.event import Event
from schemas.events.choices import ArticleAdopted, ExampleLearned, SolutionTracked
from schemas.events.knowledge import (
    ArticlePublished,
    ArticleRetired,
    CategoryTaught,
    ExampleProposed,
    SolutionAccepted,
    SolutionRejected,
    SolutionShown,
    TagTaught,
    ToneLabelled,
)
from streams.testing import Scene, given

REFUNDS = ArticlePublished(article_id="a1", title="Refunds", body="You get it back.")
RETIRED = ArticleRetired(article_id="a1", by="bo")
SHOWN = SolutionShown(article_id="a1", ticket_id="T1")
ACCEPTED = SolutionAccepted(article_id="a1", ticket_id="T1")
REJECTED = SolutionRejected(article_id="a1", ticket_id="T1")


def proposal(text: str = "How do refunds work") -> ExampleProposed:
    return ExampleProposed(article_id="a1", example=text, ticket_id="T1")


def line(*events: Event) -> Scene:
    return given(*events, agents=learning.AGENTS, key="a1", state=ArticleLine(), evolve=evolve)


def after(*events: Event) -> Scene:
    """The line after events that were answered."""
    scene = line()
    for event in events:
        scene = scene.when(event)
    return scene


def test_a_new_article_is_adopted_with_its_version() -> None:
    adopted = line().when(REFUNDS).one(ArticleAdopted)
    assert (adopted.outcome, adopted.version, adopted.article_id) == ("adopted", 1, "a1")
    assert adopted.policy_version == default_policy().version


def test_the_same_again_is_not() -> None:
    after(REFUNDS).when(REFUNDS).then()


def test_examples_that_a_new_version_leaves_out_take_no_room() -> None:
    def version(name: str) -> ArticlePublished:
        texts = [f"{name} question {n}" for n in range(EXAMPLES // 2)]
        return REFUNDS.model_copy(update={"examples": texts})

    scene = after(version("old"), version("new"), version("newest"))
    assert scene.when(proposal()).one(ExampleLearned).example == "How do refunds work"
    assert scene.when(proposal("old question 1")).one(ExampleLearned).example == "old question 1"
    scene.when(proposal("newest question 1")).then()


def test_what_was_learned_is_known_over_new_versions() -> None:
    changed = REFUNDS.model_copy(update={"body": "Within 14 days."})
    after(REFUNDS, proposal(), changed).when(proposal()).then()


def test_a_change_is_the_next_version() -> None:
    changed = REFUNDS.model_copy(update={"body": "Within 14 days."})
    adopted = after(REFUNDS).when(changed).one(ArticleAdopted)
    assert (adopted.outcome, adopted.version) == ("changed", 2)


def test_a_retired_article_leaves_once_and_may_come_back() -> None:
    scene = after(REFUNDS).when(RETIRED)
    assert scene.one(ArticleAdopted).outcome == "retired"
    scene = scene.when(RETIRED).then()
    assert scene.when(REFUNDS).one(ArticleAdopted).version == 3


def test_what_was_never_there_cannot_be_retired() -> None:
    line().when(RETIRED).then()


def test_a_confirmed_question_becomes_an_example() -> None:
    learned = after(REFUNDS).when(proposal()).one(ExampleLearned)
    assert (learned.example, learned.from_ticket_id) == ("How do refunds work", "T1")
    assert (learned.outcome, learned.reasons) == ("learned", ["confirmed_by_customer"])


def test_a_known_question_is_not_learned_twice() -> None:
    after(REFUNDS, proposal()).when(proposal()).then()
    with_example = REFUNDS.model_copy(update={"examples": ["How do refunds work"]})
    after(with_example).when(proposal()).then()


@pytest.mark.parametrize("events", [[], [REFUNDS, RETIRED]])
def test_an_article_that_is_not_offered_learns_nothing(events: list[Event]) -> None:
    after(*events).when(proposal()).then()


def test_an_article_has_room_for_so_many_examples() -> None:
    scene = after(REFUNDS)
    for number in range(EXAMPLES):
        scene = scene.when(proposal(f"question number {number}"))
        scene.one(ExampleLearned)
    scene.when(proposal("one too many")).then()


@pytest.mark.parametrize(
    ("accepted", "rejected", "learns"),
    [(0, 4, 1), (0, 5, 0), (2, 3, 0), (3, 3, 1), (3, 2, 1), (5, 6, 0)],
)
def test_an_article_that_mostly_misleads_learns_nothing(
    accepted: int, rejected: int, learns: int
) -> None:
    scene = after(REFUNDS, *[ACCEPTED] * accepted, *[REJECTED] * rejected)
    assert len(scene.when(proposal()).all(ExampleLearned)) == learns


def test_every_judgement_is_tracked_with_the_running_counts() -> None:
    scene = after(REFUNDS, SHOWN, SHOWN, ACCEPTED)
    tracked = scene.when(REJECTED).one(SolutionTracked)
    assert (tracked.shown, tracked.accepted, tracked.rejected) == (2, 1, 1)
    assert tracked.outcome == "rejected"
    assert after(SHOWN).one(SolutionTracked).outcome == "shown"
    assert after(ACCEPTED).one(SolutionTracked).outcome == "accepted"


@pytest.mark.parametrize(
    "event", [CategoryTaught(name="a1"), TagTaught(name="a1"), ToneLabelled(text="bad", score=0.1)]
)
def test_what_is_taught_beside_articles_changes_no_article(event: Event) -> None:
    scene = after(REFUNDS)
    assert scene.when(event).then().state == scene.state
