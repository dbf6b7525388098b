"""Figures of the encoder tier's categories, tags and priority.

`python training/figures_categories.py` prints them.

Every model that is judged here has not seen what it is judged on. The shipped models have seen
all of the open data, so that these are figures of models made in the same way from less.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"  # sums in one order, so that runs agree
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402  # after the path is set

from streams.understanding import artefacts  # noqa: E402  # after the path is set
from streams.understanding.categories import Pretrained, ScopeModel  # noqa: E402  # likewise
from streams.understanding.categories_encoded import (  # noqa: E402  # after the path is set
    EncodedCategories,
    Known,
)
from streams.understanding.knowledge_items import Category, Tag  # noqa: E402  # likewise
from streams.understanding.points import Point, spelled  # noqa: E402  # after the path is set
from streams.understanding.tags_encoded import EncodedTags  # noqa: E402  # after the path is set
from streams.understanding.text import fingerprint  # noqa: E402  # after the path is set
from streams.understanding.tfidf import Vectoriser  # noqa: E402  # after the path is set
from training import fit_categories, fit_priority  # noqa: E402  # after the path is set
from training import fit_categories_encoded as encoded  # noqa: E402  # after the path is set
from training.corpus import BESIDE, Corpus, noisy  # noqa: E402  # after the path is set
from training.encoding import Encoding  # noqa: E402  # after the path is set
from training.figures import Figure, area, printed, share  # noqa: E402  # after the path is set
from training.linear import head_of  # noqa: E402  # after the path is set

WORDS_SHARPNESS, SHARPNESS = 1.45, 1.15
"""Of the columns over words, and of the geometric mean: as the folds of Banking77 give them."""

EXAMPLES = 20
"""So many texts of a pretrained category are its examples, as with the starter categories."""

DRAWS = 5
SHOTS = 5
ASKED = 1500
"""So many texts of a draw are judged at most."""
FLAGGED = 0.1

Said = list[tuple[str, str]]
"""Texts with their intents."""


class Bench(NamedTuple):
    """What every figure is made with."""

    corpus: Corpus
    vectoriser: Vectoriser
    texts: encoded.Texts
    phrases: list[str]


def bench(folder: Path | None) -> Bench:
    """Over the open data of a folder, or of what the project commits."""
    corpus = Corpus(folder)
    arrays, _ = artefacts.read(artefacts.shipped(), ("idf",))
    vectoriser = Vectoriser(arrays["idf"]["idf"].astype(np.float32))
    texts = encoded.Texts(vectoriser, Encoding())
    return Bench(corpus, vectoriser, texts, sorted(corpus.tone_phrases()))


def figures(made: Bench) -> list[Figure]:
    """All figures."""
    parts = (priority, tags, few_shot, banking, banking_out_of_scope, clinc)
    return [figure for part in parts for figure in part(made)]


def fitted(made: Bench, said: Said) -> tuple[list[Category], Known]:
    """Categories with their pretrained columns, fitted on texts with intents."""
    names = sorted({intent for _, intent in said})
    place = {name: i for i, name in enumerate(names)}
    texts, intents = [text for text, _ in said], [intent for _, intent in said]
    arrays = fit_categories.fit_head(texts, intents, names, made.vectoriser, made.phrases)
    labels = np.array([place[intent] for intent in intents])
    columns = encoded.fit_columns(texts, labels, made.texts.encoding, made.phrases)
    categories = [Category(one.name, one.examples[:EXAMPLES]) for one in learned(said)]
    prints = tuple(frozenset(map(fingerprint, one.examples)) for one in categories)
    sharpened = fit_categories.sharpened(arrays, WORDS_SHARPNESS)
    words = Pretrained(tuple(names), prints, head_of(sharpened))
    return categories, Known(words, encoded.columns_of(columns, SHARPNESS), encoded.NO_SCOPE)


def accuracy(model: EncodedCategories, points: Sequence[Point], intents: Sequence[str]) -> int:
    """How many texts get their intent."""
    return sum(
        model.names[int(model.observe(point).probabilities.argmax())] == intent
        for point, intent in zip(points, intents, strict=True)
    )


def banking(made: Bench) -> list[Figure]:
    """Banking77, clean and noisy."""
    kept, held = split(_said(made, "intent_banking77_train"))
    categories, known = fitted(made, kept)
    model = encoded.taught(categories, known, made.texts)
    intents = [intent for _, intent in held]
    found = []
    for measure, texts in (
        ("accuracy", [text for text, _ in held]),
        ("accuracy, noisy", [spoilt(text, made.phrases) for text, _ in held]),
    ):
        right = accuracy(model, made.texts.of(texts), intents)
        protocol = "a fifth of the train file held out"
        found.append(share("categories, Banking77", measure, right, len(held), protocol))
    return found


def split(said: Said) -> tuple[Said, Said]:
    """Four fifths, and the fifth that is held out."""
    shuffled = said[:]
    random.Random(1).shuffle(shuffled)
    return [one for i, one in enumerate(shuffled) if i % 5], shuffled[::5]


def spoilt(text: str, phrases: list[str]) -> str:
    """A noisy text, with other noise than a training text has."""
    return noisy(text, random.Random(~fingerprint(text)), phrases)


class Asked(NamedTuple):
    """An out-of-scope model, what belongs to the categories, and what does not."""

    scope: ScopeModel
    inside: Said
    outside: list[str]


def scoped(
    made: Bench, task: str, categories: Sequence[Category], parts: Sequence[Asked], protocol: str
) -> list[Figure]:
    """How well intents are told apart, and what is outside from what is inside."""
    right = 0
    within: list[float] = []
    without: list[float] = []
    model = encoded.taught(categories, encoded.NOTHING_KNOWN, made.texts)
    for scope, inside, outside in parts:
        points = made.texts.of([text for text, _ in inside])
        right += accuracy(model, points, [intent for _, intent in inside])
        within += [_outside(model, scope, point) for point in points]
        without += [_outside(model, scope, point) for point in made.texts.of(outside)]
    limit = float(np.quantile(within, 0.95))
    through = sum(one <= limit for one in without)
    passed = "outside taken for inside, where 95% of inside is kept"
    return [
        share(task, "accuracy", right, len(within), protocol),
        area(task, "AUROC of out of scope", within, without, protocol),
        share(task, passed, through, len(without), protocol),
    ]


def _outside(model: EncodedCategories, scope: ScopeModel, point: Point) -> float:
    return float(model.observe(point).features @ scope.weights) + scope.bias


def learned(said: Said) -> list[Category]:
    """Categories with all the texts of each."""
    texts: dict[str, list[str]] = {}
    for text, intent in said:
        texts.setdefault(intent, []).append(text)
    return [Category(name, tuple(one)) for name, one in sorted(texts.items())]


def banking_out_of_scope(made: Bench) -> list[Figure]:
    """BANKING77-OOS: fifty intents are known, the other ones of Banking77 are outside."""
    kept, held = split(_said(made, "intent_banking77oos_train"))
    categories = learned(kept)
    names = {category.name for category in categories}
    outside = [text for text, name in _said(made, "intent_banking77_train") if name not in names]
    part = Asked(_scope(made, _strangers(made)), held, outside[::5])
    return scoped(
        made, "categories, BANKING77-OOS", categories, [part],
        "taught four fifths of its train file at run time, against the fifth that was held out;"
        " outside: Banking77 texts of the intents it lacks",
    )  # fmt: skip


def clinc(made: Bench) -> list[Figure]:
    """CLINC150, its validation file, and its out-of-scope texts in two halves."""
    held, strangers = _said(made, "intent_clinc150_val"), _strangers(made)
    parts = [
        Asked(_scope(made, strangers[1 - half :: 2]), held[half::2], strangers[half::2])
        for half in (0, 1)
    ]
    return scoped(
        made, "categories, CLINC150", learned(_said(made, "intent_clinc150_train")), parts,
        "taught the train file at run time, against the val file; outside: out-of-scope train and"
        " val, by halves",
    )  # fmt: skip


def few_shot(made: Bench) -> list[Figure]:
    """Taxonomies that no model knows, taught by five examples a category at run time."""
    sets = {
        "insurance": _said(made, "intent_natcs_insurance"),
        "a bank's": [
            (row["text"], row["intent"])
            for row in made.corpus.rows("intent_clinc150_val")
            if row["domain"] in fit_categories.BANKING_DOMAINS
        ],
        "Banking77": _said(made, "intent_banking77_train"),
    }
    found = []
    for name, said in sets.items():
        right = cases = 0
        for draw in range(DRAWS):
            taught, asked = shots(said, random.Random(draw))
            model = encoded.taught(taught, encoded.NOTHING_KNOWN, made.texts)
            points = made.texts.of([text for text, _ in asked])
            right += accuracy(model, points, [intent for _, intent in asked])
            cases += len(asked)
        protocol = f"{SHOTS} examples a category, {DRAWS} draws, against the other texts"
        found.append(share(f"categories, {name} taught", "accuracy", right, cases, protocol))
    return found


def shots(said: Said, dice: random.Random) -> tuple[list[Category], Said]:
    """A few examples of each category, and the other texts, of many a sample."""
    taught, asked = [], []
    for one in learned(said):
        texts = dice.sample(one.examples, len(one.examples))
        taught.append(Category(one.name, tuple(texts[:SHOTS])))
        asked += [(text, one.name) for text in texts[SHOTS:]]
    return taught, asked if len(asked) <= ASKED else dice.sample(asked, ASKED)


def tags(made: Bench) -> list[Figure]:
    """NLU++ by its folds: tags taught at run time by all folds but one."""
    found = []
    for name in ("banking", "hotels"):
        rows = made.corpus.rows(f"tags_nlupp_{name}_open")
        hits = said = true = 0
        for fold in sorted({row["fold"] for row in rows}):
            taught: dict[str, list[str]] = {}
            for row in rows:
                for tag in row["tags"] if row["fold"] != fold else ():
                    taught.setdefault(tag, []).append(row["text"])
            kept = [Tag(tag, tuple(texts)) for tag, texts in sorted(taught.items())]
            model = EncodedTags(
                kept,
                [made.texts.of(tag.examples) for tag in kept],
                made.texts.of([spelled(tag.name) for tag in kept]),
            )
            held = [row for row in rows if row["fold"] == fold]
            for row, point in zip(held, made.texts.of([r["text"] for r in held]), strict=True):
                bears = model.borne_at(point)
                hits += len({*bears} & {*row["tags"]})
                said += len(bears)
                true += len({*row["tags"]})
        protocol = "all folds but one for training; n is the mean of tags said and true"
        found.append(
            share(f"tags, NLU++ {name}", "micro-F1", hits, round((said + true) / 2), protocol)
        )
    return found


def priority(made: Bench) -> list[Figure]:
    """Urgent or worse on taxonomies that the regression has not seen."""
    found = []
    held = fit_priority.held_out(fit_priority.rated(made.corpus, made.texts.encoding))
    for name, (logits, pressing) in held.items():
        if not pressing.any():
            continue
        task, protocol = f"priority, {name}", "the other taxonomies for training"
        flagged = np.argsort(-logits, kind="stable")[: round(FLAGGED * len(logits))]
        hits, cases = int(pressing[flagged].sum()), int(pressing.sum())
        measure = "urgent or worse found among the first 10%"
        inside, outside = logits[~pressing].tolist(), logits[pressing].tolist()
        found += [
            share(task, measure, hits, cases, protocol),
            area(task, "AUROC of urgent or worse", inside, outside, protocol),
        ]
    return found


def _said(made: Bench, file: str) -> Said:
    return [(row["text"], row["intent"]) for row in made.corpus.rows(file)]


def _strangers(made: Bench) -> list[str]:
    return [row["text"] for row in made.corpus.rows("intent_clinc150_oos_trainval")]


def _scope(made: Bench, strangers: list[str]) -> ScopeModel:
    """An out-of-scope model of few-shot taxonomies alone, none of them pretrained."""
    return encoded.fit_scope(made.corpus, (), (), made.texts, strangers)


if __name__ == "__main__":
    printed(figures(bench(BESIDE if BESIDE.exists() else None)))
