"""Categories and tags beside what the textbook has: `python bench/textbook.py [--data DIR]`.

The textbook's is scikit-learn's objects: logistic regressions over TF-IDF of words and pieces of
words and over the encoder's meanings, the geometric mean of both for categories, one for each tag
over both together. It is fitted on the texts that ours is fitted on and asked the texts that ours
is asked, in one run. What such a pair was measured at elsewhere, on another split of the same
data, can be compared by its distance from ours here. The encoder's time is the same for both and
left out.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it

import numpy as np  # noqa: E402  # after the path is set
from numpy.typing import NDArray  # noqa: E402  # after the path is set
from scipy import sparse  # noqa: E402  # after the path is set
from sklearn.exceptions import ConvergenceWarning  # noqa: E402  # after the path is set
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402  # after the path is set
from sklearn.linear_model import LogisticRegression  # noqa: E402  # after the path is set
from sklearn.model_selection import cross_val_predict  # noqa: E402  # after the path is set
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402  # after the path is set
from sklearn.pipeline import make_union  # noqa: E402  # after the path is set

from streams.understanding.points import Point  # noqa: E402  # after the path is set
from streams.understanding.tfidf import Floats  # noqa: E402  # after the path is set
from training import figures_categories as ours  # noqa: E402  # after the path is set
from training.corpus import noisy  # noqa: E402  # after the path is set
from training.fit_categories_encoded import taught  # noqa: E402  # after the path is set
from training.linear import vector_of  # noqa: E402  # after the path is set

TIMED = 500
"""So many texts are timed."""

WORDS_C, MEANINGS_C, TAGS_C = 20.0, 10.0, 30.0
"""How freely the textbook's models are fitted: the best of 3, 10, 20, 30 and 100 on these data."""

THRESHOLDS = [percent / 100 for percent in range(10, 55, 5)]


class Row(NamedTuple):
    """A line of the table."""

    measure: str
    ours: str
    textbook: str


class Pair:
    """The textbook's two models of categories.

    Args:
        texts: What it is fitted on.
        meanings: Their meanings.
        intents: Their categories.
    """

    def __init__(self, texts: Sequence[str], meanings: Floats, intents: Sequence[str]) -> None:
        self._union = words_and_pieces()
        words = self._union.fit_transform(texts)
        self._by_words = LogisticRegression(C=WORDS_C, max_iter=200).fit(words, intents)
        self._by_meaning = LogisticRegression(C=MEANINGS_C, max_iter=300).fit(meanings, intents)

    def chosen(self, texts: Sequence[str], meanings: Floats) -> NDArray[np.str_]:
        """The category of each text."""
        both = self._by_words.predict_log_proba(self._union.transform(texts))
        both += self._by_meaning.predict_log_proba(meanings)
        found: NDArray[np.str_] = self._by_words.classes_[both.argmax(axis=1)]
        return found


def words_and_pieces() -> TfidfVectorizer:
    """What makes a text's vector of words and of pieces of words."""
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )


def categories(made: ours.Bench) -> list[Row]:
    """Banking77, a fifth held out: how many are right, clean and noisy, and how fast."""
    rows = made.corpus.rows("intent_banking77_train")
    kept, held = ours.split([(row["text"], row["intent"]) for row in rows])
    known, columns = ours.fitted(made, kept)
    model = taught(known, columns, made.texts)
    dice = random.Random(2)  # as ours has it: every text and a noisy copy of it
    texts = [text for text, _ in kept]
    texts += [noisy(text, dice, made.phrases) for text in texts]
    pair = Pair(texts, made.texts.encoding.of(texts), [intent for _, intent in kept] * 2)
    intents = [intent for _, intent in held]
    found = []
    clean = [text for text, _ in held]
    spoilt = [ours.spoilt(text, made.phrases) for text in clean]
    for measure, asked in (("categories right", clean), ("noisy ones right", spoilt)):
        right = ours.accuracy(model, made.texts.of(asked), intents)
        theirs = int((pair.chosen(asked, made.texts.encoding.of(asked)) == intents).sum())
        found.append(Row(f"{measure}, of {len(held)}", share(right, held), share(theirs, held)))
    meanings = made.texts.encoding.of(clean[:TIMED])

    def one(place: int) -> None:
        model.observe(Point(vector_of(made.vectoriser, clean[place]), meanings[place]))

    def other(place: int) -> None:
        pair.chosen([clean[place]], meanings[place : place + 1])

    return [*found, Row("one text at a time, ms", milliseconds(one), milliseconds(other))]


