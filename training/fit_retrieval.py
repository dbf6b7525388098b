"""Fits the ranking of articles and the confidence, on open questions with and without answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from streams.understanding.article_words import WordsOfArticles
from streams.understanding.categories import ScopeModel
from streams.understanding.knowledge_items import Article
from streams.understanding.lexical_fields import RANK_FEATURES
from streams.understanding.retrieval import (
    CONFIDENCE_FEATURES,
    ArticleIndex,
    Candidates,
    RetrievalModel,
    confidence,
    listed,
)
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats, Vectoriser
from training.corpus import Corpus, noisy
from training.fit_categories import Banking, Fold, taught
from training.linear import LEXICON, fit_binary, reading_of

Outcome = tuple[float, bool, bool]
SHOTS = (0, 1, 2, 3, 5, 5, 5, 5, 10, 10, 20, 40, 2, 5, 10, 20)
"""Example questions an article, of each knowledge base; the last four have categories."""

WITHOUT_CATEGORIES = 12
NOTHING = np.empty(0, dtype=np.float32)


class Query(NamedTuple):
    """A question, the article that answers it (or None), and the categories' probabilities."""

    text: str
    answer: str | None
    categories: Floats


class Desk(NamedTuple):
    """A knowledge base with questions to it."""

    articles: list[Article]
    categories: tuple[str, ...]
    queries: list[Query]


def desks(
    corpus: Corpus,
    data: Banking,
    made: Sequence[Fold],
    scope: ScopeModel,
    vectoriser: Vectoriser,
    phrases: list[str],
) -> list[Desk]:
    """Knowledge bases of several sizes, each with articles left out, each met by noisy questions.

    The first two thirds have articles without categories; the others have the categories of a
    model that has not seen the questions.
    """
    dice = random.Random(9)
    sets = {
        "insurance": [(r["text"], r["intent"]) for r in corpus.rows("intent_natcs_insurance")],
        "orders": [(r["text"], r["intent"]) for r in corpus.rows("intent_bitext_train")],
    }
    strangers = [row["text"] for row in corpus.rows("intent_clinc150_oos_trainval")]
    strangers += [row["text"] for row in dice.sample(corpus.rows("intent_clinc150_train"), 400)]
    documents = [Article(r["id"], r["title"], r["body"]) for r in corpus.rows("kb_tau2bank_docs")]
    made_desks = []
    for number, shots in enumerate(SHOTS):
        fold = made[number % len(made)]
        with_categories = number >= WITHOUT_CATEGORIES
        banking = fold.held if with_categories else list(zip(data.texts, data.intents, strict=True))
        articles: list[Article] = []
        queries: list[tuple[str, str | None]] = []
        for name, rows in {"banking": banking, **sets}.items():
            found, asked = _ask(name, rows, shots, fold.left_out or None, dice)
            articles += found
            queries += asked
        articles += dice.sample(documents, (698, 300, 100)[number % 3])
        queries += [(text, None) for text in dice.sample(strangers, 120)]
        texts = [(noisy(t, dice, phrases) if dice.random() < 0.6 else t, a) for t, a in queries]
        names: tuple[str, ...] = ()
        judge = None
        if with_categories:
            model = taught(
                [c for c in data.starter if c.name not in fold.left_out],
                fold.pretrained, vectoriser, scope,
            )  # fmt: skip
            names, judge = model.names, model.judge
        else:
            articles = [Article(a.id, a.title, a.body, a.examples) for a in articles]
        made_desks.append(
            Desk(
                articles,
                names,
                [
                    Query(
                        text, answer,
                        judge(reading_of(vectoriser, text)).probabilities
                        if judge else NOTHING,
                    )
                    for text, answer in texts
                ],
            )
        )  # fmt: skip
    return made_desks


