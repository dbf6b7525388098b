"""Figures of the knowledge search: how often the first article is right, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article, Category
from streams.understanding.tier import Tier
from training.figures import Figure, share
from training.open_week import Asked, first_messages, rows, with_categories, without_categories

BINS = 15
RESAMPLED = 400
THRESHOLDS = (0.8, 0.9)

WEEK = "search, open week"
PARAPHRASES = "search, StackFAQ paraphrases"

_UNSEEN = "weights from other desks; the first message of each issue, one by one"
_SEEN = f"{_UNSEEN}; the categories were trained on the same set of questions"
_FAQ = "weights from other desks; 125 FAQs among 823 articles, each with title and body alone"


class Judged(NamedTuple):
    """How sure the first article was, whether it was right, and whether there was a right one."""

    confidence: float
    right: bool
    answerable: bool


def figures(tier: Tier, data: Path, categories: Sequence[Category]) -> list[Figure]:
    """All figures of a tier's search that the open data allows.

    Args:
        tier: The models.
        data: The folder of the evaluation data.
        categories: The starter categories.
    """
    asked = first_messages(data)
    alone = judged(tier, without_categories(data), asked)
    within = judged(tier, with_categories(data, categories), asked)
    return [
        *_of(f"{WEEK}, no categories", alone, _UNSEEN),
        *_of(f"{WEEK}, starter categories", within, _SEEN),
        *paraphrases(tier, data),
    ]


def paraphrases(tier: Tier, data: Path) -> list[Figure]:
    """How often a paraphrased question finds its FAQ; measured only, it trains nothing."""
    kept = [
        Article(row["id"], row["title"], row["body"])
        for name in ("kb_stackfaq_docs", "kb_tau2bank_docs")
        for row in rows(data, name)
    ]
    index = KnowledgeIndex(kept, (), (), (), "paraphrases")
    asked = [
        Asked(row["query"], row["relevant"][0], "", "en")
        for row in rows(data, "kb_stackfaq_queries_open")
    ]
    return _of(PARAPHRASES, judged(tier, index, asked), _FAQ)


def judged(tier: Tier, index: KnowledgeIndex, asked: Sequence[Asked]) -> list[Judged]:
    """What the first article of every message is worth."""
    found = []
    for one in asked:
        solutions = tier.understand(one.text, index=index).solutions
        sure = solutions[0].confidence if solutions else 0.0
        right = bool(solutions) and solutions[0].id == one.article
        found.append(Judged(sure, right, one.article is not None))
    return found


def _of(task: str, found: Sequence[Judged], protocol: str) -> list[Figure]:
    """Right at first, then over each threshold, then the calibration error."""
    with_answer = [one for one in found if one.answerable]
    without = [one for one in found if not one.answerable]
    hits = sum(one.right for one in with_answer)
    figures = [share(task, "right at first", hits, len(with_answer), protocol)]
    for threshold in THRESHOLDS:
        over = [one for one in found if one.confidence > threshold]
        right = sum(one.right for one in over)
        if over:
            figures.append(share(task, f"right over {threshold}", right, len(over), protocol))
        covered = sum(one.confidence > threshold for one in with_answer)
        figures.append(
            share(task, f"answered over {threshold}", covered, len(with_answer), protocol)
        )
        if without:
            wrong = sum(one.confidence > threshold for one in without)
            figures.append(
                share(task, f"wrongly answered over {threshold}", wrong, len(without), protocol)
            )
    return [*figures, _calibration(task, found, protocol)]


def _calibration(task: str, found: Sequence[Judged], protocol: str) -> Figure:
    """The mean gap between confidence and truth over bins; its interval by resampling."""
    sure = np.array([one.confidence for one in found])
    gaps = sure - np.array([one.right for one in found])
    place = np.minimum((sure * BINS).astype(np.intp), BINS - 1)
    every = np.arange(len(found))
    dice = np.random.default_rng(3)

    def error(rows: np.ndarray) -> float:
        sums = np.bincount(place[rows], weights=gaps[rows], minlength=BINS)
        return float(np.abs(sums).sum() / len(rows))

    drawn = [error(dice.choice(every, len(every))) for _ in range(RESAMPLED)]
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return Figure(task, "calibration error", error(every), len(found), low, high, protocol)
