"""One reading of a message for all models: its sentences, words, vector, and what was spotted."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, NamedTuple

from streams.understanding.cues import spotted
from streams.understanding.text import sentences
from streams.understanding.tfidf import Floats, Lexicon, Vector, Vectoriser, Word

if TYPE_CHECKING:  # the light tier must not load what runs the encoder
    from streams.understanding.encoder import Encoder


class Part(NamedTuple):
    """A sentence: its text, the words' half of its vector, and the cues in it."""

    text: str
    words: Vector
    spotted: AbstractSet[str]


class Reading(NamedTuple):
    """What the models share of a message.

    Attributes:
        text: The cleaned text.
        parts: The sentences.
        words: The words of all sentences, in order: no word goes beyond a sentence.
        vector: Their vector.
        spotted: The names of the cues in any sentence.
        meaning: The sentence encoder's vector of the text; None in the light tier.
    """

    text: str
    parts: Sequence[Part]
    words: Sequence[Word]
    vector: Vector
    spotted: AbstractSet[str]
    meaning: Floats | None


class Reader:
    """Reads messages.

    Args:
        lexicon: Looks words up.
        vectoriser: Makes vectors.
        encoder: Makes vectors of meanings; None in the light tier.
    """

    def __init__(
        self, lexicon: Lexicon, vectoriser: Vectoriser, encoder: Encoder | None = None
    ) -> None:
        self._lexicon = lexicon
        self._vectoriser = vectoriser
        self._encoder = encoder

    def meaning(self, text: str) -> Floats | None:
        """The encoder's vector of a cleaned text; None in the light tier."""
        return None if self._encoder is None else self._encoder.encode(text)

    def read(self, text: str) -> Reading:
        """A cleaned text, read once."""
        look_up, word_vector = self._lexicon.look_up, self._vectoriser.word_vector
        meaning = self.meaning(text)
        parts: list[Part] = []
        words: list[Word] = []
        for sentence in sentences(text):
            said = look_up(sentence)
            words += said
            parts.append(Part(sentence, word_vector(said), spotted(sentence)))
        if len(parts) == 1:
            (part,) = parts
            vector = self._vectoriser.whole(words, part.words)
            return Reading(text, parts, words, vector, part.spotted, meaning)
        found = frozenset[str]().union(*(part.spotted for part in parts))
        return Reading(text, parts, words, self._vectoriser.vector(words), found, meaning)
