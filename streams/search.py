"""Full-text search over tickets, messages, customers and articles.

A text asks for words that must all occur, in any order; "several words" in quotes must occur as
they stand, and the last word may be the beginning of a longer one. Accents do not count. Each
engine has indexes of its own that say which rows fit and how well; what belongs to those rows is
read in the same way on both. Scores order what is found in one place; between places and engines
they differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, get_args
from unicodedata import normalize

import msgspec

from projections.tables import TABLES, Table
from streams.errors import Refused

Kind = Literal["tickets", "messages", "customers", "articles"]

KINDS: tuple[Kind, ...] = get_args(Kind)

CANDIDATES = 2000
"""How many that fit are compared in each place: a word that half of all texts have ranks few."""

FEW, MANY = 20, 200
"""How many are given: by default, and at most."""

AROUND = 60
"""Characters of a snippet on each side of the first word that was found."""

MARKS = "\u0300-\u036f"
"""Accents, as they stand behind a letter that is taken apart."""

STROKED = ("łŁøØđĐ", "lLoOdD")
"""Letters whose stroke is no accent, and what people write who have no such key."""

_MARKS = re.compile(f"[{MARKS}]+")
_BARE = str.maketrans(*STROKED)

_TERM = re.compile(r'"([^"]*)"|(\S+)')
_WORD = re.compile(r"[^\W_]+")


class Term(NamedTuple):
    """Words that must occur one behind the other.

    Attributes:
        words: The words, in small letters; nothing but letters and digits.
        begins: Whether the last one may go on.
    """

    words: tuple[str, ...]
    begins: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for.

    Attributes:
        terms: All of them must occur.
        kinds: Where.
        status: Only tickets, or messages of tickets, of this status.
        channel: Only what came or went on this channel.
        customer_id: Only what is this customer's.
        limit: So many at most.
    """

    terms: tuple[Term, ...]
    kinds: tuple[Kind, ...] = KINDS
    status: str | None = None
    channel: str | None = None
    customer_id: str | None = None
    limit: int = FEW


class Hit(msgspec.Struct, frozen=True):
    """Something that was found.

    Attributes:
        kind: tickets, messages, customers or articles.
        id: Its id there: of a message, the interaction's.
        score: How well it fits; more is better.
        title: What it is called, in a few words.
        snippet: The first place where a word occurs.
        ticket_id: The ticket, where it is one or belongs to one.
        customer_id: Whose it is.
        at: When it began, or was written.
    """

    kind: Kind
    id: str
    score: float
    title: str
    snippet: str
    ticket_id: str | None = None
    customer_id: str | None = None
    at: str | None = None


class Place(NamedTuple):
    """A table that is searched, and what is read of a row that fits.

    Attributes:
        kind: What it holds.
        table: The table.
        columns: Title, text, ticket, customer and time of a row, as SQL.
        joins: Where they are read, beside the keys and scores `f`.
        filters: Which columns the filters are held against; without one, nothing here fits it.
        always: What must hold of any row.
    """

    kind: Kind
    table: Table
    columns: str
    joins: str
    filters: dict[str, str]
    always: str = "1 = 1"


_TABLES = {table.name: table for table in TABLES}
_OF_TICKETS = {"status": "t.status", "channel": "t.channel", "customer_id": "t.customer_id"}
_OF_MESSAGES = {"status": "t.status", "channel": "m.channel", "customer_id": "m.customer_id"}

PLACES: tuple[Place, ...] = (
    Place(
        "tickets",
        _TABLES["tickets"],
        "t.subject, t.description, t.ticket_id, t.customer_id, t.created_at",
        "JOIN p_tickets t ON t.ticket_id = f.key",
        _OF_TICKETS,
    ),
    *(
        Place(
            "messages",
            _TABLES[name],
            "coalesce(t.subject, ''), s.text, m.ticket_id, m.customer_id, m.timestamp",
            f"JOIN {_TABLES[name].sql_name} s ON s.{_TABLES[name].columns[0]} = f.key"
            " JOIN p_messages m ON m.interaction_id = f.key"
            " LEFT JOIN p_tickets t ON t.ticket_id = m.ticket_id",
            _OF_MESSAGES,
        )
        for name in ("texts", "replies")
    ),
    Place(
        "customers",
        _TABLES["customers"],
        "coalesce(c.name, c.customer_id),"
        " coalesce(c.name, '') || ' ' || coalesce(c.email, '') || ' ' || coalesce(c.phone, ''),"
        " NULL, c.customer_id, c.first_interaction",
        "JOIN p_customers c ON c.customer_id = f.key",
        {"customer_id": "c.customer_id"},
    ),
    Place(
        "articles",
        _TABLES["articles"],
        "a.title, a.body, NULL, NULL, NULL",
        "JOIN p_articles a ON a.article_id = f.key JOIN p_article_use u ON u.article_id = f.key",
        {},
        "NOT u.retired",
    ),
)

