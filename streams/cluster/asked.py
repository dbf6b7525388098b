"""What a query's text says before it is run: what it names, what it calls, where its marks are.

PostgreSQL has functions that read files, change settings or run other statements, and lets anybody
call them in the middle of a SELECT. So a text is taken apart here as PostgreSQL does it, and what
only few need and many misread is refused: escapes in quotes (E'', U&'') and quotes of dollars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams import query

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\n\r\f\v]+|--[^\n\r]*)
  | (?P<remark>/\*)
  | (?P<text>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)
  | (?P<mark>\?\d*)
  | (?P<other>[^'"$\x00])
    """,
    re.VERBOSE,
)
_REMARK = re.compile(r"/\*|\*/")
_END, _OPENS = frozenset(";"), frozenset("(")
_ESCAPES = frozenset({"e'", "u&"})


class Asked(NamedTuple):
    """A query, taken apart.

    Attributes:
        first: Its first word, in small letters; empty where it begins with something else.
        names: Every name in it: words in small letters, what stands in double quotes as it is.
        calls: Those of them that a parenthesis follows.
        pieces: The text between its marks, without a semicolon at its end.
        marks: Which value each mark stands for, from 0.
    """

    first: str
    names: frozenset[str]
    calls: frozenset[str]
    pieces: tuple[str, ...]
    marks: tuple[int, ...]

    def with_values(self, values: Sequence[str]) -> str:
        """The text with values in the place of its marks.

        Args:
            values: As SQL writes them.

        Raises:
            Refused: There are more or fewer than it has marks for.
        """
        wanted = max(self.marks, default=-1) + 1
        if wanted != len(values):
            raise query.does_not_work(f"it has marks for {wanted} values, and {len(values)} came")
        text = [self.pieces[0]]
        for mark, piece in zip(self.marks, self.pieces[1:], strict=True):
            text += [f" {values[mark]} ", piece]
        return "".join(text)


def taken_apart(sql: str) -> Asked:
    """Take a query apart.

    Raises:
        Refused: It cannot be, or it is more than one statement.
    """
    names, calls, pieces, marks = set[str](), set[str](), [""], list[int]()
    first: str | None = None
    before: str | None = None
    ended = False
    for kind, token in _tokens(sql):
        if kind == "mark":
            marks.append(int(token[1:]) - 1 if token[1:] else max(marks, default=-1) + 1)
            pieces.append("")
        elif token not in _END:
            pieces[-1] += token
        if kind in {"blank", "remark"}:
            continue
        if ended:
            raise query.does_not_work("only one statement is allowed at a time")
        ended = token in _END
        if token in _OPENS and before is not None:
            calls.add(before)
        before = _name(kind, token)
        if before is not None:
            names.add(before)
        if first is None and token not in _OPENS:
            first = before or ""
    if min(marks, default=0) < 0:
        raise query.does_not_work("marks are numbered from ?1")
    return Asked(first or "", frozenset(names), frozenset(calls), tuple(pieces), tuple(marks))


def _name(kind: str, token: str) -> str | None:
    if kind == "word":
        return token.lower()
    return token[1:-1].replace('""', '"') if kind == "quoted" else None


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(sql):
        found = _TOKEN.match(sql, place)
        if found is None:
            raise query.does_not_work(f"it cannot be read from {sql[place : place + 20]!r} on")
        kind, end = str(found.lastgroup), found.end()
        if kind == "remark":
            end = _end_of_remark(sql, place)
        token = sql[place:end]
        if kind == "word" and (token + sql[end : end + 1]).lower() in _ESCAPES and _quote(sql, end):
            raise query.does_not_work(f"write texts without escapes, not as {token}{sql[end]}…")
        yield kind, token
        place = end


def _quote(sql: str, place: int) -> bool:
    """Whether a quotation begins here, or after the next character."""
    return sql[place : place + 1] == "'" or sql[place + 1 : place + 2] in {"'", '"'}


def _end_of_remark(sql: str, place: int) -> int:
    """Where a remark ends that begins here; PostgreSQL's may hold others."""
    depth = 0
    for found in _REMARK.finditer(sql, place):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    raise query.does_not_work("a remark has no end")
