"""Figures of learning: what a week of confirmed answers does to the answers of the next week."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agents.impersonal import impersonal
from agents.policy import default_policy
from projections.article import EXAMPLES
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Article
from streams.understanding.tier import Tier
from training.corpus import Corpus, noisy
from training.figures import Figure, share
from training.figures_retrieval import Judged, judged
from training.open_week import Asked, shelf

QUESTIONS = 1500
"""Of each week: as many as the open week has questions that an article answers."""

ACCEPTED = 0.92
"""The share of right answers that customers confirm."""

TASK = "learning from a week of confirmed answers"
_PROTOCOL = (
    "the open week's articles, no categories; Banking77 questions with noise, other ones in each "
    "week; of the first week's right answers and suggestions 92% are confirmed, and in the end "
    "also of those that people gave with the right article where the desk had none"
)


def figures(tier: Tier, data: Path) -> list[Figure]:
    """Coverage and precision of the second week, without and with what the first one taught."""
    first, second = weeks(data)
    before = shelf(data)
    after = learned(tier, before, first)
    at_last = learned(tier, before, first, people=True)
    found: list[Figure] = []
    for threshold in (0.8, 0.9):
        usual = 1.0
        for title, articles in (("before", before), ("after", after), ("in the end", at_last)):
            index = KnowledgeIndex(articles, (), (), (), title)
            rows = judged(tier, index, second)
            over = [row for row in rows if row.confidence > threshold]
            right = sum(row.right for row in over)
            found += [
                share(TASK, f"{title}, right over {threshold}", right, len(over), _PROTOCOL),
                _answered(f"{title}, answered over {threshold}", over, rows),
            ]
            if articles is before:
                usual = right / max(len(over), 1)
            else:
                surest = as_precise(rows, usual)
                found.append(_answered(f"{title}, as precise as before {threshold}", surest, rows))
    return found


def as_precise(rows: Sequence[Judged], precision: float) -> list[Judged]:
    """The most of the surest answers of which at least this share is right."""
    ordered = sorted(rows, key=lambda row: -row.confidence)
    right, most = 0, 0
    for count, row in enumerate(ordered, 1):
        right += row.right
        if right >= precision * count:
            most = count
    return ordered[:most]


def _answered(measure: str, over: Sequence[Judged], rows: Sequence[Judged]) -> Figure:
    covered = sum(row.answerable for row in over)
    return share(TASK, measure, covered, sum(row.answerable for row in rows), _PROTOCOL)


def weeks(data: Path) -> tuple[list[Asked], list[Asked]]:
    """Two weeks' questions, none of which an article has as an example; some have no article."""
    corpus, dice = Corpus(data), random.Random(21)
    kept = shelf(data)
    ids = {one.id for one in kept}
    taken = {example for one in kept for example in one.examples}
    rows = [row for row in corpus.rows("intent_banking77_train") if row["text"] not in taken]
    phrases = sorted(corpus.tone_phrases())
    asked = []
    for row in dice.sample(rows, 2 * QUESTIONS):
        name = f"b77-{row['intent']}"
        text = noisy(row["text"], dice, phrases) if dice.random() < 0.6 else row["text"]
        asked.append(Asked(text, name if name in ids else None, name, "en"))
    return asked[:QUESTIONS], asked[QUESTIONS:]


def learned(
    tier: Tier, articles: Sequence[Article], asked: Sequence[Asked], *, people: bool = False
) -> list[Article]:
    """The articles with the questions of a week that customers confirmed as answered.

    By the desk; with `people` also by people, who name the article as they resolve a ticket.
    """
    dice = random.Random(22)
    offered = default_policy().thresholds.suggest
    index = KnowledgeIndex(articles, (), (), (), "first week")
    taught: dict[str, list[str]] = defaultdict(list)
    for one, found in zip(asked, judged(tier, index, asked), strict=True):
        answered = found.right and found.confidence >= offered
        answered = answered or (people and one.article is not None)
        if answered and dice.random() < ACCEPTED:
            taught[one.intent].append(impersonal(one.text, None))
    return [
        msgspec.structs.replace(one, examples=(*one.examples, *taught[one.id])[:EXAMPLES])
        for one in articles
    ]
