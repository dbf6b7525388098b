"""From a raw message to what models read: bounded, cleaned, in sentences and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

MODEL_CHARS = 4000
"""Models read this many characters of a message at most, so that any input takes bounded time."""

WORD_CHARS = 24
"""Longer runs of letters (base64, scripts without spaces) are read in pieces of this length."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")
QUOTED = re.compile(
    r"^(?:>|on .{0,200} wrote:\s*$|-{2,} ?(?:original message|forwarded)"
    r"|(?:am|le|el|il|em|op|den|w dniu) (?=.{0,200}\d).{0,200}\b(?:schrieb|a écrit|escribió"
    r"|ha scritto|escreveu|schreef|skrev|napisał\(?a?\)?).{0,80}:\s*$)",
    re.IGNORECASE,
)
GREETING_LINE = re.compile(
    r"^(?:hi|hey|hello|hai|dear|good (?:morning|afternoon|evening|day)|greetings|to whom it may"
    r" concern)(?:[ ,]+[\w.'’]+){0,3}\s*[,.!:]*\s*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\s*(?:(?:yeah|yes|ok|okay|um|uh|so|well)[ ,.!]+){0,3}"
    r"(?:hi|hey|hello|hai|good (?:morning|afternoon|evening|day))"
    r"(?: there| team| all| support)?\b[ ,.!:-]*",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^(?:(?:kind|best|warm|many)\s+)?(?:regards|wishes|thanks|cheers|sincerely|yours"
    r"(?: (?:sincerely|faithfully|truly))?|thank you|best|br|thx)\s*[,.!]*\s*$"
    r"|^sent from my\b|^get outlook for\b|^--\s*$"
    r"|^(?:mit )?(?:(?:freundliche|beste|liebe|viele|schöne|herzliche)[nr]? )?"
    r"(?:grü(?:ß|ss)en?|gru(?:ß|ss)|gruessen?)(?: aus \w+)?\s*[,.!]*\s*$"
    r"|^(?:mfg|vg|lg|hochachtungsvoll|(?:bien )?cordialement|(?:sincères )?salutations|bien à vous"
    r"|(?:un )?saludos?(?: cordial(?:es)?)?|atentamente|(?:cordiali|distinti) saluti|saluti"
    r"|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groeten|mvg|atenciosamente"
    r"|(?:com os melhores )?cumprimentos|pozdrawiam|z poważaniem"
    r"|(?:med )?(?:vänlig|venlig|vennlig)e? (?:hälsning(?:ar)?|hilsen)|mvh)\s*[,.!]*\s*$"
    r"|^(?:gesendet von meinem|von meinem \w+ gesendet|envoyé de mon|enviado desde mi"
    r"|inviato da(?:l mio)? i|verzonden (?:vanaf|met) mijn)\b",
    re.IGNORECASE,
)
_THANKS = re.compile(r"(?:(?:many )?thanks|thank you|thx|cheers|best)\s*[,.!]*\s*$", re.IGNORECASE)
"""A sign-off with which a message need not be at its end."""

_GOES_ON_WITH = 4
"""Words of a line behind such a one that is no signature, most of them not written large."""


def bounded(message: str) -> str:
    """The part of a message that models read, with lone surrogates and NULs made harmless."""
    text = message[:MODEL_CHARS]
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\x00", " ")


def clean(text: str) -> str:
    """A message without quoted replies, greetings and signatures.

    A message that consists of nothing else is returned as it is: a bare greeting stays readable.

    Args:
        text: A bounded message.
    """
    kept: list[str] = []
    lines = [stripped for line in text.splitlines() if (stripped := line.strip())]
    for at, stripped in enumerate(lines):
        if ends_at(lines, at) and (kept or stripped.lower().startswith("sent from")):
            break
        if QUOTED.match(stripped) or (not kept and GREETING_LINE.match(stripped)):
            continue
        kept.append(stripped)
    if not kept:
        return text.strip()
    first = _GREETING.sub("", kept[0], count=1)
    if first:
        kept[0] = first
    elif len(kept) > 1:
        del kept[0]
    return "\n".join(kept)


def ends_at(lines: Sequence[str], at: int) -> bool:
    """Whether a line is a sign-off, and what follows a signature.

    Args:
        lines: The lines of a message that are not blank, without spaces around them.
        at: Which.
    """
    if _SIGN_OFF.search(lines[at]) is None:
        return False
    if _THANKS.match(lines[at]) is None or at + 1 == len(lines):
        return True
    following = lines[at + 1].split()
    small = sum(word[0].islower() for word in following)
    return len(following) < _GOES_ON_WITH or 2 * small <= len(following)


def own_lines(text: str) -> list[tuple[int, int]]:
    """The places of the lines that are neither blank nor those of a mail that is answered."""
    found: list[tuple[int, int]] = []
    start = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped and not QUOTED.match(stripped):
            found.append((start, start + len(line)))
        start += len(line)
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; ends of lines end sentences too."""
    return [part for part in _SENTENCE_END.split(text) if part and not part.isspace()]


def words(text: str) -> list[str]:
    """The words of a text in lower case; runs longer than `WORD_CHARS` come in pieces."""
    found = _WORD.findall(text.lower().replace("’", "'"))
    if max(map(len, found), default=0) <= WORD_CHARS:
        return found
    return [
        word[start : start + WORD_CHARS]
        for word in found
        for start in range(0, len(word), WORD_CHARS)
    ]


def fingerprint(text: str) -> int:
    """A number by which equal texts are recognised."""
    return crc32(text.encode("utf-8", "replace"))


_ENDINGS = (
    ("ations", "at"), ("ation", "at"), ("ments", ""), ("ment", ""), ("ings", ""), ("ing", ""),
    ("ies", "i"), ("ied", "i"), ("ness", ""), ("ers", ""), ("er", ""), ("ed", ""), ("es", ""),
    ("ly", ""), ("s", ""), ("e", ""), ("y", "i"),
)  # fmt: skip


def stem(word: str) -> str:
    """A word without its English ending, for matching only; stems need not be words.

    One ending is taken off, the first of a fixed list that leaves at least three letters; a
    doubled last consonant is then made single (`stopped` and `stopping` meet in `stop`).
    """
    if len(word) < 4 or not word.isascii():
        return word
    word = word.removesuffix("'s")
    for ending, put in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            if ending == "s" and word.endswith("ss"):
                break
            word = word[: len(word) - len(ending)] + put
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdfgmnprt":
        word = word[:-1]
    return word
