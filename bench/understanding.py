"""How well and how fast the light tier understands: `python bench/understanding.py [--data DIR]`.

Three parts. Speed and memory of the shipped models, on messages of the open week or else on the
starter categories' examples. Teaching: the NatCS insurance intents, which are in no shipped
category, with five examples each. The open week, where its data is there: categories, search and
language of every issue's first message, as far as its text may ship. The week's banking questions
are of the same set that the starter categories were trained on, so "with starter categories" is
what a bank sees that uses them and flatters everybody else; "no categories" is held out in full.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402  # after the path is set

from agents.world import Understanding  # noqa: E402  # after the path is set
from streams.starter import lines  # noqa: E402  # after the path is set
from streams.understanding import light  # noqa: E402  # after the path is set
from streams.understanding.index import KnowledgeIndex  # noqa: E402  # after the path is set
from streams.understanding.knowledge_items import Article, Category  # noqa: E402  # likewise
from streams.understanding.tier import Tier  # noqa: E402  # after the path is set

MEASURED = 2000
"""Messages by which speed is taken."""

SHOTS = 5
BINS = 15
NOTHING = KnowledgeIndex((), (), (), (), "nothing")

Document = dict[str, Any]


class Judged(NamedTuple):
    """A confidence, whether what it stands for was right, and whether there was a right one."""

    confidence: float
    right: bool
    answerable: bool


class Asked(NamedTuple):
    """An issue's first message, and the truth."""

    text: str
    article: str | None
    intent: str
    language: str


def rows(data: Path, name: str) -> Iterator[Document]:
    """The rows of one file of the evaluation data."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def starter() -> list[Category]:
    """The starter categories."""
    taught = map(json.loads, lines("categories"))
    return [Category(one["name"], tuple(one["examples"])) for one in taught]


def summary(title: str, judged: Sequence[Judged]) -> None:
    """Print accuracy, precision and coverage over 0.8 and 0.9, and the calibration error."""
    table = np.array(judged, dtype=np.float64)
    sure, right, answerable = table[:, 0], table[:, 1], table[:, 2] > 0
    line = f"{title}: {len(table)} messages, first right {_share(right[answerable])}"
    for threshold in (0.8, 0.9):
        over = sure > threshold
        line += f"; over {threshold} {_share(right[over])} right, on {_share(over[answerable])}"
        if not answerable.all():
            line += f" with and {_share(over[~answerable])} without an answer"
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs((sure - right)[place == one].sum()) for one in range(BINS)]
    print(f"{line}; ECE {100 * sum(gaps) / len(table):.1f}%")


def _share(values: Any) -> str:  # Any: an array of 0 and 1
    return f"{100 * values.mean():.1f}%" if len(values) else "none"


def speed(models: Tier, texts: Sequence[str], index: KnowledgeIndex) -> float:
    """Milliseconds of processor time a message, the index fitted before."""
    models.understand("hello", index=index)
    started = time.process_time()
    for text in texts:
        models.understand(text, index=index)
    return 1000 * (time.process_time() - started) / len(texts)


def resident() -> float:
    """The memory that this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def cost(texts: Sequence[str]) -> None:
    """Print what the models cost: loading, fitting, a message, memory."""
    before = resident()
    started = time.process_time()
    models = light.load()
    print(
        f"load {time.process_time() - started:.2f} s, "
        f"{before:.0f} MB before and {resident():.0f} MB after"
    )
    categories = starter()
    fresh = [Category(f"own {one.name}", one.examples) for one in categories]
    for title, taught in (("starter", categories), ("77 new ones, 20 examples each", fresh)):
        started = time.process_time()
        models.understand("hello", index=KnowledgeIndex((), taught, (), (), title))
        print(f"fit {title}: {time.process_time() - started:.2f} s")
    full = KnowledgeIndex(articles(), categories, (), (), "full")
    for title, index in (("nothing taught", NOTHING), ("starter", full)):
        print(f"understand, {title}: {speed(models, texts, index):.2f} ms of processor time")
    print(f"memory after that: {resident():.0f} MB")