def share(right: int, of: Sequence[object]) -> str:
    """A share in per cent."""
    return f"{100 * right / len(of):.1f}%"


def milliseconds(work: Callable[[int], None]) -> str:
    """The median time of a text, and the 95th percentile."""
    work(0)
    taken = []
    for place in range(TIMED):
        started = time.perf_counter()
        work(place)
        taken.append(1000 * (time.perf_counter() - started))
    p50, p95 = np.percentile(taken, (50, 95))
    return f"{p50:.2f}, p95 {p95:.2f}"


def tags(made: ours.Bench) -> list[Row]:
    """NLU++ by its folds: the micro-F1 of tags."""
    found = []
    for figure in ours.tags(made):
        name = figure.task.rpartition(" ")[2]
        rows = made.corpus.rows(f"tags_nlupp_{name}_open")
        theirs = _micro_f1_by_folds(made, rows)
        measure = f"tags of {name}, micro-F1"
        found.append(Row(measure, f"{100 * figure.value:.1f}%", f"{100 * theirs:.1f}%"))
    return found


def _micro_f1_by_folds(made: ours.Bench, rows: Sequence[dict[str, object]]) -> float:
    """The textbook's; the threshold is chosen on what was kept for training."""
    texts = np.array([row["text"] for row in rows])
    names = sorted({tag for row in rows for tag in row["tags"]})  # type: ignore[attr-defined]  # a list of names
    bears = np.array([[name in row["tags"] for name in names] for row in rows])  # type: ignore[operator]  # likewise
    meanings, fold = made.texts.encoding.of(texts.tolist()), np.array([row["fold"] for row in rows])
    said = np.zeros(bears.shape, dtype=bool)
    for held in sorted(set(fold.tolist())):
        kept, out = fold != held, fold == held
        union = words_and_pieces()
        inside = sparse.hstack([union.fit_transform(texts[kept]), meanings[kept]]).tocsr()
        outside = sparse.hstack([union.transform(texts[out]), meanings[out]]).tocsr()
        model = OneVsRestClassifier(LogisticRegression(C=TAGS_C, max_iter=300))
        with warnings.catch_warnings():  # a tag that no text of a part bears
            warnings.simplefilter("ignore", UserWarning)
            tried = cross_val_predict(
                model, inside, bears[kept].astype(int), cv=3, method="predict_proba"
            )
            sure = model.fit(inside, bears[kept].astype(int)).predict_proba(outside)
        best = max(THRESHOLDS, key=lambda one: micro_f1(tried > one, bears[kept]))
        said[out] = sure > best
    return micro_f1(said, bears)


def micro_f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Twice what is said and true, of what is said and what is true."""
    return float(2 * (said & true).sum() / max(1, said.sum() + true.sum()))


def compared(data: Path | None) -> None:
    """Print the table."""
    made = ours.bench(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = [Row("", "ours", "scikit-learn's"), *categories(made), *tags(made)]
    for row in rows:
        print(f"{row.measure:32}{row.ours:>20}{row.textbook:>20}")


def main() -> None:
    """Compare on the open data of a folder, or on what the project commits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    data: Path = parser.parse_args().data
    compared(data if data.exists() else None)


if __name__ == "__main__":
    main()
