"""Turns of several partitions ask for earlier and later knowledge, and records come late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.event import Event
from schemas.events.knowledge import (
    ArticlePublished,
    ArticleRetired,
    CategoryTaught,
    ExampleProposed,
    SolutionAccepted,
    SolutionRejected,
    SolutionShown,
)
from schemas.record import Record
from streams import folded_knowledge
from streams.knowledge import KnowledgeHistory
from streams.testing import START
from streams.understanding.tier import Tier
from tests.taught import knowledge_records

QUARTER = timedelta(minutes=15)


def told(ticket: int) -> st.SearchStrategy[list[Event]]:
    """What may happen around an article in a quarter of an hour."""
    name = f"t{ticket}"
    shown = SolutionShown(article_id="a", ticket_id=name, confidence=0.9)
    found: list[list[Event]] = [
        [shown, SolutionAccepted(article_id="a", ticket_id=name)],
        [shown, SolutionRejected(article_id="a", ticket_id=name)],
        [ArticlePublished(article_id="a", title="Change the PIN", body=f"In the app, {name}.")],
        [ArticleRetired(article_id="b", by="p")],
        [ExampleProposed(article_id="a", example=f"other digits {name}")],
        [CategoryTaught(name=name, examples=["digits"])],
    ]
    return st.sampled_from(found)


events = st.integers(1, 30).flatmap(lambda n: st.tuples(*(told(number) for number in range(n))))


def records(happened: Sequence[list[Event]]) -> list[Record]:
    """The records of what happened in one quarter of an hour after the other."""
    moments: list[tuple[datetime, Event]] = [
        (START + number * QUARTER, event)
        for number, together in enumerate(happened)
        for event in together
    ]
    article = ArticlePublished(article_id="a", title="Change the PIN", body="In the app.")
    return knowledge_records([(START, article), *moments], partitions=2)


def seen(history: KnowledgeHistory, quarter: int) -> tuple[Any, ...]:
    """What a turn in a quarter of an hour searches and chooses from."""
    index = history.at((START + quarter * QUARTER).timestamp()).index
    return index.version, index.articles, index.categories, index.judged


@given(happened=events, asked=st.lists(st.integers(0, 40), max_size=25), data=st.data())
def test_what_a_turn_sees_does_not_depend_on_what_was_asked_before(
    models: Tier, happened: Sequence[list[Event]], asked: Sequence[int], data: st.DataObject
) -> None:
    known = records(happened)
    late = data.draw(st.integers(0, len(known)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folded_knowledge, "EVERY", 2)
        patch.setattr(folded_knowledge, "MOST", 3)
        one = KnowledgeHistory(models)
        for record in known[:late]:
            one.add(record)
        for quarter in asked:  # before the rest came
            seen(one, quarter)
        for record in known[late:]:
            one.add(record)
        found = [seen(one, quarter) for quarter in asked]
    for quarter, what in zip(asked, found, strict=True):
        fresh = KnowledgeHistory(models)
        for record in known:
            fresh.add(record)
        assert what == seen(fresh, quarter)


def test_going_back_folds_little_again(models: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    proposed: list[list[Event]] = [
        [CategoryTaught(name=f"c{n}", examples=["x"])] for n in range(500)
    ]
    history = KnowledgeHistory(models)
    for record in records(proposed):
        history.add(record)
    seen(history, 500)
    folded = 0
    apply = folded_knowledge.Items.apply

    def counted(self: folded_knowledge.Items, record: Record, beside: Any) -> None:
        nonlocal folded
        folded += 1
        apply(self, record, beside)

    monkeypatch.setattr(folded_knowledge.Items, "apply", counted)
    for quarter in (400, 20, 300):
        seen(history, quarter)
    assert folded < 3 * folded_knowledge.EVERY


@pytest.mark.parametrize(
    ("seconds", "index", "priority"),
    [
        (0.1, None, "urgent"),
        (0.1, "{partition}:1", "low"),  # the second had not come to the worker
        (0.1, "{partition}:2", "urgent"),
        (0.1, "empty", None),
        (0.1, "{partition}:9", "urgent"),  # what nothing explains: by the clock
        (0.1, "of another kind", "urgent"),
        (3600.0, "{partition}:1", "urgent"),  # nothing comes that late
    ],
)
def test_a_turn_that_named_its_index_sees_it_again_without_what_came_late(
    seconds: float, index: str | None, priority: str | None, models: Tier
) -> None:
    changes = [("low", START), ("urgent", START + timedelta(seconds=1))]
    records = knowledge_records(
        [(at, CategoryTaught(name="x", examples=["y"], priority=one)) for one, at in changes]
    )
    found = KnowledgeHistory(models)
    for record in records:
        found.add(record)
    seen = index and index.format(partition=records[0].partition)
    clock = START.timestamp() + 1 + seconds
    rule = found.at(clock, seen).category("x")
    assert (rule and rule.priority) == priority
    again = found.at(clock).category("x")
    assert again is not None
    assert again.priority == "urgent"
