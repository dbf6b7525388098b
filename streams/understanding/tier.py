"""What the models make of a message: the one way through them, whatever the tier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agents.languages import spoken
from agents.world import Understanding
from streams.understanding import facts
from streams.understanding.cues import cues, urgency
from streams.understanding.deadlines import deadlines
from streams.understanding.features import Features, TermTable, comes_back, sketch
from streams.understanding.index import Fitter, KnowledgeIndex
from streams.understanding.language import LanguageModel
from streams.understanding.priority import UnseenPriority
from streams.understanding.reading import Reader, Reading
from streams.understanding.statements import statements
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats
from streams.understanding.tone import Tone

ENGLISH = frozenset({None, "en", "hi-Latn"})
"""Languages whose tone and urgency the models can judge; others are neutral and unknown."""

NEUTRAL = 0.5


class Parts(NamedTuple):
    """The models of a tier.

    Attributes:
        reader: Reads a message once for all of them.
        language: Which language.
        tone: How unhappy it sounds, before a deployment's own calibration.
        terms: What linking compares.
        priority: How pressing an issue is that no rubric knows; None where a tier cannot say.
        fitter: Fits what was taught.
    """

    reader: Reader
    language: LanguageModel
    tone: Tone
    terms: TermTable
    priority: UnseenPriority | None
    fitter: Fitter


class Tier:
    """Everything that a tier knows before anything is taught; loaded once, asked once a message.

    Args:
        parts: The models.
        versions: "version+first twelve hexadecimal digits of SHA-256" by artefact.
    """

    def __init__(self, parts: Parts, versions: Mapping[str, str]) -> None:
        self.versions = versions
        self._reader, self._language, self._tone = parts.reader, parts.language, parts.tone
        self._terms, self._priority, self._fitter = parts.terms, parts.priority, parts.fitter

    def prepare(self, index: KnowledgeIndex) -> Iterator[int]:
        """Fit what was taught before a message needs it, step by step; gives how many are left."""
        return self._fitter.prepare(index)

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
        known = None if known_language is None else spoken(known_language)
        raw = bounded(message)
        text = clean(bounded(f"{subject}\n{raw}") if subject else raw)
        own = clean(raw) if subject and raw.strip() else text
        reading = self._reader.read(text)
        language, certainty = self._language.identify(reading, known)
        score, pressing = NEUTRAL, None
        if language in ENGLISH:
            score = fitted.tone.apply(self._tone.score(reading))
            pressing = None if self._priority is None else self._priority.of(reading)
        named = deadlines(text)
        quoted = facts.found(raw)
        if len(message) > len(raw):  # what ends there may go on
            quoted = [one for one in quoted if one.end < len(raw)]
        features = self._terms.features(text, reading.words)
        judgement = fitted.categories.judge(reading)
        solutions = fitted.articles.search(reading, judgement.probabilities, language)
        return Understanding(
            language=language,
            language_confidence=certainty,
            sentiment_score=score,
            urgency_indicators=urgency(text, reading.spotted, named),
            deadlines=named,
            cues=cues(text, own, (word.text for word in reading.words), reading.spotted),
            categories=fitted.categories.listed(judgement),
            out_of_scope=round(judgement.outside, 4) if fitted.categories.names else None,
            tags=fitted.tags.borne(reading),
            solutions=fitted.trust.applied(solutions),
            clues=facts.clues(quoted),
            facts=[*facts.facts(quoted, raw), *statements(raw, quoted)],
            features=features,
            unseen_priority=pressing,
            meaning=sketch(self._about(reading, features), features),
        )

    def _about(self, reading: Reading, features: Features) -> Floats | None:
        """The vector that linking compares: of the matter alone, where somebody comes back to it.

        How people come back is alike whatever they come back to.
        """
        if reading.meaning is None or not comes_back(features):
            return reading.meaning
        named = self._terms.matter(reading.text)
        return self._reader.meaning(named) if named else reading.meaning

    def raw_tone(self, message: str) -> float:
        """The tone of a message before a deployment's own calibration, 0 to 1."""
        return self._tone.score(self._reader.read(clean(bounded(message))))
