"""What a draft may say: whole sentences of articles, what the customer gave, and a courtesy.

A language model that is to help a person must not invent, and may be told anything by whoever
writes to the desk. So nobody trusts it: each sentence of what it replies is looked for among those
that it was given, and one that is not there spoils the whole reply. Pieces of sentences are no
quotes, for a piece may say the contrary. What the draft then says are the articles' own sentences,
and not the model's copies of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.events.drafts import Quote, Source

MOST_CHARACTERS = 3000
"""How much of an article is taken."""

LONGEST_REPLY = 8000
"""Characters of a reply; a longer one is not looked into."""

NOTHING = "NOTHING"
"""What a model replies that finds no sentence that helps."""

GAVE = "You wrote:"
"""How a line begins that repeats what the customer gave; the facts follow, between semicolons."""

COURTESIES = (
    "Hello,",
    "Hi,",
    "Good morning,",
    "Good afternoon,",
    "Thank you for your message.",
    "Thank you for writing to us.",
    "Thank you for contacting us.",
    "I hope this helps.",
    "Kind regards",
    "Best regards",
)
"""Sentences that state nothing, and may stand in a draft as they are."""

_MARKER = re.compile(r"^\s*(?:(?:[-*+•·>]|#{1,6}|\d{1,3}[.)])\s+)+")
_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’»)\]]))\s+|(?<=[。！？])")
_WORD = re.compile(r"\w")
_PLAIN = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00ad": None})


class Draft(NamedTuple):
    """A reply that may be shown to a person.

    Attributes:
        text: What it says.
        quotes: The sentences that it rests on, in their order.
    """

    text: str
    quotes: list[Quote]


class Unfounded(NamedTuple):
    """A reply that may not.

    Attributes:
        reason: nothing_fits, too_long, no_quotes or not_in_articles.
        sentence: What is in no article, if that is the reason.
    """

    reason: str
    sentence: str | None = None


def sentences(text: str) -> list[str]:
    """The sentences of a text in their order, without the marks of lists and headings.

    The ends of lines end sentences. After a full stop a small letter does not begin one.
    """
    return [one for line in text.splitlines() for one in _of_line(line)]


def excerpt(text: str) -> list[str]:
    """The first sentences of a text, as many whole ones as there is room for."""
    head = text[: MOST_CHARACTERS + 1]
    found, room = sentences(head), MOST_CHARACTERS
    if len(text) > len(head) and found:
        found.pop()  # it may go on
    kept = []
    for one in found:
        room -= len(one)
        if room < 0:
            break
        kept.append(one)
    return kept


def judged(reply: str, sources: Sequence[Source], facts: Sequence[str]) -> Draft | Unfounded:
    """A model's reply as a draft, or why it is none.

    Args:
        reply: What it replied.
        sources: The articles that it was given.
        facts: What the customer gave.
    """
    if reply.strip(" \n.\"'").upper() == NOTHING:
        return Unfounded("nothing_fits")
    if len(reply) > LONGEST_REPLY:
        return Unfounded("too_long")
    known: dict[str, Quote] = {}
    for source in sources:
        for one in source.sentences:
            known.setdefault(_key(one), Quote(article_id=source.article_id, sentence=one))
    lines: list[str] = []
    quotes: dict[str, Quote] = {}
    for line in reply.splitlines():
        said: list[str] = []
        for one in _parts(line, known):
            quote = known.get(_key(one))
            if quote is not None:
                quotes.setdefault(_key(one), quote)
                said.append(quote.sentence)
            elif (plain := _courtesy(one) or _given(one, facts)) is not None:
                said.append(plain)
            else:
                return Unfounded("not_in_articles", one)
        lines.append(" ".join(said))
    if not quotes:
        return Unfounded("no_quotes")
    return Draft("\n".join(lines).strip("\n"), [*quotes.values()])


def _parts(line: str, known: dict[str, Quote]) -> list[str]:
    """What a line of a reply says: as a whole, where that is known, else by its sentences."""
    whole = " ".join(_unmarked(line).split())
    if not _WORD.search(whole):
        return []
    if _key(whole) in known or whole.startswith(GAVE):
        return [whole]
    return _of_line(line)


def _of_line(line: str) -> list[str]:
    return [" ".join(part.split()) for part in _split(_unmarked(line)) if _WORD.search(part)]


def _unmarked(line: str) -> str:
    return _MARKER.sub("", line)


def _split(line: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(line):
        if not line[end.end() : end.end() + 1].islower():
            yield line[begin : end.start()]
            begin = end.end()
    yield line[begin:]


def _key(sentence: str) -> str:
    """A sentence as it is compared: however its quotation marks are drawn, whatever encloses it."""
    plain = sentence.translate(_PLAIN)
    return plain.strip(" \"'*_`")


def _courtesy(sentence: str) -> str | None:
    said = sentence.casefold().strip(" ,.!")
    return next((one for one in COURTESIES if one.casefold().strip(",.") == said), None)


def _given(line: str, facts: Sequence[str]) -> str | None:
    """A line that repeats what the customer gave; None where it says anything else."""
    if not line.startswith(GAVE):
        return None
    told = [" ".join(one.split()) for one in line.removeprefix(GAVE).split(";")]
    there = {_plain(fact) for fact in facts}
    told = [one if one in there else one.removesuffix(".") for one in told]
    return f"{GAVE} {'; '.join(told)}" if told and there.issuperset(told) else None


def _plain(fact: str) -> str:
    return " ".join(fact.split())
