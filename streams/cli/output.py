"""Rows as text for people, as CSV and as Parquet; and the progress bar."""

from __future__ import annotations

import csv
import io
import re
import sys
import time
from collections.abc import Sequence
from typing import Any, Self

import msgspec

from streams.errors import Refused

Rows = Sequence[dict[str, Any]]  # values of any column

WIDEST = 48
"""Characters of a value that a table shows."""


LATE_SECONDS = 1.0
"""After how long something that is mostly quick says how far it has come."""

_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

FORMATS = ("table", "json", "csv", "parquet")
"""How rows can be printed."""


def for_a_file(form: str | None) -> None:
    """See that bytes do not go to a terminal.

    Raises:
        Refused: They would.
    """
    if form == "parquet" and sys.stdout.isatty():
        raise Refused(
            "Parquet is bytes, and the output is a terminal", "write it to a file: … > rows.parquet"
        )


class Progress:
    """A progress bar that may be shown or not.

    Args:
        title: What goes on.
        total: How many steps there are, if that is known.
        shown: Whether anything is drawn.
    """

    def __init__(self, title: str, total: int | None, *, shown: bool) -> None:
        self._bar: Any = None  # rich's progress, loaded only when it is drawn
        if shown:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task(title, total=total)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, steps: int = 1) -> None:
        """So many steps further."""
        if self._bar is not None:
            self._bar.advance(self._task, steps)

    def call(self, title: str) -> None:
        """Say otherwise from now on what goes on."""
        if self._bar is not None:
            self._bar.update(self._task, description=title)


class LateProgress:
    """A progress bar that begins once something takes longer than a moment.

    Args:
        title: What goes on.
        shown: Whether anything is drawn.
    """

    def __init__(self, title: str, *, shown: bool) -> None:
        self._title, self._shown = title, shown
        self._until = time.monotonic() + LATE_SECONDS
        self._steps = 0
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.__exit__()

    def advance(self, steps: int = 1) -> None:
        """So many steps further."""
        self._steps += steps
        if self._bar is not None:
            self._bar.advance(steps)
        elif self._shown and time.monotonic() > self._until:
            self._bar = Progress(self._title, None, shown=True).__enter__()
            self._bar.advance(self._steps)


def visible(text: str) -> str:
    """Text as a terminal may show it: of what steers it, or turns text round, the code.

    Anybody can write to a desk. Line ends and tabs stay; other formats keep everything as it is.
    """
    return _STEERS.sub(lambda found: ascii(found.group())[1:-1], text.replace("\r\n", "\n"))


def table(rows: Rows, columns: Sequence[str] | None = None) -> str:
    """Rows as aligned text; long values are cut, which the other formats never do."""
    if not rows:
        return "(nothing)"
    names = list(columns or rows[0])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]
    lines = [names, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def described(document: dict[str, Any]) -> list[str]:
    """A document as lines of name and value, whole."""
    return [f"{name}: {_words(value)}" for name, value in document.items()]


def _cell(value: Any) -> str:
    text = " ".join(_words(value).split())
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _words(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        case list() if all(isinstance(one, str) for one in value):
            return visible(", ".join(value)) or "-"
        case list() | dict():
            return as_json(value) if value else "-"
        case _:
            return visible(str(value))


def as_json(value: Any) -> str:
    """A value as JSON on one line; what would steer a terminal is escaped, and stays what it is."""
    told = msgspec.json.encode(value).decode()
    return _STEERS.sub(lambda found: f"\\u{ord(found.group()):04x}", told)


def as_csv(rows: Rows, columns: Sequence[str]) -> str:
    """Rows as CSV with a head; lists, objects and truth values are JSON, nothing is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        values = row.values()
        writer.writerow(as_json(v) if isinstance(v, list | dict | bool) else v for v in values)
    return out.getvalue()


def as_parquet(rows: Rows, columns: Sequence[str]) -> bytes:
    """Rows as one Parquet file.

    Numbers and truth values keep their type. Everything else is text: times as JSON shows them,
    lists and objects as JSON, and a column whose values are of several kinds as well.
    """
    import pyarrow as pa
    from pyarrow import parquet

    made = {name: _column(pa, [row[name] for row in rows]) for name in columns}
    out = io.BytesIO()
    parquet.write_table(pa.table(made), out, compression="zstd")
    return out.getvalue()


def _column(pa: Any, values: list[Any]) -> Any:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int}:
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array(values, pa.float64())
    return pa.array([_plain(value) for value in values], pa.string())


def _plain(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else as_json(value)
