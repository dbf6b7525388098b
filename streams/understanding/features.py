"""Features of a message for linking: hashed, weighted words, without the words themselves."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from agents.linking_terms import CUE_STEMS, CUES, EMPTY, FOLLOW_UP, stem, term
from streams.understanding.slips import Slips
from streams.understanding.tfidf import Floats, Word, counted

Features = Sequence[Sequence[float]]
"""Pairs of a term's hash and its weight."""

LIMIT = 48
"""How many terms a message keeps at most."""

ANYBODY = stem("anybody")
"""What somebody means who calls again."""

CACHED_WORDS = 8192
"""Of how many words the weights are remembered."""

_ADDRESS = re.compile(r"\S+@\S+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CALL = re.compile(r"\W*(?:hello|hallo|hola|hey|hi)(?: there)? ?\?[\s?!]*", re.IGNORECASE)
_WHERE = r"(?:\S*@\S+|\+?\d[\d ()/-]*\d|(?:\w+ ){0,2}\w+(?:com|net|org)\b)"  # speech has no signs
_REACHED = re.compile(
    r"\bmy (?:e-?mail|mail|phone|mobile|whatsapp|slack|discord|facebook|twitter)"
    rf"(?: (?:address|number|handle|name|id|account))? ?(?:is|:) ?{_WHERE}"
    r"|\b(?:e-?mail|mail|call|phone|message|dm|reach|contact) (?:me|us) (?:at|on|under) " + _WHERE,
    re.IGNORECASE,
)
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_SALUTATION = re.compile(
    r"\A\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^\n]{0,40}\n", re.IGNORECASE
)
_CLOSING = re.compile(
    r"\n\s*(?:(?:(?:kind|best|warm) )?regards|thanks|thank you|best|cheers|sincerely|yours|"
    r"sent from my)\b[^\n]{0,40}(?:\n[^\n]{0,60}){0,3}\s*\Z",
    re.IGNORECASE,
)


def stems(text: str) -> list[str]:
    """The stemmed words of a message in their order, without salutation and signature.

    Scripts that do not put spaces between words give pairs of neighbouring characters.
    """
    found: list[str] = []
    for word in _WORD.findall(_body(text).casefold()):
        if len(word) > 2 and not word.isascii() and _UNSPACED.search(word):
            found += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            found.append(stem(word))
    return found


def _body(text: str) -> str:
    """A text without its salutation and signature, and without where its writer can be reached.

    "My e-mail is ann@example.org" does not say that somebody wrote by e-mail before.
    """
    return _CLOSING.sub("", _SALUTATION.sub("", _REACHED.sub("", text)))


def comes_back(features: Features) -> bool:
    """Whether a message has words with which people come back to what they already asked."""
    return any(hashed in FOLLOW_UP for hashed, _ in features)


def calls(text: str) -> bool:
    """Whether a message only asks whether anybody is there, as "Hello?" does and "Hello" not."""
    return _CALL.fullmatch(text) is not None


class TermTable:
    """How much each term weighs: the inverse document frequencies of the artefact.

    Args:
        terms: Hashed terms, shape (terms,).
        idf: Their weights, shape (terms,).
        unseen: The weight of every other term.
    """

    def __init__(self, terms: NDArray[np.int32], idf: Floats, unseen: float) -> None:
        self._idf = dict(zip(terms.tolist(), idf.tolist(), strict=True))
        self._unseen = unseen
        self._known: dict[str, tuple[bool, float, int]] = {}
        self._meant: dict[str, str] = {}
        self._slips = Slips(CUE_STEMS)

    def features(self, text: str, said: Sequence[Word]) -> list[list[float]]:
        """Up to `LIMIT` pairs of a term's hash and its weight, of unit length together.

        A weight is (1 + ln count) * ln((documents + 1) / (documents with the term + 1)), then
        scaled (Salton and Buckley 1988, "Term-weighting approaches in automatic text retrieval").
        Terms that linking reads as cues come first, then by weight, so that whoever keeps only
        the first few keeps what decides. A cue that was mistyped is one, where what stands there
        is no word that the table knows. A text without words has no features; one that calls
        says "anybody".

        Args:
            text: The cleaned text.
            said: Its words, as all models have them.
        """
        weighed: dict[int, tuple[bool, float, int]] = {}
        stemmed_words = _stems_of(text, said)
        if calls(text):
            stemmed_words = [*stemmed_words, ANYBODY]
        meant = [self._meant.get(one) or self._read(one) for one in stemmed_words]
        for stemmed, count in counted(meant).items():
            rank, idf, hashed = self._known.get(stemmed) or self._weigh(stemmed)
            weighed[hashed] = (rank, -(1 + math.log(count)) * idf, hashed)
        kept = sorted(weighed.values())
        del kept[LIMIT:]
        length = math.sqrt(sum([weight * weight for _, weight, _ in kept]))
        return [[hashed, round(-weight / length, 4)] for _, weight, hashed in kept]

    def matter(self, text: str) -> str:
        """The words of a message that name a matter, in their order; may be none.

        "Hi, I wrote to you by e-mail about spare cards. Any update?" is about spare cards; the
        meaning of the whole is that of any message with which people come back.

        Args:
            text: The cleaned text.
        """
        said = _WORD.findall(_ADDRESS.sub(" ", _body(text)))
        return " ".join(w for w in said if term(self._read(stem(w.casefold()))) not in EMPTY)

    def _read(self, stemmed: str) -> str:
        """A stem that the table knows, else the cue that was mistyped, if one was."""
        if len(self._meant) >= CACHED_WORDS:
            self._meant.clear()
        known = term(stemmed) in self._idf
        found = stemmed if known else self._slips.meant(stemmed) or stemmed
        self._meant[stemmed] = found
        return found

    def _weigh(self, stemmed: str) -> tuple[bool, float, int]:
        """Whether a stem is no cue, its weight, and its hash."""
        if len(self._known) >= CACHED_WORDS:
            self._known.clear()
        hashed = term(stemmed)
        found = (hashed not in CUES, self._idf.get(hashed, self._unseen), hashed)
        self._known[stemmed] = found
        return found


def sketch(meaning: Floats | None, features: Features) -> str | None:
    """A meaning for linking: one bit a number, whether it is above zero, in hexadecimal.

    Two sketches differ in as many bits as the angle between the meanings is wide (Charikar 2002,
    "Similarity estimation techniques from rounding algorithms"), and take a sixteenth of the room.
    A message whose words name no matter has none: "thank you" is as near to any other.

    Args:
        meaning: The encoder's vector; None in the light tier.
        features: What linking knows of the message's words.
    """
    if meaning is None or all(hashed in EMPTY for hashed, _ in features):
        return None
    return np.packbits(meaning > 0).tobytes().hex()


def _stems_of(text: str, said: Sequence[Word]) -> list[str]:
    """What `stems` gives, taken from words that are known already where they are the same."""
    plain = text.isascii() and "\n" not in text  # salutation and signature have their own lines
    if plain and _REACHED.search(text) is None:
        known = [word.linking_stem for word in said if word.linking_stem is not None]
        if len(known) == len(said):
            return known
    return stems(text)


def inverse_frequencies(texts: Iterable[str], *, ceiling: float) -> tuple[dict[int, float], float]:
    """What a `TermTable` is made of, from texts: per term seen twice its weight, and unseen's.

    `ceiling` bounds the weight, so that a typing error does not outweigh the topic.
    """
    seen: Counter[int] = Counter()
    total = 0
    for text in texts:
        words = {term(word) for word in stems(text)}
        total += bool(words)
        seen.update(words)
    table = {
        hashed: min(ceiling, math.log((total + 1) / (count + 1)))
        for hashed, count in seen.items()
        if count > 1
    }
    return table, min(ceiling, math.log(total + 1))
