"""The command `pactdesk`: global options, lazy commands, errors to exit statuses."""

from __future__ import annotations

import io
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from streams.cli.commands import COMMANDS
from streams.cli.context import Context
from streams.cli.output import as_json, visible
from streams.errors import PactdeskError
from streams.garbage import collect_seldom


class Lazy(click.Group):
    """The group of all commands; help needs no command's module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, its module loaded."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"streams.cli.{COMMANDS[cmd_name].module}")
        found: click.Command = getattr(module, f"{cmd_name}_command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; a misspelt one is told what it may have been."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], COMMANDS, n=1)
            if near:
                error.message += f" Did you mean {near[0]!r}?"
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.says) for name, command in COMMANDS.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def pactdesk() -> None:
    """Customer support as an event log: every contact, decision and change is a fact.

    Global options, before or after the command: --data DIR, --engine embedded|cluster, --json,
    --quiet, --version.

    Exit status: 0 done, 2 usage, 3 refused by a rule, 4 not found, 5 a verification found a
    difference, 65 some input was unreadable, 69 a service is unavailable, 70 internal error,
    78 configuration.
    """


def split_globals(arguments: list[str]) -> tuple[Context, list[str]]:
    """The global options, wherever they stand, and the rest of the arguments.

    What follows `--` is left as it is.

    Raises:
        click.UsageError: One of them lacks its value.
    """
    context = Context()
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        name, eq, value = argument.partition("=")
        if argument == "--":
            rest += [argument, *left]
        elif argument == "--json":
            context.json = True
        elif argument == "--quiet":
            context.quiet = True
        elif argument == "--version":
            context.version = True
        elif name in {"--data", "--engine"}:
            if not eq:
                value = next(left, "")
            if not value:
                raise click.UsageError(f"{name} needs a value")
            context.flags[name.removeprefix("--")] = value
        else:
            rest.append(argument)
    return context, rest


def main(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its status; writes UTF-8 in every locale."""
    collect_seldom()
    # as `streams.understanding` has it, before anything else of a command loads numpy
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    status = status_of(list(sys.argv[1:] if arguments is None else arguments))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on. What is left in the buffer must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _open_what_is_closed() -> None:
    """Whoever closed a standard stream gives nothing and reads nothing; that is no defect.

    They are opened in order, so that each gets its own number back and no store gets it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # for good
            setattr(sys, name, stream)


def status_of(arguments: list[str]) -> int:
    """Run one command; returns its exit status."""
    context = Context(json="--json" in arguments)
    try:
        context, rest = split_globals(arguments)
        return _run(context, rest)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        if context.json:
            _tell(context, error.format_message(), "see the command's --help", 2)
        else:
            error.message = visible(error.message)
            error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except PactdeskError as error:
        _tell(context, error.what, error.remedy, error.status)
        return error.status
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001  # the last resort: a defect ends with a sentence, not a trace
        return _defect(context, error)


def _run(context: Context, rest: list[str]) -> int:
    """One command, by click but without its own handling of errors."""
    if context.version:
        from pactdesk import __version__

        context.show({"version": __version__}, lambda: f"pactdesk {__version__}")
        return 0
    with pactdesk.make_context("pactdesk", rest, obj=context) as click_context:
        result: Any = pactdesk.invoke(click_context)  # Any: what a command returned
    return result if isinstance(result, int) else 0


def _defect(context: Context, error: Exception) -> int:
    from streams.engines import meaning

    known = meaning(error)
    if known is not None:
        _tell(context, known.what, known.remedy, known.status)
        return known.status
    _tell(
        context,
        f"internal error: {type(error).__name__}: {error}",
        "this is a defect; please report it with the command that you ran",
        70,
    )
    return 70


def _tell(context: Context, what: str, remedy: str, status: int) -> None:
    """Say on stderr what went wrong and what to do, as JSON where JSON was asked for."""
    if context.json:
        document = {"error": what, "remedy": remedy, "status": status}
        click.echo(as_json(document), err=True)
    else:
        click.echo(visible(f"error: {what}\n  -> {remedy}"), err=True)
