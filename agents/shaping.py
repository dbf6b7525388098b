"""A text in the shape that a platform takes: its markup, cut where it reads best."""

from __future__ import annotations

import re

from schemas.platforms import PLATFORMS

_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)")
_BREAKS = ("\n\n", "\n", ". ", " ")
"""Where a text is cut, the best place first."""


def shape(text: str, channel: str) -> list[str]:
    """The messages that a text becomes on a channel.

    Cuts fall between paragraphs, lines, sentences or words, in this order of preference; only the
    white space at a cut is lost. Parts are numbered when there is more than one.
    """
    platform = PLATFORMS[channel]
    marked = _marked(text.strip(), platform.markup)
    if len(marked) <= platform.characters:
        return [marked]
    room = platform.characters - len("(999/999) ")
    parts = list(_cut(marked, room))
    return [f"({place}/{len(parts)}) {part}" for place, part in enumerate(parts, 1)]


def _marked(text: str, markup: str) -> str:
    if markup == "markdown":
        return text
    if markup == "mrkdwn":
        return _LINK.sub(r"<\2|\1>", _BOLD.sub(r"*\1*", text))
    bold = r"*\1*" if markup == "asterisks" else r"\1"
    return _LINK.sub(r"\1: \2", _BOLD.sub(bold, text))


def _cut(text: str, room: int) -> list[str]:
    parts = []
    while len(text) > room:
        at = _best(text, room)
        parts.append(text[:at].rstrip())
        text = text[at:].lstrip()
    if text:
        parts.append(text)
    return parts


def _best(text: str, room: int) -> int:
    """Where to cut so that the first part fits: the last good break in its second half."""
    for mark in _BREAKS:
        at = text.rfind(mark, room // 2, room)
        if at > 0:
            return at + len(mark.rstrip())
    return room
