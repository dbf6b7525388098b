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


class ArticleLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What deciding needs to know of an article.

    `content` is a digest of the published content, `adopted` the one that was last adopted.
    """

    version: int = 0
    published: bool = False
    content: str = ""
    adopted: str = ""
    examples: tuple[str, ...] = ()
    shown: int = 0
    accepted: int = 0
    rejected: int = 0


def evolve(line: ArticleLine, record: Record) -> ArticleLine:
    """The line after one of its records."""
    event = record.event
    match event:
        case knowledge.ArticlePublished():
            given = tuple(_digest(one) for one in event.examples)
            examples = tuple(dict.fromkeys((*given, *line.examples)))[:EXAMPLES]
            return _replace(
                line, published=True, content=_digest(event.model_dump_json()), examples=examples
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
        case _:  # counts and categories are not the article's own
            return line


def learned(line: ArticleLine, example: str) -> ArticleLine:
    """The line after it took an example."""
    return _replace(line, examples=(*line.examples, _digest(example))[-EXAMPLES:])


def knows(line: ArticleLine, example: str) -> bool:
    """Whether an example is among the article's already."""
    return _digest(example) in line.examples


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
