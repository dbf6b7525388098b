"""Makes every artefact of both tiers from open data: `python training/train.py`.

With `--report` it prints the figures on data held out from the models, with `--check` it writes
nothing. Deterministic: the same data, numpy and scikit-learn give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"  # sums in one order, so that runs agree
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import msgspec  # noqa: E402  # after the path is set
import numpy as np  # noqa: E402  # after the path is set
from numpy.typing import NDArray  # noqa: E402  # after the path is set

from streams.understanding.artefacts import MANIFEST, Entry  # noqa: E402  # after the path is set
from streams.understanding.text import fingerprint  # noqa: E402  # after the path is set
from streams.understanding.tfidf import Vectoriser  # noqa: E402  # after the path is set
from training import (  # noqa: E402  # after the path is set
    encoder_tier,
    fit_categories,
    fit_language,
    fit_retrieval,
    fit_terms,
    fit_tone,
)
from training.corpus import BESIDE, Corpus  # noqa: E402  # after the path is set
from training.encoder_tier import LightTier  # noqa: E402  # after the path is set
from training.linear import fit_idf  # noqa: E402  # after the path is set
from training.starter import starter_categories  # noqa: E402  # after the path is set

VERSION = "1"
FOLDER = ROOT / "streams" / "understanding" / "artefacts"
STARTER = ROOT / "streams" / "understanding" / "starter.json.gz"


def main() -> None:
    """Fit everything, write it unless told not to, report if told to."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=BESIDE if BESIDE.exists() else None)
    options.add_argument("--report", action="store_true", help="print held-out figures")
    options.add_argument("--check", action="store_true", help="write nothing")
    chosen = options.parse_args()
    corpus = Corpus(chosen.data)

    idf = general_idf(corpus)
    vectoriser = Vectoriser(idf.astype(np.float32))
    phrases = corpus.tone_phrases()
    starter = starter_categories(corpus)
    artefacts: dict[str, Mapping[str, NDArray[Any]]] = {
        "idf": {"idf": idf},
        "linking_idf": fit_terms.fit(corpus),
    }

    data = fit_categories.banking(corpus, starter)
    spoken = sorted(phrases)
    folds = fit_categories.folds(data, vectoriser, spoken)
    scope, _ = fit_categories.fit_scope(corpus, data, folds, vectoriser)
    names = [category.name for category in starter]
    head = fit_categories.fit_head(data.texts, data.intents, names, vectoriser, spoken)
    artefacts["categories"] = fit_categories.sharpened(head, folds[0].factor) | {
        "names": np.array(names),
        "examples": np.array(
            [[fingerprint(text) for text in category.examples] for category in starter]
        ),
        "scope": scope.weights,
        "scope_bias": np.array(scope.bias),
    }

    desks = fit_retrieval.desks(corpus, data, folds, scope, vectoriser, spoken)
    retrieval, outcomes = fit_retrieval.fit(desks, vectoriser)
    artefacts["retrieval"] = {
        "rank": retrieval.rank,
        "confidence": retrieval.confidence,
        "bias": retrieval.bias,
    }

    artefacts["language"] = fit_language.fit(fit_language.samples(corpus), vectoriser)

    unaware, _, others = fit_tone.unaware(corpus, phrases, vectoriser)
    heard = fit_tone.held_out(corpus, unaware, others, vectoriser)
    slope, offset = fit_tone.calibration(heard)
    artefacts["tone"] = fit_tone.fit(
        fit_tone.general(corpus) + fit_tone.support(phrases), vectoriser
    ) | {"slope": np.array(slope), "offset": np.array(offset)}
    tones = (fit_tone.model_of(artefacts["tone"]), unaware)

    encoded, outcomes_encoded = encoder_tier.fit(
        corpus, LightTier(data, folds, vectoriser, phrases, desks, tones)
    )
    artefacts |= encoded

    if not chosen.check:
        write(artefacts)
        STARTER.write_bytes(gzip.compress(msgspec.json.encode(starter), 9, mtime=0))
    if chosen.report:
        fit_categories.report(data, folds[0], vectoriser, scope, spoken)
        split = fit_retrieval.WITHOUT_CATEGORIES
        for tier, found in (("light", outcomes), ("encoder", outcomes_encoded)):
            for title, part in (("no categories", found[:split]), ("categories", found[split:])):
                fit_retrieval.report(f"{tier}, {title}", [row for rows in part for row in rows])
        fit_language.report(corpus, vectoriser)
        fit_tone.report(heard, slope, offset)


def general_idf(corpus: Corpus) -> NDArray[np.float16]:
    """Inverse document frequencies of English support text."""
    texts = [row["text"] for row in corpus.rows("intent_banking77_train")]
    texts += [row["text"] for row in corpus.rows("intent_clinc150_train")]
    texts += [row["text"] for row in corpus.rows("intent_natcs_insurance")]
    texts += [row["text"] for row in corpus.rows("sentiment_goemotions_open")[::2]]
    texts += [row["body"][:600] for row in corpus.rows("kb_tau2bank_docs")]
    return fit_idf(texts).astype(np.float16)


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as a compressed file that is the same for the same arrays."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # the stub takes them for flags
    return file.getvalue()


def write(artefacts: Mapping[str, Mapping[str, NDArray[Any]]]) -> None:
    """Write the artefacts and the manifest."""
    for name, arrays in sorted(artefacts.items()):
        content = packed(arrays)
        (FOLDER / f"{name}.npz").write_bytes(content)
        print(f"{name}.npz: {len(content):,} bytes, {hashlib.sha256(content).hexdigest()[:12]}")
    written_down()


def written_down() -> None:
    """Write the manifest of the files that are there."""
    manifest = {
        file.name: Entry(VERSION, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in sorted(FOLDER.iterdir())
        if file.name != MANIFEST
    }
    (FOLDER / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")


if __name__ == "__main__":
    main()
