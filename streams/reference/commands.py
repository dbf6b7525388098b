"""The page of the command line, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click

from streams.cli.commands import COMMANDS
from streams.cli.main import pactdesk
from streams.reference.markdown import code, table

STATUSES = (
    ("0", "done"),
    ("2", "the command line is wrong, or an argument does not fit"),
    ("3", "refused by a rule, with the reason and what would do"),
    ("4", "what was named does not exist"),
    ("5", "a verification found a difference"),
    ("65", "some input was unreadable; the rest was kept, the bad part is in dead letters"),
    ("69", "a service is unavailable, or the disk is full"),
    ("70", "a defect of pactdesk"),
    ("78", "the settings or the store do not allow it"),
    ("130", "interrupted from the keyboard"),
)

GLOBALS = (
    ("--data DIR", "the data directory; also `PACTDESK_DATA`; by default `.pactdesk`"),
    ("--engine embedded|cluster", "the engine; also `PACTDESK_ENGINE`; by default embedded"),
    ("--json", "data as one JSON document, or as JSON lines"),
    ("--quiet", "no progress and no remarks; errors are still told"),
    ("--version", "the version"),
    ("-h, --help", "help, also after a command"),
)


def page() -> str:
    """The page."""
    parts = [
        "# Commands",
        (
            "Data goes to standard output, everything else to standard error. The global options"
            " may stand before or after the command; text that begins with a dash goes after"
            " `--`."
        ),
        table(("global option", "what"), ((code(name), text) for name, text in GLOBALS)),
        "## Exit status",
        table(("status", "meaning"), STATUSES),
    ]
    context = click.Context(pactdesk, info_name="pactdesk")
    for name in COMMANDS:
        command = pactdesk.get_command(context, name)
        assert command is not None
        parts += _command(command, click.Context(command, context, info_name=name))
    return "\n\n".join(parts)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    depth = "##" if context.parent is None or context.parent.parent is None else "###"
    yield f"{depth} {context.command_path.removeprefix('pactdesk ')}"
    yield " ".join((command.help or "").split())
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, click.Context(inner, context, info_name=name))
        return
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {usage}\n```"
    options = [one for one in command.params if isinstance(one, click.Option)]
    if options:
        yield table(("option", "what"), (_option(one, context) for one in options))


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    name, text = option.get_help_record(context) or (option.opts[0], option.help or "")
    return code(name), text