def _ask(
    name: str,
    rows: Sequence[tuple[str, str]],
    shots: int,
    left_out: frozenset[str] | None,
    dice: random.Random,
) -> tuple[list[Article], list[tuple[str, str | None]]]:
    """Articles of a set's intents, some left out, and questions to all of them."""
    intents = sorted({intent for _, intent in rows})
    missing = left_out if left_out and name == "banking" else None
    if missing is None:
        missing = frozenset(dice.sample(intents, len(intents) // 5))
    articles: list[Article] = []
    queries: list[tuple[str, str | None]] = []
    for intent in intents:
        texts = [text for text, other in rows if other == intent]
        dice.shuffle(texts)
        title = "".join(f" {c.lower()}" if c.isupper() else c for c in intent)
        title = title.replace("_", " ").strip().capitalize()
        if intent not in missing:
            body = f"How we help with {title.lower()}. " + " ".join(texts[:shots][:3])
            category = intent if name == "banking" else None
            articles.append(
                Article(f"{name}-{intent}", title, body, tuple(texts[:shots]), category)
            )
        count = 7 if name == "banking" else 4
        answer = None if intent in missing else f"{name}-{intent}"
        queries += [(text, answer) for text in texts[shots : shots + count]]
    return articles, queries


Seen = tuple[Candidates | None, list[bool], bool]
"""A question's candidates, which of them are right, and whether there is a right article."""


def look(desk: Desk, vectoriser: Vectoriser) -> list[Seen]:
    """The candidates of every question."""
    blank = RetrievalModel(
        np.zeros(RANK_FEATURES, dtype=np.float32),
        np.zeros((2, CONFIDENCE_FEATURES), dtype=np.float32),
        np.zeros(2, dtype=np.float32),
    )
    looked_up = WordsOfArticles(LEXICON, vectoriser).of(desk.articles)
    index = ArticleIndex(desk.articles, desk.categories, blank, looked_up)
    seen: list[Seen] = []
    for query in desk.queries:
        words = LEXICON.look_up(clean(bounded(query.text)))
        found = index.candidates(words, vectoriser.vector(words), query.categories)
        places = found.places.tolist() if found else []
        right = [desk.articles[i].id == query.answer for i in places]
        seen.append((found, right, query.answer is not None))
    return seen


def fit(made: Sequence[Desk], vectoriser: Vectoriser) -> tuple[RetrievalModel, list[list[Outcome]]]:
    """The model, and for every desk what a model that has not seen it makes of its questions."""
    seen = [look(desk, vectoriser) for desk in made]
    results = []
    for held in range(len(made)):
        model = _fit([row for i, rows in enumerate(seen) if i != held for row in rows])
        results.append([outcome(row, model) for row in seen[held]])
    return _fit([row for rows in seen for row in rows]), results


def _fit(rows: Sequence[Seen]) -> RetrievalModel:
    pairs = [(found, right) for found, right, _ in rows if found is not None]
    with_answer = [(found, right) for found, right in pairs if any(right)]
    rank, _ = _logistic(
        np.concatenate([found.features for found, _ in with_answer]),
        [value for _, right in with_answer for value in right],
    )
    first: list[tuple[Floats, bool]] = []
    others: list[tuple[Floats, bool]] = []
    for found, right in pairs:
        places, features = listed(found, rank)
        truth = dict(zip(found.places.tolist(), right, strict=True))
        for i, place in enumerate(places.tolist()):
            (others if i else first).append((features[i], truth[place]))
    fitted = [
        _logistic(np.stack([f for f, _ in part]), [r for _, r in part]) for part in (first, others)
    ]
    return RetrievalModel(
        rank,
        np.stack([weights for weights, _ in fitted]),
        np.array([bias for _, bias in fitted], dtype=np.float32),
    )


def _logistic(rows: Floats, labels: Sequence[bool]) -> tuple[Floats, float]:
    return fit_binary(rows, np.array(labels))


def outcome(row: Seen, model: RetrievalModel) -> Outcome:
    """Confidence of the first article, whether it is right, whether there is a right one."""
    found, right, answerable = row
    if found is None:
        return 0.0, False, answerable
    places, features = listed(found, model.rank)
    truth = dict(zip(found.places.tolist(), right, strict=True))
    return float(confidence(features, model)[0]), truth[int(places[0])], answerable


def report(name: str, found: Sequence[Outcome]) -> None:
    """Precision and coverage of the answers over 0.8 and 0.9, and calibration."""
    rows = np.array(found, dtype=np.float64)
    answerable = rows[:, 2] > 0
    line = f"retrieval, {name}, {len(rows)} held out: hit@1 {rows[answerable, 1].mean():.3f}"
    for threshold in (0.8, 0.9):
        over = rows[:, 0] > threshold
        right = rows[over, 1].mean() if over.any() else float("nan")
        line += (
            f"; over {threshold} {right:.3f} right, on {over[answerable].mean():.3f} of answerable"
            f" and {over[~answerable].mean():.3f} of the others"
        )
    gaps = np.zeros((15, 3))
    for value, right, _ in found:
        gaps[min(14, int(value * 15))] += (1, value, right)
    print(f"{line}; ECE {np.abs(gaps[:, 1] - gaps[:, 2]).sum() / len(rows):.3f}", flush=True)
