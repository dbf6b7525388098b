"""A text as the encoder tier's models read it: its words and its meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from streams.understanding.reading import Reading
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats, Lexicon, Vector, Vectoriser

if TYPE_CHECKING:  # the light tier must not load what runs the encoder
    from streams.understanding.meanings import Meanings


_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\W]+")


class Point(NamedTuple):
    """A text's vector of words and its vector of meaning."""

    vector: Vector
    meaning: Floats


class Points:
    """Makes the points of taught texts.

    Args:
        lexicon: Looks words up.
        vectoriser: Makes vectors of words.
        meanings: Makes vectors of meanings, or remembers them.
    """

    def __init__(self, lexicon: Lexicon, vectoriser: Vectoriser, meanings: Meanings) -> None:
        self._lexicon = lexicon
        self._vectoriser = vectoriser
        self._meanings = meanings

    def of(self, texts: Sequence[str]) -> list[Point]:
        """The points of texts as they were taught."""
        cleaned = as_pointed(texts)
        return [
            Point(self._vectoriser.vector(self._lexicon.look_up(text)), meaning)
            for text, meaning in zip(cleaned, self._meanings.of(cleaned), strict=True)
        ]


def as_pointed(texts: Sequence[str]) -> list[str]:
    """Texts as they were taught in the form in which their meanings are remembered."""
    return [clean(bounded(text)) for text in texts]


def point_of(reading: Reading) -> Point:
    """The point of a message.

    Raises:
        ValueError: It was read in the light tier, where texts have no meaning.
    """
    if reading.meaning is None:
        raise ValueError("a reading of the light tier has no meaning")
    return Point(reading.vector, reading.meaning)


def spelled(name: str) -> str:
    """The words of a name: `late_parcel` and `LateParcel` are both "late parcel"."""
    return " ".join(_SEAM.split(name)).strip().lower()
