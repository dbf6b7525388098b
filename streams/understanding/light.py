"""The light tier of understanding: small models in numpy, loaded once, asked once a message."""

from __future__ import annotations

from importlib.resources.abc import Traversable

import numpy as np

from agents.world import Understanding
from streams.understanding import artefacts, facts
from streams.understanding.artefacts import Arrays
from streams.understanding.categories import Pretrained, ScopeModel
from streams.understanding.cues import cues, deadlines, urgency
from streams.understanding.features import TermTable
from streams.understanding.index import Fitter, KnowledgeIndex
from streams.understanding.language import LanguageModel
from streams.understanding.reading import Reader
from streams.understanding.retrieval import RetrievalModel
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Head, Lexicon, Vectoriser
from streams.understanding.tone import ToneModel

ENGLISH = frozenset({None, "en", "hi-Latn"})
"""Languages whose tone the model can judge; a message in another one is neutral."""

NEUTRAL = 0.5


class LightModels:
    """Everything that the light tier knows before anything is taught.

    Attributes:
        versions: "version+first twelve hexadecimal digits of SHA-256" by artefact.
    """

    def __init__(self, arrays: dict[str, Arrays], versions: dict[str, str]) -> None:
        self.versions = versions
        lexicon = Lexicon()
        vectoriser = Vectoriser(arrays["idf"]["idf"].astype(np.float32))
        self._reader = Reader(lexicon, vectoriser)
        categories, retrieval, tone = arrays["categories"], arrays["retrieval"], arrays["tone"]
        language = arrays["language"]
        terms = arrays["linking_idf"]
        self._terms = TermTable(terms["terms"], terms["idf"], float(terms["unseen"]))
        self._language = LanguageModel(tuple(language["names"].tolist()), _head(language))
        self._tone = ToneModel(
            _head(tone), tone["dense"], float(tone["slope"]), float(tone["offset"])
        )
        self._fitter = Fitter(
            lexicon,
            vectoriser,
            Pretrained(
                tuple(categories["names"].tolist()),
                tuple(frozenset(row) for row in categories["examples"].tolist()),
                _head(categories),
            ),
            ScopeModel(categories["scope"], float(categories["scope_bias"])),
            RetrievalModel(retrieval["rank"], retrieval["confidence"], retrieval["bias"]),
            self.raw_tone,
        )

    @classmethod
    def load(cls, folder: Traversable | None = None) -> LightModels:
        """The models of a folder, by default those that came with the package.

        Raises:
            ModelUnavailable: A file is missing or is not the one in the manifest.
        """
        return cls(*artefacts.read(folder or artefacts.shipped()))

    def understand(
        self,
        message: str,
        *,
        subject: str = "",
        known_language: str | None = None,
        index: KnowledgeIndex,
    ) -> Understanding:
        """What the models make of a message.

        Models read the first `MODEL_CHARS` characters of subject and message together; facts and
        clues are taken from the first `MODEL_CHARS` of the message and quoted with their places
        in it. So any message takes bounded time.

        Args:
            message: The text as it was received.
            subject: The subject line, where the channel has one.
            known_language: The language known from the conversation or the customer.
            index: What was taught; fitted on its first message.
        """
        fitted = self._fitter.fitted(index)
        raw = bounded(message)
        text = clean(bounded(f"{subject}\n{raw}") if subject else raw)
        own = clean(raw) if subject and raw.strip() else text
        reading = self._reader.read(text)
        words, vector, found = reading.words, reading.vector, reading.spotted
        language, certainty = self._language.identify(text, vector, known_language)
        score = NEUTRAL
        if language in ENGLISH:
            score = fitted.tone.apply(self._tone.score(reading.parts))
        quoted = facts.found(raw)
        judgement = fitted.categories.judge(vector)
        return Understanding(
            language=language,
            language_confidence=certainty,
            sentiment_score=score,
            urgency_indicators=urgency(text, found),
            deadlines=deadlines(text),
            cues=cues(text, own, (word.text for word in words), found),
            categories=fitted.categories.listed(judgement),
            out_of_scope=round(judgement.outside, 4) if fitted.categories.names else None,
            tags=fitted.tags.borne(vector),
            solutions=fitted.articles.search(words, vector, judgement.probabilities, language),
            clues=facts.clues(quoted),
            facts=facts.facts(quoted),
            features=self._terms.features(text, words),
            unseen_priority=None,
        )

    def raw_tone(self, message: str) -> float:
        """The tone of a message before a deployment's own calibration, 0 to 1."""
        return self._tone.score(self._reader.read(clean(bounded(message))).parts)


def _head(arrays: Arrays) -> Head:
    return Head(arrays["features"], arrays["rows"], arrays["scale"], arrays["bias"])