def articles() -> list[Article]:
    """The starter articles."""
    found = map(json.loads, lines("articles"))
    return [
        Article(
            one["article_id"],
            one["title"],
            one["body"],
            tuple(one.get("examples", ())),
            one.get("category"),
            one.get("language"),
        )
        for one in found
    ]


def taught_at_run_time(models: Tier, data: Path) -> None:
    """Print how well a few examples of a trade that no model knows do."""
    by_intent: dict[str, list[str]] = {}
    for row in rows(data, "intent_natcs_insurance"):
        by_intent.setdefault(row["intent"], []).append(row["text"])
    dice = random.Random(5)
    for texts in by_intent.values():
        dice.shuffle(texts)
    taught = [Category(name, tuple(texts[:SHOTS])) for name, texts in by_intent.items()]
    index = KnowledgeIndex((), taught, (), (), "insurance")
    judged = []
    for name, texts in by_intent.items():
        for text in texts[SHOTS:]:
            first = models.understand(text, index=index).categories[0]
            judged.append(Judged(first.confidence, first.name == name, answerable=True))
    summary(f"insurance, {len(taught)} categories of {SHOTS} examples", judged)


def first_messages(data: Path) -> list[Asked]:
    """The first message of every issue of the open week whose text may ship."""
    issues = {row["issue"]: row for row in rows(data, "workload_truth_issues_open")}
    issue_of = {
        row["provider_id"]: row["issue"] for row in rows(data, "workload_truth_messages_open")
    }
    found: dict[str, Asked] = {}
    for row in rows(data, "workload_messages_open"):
        true = issues[issue_of[row["provider_id"]]]
        gold = true["gold_article"]
        if not str(gold).startswith("stackfaq-"):
            asked = Asked(row["text"], gold, true["intent"], true["lang"])
            found.setdefault(true["issue"], asked)
    return list(found.values())


def week(models: Tier, data: Path) -> None:
    """Print how well the first messages of the open week are understood."""
    asked = first_messages(data)
    categories = starter()
    names = {one.name for one in categories}
    shelf = [
        Article(row["id"], row["title"], row["body"], tuple(row["examples"]))
        for row in rows(data, "workload_kb_open")
        if not row["id"].startswith("stackfaq-")
    ]
    filed = [
        Article(one.id, one.title, one.body, one.examples, one.id.removeprefix("b77-"))
        if one.id.removeprefix("b77-") in names
        else one
        for one in shelf
    ]
    without = KnowledgeIndex(shelf, (), (), (), "without")
    within = KnowledgeIndex(filed, categories, (), (), "within")
    alone = [models.understand(one.text, index=without) for one in asked]
    summary("search, no categories", [_found(s, a) for s, a in zip(alone, asked, strict=True)])
    seen = [models.understand(one.text, index=within) for one in asked]
    summary(
        "search, with starter categories", [_found(s, a) for s, a in zip(seen, asked, strict=True)]
    )
    chosen = [
        Judged(
            s.categories[0].confidence,
            s.categories[0].name == a.intent.removeprefix("b77-"),
            a.intent.startswith("b77-"),
        )
        for s, a in zip(seen, asked, strict=True)
        if a.language == "en"
    ]
    summary("categories, seen in training", chosen)
    told = [s.language == a.language for s, a in zip(seen, asked, strict=True) if s.language]
    print(f"language: {_share(np.array(told))} of {len(told)} first messages that are long enough")


def _found(seen: Understanding, asked: Asked) -> Judged:
    if not seen.solutions:
        return Judged(0.0, right=False, answerable=asked.article is not None)
    first = seen.solutions[0]
    return Judged(first.confidence, first.id == asked.article, asked.article is not None)


def main() -> None:
    """Print all figures that the data at hand allows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    data: Path = parser.parse_args().data
    there = (data / "workload_messages_open.jsonl.gz").exists()
    examples = [text for one in starter() for text in one.examples]
    texts = [row["text"] for row in rows(data, "workload_messages_open")] if there else examples
    cost(texts[:MEASURED])
    models = light.load()
    committed = ROOT / "training" / "data"
    taught_at_run_time(models, committed)
    if there:
        week(models, data)
    else:
        print(f"The open week is not in {data}; name its directory with --data DIR.")


if __name__ == "__main__":
    main()
