"""Plain text whose lines a mail program broke by itself, put together again (RFC 3676).

A line that ends in a space goes on in the next one, if that has words and both are quoted as deep.
Where the space was added for that alone (DelSp), it goes: in languages that have no spaces it would
part a word.
"""

from __future__ import annotations

_SIGNATURE = "-- "
"""The one line that ends in a space and does not go on."""


def unflowed(text: str, *, added: bool) -> str:
    """The paragraphs of a text as they were written.

    Args:
        text: The text, its lines ended by a newline.
        added: Whether the spaces at the ends of lines were added with the line ends.
    """
    told: list[str] = []
    open_at: int | None = None
    for line in text.split("\n"):
        said = line.lstrip(">")
        depth = len(line) - len(said)
        said = said.removeprefix(" ")  # before what looks like a mark, or is in a quotation
        fixed = said == _SIGNATURE
        if open_at == depth and said and not fixed:
            told[-1] += said
        else:
            told.append(f"{'>' * depth} {said}" if depth else said)
        goes_on = said.endswith(" ") and not fixed
        open_at = depth if goes_on else None
        if goes_on and added:
            told[-1] = told[-1][:-1]
    return "\n".join(told)
