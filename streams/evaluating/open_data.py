"""Labelled files of a folder: gzipped lines of JSON, by the beginning of their names."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from streams.errors import Unreadable


class Request(msgspec.Struct, frozen=True):
    """A request, and what is meant by it."""

    text: str
    intent: str


class Page(msgspec.Struct, frozen=True):
    """A help page."""

    id: str
    title: str
    body: str


class Question(msgspec.Struct, frozen=True):
    """A question, and the ids of the pages that answer it."""

    query: str
    relevant: list[str]


class WeekArticle(msgspec.Struct, frozen=True):
    """An article of the week's knowledge base."""

    id: str
    title: str
    body: str
    examples: list[str]


class WeekMessage(msgspec.Struct, frozen=True):
    """A message of the week."""

    provider_id: str
    text: str


class WeekSource(msgspec.Struct, frozen=True):
    """Which issue a message of the week is about."""

    provider_id: str
    issue: str


Said = Annotated[list[Any], msgspec.Meta(min_length=2, max_length=2)]
"""A kind of fact and its value."""


class WeekIssue(msgspec.Struct, frozen=True):
    """An issue of the week: its language, the article that answers it, what the customer said."""

    issue: str
    lang: str | None
    gold_article: str | None
    facts: list[Said]


RowType = TypeVar("RowType", bound=msgspec.Struct)


class NotThere(Exception):
    """No file of the folder has such a name, or none has rows."""


class OpenData:
    """The files of a folder.

    Args:
        folder: Where they are; None has none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def rows(self, name: str, kind: type[RowType]) -> list[RowType]:
        """The rows of all files `<name>*.jsonl.gz`, of which there is one at least.

        Raises:
            NotThere: There is none.
            Unreadable: One is no gzipped NDJSON, or its lines are something else.
        """
        rows = self.some(name, kind)
        if not rows:
            what = "no line in" if self._files(name) else "no file"
            raise NotThere(f"there is {what} {name}*.jsonl.gz")
        return rows

    def some(self, name: str, kind: type[RowType]) -> list[RowType]:
        """The same, and nothing where there is no such file.

        Raises:
            Unreadable: One is no gzipped NDJSON, or its lines are something else.
        """
        decoder = msgspec.json.Decoder(kind)
        rows: list[RowType] = []
        for file in self._files(name):
            try:
                with gzip.open(file) as lines:
                    for number, line in enumerate(lines, 1):
                        rows.append(_row(line, decoder, f"{file.name}, line {number}"))
            except (OSError, EOFError, zlib.error) as error:
                raise _unreadable(f"{file.name}: {error}") from error
        return rows

    def _files(self, name: str) -> list[Path]:
        return sorted(self._folder.glob(f"{name}*.jsonl.gz")) if self._folder else []


def _row(line: bytes, decoder: msgspec.json.Decoder[RowType], where: str) -> RowType:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(f"{where}: {error}") from error


def _unreadable(what: str) -> Unreadable:
    return Unreadable(
        what, "evaluation data are gzipped lines of JSON, with the fields that its page lists"
    )


def known(found: dict[str, RowType], key: str, what: str) -> RowType:
    """The row of a key that another row names; raises `Unreadable` where there is none."""
    row = found.get(key)
    if row is None:
        raise _unreadable(f"the truth about {what} {key} is missing")
    return row
