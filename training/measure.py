"""Measures what the models are worth and keeps it with them: `python training/measure.py [PART …]`.

Every figure is of models that have not seen what they are judged on; the shipped ones, made in the
same way, have seen all of the open data. Without parts everything is measured, which takes an hour;
parts that are not named keep their figures. `pactdesk evaluate` prints them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"  # sums in one order, so that runs agree
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import msgspec  # noqa: E402  # after the path is set
import numpy as np  # noqa: E402  # after the path is set

from streams.evaluating.evaluation import Made, when_made  # noqa: E402  # after the path is set
from streams.evaluating.figures import Figure, Lacking  # noqa: E402  # after the path is set
from streams.knowledge import KnowledgeHistory  # noqa: E402  # after the path is set
from streams.understanding import artefacts, tiers  # noqa: E402  # after the path is set
from streams.understanding.tfidf import Vectoriser  # noqa: E402  # after the path is set
from training import (  # noqa: E402  # after the path is set
    figures_categories,
    figures_handover,
    figures_language,
    figures_learning,
    figures_linking,
    figures_retrieval,
    figures_tone,
)
from training.corpus import BESIDE, Corpus  # noqa: E402  # after the path is set
from training.encoding import Encoding  # noqa: E402  # after the path is set
from training.figures import printed  # noqa: E402  # after the path is set
from training.starter import starter_categories  # noqa: E402  # after the path is set
from training.train import FOLDER, written_down  # noqa: E402  # after the path is set

LACKING = (
    Lacking(
        "tone of complaints to airlines", "no labelled set of them may be trained on or shipped"
    ),
    Lacking("satisfaction", "it takes people; answers to surveys are counted, never estimated"),
    Lacking("categories of a bank's and a financial company's calls", "not among the open files"),
)
"""What is asked for now and then, and what no open data allows."""


def vectoriser() -> Vectoriser:
    """What makes vectors of words, as it ships."""
    arrays, _ = artefacts.read(artefacts.shipped(), ("idf",))
    return Vectoriser(arrays["idf"]["idf"].astype(np.float32))


def corpus() -> Corpus:
    """The open files."""
    return Corpus(BESIDE if BESIDE.exists() else None)


PARTS: dict[str, Callable[[], list[Figure]]] = {
    "categories": lambda: figures_categories.figures(figures_categories.bench(BESIDE)),
    "handover": lambda: figures_handover.figures(
        BESIDE, KnowledgeHistory(tiers.load("encoder")).at(0.0)
    ),
    "language": lambda: figures_language.figures(corpus(), vectoriser()),
    "learning": lambda: figures_learning.figures(tiers.load("encoder"), BESIDE),
    "linking": lambda: figures_linking.figures(BESIDE),
    "search": lambda: figures_retrieval.figures(
        tiers.load("encoder"), BESIDE, starter_categories(corpus())
    ),
    "tone": lambda: figures_tone.figures(corpus(), vectoriser(), Encoding()),
}


def main() -> None:
    """Measure the parts that are named, and write them down as each is done."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    for part in options.parse_args().parts or PARTS:
        found = PARTS[part]()
        printed(found)
        # read again: another part may have been measured meanwhile
        made = Made(dict(sorted({**when_made().figures, part: tuple(found)}.items())), LACKING)
        (FOLDER / artefacts.FIGURES).write_bytes(
            msgspec.json.format(msgspec.json.encode(made)) + b"\n"
        )
        written_down()


if __name__ == "__main__":
    main()
