"""What the sentence encoder makes of the fields of articles: title, examples, pieces of the body.

An article is as near to a message as its nearest field. The middle of its title and examples
says more than any one of them where there are several.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.understanding.article_words import EXAMPLES
from streams.understanding.knowledge_items import Article
from streams.understanding.meanings import Meanings
from streams.understanding.pieces import pieces
from streams.understanding.text import bounded, clean
from streams.understanding.tfidf import Floats

ENCODED = 12_288
"""At most so many fields have a meaning, so that a start and its memory are bounded.

Titles come first, then examples, then the bodies' first pieces, then their second ones. A short
text takes a core about 3 ms, a piece of a body about 7: a full base of long articles takes a
minute and a half when a process first fits it, and 19 MB.
"""

NEAR_FEATURES = 6


class Near(NamedTuple):
    """How near a message's meaning is to those of all articles, each of shape (articles,).

    Attributes:
        fields: To each title and example, shape (fields,).
        question: To the nearest of title and examples.
        body: To the nearest piece of the body; where none has a meaning, to the title.
        title: To the title.
        middle: To the middle of title and examples.
    """

    fields: Floats
    question: Floats
    body: Floats
    title: Floats
    middle: Floats


class Texts(NamedTuple):
    """The texts of articles that are encoded.

    Attributes:
        short: Titles and examples, article by article, the title first.
        first: Where each article's begin, and where the last one's end.
        long: Pieces of bodies under their titles.
        owners: The article of each piece.
    """

    short: list[str]
    first: list[int]
    long: list[str]
    owners: list[int]


def texts_of(articles: Sequence[Article]) -> Texts:
    """What is encoded of articles; all first pieces of bodies come before any second one."""
    room = ENCODED - len(articles)
    short: list[str] = []
    first = [0]
    for article in articles:
        examples = article.examples[-EXAMPLES:][-room:] if room > 0 else ()
        room -= len(examples)
        short += [bounded(article.title), *(clean(bounded(one)) for one in examples)]
        first.append(len(short))
    cut = [pieces(article.body) for article in articles]
    turns = sorted((turn, place) for place, own in enumerate(cut) for turn in range(len(own)))
    kept = turns[: max(0, room)]
    long = [bounded(f"{articles[place].title}. {cut[place][turn]}") for turn, place in kept]
    return Texts(short, first, long, [place for _, place in kept])


class DenseFields:
    """The meanings of all articles' fields, ready to be compared with a message's.

    Args:
        articles: What was taught; at most `ENCODED` of them.
        meanings: Encodes them.
    """

    def __init__(self, articles: Sequence[Article], meanings: Meanings) -> None:
        fields = texts_of(articles)
        self._first = np.array(fields.first, dtype=np.intp)
        self._owner = np.array(fields.owners, dtype=np.intp)
        self._short = meanings.of(fields.short)
        self._long = meanings.of(fields.long)
        sums = np.add.reduceat(self._short, self._first[:-1], axis=0)
        lengths = np.sqrt(np.add.reduce(sums * sums, axis=1, keepdims=True))
        self._middle: Floats = (sums / np.maximum(lengths, 1e-6)).astype(np.float32)

    def near(self, meaning: Floats) -> Near:
        """How near a message's meaning is to those of the articles."""
        fields: Floats = self._short @ meaning
        starts = self._first[:-1]
        title = fields.take(starts)
        body = title.copy()
        np.maximum.at(body, self._owner, self._long @ meaning)
        question = np.maximum.reduceat(fields, starts)
        return Near(fields, question, body, title, self._middle @ meaning)

    def features(self, places: NDArray[np.intp], near: Near) -> Floats:
        """What the ranking reads of some articles, shape (places, NEAR_FEATURES).

        Nearness of the nearest question, of the body, of the title and of the middle; the mean
        of the two nearest questions; nearness of question or body, whichever is nearer, for an
        article without examples has nothing but its body to show. How many questions there are
        is no feature: an article that learned more than its neighbours would win by it.
        """
        pairs = []
        for place in places.tolist():
            own = near.fields[self._first[place] : self._first[place + 1]]
            best = np.sort(own)[-2:].tolist()
            pairs.append(best[-1] if len(best) == 1 else (best[0] + best[1]) / 2)
        question, body = near.question.take(places), near.body.take(places)
        return np.stack(
            [
                question,
                body,
                near.title.take(places),
                near.middle.take(places),
                np.array(pairs, dtype=np.float32),
                np.maximum(question, body),
            ],
            axis=1,
        )
