"""Labelled files of a folder: gzipped lines of JSON, by the beginning of their names."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec

from streams.errors import Unreadable

Row = dict[str, Any]  # JSON


class NotThere(Exception):
    """No file of the folder has such a name."""


class OpenData:
    """The files of a folder.

    Args:
        folder: Where they are; None has none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def rows(self, name: str) -> list[Row]:
        """The rows of all files `<name>*.jsonl.gz`.

        Raises:
            NotThere: There is none.
            Unreadable: One is no gzipped NDJSON.
        """
        rows = self.some(name)
        if not rows:
            raise NotThere(f"there is no file {name}*.jsonl.gz")
        return rows

    def some(self, name: str) -> list[Row]:
        """The same, and nothing where there is no such file.

        Raises:
            Unreadable: One is no gzipped NDJSON.
        """
        files = sorted(self._folder.glob(f"{name}*.jsonl.gz")) if self._folder else []
        rows: list[Row] = []
        for file in files:
            try:
                with gzip.open(file) as lines:
                    rows += [msgspec.json.decode(line) for line in lines]
            except (OSError, EOFError, msgspec.DecodeError) as error:
                raise Unreadable(
                    f"{file.name}: {error}", "evaluation data are gzipped lines of JSON"
                ) from error
        return rows
