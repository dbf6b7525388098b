"""How well and how fast the tiers understand: `python bench/understanding.py [--data DIR]`.

Both tiers in one run, or those that `--tier` names. Four parts. Speed and memory of the shipped
models, on messages of the open week or else on the starter categories' examples, one at a time on
one core, beside what the sentence encoder alone takes for them in the same run. Teaching: the
NatCS insurance intents, which are in no shipped category, with five examples each. The open week,
where its data is there: categories, search and language of every issue's first message, as far as
its text may ship. The week's banking questions are of the same set that the starter categories
were trained on, so "with starter categories" is what a bank sees that uses them and flatters
everybody else; "no categories" is held out in full. At last categories and tags beside
scikit-learn's objects (`textbook.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it

import numpy as np  # noqa: E402  # after the path and the environment are set

from agents.world import Understanding  # noqa: E402  # after the path is set
from bench import textbook  # noqa: E402  # after the path is set
from streams.settings import TierName  # noqa: E402  # after the path is set
from streams.starter import lines  # noqa: E402  # after the path is set
from streams.understanding import artefacts, tiers  # noqa: E402  # after the path is set
from streams.understanding.encoder import Encoder  # noqa: E402  # after the path is set
from streams.understanding.index import KnowledgeIndex  # noqa: E402  # after the path is set
from streams.understanding.knowledge_items import Article, Category  # noqa: E402  # likewise
from streams.understanding.tier import Tier  # noqa: E402  # after the path is set
from training.open_week import (  # noqa: E402  # after the path is set
    Asked,
    first_messages,
    rows,
    with_categories,
    without_categories,
)

MEASURED = 2000
"""Messages by which speed is taken."""

LARGE = 500
"""Messages by which a large base is taken."""

SHOTS = 5
BINS = 15
NOTHING = KnowledgeIndex((), (), (), (), "nothing")


class Judged(NamedTuple):
    """A confidence, whether what it stands for was right, and whether there was a right one."""

    confidence: float
    right: bool
    answerable: bool


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


def speed(work: Callable[[str], object], texts: Sequence[str]) -> str:
    """How long texts take, each by itself, by the clock on the wall."""
    work("hello")
    taken = []
    for text in texts:
        started = time.perf_counter()
        work(text)
        taken.append(1000 * (time.perf_counter() - started))
    p50, p95 = np.percentile(taken, (50, 95))
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, {1000 * len(taken) / sum(taken):.0f} a second"


def alone() -> Encoder:
    """The sentence encoder by itself."""
    graph, tokenizer, _ = artefacts.read_encoder(artefacts.shipped())
    return Encoder(graph, tokenizer)


def resident() -> float:
    """The memory that this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def cost(tier: TierName, texts: Sequence[str]) -> Tier:
    """Print what a tier's models cost: loading, fitting, a message, memory. Returns them."""
    before = resident()
    started = time.process_time()
    models = tiers.load(tier)
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
    started = time.process_time()
    models.understand("hello", index=full)
    print(f"fit starter articles: {time.process_time() - started:.2f} s")
    for title, index in (("nothing taught", NOTHING), ("starter", full)):
        asked = partial(models.understand, index=index)
        print(f"understand, {title}: {speed(asked, texts)}")
    if tier == "encoder":
        print(f"the encoder alone: {speed(alone().encode, texts)}")
    print(f"memory after that: {resident():.0f} MB")
    return models


def large(models: Tier, texts: Sequence[str], count: int) -> None:
    """Print what a base of very many articles costs: fitting, memory, the slowest searches."""
    dice = random.Random(6)
    words = [word for one in articles() for word in f"{one.title} {one.body}".split()]
    kept = [
        Article(
            f"large-{number}",
            " ".join(dice.choices(words, k=6)),
            " ".join(dice.choices(words, k=120)),
            tuple(" ".join(dice.choices(words, k=9)) for _ in range(2)),
        )
        for number in range(count)
    ]
    before, started = resident(), time.process_time()
    index = KnowledgeIndex(kept, (), (), (), "large")
    models.understand("hello", index=index)
    fitted = time.process_time() - started
    taken = []
    for text in texts:
        started = time.process_time()
        models.understand(text, index=index)
        taken.append(1000 * (time.process_time() - started))
    p50, p95 = np.percentile(taken, (50, 95))
    print(
        f"{count:,} articles: fit {fitted:.1f} s, {resident() - before:.0f} MB, "
        f"understand p50 {p50:.1f} ms, p95 {p95:.1f} ms of processor time"
    )


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


def week(models: Tier, data: Path) -> None:
    """Print how well the first messages of the open week are understood."""
    asked = first_messages(data)
    categories = starter()
    without, within = without_categories(data), with_categories(data, categories)
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
    parser.add_argument(
        "--tier", choices=get_args(TierName), nargs="+", default=["light", "encoder"]
    )
    parser.add_argument("--articles", type=int, default=0, help="a base of so many as well")
    chosen = parser.parse_args()
    data: Path = chosen.data
    there = (data / "workload_messages_open.jsonl.gz").exists()
    examples = [text for one in starter() for text in one.examples]
    texts = [row["text"] for row in rows(data, "workload_messages_open")] if there else examples
    committed = ROOT / "training" / "data"
    for tier in chosen.tier:
        print(f"the {tier} tier")
        models = cost(tier, texts[:MEASURED])
        if chosen.articles:
            large(models, texts[:LARGE], chosen.articles)
        taught_at_run_time(models, committed)
        if there:
            week(models, data)
    print("beside scikit-learn's objects")
    textbook.compared(data if data.exists() else None)
    if not there:
        print(f"The open week is not in {data}; name its directory with --data DIR.")


if __name__ == "__main__":
    main()
