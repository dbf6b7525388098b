"""Every turn sees what was taught by its clock, and what is learned is what the agent decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import hypothesis
import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from agents import learning
from projections.article import ArticleLine, digest, evolve, forgotten
from projections.case.words import clip
from schemas.event import Event
from schemas.events.choices import ExampleLearned
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
from schemas.record import Record
from streams.knowledge import KnowledgeHistory
from streams.testing import START, given
from streams.understanding.tier import Tier
from tests.taught import knowledge_records

HOUR = timedelta(hours=1)
ARTICLE = ArticlePublished(article_id="a", title="Change the PIN", body="In the app.")
QUESTION = "how do I pick other digits"


def history(models: Tier, events: Sequence[tuple[datetime, Event]]) -> KnowledgeHistory:
    """The history after events of one partition."""
    found = KnowledgeHistory(models)
    for record in knowledge_records(events):
        found.add(record)
    return found


def examples(found: KnowledgeHistory, at: datetime, article: str = "a") -> tuple[str, ...]:
    """The examples of an article that a turn sees."""
    return next(
        (a.examples for a in found.at(at.timestamp()).index.articles if a.id == article), ()
    )


def test_what_people_teach_counts_at_once(models: Tier) -> None:
    found = history(models, [(START, ARTICLE)])
    assert found.at(START.timestamp() - 1).article("a") is None
    assert found.at(START.timestamp()).article("a") is not None


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.5, 1.5])
def test_a_label_that_is_no_tone_leaves_the_others_alone(score: float, models: Tier) -> None:
    right = [(START, ToneLabelled(text=f"this is fine {n}", score=0.9)) for n in range(8)]
    wrong = [(START, ToneLabelled(text=f"what a week {n}", score=score)) for n in range(8)]
    found = history(models, [*right, *wrong]).at(START.timestamp())
    told = found.understand("what a fine week", subject="", known_language=None)
    only = history(models, right).at(START.timestamp())
    assert told == only.understand("what a fine week", subject="", known_language=None)
    assert 0 <= told.sentiment_score <= 1


def test_a_very_long_name_is_known_by_what_a_case_remembers_of_it(models: Tier) -> None:
    name = "गैस रिसाव " * 30
    rule = CategoryTaught(name=name, examples=["I smell gas"], priority="critical")
    named = ARTICLE.model_copy(update={"article_id": name})
    found = history(models, [(START, rule), (START, named)]).at(START.timestamp())
    category, article = found.category(clip(name, 120)), found.article(clip(name, 120))
    assert category is not None
    assert (category.name, category.priority) == (name, "critical")
    assert article is not None
    assert article.id == name


def test_what_was_learned_joins_at_the_full_hour(models: Tier) -> None:
    moment = START + timedelta(minutes=10)
    found = history(
        models, [(START, ARTICLE), (moment, ExampleProposed(article_id="a", example=QUESTION))]
    )
    assert examples(found, moment) == ()
    assert examples(found, START + HOUR) == (QUESTION,)


def test_a_retired_article_is_gone_and_learns_nothing(models: Tier) -> None:
    retired = ArticleRetired(article_id="a", by="p")
    found = history(
        models,
        [
            (START, ARTICLE),
            (START, retired),
            (START, ExampleProposed(article_id="a", example=QUESTION)),
            (START + 2 * HOUR, ARTICLE),
        ],
    )
    assert found.at((START + HOUR).timestamp()).article("a") is None
    assert examples(found, START + 3 * HOUR) == ()


def test_an_article_that_serves_badly_learns_nothing(models: Tier) -> None:
    rejected = [(START, SolutionRejected(article_id="a")) for _ in range(5)]
    proposed = (START, ExampleProposed(article_id="a", example=QUESTION))
    assert examples(history(models, [(START, ARTICLE), *rejected, proposed]), START + HOUR) == ()
    before = history(models, [(START, ARTICLE), proposed, *rejected[:2]])
    assert examples(before, START + HOUR) == (QUESTION,)


def test_a_new_version_keeps_what_was_learned_and_drops_what_it_no_longer_has(
    models: Tier,
) -> None:
    first = ARTICLE.model_copy(update={"examples": ["old"]})
    second = ARTICLE.model_copy(update={"examples": ["new"]})
    found = history(
        models,
        [
            (START, first),
            (START, ExampleProposed(article_id="a", example=QUESTION)),
            (START + 2 * HOUR, second),
        ],
    )
    assert examples(found, START + HOUR) == ("old", QUESTION)
    assert examples(found, START + 2 * HOUR) == ("new", QUESTION)


def test_what_was_learned_can_be_taken_back_by_teaching_it_first(models: Tier) -> None:
    proposed = ExampleProposed(article_id="a", example=QUESTION)
    taught = ARTICLE.model_copy(update={"examples": [QUESTION]})
    steps = [ARTICLE, proposed, taught, ARTICLE, proposed]
    found = history(models, [(START + n * HOUR, event) for n, event in enumerate(steps)])
    seen = [examples(found, START + n * HOUR) for n in range(1, 5)]
    assert seen == [(QUESTION,), (QUESTION,), (), (QUESTION,)]


def test_what_was_taken_back_within_the_hour_does_not_come_back_with_it(models: Tier) -> None:
    taught = ARTICLE.model_copy(update={"examples": [QUESTION]})
    proposed = ExampleProposed(article_id="a", example=QUESTION)
    minutes = [(START + n * timedelta(minutes=9)) for n in range(4)]
    found = history(models, list(zip(minutes, [ARTICLE, proposed, taught, ARTICLE], strict=True)))
    assert examples(found, START + HOUR) == ()


def test_what_was_learned_and_taught_meanwhile_is_one_example(models: Tier) -> None:
    moment = START + timedelta(minutes=10)
    taught = ARTICLE.model_copy(update={"examples": [QUESTION]})
    proposed = ExampleProposed(article_id="a", example=QUESTION)
    found = history(
        models, [(START, ARTICLE), (moment, proposed), (2 * moment.resolution + moment, taught)]
    )
    assert examples(found, START + HOUR) == (QUESTION,)


def test_a_repeated_record_is_learned_once(models: Tier) -> None:
    records = knowledge_records(
        [(START, ARTICLE), *((START, SolutionRejected(article_id="a")) for _ in range(4))]
    )
    found = KnowledgeHistory(models)
    for record in (*records, records[-1]):
        found.add(record)
    proposed = (START, ExampleProposed(article_id="a", example=QUESTION))
    found.add(knowledge_records([proposed], first=9)[0])
    assert examples(found, START + HOUR) == (QUESTION,)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            CategoryTaught(name="a", examples=[], team="old"),
            CategoryTaught(name="a", examples=[], team="new"),
        ),
        (ToneLabelled(text="oh well", score=0.1), ToneLabelled(text="oh well", score=0.9)),
        (TagTaught(name="a", examples=["old"]), TagTaught(name="a", examples=["new"])),
    ],
)
def test_a_repeat_of_what_was_taught_brings_nothing_back(
    models: Tier, first: Event, second: Event
) -> None:
    """A producer that is not sure sends it again, and may do so late."""
    records = knowledge_records([(START, first), (START + HOUR, second)])
    found = KnowledgeHistory(models)
    for record in (*records, msgspec.structs.replace(records[0], offset=2)):
        found.add(record)
    once = history(models, [(START, first), (START + HOUR, second)])
    later, there = (one.at((START + 2 * HOUR).timestamp()).index for one in (found, once))
    assert (later.categories, later.tags, later.tone_labels) == (
        there.categories,
        there.tags,
        there.tone_labels,
    )


def test_the_version_changes_with_what_is_taught_and_not_with_how_it_serves(
    models: Tier,
) -> None:
    events: list[tuple[datetime, Event]] = [
        (START, ARTICLE),
        (START + HOUR, SolutionShown(article_id="a")),
        (START + 2 * HOUR, CategoryTaught(name="pins", examples=["my pin"])),
    ]
    found = history(models, events)
    versions = [
        found.at((START + n * HOUR - timedelta(minutes=1)).timestamp()).versions["index"]
        for n in (0, 1, 2, 3)
    ]
    assert versions[0] == "empty"
    assert versions[1] == versions[2] != versions[3]


def test_what_is_rejected_is_forgotten_at_the_full_hour(models: Tier) -> None:
    moment = START + HOUR + timedelta(minutes=10)
    events: list[tuple[datetime, Event]] = [
        (START, ARTICLE),
        (START, ExampleProposed(article_id="a", example=QUESTION)),
        *((moment, SolutionRejected(article_id="a")) for _ in range(3)),
    ]
    found = history(models, events)
    assert examples(found, moment) == (QUESTION,)
    assert examples(found, moment + HOUR) == ()
    versions = [found.at(at.timestamp()).versions["index"] for at in (moment, moment + HOUR)]
    assert versions[0] != versions[1]
    assert examples(found, moment) == (QUESTION,)


def test_what_was_forgotten_counts_when_people_teach_it(models: Tier) -> None:
    moment = START + timedelta(minutes=10)
    events: list[tuple[datetime, Event]] = [
        (START - HOUR, ARTICLE),
        (START - HOUR, ExampleProposed(article_id="a", example=QUESTION)),
        *((moment, SolutionRejected(article_id="a")) for _ in range(3)),
        (moment + timedelta(minutes=5), ARTICLE.model_copy(update={"examples": [QUESTION]})),
    ]
    found = history(models, events)
    assert examples(found, START + timedelta(minutes=15)) == (QUESTION,)
    assert examples(found, START + 2 * HOUR) == (QUESTION,)


def test_an_earlier_turn_sees_the_earlier_index_again(models: Tier) -> None:
    events: list[tuple[datetime, Event]] = [
        (START, ARTICLE),
        (START + HOUR, ArticleRetired(article_id="a", by="p")),
    ]
    found = history(models, events)
    assert found.at((START + HOUR).timestamp()).article("a") is None
    assert found.at(START.timestamp()).article("a") is not None
    assert found.at((START + HOUR).timestamp()).article("a") is None


EVENTS = st.sampled_from(
    [
        ARTICLE,
        ARTICLE.model_copy(update={"examples": [QUESTION]}),
        ARTICLE.model_copy(update={"body": "Elsewhere."}),
        ArticleRetired(article_id="a", by="p"),
        ExampleProposed(article_id="a", example=QUESTION),
        ExampleProposed(article_id="a", example="another question"),
        ExampleProposed(article_id="b", example=QUESTION),
        SolutionAccepted(article_id="a"),
        SolutionRejected(article_id="a"),
        SolutionShown(article_id="a"),
    ]
)


@settings(max_examples=80)
@hypothesis.given(told=st.lists(EVENTS, max_size=25))
def test_the_index_learns_what_the_agent_learns(models: Tier, told: list[Event]) -> None:
    lines = {
        name: given(key=name, agents=learning.AGENTS, state=ArticleLine(), evolve=evolve)
        for name in ("a", "b")
    }
    learned = set()
    for event in [*told, ARTICLE]:
        name = str(getattr(event, "article_id", ""))
        lines[name] = lines[name].when(event)
        learned |= {one.example for one in lines[name].all(ExampleLearned)}
    found = history(models, [(START, event) for event in told] + [(START, ARTICLE)])
    left_out = forgotten(lines["a"].state)
    assert set(examples(found, START + HOUR)) == {
        one for one in learned if digest(one) not in left_out
    }
    assert examples(found, START + HOUR, "b") == ()


@pytest.mark.parametrize("partitions", [1, 3])
def test_partitions_may_be_read_in_any_order(models: Tier, partitions: int) -> None:
    events: list[tuple[datetime, Event]] = [
        (START + n * timedelta(minutes=20), ArticlePublished(
            article_id=f"a{n}", title=f"Title {n}", body="Body."
        ))
        for n in range(6)
    ]  # fmt: skip
    records = knowledge_records(events, partitions=partitions)

    def articles(order: Sequence[Record]) -> list[list[str]]:
        found = KnowledgeHistory(models)
        for record in order:
            found.add(record)
        return [sorted(a.id for a in found.at(at.timestamp()).index.articles) for at, _ in events]

    by_partition = sorted(records, key=lambda r: (-(r.partition or 0), r.offset or 0))
    assert articles(records) == articles(by_partition)
