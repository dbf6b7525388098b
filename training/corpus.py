"""Reads the training data and makes what real messages have: typing errors, greetings, tone."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from streams.understanding.text import sentences

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = ROOT / "training" / "data"
BESIDE = ROOT.parent / "shared" / "data"

Row = dict[str, Any]

_GREETINGS = ("Hi, ", "Hello, ", "Dear support team,\n", "Good morning, ", "hey ", "Hi there, ")
_CLOSINGS = (
    "\n\nKind regards,\nAlex",
    " Thanks!",
    "\nSent from my phone",
    " thanks in advance",
    "",
)
_FREQUENT = 15


class Corpus:
    """The open files, from a folder or from what the project commits.

    Args:
        folder: Where the full set of open files is; None takes the committed ones.
    """

    def __init__(self, folder: Path | None) -> None:
        self._places = [p for p in (folder, COMMITTED, COMMITTED / "share-alike") if p]

    def _open(self, file: str) -> Path:
        for place in self._places:
            if (place / file).exists():
                return place / file
        raise SystemExit(f"{file} is in none of {', '.join(map(str, self._places))}")

    def rows(self, name: str) -> list[Row]:
        """All rows of a file."""
        with gzip.open(self._open(f"{name}.jsonl.gz"), "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def document(self, file: str) -> Any:
        """A JSON document."""
        return json.loads(self._open(file).read_text(encoding="utf-8"))

    def tone_phrases(self) -> dict[str, str]:
        """Support-tone sentences with their label, the project's own and the open set's.

        The open set repeats its tone sentences over many requests, which is how they are told
        from the requests.
        """
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for row in self.rows("tone_support_open"):
            for sentence in sentences(row["text"]):
                labels[sentence.lower()][row["label"]] += 1
        found = {
            sentence: counts.most_common(1)[0][0]
            for sentence, counts in labels.items()
            if counts.total() >= _FREQUENT
        }
        own = self.document("tone_phrases.json")
        return found | {sentence: label for label, group in own.items() for sentence in group}


def noisy(text: str, dice: random.Random, phrases: list[str]) -> str:
    """A text as a hurried customer would send it: typing errors, case, greeting, tone."""
    words = text.split()
    for place, word in enumerate(words):
        if len(word) > 3 and dice.random() < 0.15:
            words[place] = _typo(word, dice)
    changed = " ".join(words)
    if dice.random() < 0.4:
        changed = changed.lower().rstrip("?.!")
    if dice.random() < 0.3:
        extra = dice.choice(phrases)
        changed = f"{changed} {extra}" if dice.random() < 0.6 else f"{extra} {changed}"
    if dice.random() < 0.3:
        changed = dice.choice(_GREETINGS) + changed + dice.choice(_CLOSINGS)
    return changed


def _typo(word: str, dice: random.Random) -> str:
    at = dice.randrange(len(word) - 1)
    kind = dice.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + dice.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
