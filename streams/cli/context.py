"""What every command is given, and how every command answers.

Data goes to stdout alone: as JSON with `--json`, else as text for people. Everything else goes to
stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from streams.cli.output import LateProgress, Progress, as_csv, as_json, as_parquet, table, visible

if TYPE_CHECKING:
    from streams.asof import View
    from streams.clock import Clock
    from streams.desk import Desk
    from streams.engines import AnyDesk
    from streams.settings import Settings


@dataclass
class Context:
    """The global options, and the desk they lead to.

    Attributes:
        flags: Settings from the command line, by dotted name.
        json: Whether data is printed as JSON.
        quiet: Whether progress and remarks are left out.
        version: Whether the version is asked for, instead of what the command does.
    """

    flags: dict[str, Any] = field(default_factory=dict)
    json: bool = False
    quiet: bool = False
    version: bool = False

    def settings(self) -> Settings:
        """The settings of this call, after which what is logged goes to stderr.

        Raises:
            Misconfigured: They do not fit.
        """
        from streams import logs
        from streams.settings import load

        logs.configure(quiet=self.quiet)  # by itself it would go to stdout, among the data
        return load(self.flags)[0]

    def desk(self) -> AnyDesk:
        """The desk of this call, on the engine that is set; the caller closes it.

        Raises:
            Misconfigured: The settings or the store do not allow it.
            Unavailable: Kafka or the database does not answer.
        """
        from streams.engines import desk_of

        return desk_of(self.settings())

    def reading(self) -> AnyDesk:
        """The desk of this call, which only looks; raises as `desk` does."""
        self.looks()
        return self.desk()

    def looks(self) -> None:
        """Say of a store that it was not there before: whoever only looks had another in mind."""
        from streams.engines import is_new

        settings = self.settings()
        if is_new(settings):
            self.remark(
                f"there is no store in {settings.data}: an empty one is made;"
                " --data names another folder"
            )

    def embedded(self, clock: Clock | None = None) -> Desk:
        """The embedded desk, for what only that can do; the caller closes it.

        Args:
            clock: Another clock than the wall's.

        Raises:
            Refused: The engine is set to cluster.
            Misconfigured: The settings or the store do not allow it.
        """
        from streams.engines import embedded

        return embedded(self.settings(), clock)

    def show(self, document: Any, text: Callable[[], str]) -> None:
        """One document: as JSON, or as its text for people."""
        if self.json:
            self.line(document)
        else:
            click.echo(visible(text()))

    def line(self, document: Any) -> None:
        """One JSON document on a line of its own."""
        click.echo(as_json(document))

    def rows(self, rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None) -> None:
        """A list of rows: one JSON array, or a table for people.

        Args:
            rows: The rows.
            columns: Which columns the table has; JSON always has all.
        """
        self.show(list(rows), lambda: table(rows, columns))

    def answer(
        self, rows: Sequence[dict[str, Any]], columns: Sequence[str], form: str | None
    ) -> None:
        """Rows in the format that was asked for; without one JSON with --json, else a table."""
        match form or ("json" if self.json else "table"):
            case "json":
                self.line(list(rows))
            case "csv":
                click.echo(as_csv(rows, columns), nl=False)
            case "parquet":
                click.echo(as_parquet(rows, columns), nl=False)
            case _:
                click.echo(table(rows))

    def remark(self, text: str) -> None:
        """Something said beside the data; left out with --quiet."""
        if not self.quiet:
            click.echo(visible(text), err=True)

    def complain(self, where: str, error: str, remedy: str | None) -> None:
        """What is wrong with a part of the input; said with --quiet too."""
        told = f"{where}: {error}" + (f"\n  -> {remedy}" if remedy else "")
        click.echo(visible(told), err=True)

    def view(
        self,
        desk: AnyDesk,
        as_of: str | None,
        *,
        occurred: bool,
        customer: str | None = None,
        ticket: str | None = None,
    ) -> AnyDesk | View:
        """The views now, or as they stood at a moment; what is to be said of it is said.

        Args:
            desk: The desk.
            as_of: The moment.
            occurred: Cut by when things happened rather than by when they were known.
            customer: Only what is shown of this customer need be there.
            ticket: The same of a ticket.

        Raises:
            Refused: The moment is neither a time nor a position.
            NotFound: It is a position that there is not.
        """
        if as_of is None:
            if occurred:
                raise click.UsageError("--occurred says how --as-of cuts; give --as-of too")
            return desk
        shown = not self.quiet and sys.stderr.isatty()
        with LateProgress("looking back, records", shown=shown) as progress:
            view = desk.as_of(
                as_of,
                occurred=occurred,
                customer=customer,
                ticket=ticket,
                step=progress.advance,
            )
        if view.remark is not None:
            self.remark(f"{as_of}: {view.remark}")
        return view

    def bar(self, title: str, total: int | None = None) -> Progress:
        """A progress bar on stderr; silent with --quiet and where nobody looks on."""
        return Progress(title, total, shown=not self.quiet and sys.stderr.isatty())


give = click.make_pass_decorator(Context)
"""Hands the context to a command."""