Fitting = Callable[[Table], str]
"""The SELECT of `key` and `score` of a table's rows that fit; its one mark is the words."""


def plain(text: str) -> str:
    """A text as it is compared: without accents and strokes, which not everybody types.

    PostgreSQL has the same as SQL (`streams.cluster.tables.plain`).
    """
    if text.isascii():
        return text
    return normalize("NFC", _MARKS.sub("", normalize("NFD", text.translate(_BARE))))


def terms_of(text: str) -> tuple[Term, ...]:
    """What a text asks for.

    Raises:
        Refused: There is no word in it.
    """
    found: list[Term] = []
    for quoted, bare in _TERM.findall(text):
        words = tuple(word.lower() for word in _WORD.findall(plain(quoted or bare)))
        if words:
            found.append(Term(words))
    if not found:
        raise Refused("there is no word to search for", "give one, such as: refund")
    if not text.rstrip().endswith('"'):
        found[-1] = found[-1]._replace(begins=True)
    return tuple(found)


def kinds_of(text: str | None) -> tuple[Kind, ...]:
    """The places that a list with commas names; all of them for none.

    Raises:
        Refused: There is no such place.
    """
    if text is None:
        return KINDS
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise Refused(
            f"nothing is searched in {', '.join(unknown)}", f"use some of {', '.join(KINDS)}"
        )
    return tuple(kind for kind in KINDS if kind in names)


def found(
    execute: Callable[[str, Sequence[object]], Any],  # Any: each driver has a cursor of its own
    wanted: Wanted,
    fitting: Fitting,
    words: str,
) -> list[Hit]:
    """What fits, the best first, the newer before the older among equals.

    Args:
        execute: Runs a statement with question marks.
        wanted: What is looked for.
        fitting: Which rows fit, by the engine's indexes.
        words: The terms as the engine's indexes read them.
    """
    hits = [
        Hit(place.kind, key, float(score), title, _snippet(text, wanted.terms), ticket, whose, at)
        for place, where, values in _asked(wanted)
        for key, score, title, text, ticket, whose, at in execute(
            f"SELECT f.key, f.score, {place.columns}"
            f" FROM ({fitting(place.table)} LIMIT {CANDIDATES}) f {place.joins}"
            f" WHERE {where} ORDER BY f.score DESC LIMIT ?",
            [words, *values, wanted.limit],
        )
    ]
    newest = sorted(hits, key=lambda hit: hit.at or "", reverse=True)
    return sorted(newest, key=lambda hit: -hit.score)[: wanted.limit]


def _asked(wanted: Wanted) -> Iterator[tuple[Place, str, list[str]]]:
    """Each place that is asked, with what its rows must be."""
    given = {
        name: value
        for name in ("status", "channel", "customer_id")
        if (value := getattr(wanted, name)) is not None
    }
    for place in PLACES:
        if place.kind in wanted.kinds and given.keys() <= place.filters.keys():
            parts = [place.always, *(f"{place.filters[name]} = ?" for name in given)]
            yield place, " AND ".join(parts), list(given.values())


class _OneByOne(dict[int, str]):
    """Each sign as it is compared, in the place where it stands."""

    def __missing__(self, code: int) -> str:
        self[code] = plain(chr(code))[:1] or chr(code)
        return self[code]


_ONE_BY_ONE = _OneByOne()


def _snippet(text: str, terms: Sequence[Term]) -> str:
    """The text around the first word that was found; its beginning where none stands in it."""
    small = text.lower().translate(_ONE_BY_ONE)
    places = [at for term in terms if (at := small.find(term.words[0])) >= 0]
    at = min(places, default=0)
    start, end = max(0, at - AROUND), at + AROUND
    cut = " ".join(text[start:end].split())
    return ("…" if start else "") + cut + ("…" if end < len(text) else "")
