"""The command `pactdesk`: global options, lazy commands, errors to exit statuses."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click
import msgspec

from streams.cli.context import Context
from streams.errors import PactdeskError

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("working", "a real support week through all agents, then what to try"),
    "up": ("working", "run the roles until told to stop"),
    "run": ("working", "work off everything that waits, and return"),
    "produce": ("working", "append input events (NDJSON) to the log"),
    "events": ("reading", "read the log"),
    "tickets": ("reading", "tickets, newest first"),
    "ticket": ("reading", "one ticket with its interactions"),
    "customers": ("reading", "customers"),
    "customer": ("reading", "one customer with their tickets"),
    "decisions": ("reading", "what the agents decided"),
    "metrics": ("reading", "the metrics, with their definitions"),
    "query": ("reading", "read-only SQL over the views"),
    "why": ("reading", "every cause of a record, ticket or reply"),
    "understand": ("reading", "what the models make of messages"),
    "pact": ("reading", "one of the 28 PACT actions"),
    "reply": ("verbs", "reply to the customer of a ticket"),
    "note": ("verbs", "write a note that only the desk sees"),
    "start": ("verbs", "begin a conversation with a customer"),
    "resolve": ("verbs", "say that a ticket is solved"),
    "close": ("verbs", "close a ticket"),
    "reopen": ("verbs", "open a resolved or closed ticket again"),
    "escalate": ("verbs", "escalate a ticket"),
    "assign": ("verbs", "give a ticket to a person"),
    "transfer": ("verbs", "pass a ticket to another team"),
    "priority": ("verbs", "set a ticket's priority"),
    "categorise": ("verbs", "correct a ticket's category"),
    "tag": ("verbs", "add and remove tags: +this -that"),
    "snooze": ("verbs", "put a ticket out of sight until a moment"),
    "merge": ("verbs", "say that a ticket is the same issue as another"),
    "unmerge": ("verbs", "take a merge back"),
    "split": ("verbs", "make messages a ticket of their own"),
    "link": ("verbs", "say that a handle is a customer's"),
    "unlink": ("verbs", "take a link back"),
    "articles": ("knowing", "the knowledge base"),
    "teach": ("knowing", "categories with example texts"),
    "team": ("knowing", "who works at the desk"),
    "policy": ("knowing", "thresholds, routing and targets"),
    "rebuild": ("keeping", "fold the tables anew from the log and swap them in"),
    "verify": ("keeping", "prove that the tables are what the log says"),
    "deadletters": ("keeping", "what could not be read: list, show, redrive, discard"),
    "topology": ("keeping", "which agent reads and writes what, from the code"),
    "topics": ("keeping", "the topics"),
    "schemas": ("keeping", "the Avro schemas"),
    "migrate": ("keeping", "bring the store to this version"),
    "config": ("keeping", "the settings, and where each comes from"),
    "doctor": ("keeping", "what is wrong, and how to mend it"),
    "status": ("keeping", "how much waits, and where"),
}
"""Every command: its module and what it does; modules load when a command is called."""


class Lazy(click.Group):
    """The group of all commands; help needs no command's module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the contract."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, its module loaded."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"streams.cli.{COMMANDS[cmd_name][0]}")
        found: click.Command = getattr(module, f"{cmd_name}_command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table above."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def pactdesk() -> None:
    """Customer support as an event log: every contact, decision and change is a fact.

    Global options, before or after the command: --data DIR, --engine embedded, --json, --quiet,
    --version.

    Exit status: 0 done, 2 usage, 3 refused by a rule, 4 not found, 5 a verification found a
    difference, 65 some input was unreadable, 69 a service is unavailable, 70 internal error,
    78 configuration.
    """


def distribution_version() -> str:
    """The installed version; a clone that is not installed says so."""
    try:
        return version("pactdesk")
    except PackageNotFoundError:
        return "0 (not installed)"


def split_globals(arguments: list[str]) -> tuple[Context, list[str]]:
    """The global options, wherever they stand, and the rest of the arguments."""
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
    """Run one command and end the process with its status."""
    sys.exit(status_of(list(sys.argv[1:] if arguments is None else arguments)))


def status_of(arguments: list[str]) -> int:
    """Run one command; returns its exit status."""
    context = Context(json="--json" in arguments)
    try:
        context, rest = split_globals(arguments)
        if rest[:1] == ["--version"]:
            click.echo(f"pactdesk {distribution_version()}")
            return 0
        result = pactdesk.main(args=rest, prog_name="pactdesk", standalone_mode=False, obj=context)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        return 130
    except PactdeskError as error:
        _tell(context, error.what, error.remedy, error.status)
        return error.status
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # the last resort: a defect ends with a sentence, not a trace
        if _is_disk_full(error):
            _tell(context, f"the disk is full ({error})", "free space and run it again", 69)
            return 69
        _tell(
            context,
            f"internal error: {type(error).__name__}: {error}",
            "this is a defect; please report it with the command that you ran",
            70,
        )
        return 70


def _is_disk_full(error: BaseException) -> bool:
    text = str(error)
    return "disk is full" in text or "No space left" in text


def _tell(context: Context, what: str, remedy: str, status: int) -> None:
    if context.json:
        document: dict[str, Any] = {"error": what, "remedy": remedy, "status": status}
        click.echo(msgspec.json.encode(document).decode(), err=True)
    else:
        click.echo(f"error: {what}\n  -> {remedy}", err=True)
