"""A long text in overlapping pieces, each as long as the sentence encoder reads."""

from __future__ import annotations

PIECE_WORDS = 90
"""With a title before it that is about what the encoder reads of a text."""

STEP = 70
"""Words from the start of a piece to the start of the next, so that no sentence is cut in all."""

PIECES = 6
"""At most so many pieces of a text: its first 440 words."""

LONGEST_WORD = 24


def pieces(text: str) -> list[str]:
    """The pieces of a text from its start; none of a text without words.

    Of a text of any length only what the pieces can hold is looked at.
    """
    most = (PIECES - 1) * STEP + PIECE_WORDS
    words = text[: most * LONGEST_WORD].split(maxsplit=most)[:most]
    found = [" ".join(words[:PIECE_WORDS])] if words else []
    for start in range(STEP, STEP * PIECES, STEP):
        if start + PIECE_WORDS - STEP >= len(words):
            break
        found.append(" ".join(words[start : start + PIECE_WORDS]))
    return found
