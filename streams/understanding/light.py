"""The light tier of understanding: small models in numpy, without the sentence encoder."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import numpy as np

from streams.understanding import artefacts
from streams.understanding.artefacts import Arrays
from streams.understanding.categories import Pretrained, ScopeModel
from streams.understanding.features import TermTable
from streams.understanding.index import Fitter
from streams.understanding.language import LanguageModel
from streams.understanding.reading import Reader
from streams.understanding.retrieval import RetrievalModel
from streams.understanding.tfidf import Head, Lexicon, Vectoriser
from streams.understanding.tier import Parts, Tier
from streams.understanding.tone import ToneModel

if TYPE_CHECKING:  # this tier must not load what runs the encoder
    from streams.understanding.encoder import Encoder


def load(folder: Traversable | None = None) -> Tier:
    """The light tier of a folder, by default of the files that came with the package.

    Raises:
        ModelUnavailable: A file is missing or is not the one in the manifest.
    """
    arrays, versions = artefacts.read(folder or artefacts.shipped())
    return Tier(parts(arrays), versions)


def parts(arrays: Mapping[str, Arrays], encoder: Encoder | None = None) -> Parts:
    """The models of the light tier's artefacts.

    Args:
        arrays: By name, by artefact.
        encoder: What gives every reading its meaning, for models beside these; None gives none.
    """
    lexicon = Lexicon()
    vectoriser = Vectoriser(arrays["idf"]["idf"].astype(np.float32))
    reader = Reader(lexicon, vectoriser, encoder)
    categories, retrieval, tone = arrays["categories"], arrays["retrieval"], arrays["tone"]
    language, terms = arrays["language"], arrays["linking_idf"]
    tones = ToneModel(_head(tone), tone["dense"], float(tone["slope"]), float(tone["offset"]))
    return Parts(
        reader=reader,
        language=LanguageModel(tuple(language["names"].tolist()), _head(language)),
        tone=tones,
        terms=TermTable(terms["terms"], terms["idf"], float(terms["unseen"])),
        fitter=Fitter(
            lexicon,
            vectoriser,
            Pretrained(
                tuple(categories["names"].tolist()),
                tuple(frozenset(row) for row in categories["examples"].tolist()),
                _head(categories),
            ),
            ScopeModel(categories["scope"], float(categories["scope_bias"])),
            RetrievalModel(retrieval["rank"], retrieval["confidence"], retrieval["bias"]),
            lambda text: tones.score(reader.read(text)),
        ),
    )


def _head(arrays: Arrays) -> Head:
    return Head(arrays["features"], arrays["rows"], arrays["scale"], arrays["bias"])
