"""What is taught by thousands of examples is fitted over fewer of them, and as well."""

from __future__ import annotations

from functools import cache

import numpy as np

from streams.understanding.categories import Pretrained, ScopeModel
from streams.understanding.categories_encoded import EncodedCategories, Known, MeantColumns
from streams.understanding.knowledge_items import Category
from streams.understanding.points import Point
from streams.understanding.teaching_many import MANY, MOST, within
from streams.understanding.tfidf import Head, Vector

NONE = np.empty(0, dtype=np.float32)
UNTAUGHT = Known(
    Pretrained((), (), Head(np.empty(0, dtype=np.int32), NONE, NONE, NONE)),
    MeantColumns(NONE, NONE, 1.0),
    ScopeModel(np.zeros(8, dtype=np.float32), 0.0),
)
COLUMNS = 4
WIDTH = 16


def points(column: int, count: int, seed: int) -> list[Point]:
    """Texts of a category: meanings about its own direction, words of its own and of all."""
    dice = np.random.default_rng(seed * 100 + column)
    found = []
    for _ in range(count):
        meaning = dice.normal(size=WIDTH) * 0.5
        meaning[column] += 1
        words = np.unique(np.append(dice.integers(0, 50, 6), 100 + column * 10 + dice.integers(5)))
        weights = np.full(len(words), len(words) ** -0.5, dtype=np.float32)
        unit = (meaning / np.linalg.norm(meaning)).astype(np.float32)
        found.append(Point(Vector(words.astype(np.int32), weights), unit))
    return found


@cache
def model(each: int) -> EncodedCategories:
    taught = [
        Category(f"c{column}", tuple(f"{column} {number}" for number in range(each)))
        for column in range(COLUMNS)
    ]
    return EncodedCategories(taught, UNTAUGHT, [points(c, each, 1) for c in range(COLUMNS)])


def right(judge: EncodedCategories) -> float:
    """The share of unseen texts that get their category."""
    hits = [
        int(judge.observe(point).probabilities.argmax()) == column
        for column in range(COLUMNS)
        for point in points(column, 100, 2)
    ]
    return sum(hits) / len(hits)


def test_more_examples_than_a_kernel_holds_are_learned_as_well() -> None:
    few, many = model(MANY // COLUMNS), model(MANY // COLUMNS + 50)
    assert right(few) > 0.9
    assert right(many) > right(few) - 0.01


def test_probabilities_from_many_examples_are_true() -> None:
    judge = model(MANY // COLUMNS + 50)
    sure = [
        judge.observe(point).probabilities[column]
        for column in range(COLUMNS)
        for point in points(column, 100, 3)
    ]
    assert abs(float(np.mean(sure)) - right(judge)) < 0.08


def test_only_so_many_examples_are_read_the_last_ones() -> None:
    taught = [
        Category("huge", tuple(map(str, range(MOST)))),
        Category("small", ("a", "b"), "high", "team"),
    ]
    huge, small = within(taught)
    assert huge.examples == tuple(map(str, range(MOST // 2, MOST)))
    assert small == taught[1]
