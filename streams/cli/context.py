"""What every command is given, and how every command answers.

Data goes to stdout alone: as JSON with `--json`, else as text for people. Everything else goes to
stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
import msgspec

from streams.settings import Settings, load

if TYPE_CHECKING:
    from streams.clock import Clock
    from streams.desk import Desk


@dataclass
class Context:
    """The global options, and the desk they lead to.

    Attributes:
        flags: Settings from the command line, by dotted name.
        json: Whether data is printed as JSON.
        quiet: Whether progress and remarks are left out.
    """

    flags: dict[str, Any] = field(default_factory=dict)
    json: bool = False
    quiet: bool = False

    def settings(self) -> Settings:
        """The settings of this call."""
        return load(self.flags)[0]

    def desk(self, clock: Clock | None = None, *, default_secret: str | None = None) -> Desk:
        """The desk of this call; the caller closes it.

        Args:
            clock: Another clock than the wall's.
            default_secret: The identity secret of a new store where none is set.
        """
        from streams.clock import WallClock
        from streams.desk import Desk  # the heavy part, only for commands that need it

        settings = self.settings()
        secret = settings.identity.secret or default_secret
        return Desk(settings.data, clock or WallClock(), secret=secret)

    def show(self, document: Any, text: Callable[[], str] | None = None) -> None:  # Any: JSON
        """One document: as JSON, or as its text for people."""
        if self.json or text is None:
            self.line(document)
        else:
            click.echo(text())

    def line(self, document: Any) -> None:  # Any: JSON
        """One JSON document on a line of its own."""
        click.echo(msgspec.json.encode(document).decode())

    def rows(self, rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None) -> None:
        """A list of rows: one JSON array, or a table for people."""
        if self.json:
            self.line(list(rows))
        else:
            click.echo(table(rows, columns))

    def remark(self, text: str) -> None:
        """Something said beside the data."""
        if not self.quiet:
            click.echo(text, err=True)

    def bar(self, title: str, total: int | None = None) -> Progress:
        """A progress bar on stderr; silent with --quiet and where nobody looks on."""
        return Progress(title, total, shown=not self.quiet and sys.stderr.isatty())


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

    def __enter__(self) -> Progress:
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


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None) -> str:
    """Rows as aligned text; long values are cut, which JSON never does."""
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


WIDEST = 48


def _cell(value: Any) -> str:  # Any: a column's value
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, list):
        text = ", ".join(str(one) for one in value) or "-"
    elif isinstance(value, dict):
        text = msgspec.json.encode(value).decode()
    else:
        text = str(value)
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def numbered(lines: Iterable[str]) -> str:
    """Lines as one text."""
    return "\n".join(lines)


give = click.make_pass_decorator(Context)
"""Hands the context to a command."""
