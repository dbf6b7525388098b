"""Categories taught with a few examples each: a trade that the models were not made for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random

from streams.evaluating.answers import ece
from streams.evaluating.figures import Figure, resampled, share
from streams.evaluating.open_data import NotThere, OpenData, Request
from streams.understanding.index import KnowledgeIndex
from streams.understanding.knowledge_items import Category
from streams.understanding.tier import Tier

SETS = {
    "insurer's calls": "intent_natcs_insurance",
    "bank's calls": "intent_natcs_banking",
    "finance calls": "intent_natcs_finance",
    "assistant's requests": "intent_clinc150_val",
}
"""Labelled requests, by what they are of; a folder may have some of them."""

SHOTS = 5
DRAWS = 3
"""Times that the examples are drawn, each time others."""


def few_shot(tier: Tier, data: OpenData) -> Iterator[Figure]:
    """Categories with five examples each, and everything else asked.

    Raises:
        NotThere: No set of requests is in the folder.
    """
    there = {title: data.some(name, Request) for title, name in SETS.items()}
    if not any(there.values()):
        data.rows(SETS["insurer's calls"], Request)
    for title, rows in there.items():
        if rows:
            yield from _taught(f"categories, {title}", tier, rows)


def _taught(task: str, tier: Tier, rows: list[Request]) -> Iterator[Figure]:
    protocol = f"{SHOTS} examples a category taught, all others asked, {DRAWS} draws"
    pairs: list[tuple[float, bool]] = []
    for draw in range(DRAWS):
        texts: defaultdict[str, list[str]] = defaultdict(list)
        for row in rows:
            texts[row.intent].append(row.text)
        dice = Random(f"{task} {draw}")  # noqa: S311  # the same draws in every run
        for own in texts.values():
            dice.shuffle(own)
        taught = [Category(name, tuple(own[:SHOTS])) for name, own in texts.items()]
        index = KnowledgeIndex((), taught, (), (), f"{task} {draw}")
        for name, own in texts.items():
            for text in own[SHOTS:]:
                found = tier.understand(text, index=index).categories
                sure = found[0].confidence if found else 0.0
                pairs.append((sure, bool(found) and found[0].name == name))
    if not pairs:
        raise NotThere(f"no category of {task} has more than {SHOTS} texts")
    yield share(task, "first category right", [right for _, right in pairs], protocol)
    yield resampled(
        task, "calibration error", pairs, lambda at: ece([pairs[i] for i in at]), protocol
    )
