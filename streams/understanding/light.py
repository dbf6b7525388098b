"""The light tier of understanding: small models in numpy, without the sentence encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from streams.understanding import artefacts
from streams.understanding.artefacts import Arrays
from streams.understanding.article_words import WordsOfArticles
from streams.understanding.categories import CategoryModel, Pretrained, ScopeModel
from streams.understanding.features import TermTable
from streams.understanding.filing import searched
from streams.understanding.index import Fitter, Makers
from streams.understanding.language import LanguageModel
from streams.understanding.priority import UnseenPriority
from streams.understanding.reading import Reader
from streams.understanding.retrieval import ArticleIndex, RetrievalModel
from streams.understanding.tags import TagModel
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Head, Lexicon, Vector, Vectoriser
from streams.understanding.tier import Parts, Tier
from streams.understanding.tone import Tone, ToneModel

if TYPE_CHECKING:  # this tier must not load what runs the encoder
    from streams.understanding.encoder import Encoder


def load(folder: Traversable | None = None) -> Tier:
    """The light tier of a folder, by default of the files that came with the package.

    Raises:
        ModelUnavailable: A file is missing or is not the one in the manifest.
    """
    arrays, versions = artefacts.read(folder or artefacts.shipped())
    return Tier(parts(arrays), versions)


class Beside(NamedTuple):
    """What another tier has beside this one's models, or in their place.

    Attributes:
        encoder: What gives every reading its meaning.
        makers: Gives what makes the models of what is taught.
        heard: Makes a model of tone that has this tier's in it.
        priority: How pressing an issue is that no rubric knows.
    """

    encoder: Encoder
    makers: Callable[[Lexicon, Vectoriser, Mapping[str, Arrays]], Makers]
    heard: Callable[[ToneModel], Tone]
    priority: UnseenPriority


def parts(arrays: Mapping[str, Arrays], beside: Beside | None = None) -> Parts:
    """The models of the light tier's artefacts.

    Args:
        arrays: By name, by artefact.
        beside: What another tier has beside them; None for this one.
    """
    lexicon = Lexicon()
    vectoriser = Vectoriser(arrays["idf"]["idf"].astype(np.float32))
    reader = Reader(lexicon, vectoriser, None if beside is None else beside.encoder)
    language, terms, tone = arrays["language"], arrays["linking_idf"], arrays["tone"]
    words = ToneModel(_head(tone), tone["dense"], float(tone["slope"]), float(tone["offset"]))
    tones: Tone = words if beside is None else beside.heard(words)
    made_by = makers if beside is None else beside.makers
    return Parts(
        reader=reader,
        language=LanguageModel(tuple(language["names"].tolist()), _head(language)),
        tone=tones,
        terms=TermTable(terms["terms"], terms["idf"], float(terms["unseen"])),
        priority=None if beside is None else beside.priority,
        fitter=Fitter(
            made_by(lexicon, vectoriser, arrays),
            lambda text: tones.score(reader.read(text)),
        ),
    )


def makers(lexicon: Lexicon, vectoriser: Vectoriser, arrays: Mapping[str, Arrays]) -> Makers:
    """What makes the light tier's models of what is taught."""
    known = pretrained(arrays["categories"])
    scope = scope_of(arrays["categories"])
    search = retrieval(arrays["retrieval"])
    words = WordsOfArticles(lexicon, vectoriser)

    def vectors(texts: Sequence[str]) -> list[Vector]:
        return [vectoriser.vector(lexicon.look_up(clean(bounded(text)))) for text in texts]

    return Makers(
        categories=lambda taught: CategoryModel(
            taught, known, scope, [vectors(one.examples) for one in taught]
        ),
        tags=lambda taught: TagModel(taught, [vectors(one.examples) for one in taught]),
        articles=lambda taught, names: ArticleIndex(
            searched(taught, known.names), names, search, words.of(taught)
        ),
        reading=lambda *_: iter(()),  # words are looked up in less time than it takes to tell
    )


def pretrained(arrays: Arrays) -> Pretrained:
    """The starter categories' columns over words, from the artefact `categories`."""
    return Pretrained(
        tuple(arrays["names"].tolist()),
        tuple(frozenset(row) for row in arrays["examples"].tolist()),
        _head(arrays),
    )


def retrieval(arrays: Arrays) -> RetrievalModel:
    """The weights of search by words, from the artefact `retrieval`."""
    return RetrievalModel(arrays["rank"], arrays["confidence"], arrays["bias"])


def scope_of(arrays: Arrays) -> ScopeModel:
    """The out-of-scope model of an artefact."""
    return ScopeModel(arrays["scope"], float(arrays["scope_bias"]))


def _head(arrays: Arrays) -> Head:
    return Head(arrays["features"], arrays["rows"], arrays["scale"], arrays["bias"])
