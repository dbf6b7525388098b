"""What customers accept and reject corrects how sure the models are, and can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.world import ArticleHit
from schemas.event import Event
from schemas.events.knowledge import (
    ArticlePublished,
    SolutionAccepted,
    SolutionRejected,
    SolutionShown,
)
from streams.knowledge import KnowledgeHistory
from streams.testing import START
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Judged
from streams.understanding.retrieval import OTHER_LANGUAGE
from streams.understanding.tier import Tier
from streams.understanding.trust import NONE, Trust, earned
from tests.taught import knowledge_records
from tests.understanding.test_article_search import PIN, REFUND

HOUR = timedelta(hours=1)
HITS = [ArticleHit("a", 0.9), ArticleHit("b", 0.6), ArticleHit("c", 0.3)]


def judged(confidence: float, accepted: int, rejected: int) -> list[Judged]:
    yes, no = (Judged(confidence, accepted=one) for one in (True, False))
    return [yes] * accepted + [no] * rejected


def test_without_judgements_nothing_is_corrected() -> None:
    assert earned([]) == NONE
    assert NONE.applied(HITS) == HITS


def test_answers_that_are_often_rejected_lose_confidence() -> None:
    found = earned(judged(0.9, 60, 40)).applied(HITS)
    assert found[0].confidence < 0.8
    assert [one.id for one in found] == ["a", "b", "c"]


def test_answers_that_are_accepted_more_often_than_thought_gain() -> None:
    assert earned(judged(0.75, 95, 5)).applied([ArticleHit("a", 0.75)])[0].confidence > 0.8


def test_a_few_judgements_move_little() -> None:
    found = earned(judged(0.9, 0, 2)).applied(HITS)
    assert 0.8 < found[0].confidence < 0.9


@given(
    told=st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40),
    sure=st.lists(st.floats(0, 1), min_size=1, max_size=5),
)
def test_any_judgements_keep_the_order_and_what_is_never_shown(
    told: list[tuple[float, bool]], sure: list[float]
) -> None:
    hits = [ArticleHit(str(one), one) for one in sorted(sure, reverse=True)]
    found = earned([Judged(*one) for one in told]).applied(hits)
    values = [one.confidence for one in found]
    assert values == sorted(values, reverse=True)
    for before, after in zip(hits, found, strict=True):
        if before.confidence <= OTHER_LANGUAGE:
            assert after == before
        else:
            assert OTHER_LANGUAGE <= after.confidence <= 1


@given(confidence=st.floats(0.01, 0.99), slope=st.floats(0.5, 2), offset=st.floats(-2, 2))
def test_a_correction_can_be_taken_back(confidence: float, slope: float, offset: float) -> None:
    trust = Trust(slope, offset)
    corrected = trust.applied([ArticleHit("a", confidence)])[0].confidence
    if confidence > OTHER_LANGUAGE and OTHER_LANGUAGE < corrected < 0.99:
        assert trust.uncorrected(corrected) == pytest.approx(confidence, abs=0.01)


def history(models: Tier, events: Sequence[tuple[datetime, Event]]) -> KnowledgeHistory:
    found = KnowledgeHistory(models)
    article = ArticlePublished(article_id="a", title="Change the PIN", body="In the app.")
    for record in knowledge_records([(START - HOUR, article), *events]):
        found.add(record)
    return found


def served(at: datetime, ticket: str, *, accepted: bool) -> list[tuple[datetime, Event]]:
    """An answer that was shown with 0.9 and judged five minutes later."""
    verdict: type[SolutionAccepted | SolutionRejected] = (
        SolutionAccepted if accepted else SolutionRejected
    )
    return [
        (at, SolutionShown(article_id="a", ticket_id=ticket, confidence=0.9)),
        (at + timedelta(minutes=5), verdict(article_id="a", ticket_id=ticket)),
    ]


def seen(found: KnowledgeHistory, at: datetime) -> tuple[Judged, ...]:
    return found.at(at.timestamp()).index.judged


def test_a_judgement_counts_from_the_next_full_hour(models: Tier) -> None:
    moment = START + timedelta(minutes=10)
    found = history(models, served(moment, "t", accepted=False))
    assert seen(found, moment + timedelta(minutes=20)) == ()
    (only,) = seen(found, START + HOUR)
    assert not only.accepted
    assert only.confidence == pytest.approx(0.9)
    assert seen(found, moment) == ()


def test_each_answer_is_judged_once_and_only_if_it_was_shown(models: Tier) -> None:
    rejected = SolutionRejected(article_id="a", ticket_id="t")
    moment = START + timedelta(minutes=30)
    twice = [*served(START, "t", accepted=True), (moment, rejected)]
    assert [one.accepted for one in seen(history(models, twice), START + HOUR)] == [True]
    never = [(moment, SolutionAccepted(article_id="a", ticket_id="other"))]
    assert seen(history(models, never), START + HOUR) == ()
    unknown = [(START, SolutionShown(article_id="a", ticket_id="t")), (moment, rejected)]
    assert seen(history(models, unknown), START + HOUR) == ()


def test_what_is_judged_is_what_the_models_alone_said(models: Tier) -> None:
    first = [
        one for number in range(60) for one in served(START, f"t{number}", accepted=number % 2 == 0)
    ]
    first.sort(key=lambda one: one[0])
    later = served(START + 2 * HOUR, "late", accepted=True)
    judgements = seen(history(models, [*first, *later]), START + 4 * HOUR)
    trust = earned(judgements[:60])
    assert trust.applied([ArticleHit("a", 0.9)])[0].confidence < 0.75
    assert judgements[60].confidence == pytest.approx(trust.uncorrected(0.9))
    assert judgements[60].confidence > 0.95


def test_the_index_applies_what_was_earned(models: Tier) -> None:
    def confidence(told: Sequence[Judged]) -> float:
        taught = KnowledgeIndex([PIN, REFUND], (), (), (), "taught", told)
        return models.understand("how do i change my pin", index=taught).solutions[0].confidence

    alone = confidence(())
    assert confidence(judged(alone, 50, 50)) < alone
    assert confidence(()) == alone
