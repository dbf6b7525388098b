"""The line of one article (or of a taught category or tag): versions, examples, how it serves."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from schemas.events import choices as chose
from schemas.events import knowledge
from schemas.record import Record

EXAMPLES = 60
"""How many examples an article remembers."""

_replace = msgspec.structs.replace


FORGOTTEN_FROM = 3
"""Rejections after which what an article learned is doubted."""


class Learned(msgspec.Struct, frozen=True):
    """An example that an article learned, and how its answers had been judged until then."""

    digest: str
    accepted: int
    rejected: int


class ArticleLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What deciding needs to know of an article.

    `content` is a digest of the published content, `adopted` the one that was last adopted,
    `learned` are the examples that came from confirmed answers, `lent` those of them that people
    made their own.
    """

    version: int = 0
    published: bool = False
    content: str = ""
    adopted: str = ""
    examples: tuple[str, ...] = ()
    shown: int = 0
    accepted: int = 0
    rejected: int = 0
    learned: tuple[Learned, ...] = ()
    lent: tuple[str, ...] = ()


def evolve(line: ArticleLine, record: Record) -> ArticleLine:
    """The line after one of its records."""
    event = record.event
    match event:
        case knowledge.ArticlePublished():
            given = tuple(digest(one) for one in event.examples)
            # what people teach is no longer what was merely learned
            learnt = tuple(one for one in line.learned if one.digest not in given)
            # and what they taught before and left out takes no room
            known = dict.fromkeys((*given, *(one.digest for one in learnt)))
            lent = (one.digest for one in line.learned if one.digest in given)
            return _replace(
                line,
                published=True,
                content=digest(event.model_dump_json()),
                examples=tuple(known)[:EXAMPLES],
                learned=learnt,
                lent=tuple(dict.fromkeys((*line.lent, *lent)))[-EXAMPLES:],
            )
        case knowledge.ArticleRetired():
            return _replace(line, published=False, content="")
        case knowledge.SolutionShown():
            return _replace(line, shown=line.shown + 1)
        case knowledge.SolutionAccepted():
            return _replace(line, accepted=line.accepted + 1)
        case knowledge.SolutionRejected():
            return _replace(line, rejected=line.rejected + 1)
        case chose.ArticleAdopted():
            return _replace(line, version=event.version, adopted=line.content)
        case chose.ExampleLearned():
            return learned(line, event.example)
        case knowledge.ToneLabelled() if not is_tone(event.score):
            raise ValueError(f"a score of {event.score} is not from 0 to 1")
        case _:  # counts and categories are not the article's own
            return line


def is_tone(score: float) -> bool:
    """Whether a number says how a text sounds; any producer can write any number."""
    return 0 <= score <= 1


def learned(line: ArticleLine, example: str) -> ArticleLine:
    """The line after it took an example."""
    new = Learned(digest(example), line.accepted, line.rejected)
    return _replace(
        line,
        examples=(*line.examples, new.digest)[-EXAMPLES:],
        learned=(*line.learned, new)[-EXAMPLES:],
    )


def forgotten(line: ArticleLine) -> frozenset[str]:
    """The digests of learned examples that no longer count.

    Since the article learned them its answers were rejected several times, and more often than
    they were accepted. Which example led to an answer is not known, so all that were learned
    before a bad stretch go together; what people taught stays, and so does what is learned later.
    Where the article serves well again, they count again. And what people made their own is theirs
    to leave out again.
    """
    left_out = frozenset(line.lent).difference(line.examples)
    return left_out | frozenset(
        one.digest
        for one in line.learned
        if line.rejected - one.rejected >= FORGOTTEN_FROM
        and line.rejected - one.rejected > line.accepted - one.accepted
    )


def knows(line: ArticleLine, example: str) -> bool:
    """Whether an example is among the article's already."""
    return digest(example) in line.examples


def digest(text: str) -> str:
    """What the line remembers of a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
