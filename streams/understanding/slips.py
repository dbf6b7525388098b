"""Mistyped words: which of a few known words a word is one slip of the finger away from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

SHORTEST = 5
"""Letters that the longer of two words must have: "tset" may be anything."""


class Slips:
    """Finds the word that was meant by one with a letter left out, too many, wrong or swapped.

    Words and what is left of them without one letter are looked up, so that a word costs as many
    look-ups as it has letters, however many words are known (the idea of symmetric deletes:
    W. Garbe, SymSpell, 2012).

    Args:
        words: Those that may be meant.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._whole = frozenset(words)
        self._longest = max(map(len, self._whole), default=0)
        self._without: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for word in sorted(self._whole):
            for place, rest in _without_one(word):
                self._without[rest].append((word, place))

    def meant(self, word: str) -> str | None:
        """The word itself where it is known, else the only known one that is one slip away.

        None where none is, or several are.

        The distance is that of Damerau (1964, "A technique for computer detection and correction
        of spelling errors"): one letter inserted, deleted, replaced, or swapped with the next.
        """
        if word in self._whole:
            return word
        if len(word) > self._longest + 1:
            return None
        near = {known for known, _ in self._without.get(word, ())}
        for place, rest in _without_one(word):
            if rest in self._whole:
                near.add(rest)
            near.update(
                known
                for known, at in self._without.get(rest, ())
                if at == place or (abs(at - place) == 1 and known[at] == word[place])
            )
        near = {known for known in near if max(len(known), len(word)) >= SHORTEST}
        return near.pop() if len(near) == 1 else None


def _without_one(word: str) -> Iterator[tuple[int, str]]:
    for place in range(len(word)):
        yield place, word[:place] + word[place + 1 :]
