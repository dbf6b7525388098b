"""A text in the shape that a platform takes: its markup, cut where it reads best."""

from __future__ import annotations

import re
import unicodedata

from schemas.platforms import PLATFORMS, Markup

_BOLD = re.compile(r"(?<![\w*])\*\*([^*\s](?:[^*\n]*[^*\s])?)\*\*(?![\w*])")
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\((https?://[^\s)]+)\)")
_FENCE = "```"
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
"""What is written as code: in it nothing is markup."""

_BREAKS = ("\n\n", "\n", ". ", " ")
"""Where a text is cut, the best place first."""

_WHOLE: dict[Markup, re.Pattern[str]] = {
    "plain": re.compile(r"https?://\S+"),
    "asterisks": re.compile(r"https?://\S+|\*[^*\n]+\*"),
    "mrkdwn": re.compile(r"<https?://[^>]{0,900}>|\*[^*\n]+\*|&(?:amp|lt|gt);"),
    "markdown": re.compile(r"\[[^\]\n]{1,300}\]\(https?://[^\s)]+\)|\*\*[^*\n]+\*\*|https?://\S+"),
}
"""What a cut must not go through, where there is room for it."""

_LONGEST_WHOLE = 1000
"""How far behind a cut the end of what it would go through is looked for."""

_JOINER = "\u200d"
_CLUSTER = 32
"""How far a cut through a run without white space gives way to what belongs together."""


def units(text: str) -> int:
    """The length of a text as platforms count it, in UTF-16 units.

    They say "characters" and mean code points or UTF-16 units; the latter are never fewer.
    """
    return len(text) + sum(letter > "\uffff" for letter in text)


def shape(text: str, channel: str) -> list[str]:
    """The messages that a text becomes on a channel.

    Cuts fall between paragraphs, lines, sentences or words, in this order of preference; only the
    white space at a cut is lost. Code that is cut is code in each part. Parts are numbered when
    there is more than one.

    Args:
        text: The text, with bold and links in Markdown.
        channel: A key of `PLATFORMS`.
    """
    platform = PLATFORMS[channel]
    marked = _marked(text.strip(), platform.markup)
    return _in_parts(marked, platform.characters, platform.markup)


def shape_blank(text: str, channel: str) -> list[str]:
    """What a text fills the blank of a template with, and of as many messages as it needs.

    A blank takes no line breaks, no tabs and no runs of spaces; each becomes one space.

    Args:
        text: The text, with bold and links in Markdown.
        channel: A key of `PLATFORMS` that has templates.
    """
    platform = PLATFORMS[channel]
    assert platform.template_characters is not None
    marked = " ".join(_marked(text, platform.markup).split())
    return _in_parts(marked, platform.template_characters, platform.markup)


def beginning(text: str, most: int) -> str:
    """As much of the beginning of a text as has room, with an ellipsis where it would go on.

    It is cut where it reads best, so that neither a number nor a "not" loses its end.

    Args:
        text: The text, with bold and links in Markdown.
        most: How many characters have room; the ellipsis comes on top.
    """
    if units(text) <= most:
        return text
    at = _best(text, _fitting(text, most), _WHOLE["markdown"])
    return f"{text[:at].rstrip()} …"


def _in_parts(marked: str, most: int, markup: Markup) -> list[str]:
    if units(marked) <= most:
        return [marked]
    digits, parts = 0, [marked]
    while digits < len(str(len(parts))):
        digits = len(str(len(parts)))
        room = most - len("(/) ") - 2 * digits
        parts = _cut(marked, room, _WHOLE[markup], code=markup != "plain" and _FENCE in marked)
    return [f"({place}/{len(parts)}) {part}" for place, part in enumerate(parts, 1)]


def _marked(text: str, markup: Markup) -> str:
    if markup == "markdown":
        return text
    if markup == "mrkdwn":
        for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(letter, entity)
        return _outside_code(text, r"*\1*", r"<\2|\1>")
    return _outside_code(text, r"*\1*" if markup == "asterisks" else r"\1", r"\1: \2")


def _outside_code(text: str, bold: str, link: str) -> str:
    """A text with its bold and its links written otherwise; every second piece is code."""
    pieces = _CODE.split(text)
    pieces[::2] = [_LINK.sub(link, _BOLD.sub(bold, one)) for one in pieces[::2]]
    return "".join(pieces)


def _cut(text: str, room: int, whole: re.Pattern[str], *, code: bool) -> list[str]:
    parts = []
    while (fits := _fitting(text, room)) < len(text):
        last = fits - len(_FENCE) - 1 if code else fits
        at = _best(text, last, whole)
        if code and text.count(_FENCE, 0, at) % 2 == 1:
            head, rest = _through(text, at)
            if len(rest) >= len(text):  # before the cut stands no more than the code's beginning
                head, rest = _through(text, last)
        else:
            head, rest = text[:at].rstrip(), text[at:].lstrip()
        parts.append(head)
        text = rest
    if text:
        parts.append(text)
    return parts


def _through(text: str, at: int) -> tuple[str, str]:
    """What stands before and behind a cut through code, which ends there and begins anew."""
    began = text.rfind(_FENCE, 0, at)
    if "\n" not in text[began:at].rstrip() and text[:began].strip():
        return text[:began].rstrip(), text[began:]  # none of it would stand before the cut
    head, rest = text[:at].rstrip(), text[at:].strip("\n")
    if rest.startswith(_FENCE):
        return f"{head}\n{_FENCE}", rest.removeprefix(_FENCE).lstrip()
    return f"{head}\n{_FENCE}", f"{_FENCE}\n{rest}"


def _fitting(text: str, room: int) -> int:
    """How many letters of the text have room."""
    length = 0
    for place, letter in enumerate(text[: room + 1]):
        length += 2 if letter > "\uffff" else 1
        if length > room:
            return place
    return len(text)


def _best(text: str, room: int, whole: re.Pattern[str]) -> int:
    """Where to cut so that the first part fits: the last good break in its second half."""
    for mark in _BREAKS:
        at = text.rfind(mark, room // 2, room)
        if at > 0:
            return _beside(text, at + len(mark.rstrip()), whole)
    return _beside(text, _between(text, room), whole)


def _beside(text: str, at: int, whole: re.Pattern[str]) -> int:
    """The place, or the beginning of what it would cut through."""
    for span in whole.finditer(text, 0, at + _LONGEST_WHOLE):
        if span.start() >= at:
            break
        if span.end() > at and text[: span.start()].strip():
            return span.start()
    return at


def _between(text: str, at: int) -> int:
    """The place, or one a little before it where no letter loses its marks.

    There is a place before it: a part has room for far more than gives way.
    """
    for place in range(at, at - _CLUSTER, -1):
        letter, before = text[place], text[place - 1]
        if not unicodedata.category(letter).startswith("M") and _JOINER not in {letter, before}:
            return place
    return at
