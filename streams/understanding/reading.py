"""One reading of a message for all models: its sentences, words, vector, and what was spotted."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from streams.understanding.cues import spotted
from streams.understanding.text import sentences
from streams.understanding.tfidf import Lexicon, Vector, Vectoriser, Word
from streams.understanding.tone import Part


class Reading(NamedTuple):
    """What the models share of a message.

    Attributes:
        parts: The sentences.
        words: The words of all sentences, in order: no word goes beyond a sentence.
        vector: Their vector.
        spotted: The names of the cues in any sentence.
    """

    parts: Sequence[Part]
    words: Sequence[Word]
    vector: Vector
    spotted: AbstractSet[str]


class Reader:
    """Reads messages.

    Args:
        lexicon: Looks words up.
        vectoriser: Makes vectors.
    """

    def __init__(self, lexicon: Lexicon, vectoriser: Vectoriser) -> None:
        self._lexicon = lexicon
        self._vectoriser = vectoriser

    def read(self, text: str) -> Reading:
        """A cleaned text, read once."""
        look_up, vector = self._lexicon.look_up, self._vectoriser.word_vector
        parts: list[Part] = []
        words: list[Word] = []
        for sentence in sentences(text):
            said = look_up(sentence)
            words += said
            parts.append(Part(sentence, vector(said), spotted(sentence)))
        if len(parts) == 1:
            (part,) = parts
            return Reading(parts, words, self._vectoriser.whole(words, part.words), part.spotted)
        found = frozenset[str]().union(*(part.spotted for part in parts))
        return Reading(parts, words, self._vectoriser.vector(words), found)
