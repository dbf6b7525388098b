"""The encoder tier of understanding: the light tier's models, each beside the sentence encoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources.abc import Traversable

import numpy as np

from streams.understanding import artefacts, light
from streams.understanding.artefacts import Arrays
from streams.understanding.article_words import WordsOfArticles
from streams.understanding.categories_encoded import (
    EncodedCategories,
    Known,
    MeantColumns,
    as_read,
)
from streams.understanding.dense_fields import ENCODED, texts_of
from streams.understanding.encoder import Encoder
from streams.understanding.filing import searched
from streams.understanding.index import Makers
from streams.understanding.knowledge_items import Article, Category, Tag
from streams.understanding.meanings import Meanings, Remembered
from streams.understanding.points import Points, as_pointed, spelled
from streams.understanding.priority import UnseenPriority
from streams.understanding.retrieval import ArticleIndex
from streams.understanding.retrieval_encoded import EncodedArticles, EncodedModels
from streams.understanding.tags_encoded import EncodedTags
from streams.understanding.tfidf import Floats, Lexicon, Vectoriser
from streams.understanding.tier import Tier
from streams.understanding.tone import ToneModel
from streams.understanding.tone_encoded import EncodedTone, encoded_tone

_REMEMBERED: dict[str, Remembered] = {}
"""What was encoded in this process, by the encoder's version: worker, gateway and shadow each load
a tier, and none of them is to wait for what another has read."""


def load(folder: Traversable | None = None) -> Tier:
    """The encoder tier of a folder, by default of the files that came with the package.

    Raises:
        ModelUnavailable: A file is missing or is not the one in the manifest.
    """
    place = folder or artefacts.shipped()
    graph, tokenizer, version = artefacts.read_encoder(place)
    arrays, versions = artefacts.read(place, (*artefacts.NAMES, *artefacts.ENCODED))
    encoder = Encoder(graph, tokenizer)
    remembered = _REMEMBERED.setdefault(version, Remembered())
    meanings = Meanings(encoder, arrays["meanings"], remembered)

    def makers(lexicon: Lexicon, vectoriser: Vectoriser, arrays: Mapping[str, Arrays]) -> Makers:
        points = Points(lexicon, vectoriser, meanings)
        looked_up = WordsOfArticles(lexicon, vectoriser)
        known = _known(arrays)
        words = light.retrieval(arrays["retrieval"])
        search = EncodedModels.of(arrays["retrieval_encoded"])

        def categories(taught: Sequence[Category]) -> EncodedCategories:
            kept = as_read(taught, known)
            return EncodedCategories(kept, known, [points.of(one.examples) for one in kept])

        def tags(taught: Sequence[Tag]) -> EncodedTags:
            examples = [points.of(one.examples) for one in taught]
            return EncodedTags(taught, examples, points.of([spelled(one.name) for one in taught]))

        def articles(taught: Sequence[Article], names: Sequence[str]) -> EncodedArticles:
            filed = searched(taught, known.words.names)
            by_words = ArticleIndex(filed, names, words, looked_up.of(taught))
            return EncodedArticles(taught, by_words, search, meanings)

        def reading(
            taught: Sequence[Category], tagged: Sequence[Tag], written: Sequence[Article]
        ) -> Iterator[int]:
            examples = [text for one in as_read(taught, known) for text in one.examples]
            borne = [text for one in tagged for text in (spelled(one.name), *one.examples)]
            fields = texts_of(written if len(written) <= ENCODED else ())
            texts = [*as_pointed([*examples, *borne]), *fields.short, *fields.long]
            return meanings.reading(texts)

        return Makers(categories, tags, articles, reading)

    def heard(words: ToneModel) -> EncodedTone:
        return encoded_tone(words, arrays["tone_encoded"])

    priority = UnseenPriority(
        arrays["priority"]["weights"].astype(np.float32), float(arrays["priority"]["bias"])
    )
    beside = light.Beside(encoder, makers, heard, priority)
    return Tier(light.parts(arrays, beside), {**versions, "encoder": version})


def _known(arrays: Mapping[str, Arrays]) -> Known:
    meant = arrays["categories_encoded"]
    rows: Floats = meant["rows"].astype(np.float32) * meant["scale"]
    return Known(
        words=light.pretrained(arrays["categories"]),
        meanings=MeantColumns(rows, meant["bias"], float(meant["sharpness"])),
        scope=light.scope_of(meant),
    )
