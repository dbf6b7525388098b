"""The command that brings the log into Parquet, and asks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli.context import Context, give
from streams.cli.output import FORMATS, for_a_file

if TYPE_CHECKING:
    from streams.history.replaying import Log, Replayed
    from streams.settings import Settings


@click.command("replay")
@click.option("--to", "to", metavar="DIR", help="Where the Parquet goes; made where it is not.")
@click.option("--since", metavar="TIME|POSITION", help="For a new DIR: only what came later.")
@click.option("--sql", metavar="SELECT", help="Then run read-only SQL over it, by DuckDB.")
@click.option("--question", "name", metavar="NAME", help="Then ask one of the ready questions.")
@click.option("--questions", "listed", is_flag=True, help="List the ready questions.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How rows are printed.  [default: table; json with --json]",
)
@give
def replay_command(
    context: Context,
    to: str | None,
    since: str | None,
    sql: str | None,
    name: str | None,
    listed: bool,
    form: str | None,
) -> None:
    """Bring the log into DIR as Parquet, as far as it is not there yet; then ask it."""
    if listed:
        _list(context, form)
        return
    if to is None:
        raise click.UsageError("say with --to DIR where the Parquet goes")
    if sql is not None and name is not None:
        raise click.UsageError("give --sql or --question, not both")
    if name is not None:
        from streams.history.questions import question

        sql = question(name)
    if sql is None and form is not None:
        raise click.UsageError("--format is for the rows of --sql or --question")
    for_a_file(form)
    settings = context.settings()
    with _log(context, settings) as log:
        from streams.history.replaying import replay

        directory, done = replay(log, Path(to), since, lambda total: context.bar("records", total))
    for gone in done.gone:
        context.remark(f"gone from the log, and not in {done.directory}: {gone}")
    if sql is None:
        context.show(done.document(), lambda: _told(done))
        return
    from streams.history.asking import ask

    context.remark(_told(done))
    limits = settings.history
    rows = ask(directory, sql, seconds=limits.query_seconds, rows=limits.query_rows)
    context.answer(rows, rows.columns, form)


@contextmanager
def _log(context: Context, settings: Settings) -> Iterator[Log]:
    """The log of the engine that is set."""
    if settings.engine == "cluster":
        from streams.cluster.history import KafkaLog

        with KafkaLog(settings) as kafka:
            yield kafka
        return
    from streams.embedded.history import EmbeddedLog

    with context.embedded() as desk:
        yield EmbeddedLog(desk.database)


def _list(context: Context, form: str | None) -> None:
    from streams.history.questions import questions, says

    rows = [{"question": name, "says": says(sql)} for name, sql in questions().items()]
    if context.json or form is not None:
        context.answer(rows, ("question", "says"), form)
        return
    click.echo("\n\n".join(f"{one['question']}\n{_indented(one['says'])}" for one in rows))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def _told(done: Replayed) -> str:
    passed = f", {done.passed} of them without a row" if done.passed else ""
    return (
        f"{done.records} records read{passed}; {done.directory} holds {done.total} rows"
        f" in {done.segments} segments"
    )
