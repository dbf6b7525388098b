"""What a customer said beside what has a pattern: statements, quoted as they were written.

A name, a city or a seat by the window has no pattern, and the answer to a question need not be a
sentence. So each sentence is quoted that says more than politeness and more than the facts that
were found in it: nobody has to ask again, and nothing is inferred. Greetings, signatures and what
a mail program quotes are left out. Places are character offsets into the text that is given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from agents.linking_terms import EMPTY, stem, term, terms
from agents.world import Fact
from streams.understanding.text import GREETING_LINE, QUOTED, ends_at

KIND = "statement"

LIMIT = 12
"""At most so many statements a message."""

LONGEST = 120
"""Bytes of a statement: a longer sentence is quoted in pieces, which end between words."""

_LINE = re.compile(r"[^\n]+")
_SENTENCE = re.compile(
    r"\S.*?(?:(?<!\b[a-z])(?<!\b(?:dr|mr|ms|st|no|nr))(?<!\bmrs)(?<!\bave)[.!?。！？](?=\s|\Z)|\Z)",
    re.IGNORECASE,
)
"""A sentence; what shortens a title, a street or a first name does not end it."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_LABELS = EMPTY | terms(
    "account amount call card case code confirmation contact cost date details email end ending"
    " four id info information invoice last mail month name number order order's paid pay phone"
    " policy purchase question ref reference regards sent time today tracking use used using"
    " wanted wants week won't yours"
)
"""Words that say nothing beside a fact: the empty ones, and those that only name its kind."""


def statements(text: str, quoted: Sequence[Fact]) -> list[Fact]:
    """The statements of a bounded message, in order of place.

    Args:
        text: The message as it was received.
        quoted: The facts that were found in it, in order of place and without overlaps.
    """
    starts = [fact.start for fact in quoted]

    def told(word: re.Match[str]) -> bool:
        """Whether a word is part of a fact that is quoted anyway."""
        before = bisect_right(starts, word.start()) - 1
        return before >= 0 and word.end() <= quoted[before].end

    said: list[Fact] = []
    for start, end in _pieces(text):
        words = _WORD.finditer(text, start, end)
        if any(term(stem(w[0].casefold())) not in _LABELS and not told(w) for w in words):
            said.append(Fact(KIND, text[start:end], start, end))
        if len(said) >= LIMIT:
            break
    return said


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """The places of the sentences that the customer wrote, long ones in pieces."""
    begun = False
    found = [line for line in _LINE.finditer(text) if line[0].strip()]
    lines = [line[0].strip() for line in found]
    for at, (line, written) in enumerate(zip(found, lines, strict=True)):
        if begun and ends_at(lines, at):
            return
        if QUOTED.match(written) or (not begun and GREETING_LINE.match(written)):
            continue
        begun = True
        for sentence in _SENTENCE.finditer(text, line.start(), line.end()):
            yield from _cut(text, sentence.start(), sentence.start() + len(sentence[0].rstrip()))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = min(end, start + LONGEST)
        if not text.isascii():
            piece = text[start:stop].encode("utf-8", "replace")[:LONGEST]
            stop = start + len(piece.decode("utf-8", "ignore"))
        space = text.rfind(" ", start + 1, stop + 1) if stop < end else -1
        if space > start:
            stop = space
        yield start, stop
        start = stop + (space > start)
