"""Commands about incident bundles: one ticket's history in a file, and run elsewhere."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from streams.cli.context import Context, give
from streams.cli.files import keep

if TYPE_CHECKING:
    from streams.bundles.bundle import Text

OF = "TICKET"
"""How the command is listed that is called by a ticket's id instead of a name."""


class TicketOrRun(click.Group):
    """A group one of whose commands is called by what it takes."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command by its name; what is no name is a ticket."""
        if args[0] in self.commands and args[0] != OF:
            return super().resolve_command(ctx, args)
        return OF, self.commands[OF], args


class ByTicket(click.Command):
    """A command whose name in the usage is what it takes."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """What may follow the ticket."""
        del ctx
        return [self.options_metavar or ""]


@click.group("bundle", cls=TicketOrRun)
def bundle_command() -> None:
    """One ticket's history with all that it rests on, in a file that runs elsewhere."""


@bundle_command.command(OF, cls=ByTicket)
@click.argument("ticket", metavar="TICKET")
@click.option("--to", "path", metavar="FILE", type=click.Path(path_type=Path),
              help="Where it is written.  [default: TICKET.bundle]")  # fmt: skip
@click.option(
    "--text",
    type=click.Choice(["masked", "sealed", "plain"]),
    default="masked",
    show_default=True,
    help="What is done to personal text.",
)
@give
def bundle_of(context: Context, ticket: str, path: Path | None, text: Text) -> None:
    """Write a ticket's bundle, and run it once to see that it comes to the same."""
    from streams.bundles.making import made
    from streams.bundles.running import run

    with context.desk() as desk:
        bundle, content, key = made(desk, ticket, text)
    where = path or Path(f"{ticket}.bundle")
    keep(where, content)
    with TemporaryDirectory(prefix="pactdesk-bundle-") as folder:
        report = run(bundle, Path(folder))
    if not report["same"]:
        context.remark(f"run here it does not come to the same: {_differing(report)}")
    if key is not None:
        context.remark("the key opens the plain text, and is shown only now; send it another way")
    told = {
        "file": str(where),
        "ticket_id": ticket,
        "text": text,
        "lines": bundle.lines,
        "models": bundle.models,
        "turns": report["turns"],
        "compared": report["compared"],
        "same": report["same"],
        "bytes": len(content),
        "key": key,
    }
    context.show(told, lambda: _made(told))


def _made(told: dict[str, Any]) -> str:
    said = f"{told['file']}: {told['turns']} turns, {told['bytes']} bytes, text {told['text']}"
    return said if told["key"] is None else f"{said}\nkey {told['key']}"


@bundle_command.command("run")
@click.argument("file", type=click.File("rb"))
@click.option("--key", help="Opens the sealed text of a bundle that was made with --text sealed.")
@give
def bundle_run(context: Context, file: BinaryIO, key: str | None) -> int:
    """Take a bundle's decisions again, without models, and say whether they are the same.

    In the store of --data, which must be empty; without it in one that is thrown away. Exit 5 where
    the outcome differs.
    """
    from streams.bundles.file import read
    from streams.bundles.running import run

    settings = context.settings()
    bundle = read(file.read(), key)
    if "data" in context.flags:
        report = run(bundle, settings.data)
    else:
        with TemporaryDirectory(prefix="pactdesk-bundle-") as folder:
            report = run(bundle, Path(folder))
    context.show(report, lambda: _ran(report))
    return 0 if report["same"] else 5


def _ran(report: dict[str, Any]) -> str:
    counted = f"{report['turns']} turns were taken again, {report['compared']} records compared"
    if report["same"]:
        return f"{counted}: the same"
    return f"{counted}: {_differing(report)}"


SHOWN = 10
"""Differences that are told of; JSON has them all."""

NUMBERS = frozenset({"sequence", "previous", "revision", "turn"})
"""Fields that count records: one that is new or missing changes those of all behind it."""


def _differing(report: dict[str, Any]) -> str:
    differences = report["differences"]
    decided = [one for one in differences if not one["fields"] or {*one["fields"]} - NUMBERS]
    counted = len(differences) - len(decided)
    of_these = f", {counted} of them in their numbers alone" if counted else ""
    lines = [f"{len(differences)} differ{of_these}"]
    for one in (decided or differences)[:SHOWN]:
        fields = f" ({', '.join(one['fields'])})" if one["fields"] else ""
        lines.append(f"  {one['what']} {one['type']} {one['id']}{fields}")
    return "\n".join(lines)
