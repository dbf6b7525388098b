"""What a person at the desk does: each verb appends an intent and prints the ruling.

A verb is made of the line that it appends: `streams.inputs.intents` says what it takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_origin

import click
import msgspec
from pydantic.fields import FieldInfo

from streams.cli.commands import COMMANDS
from streams.cli.context import Context, give
from streams.errors import Misused, Refused, Unreadable
from streams.inputs import INTENTS

_OF_ALL = {"at", "by", "idempotency_key"}
"""Fields of lines that are no arguments: `by` is what --as says."""


def __getattr__(name: str) -> click.Command:
    """The command of every verb that is not written out below."""
    verb = name.removesuffix("_command")
    if verb not in INTENTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _command(verb)


def _ask(context: Context, document: dict[str, Any]) -> None:
    """Append an intent, work it off and print how the desk ruled.

    Raises:
        Refused: The desk ruled against it.
        Misused: An argument does not fit; nothing was appended, nor is there a dead letter.
    """
    from streams.rulings import ask

    with context.desk() as desk:
        try:
            ruling = ask(desk, document)
        except Unreadable as error:
            raise Misused(error.what, error.remedy) from error
    if not ruling.accepted:
        raise Refused(
            f"{document['type']}: refused, for the rule {ruling.reason!r} says no", ruling.remedy
        )
    if ruling.remark:
        context.remark(ruling.remark)
    context.show(
        msgspec.to_builtins(ruling),
        lambda: "\n".join(
            [f"{document['type']}: {ruling.status}", *(f"  {event}" for event in ruling.events)]
        ),
    )


def _command(verb: str) -> click.Command:
    """A verb whose arguments are the fields of its line, in their order."""

    @click.option("--as", "by", default="desk", show_default=True, help="Who does it.")
    @give
    def ask(context: Context, /, **fields: Any) -> None:  # Any: what click made of them
        given = {name: list(one) if isinstance(one, tuple) else one for name, one in fields.items()}
        _ask(context, {"type": verb, **given})

    command = click.command(verb, help=_sentence(COMMANDS[verb].says))(ask)
    arguments = (_argument(name, one) for name, one in INTENTS[verb].model_fields.items())
    command.params = [*(one for one in arguments if one is not None), *command.params]
    return command


def _argument(name: str, field: FieldInfo) -> click.Argument | None:
    """The argument of a field; None for one that only other ways in give."""
    if name in _OF_ALL or not (field.is_required() or isinstance(field.default, str)):
        return None
    word = name.removesuffix("_id").upper()
    if get_origin(field.annotation) is list:
        return click.Argument(
            [name], metavar=f"{word.removesuffix('S')}...", nargs=-1, required=True
        )
    if field.is_required():
        return click.Argument([name], metavar=word)
    return click.Argument([name], default=field.default)


def _sentence(says: str) -> str:
    return f"{says[0].upper()}{says[1:]}."


@click.command("reply", help=_sentence(COMMANDS["reply"].says))
@click.argument("ticket_id", metavar="TICKET")
@click.argument("text", metavar="TEXT")
@click.option(
    "--attach",
    "paths",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that goes with it; once for each.",
)
@click.option("--as", "by", default="desk", show_default=True, help="Who does it.")
@give
def reply_command(
    context: Context, ticket_id: str, text: str, paths: tuple[Path, ...], by: str
) -> None:
    """Reply to the customer of a ticket."""
    document: dict[str, Any] = {"type": "reply", "ticket_id": ticket_id, "text": text, "by": by}
    if paths:
        from streams.files.enclosed import Enclosing
        from streams.files.store import Files

        settings = context.settings()
        enclosing = Enclosing(Files(settings.data), settings.attachments)
        document["attachments"] = [enclosing.of_disk(path) for path in paths]
        document["links"] = settings.gateway.public_url is not None
    _ask(context, document)


@click.command("resolve", help=_sentence(COMMANDS["resolve"].says))
@click.argument("ticket_id", metavar="TICKET")
@click.option(
    "--article",
    "article_id",
    metavar="ARTICLE",
    help="What solved it: it learns the question, once the customer is pleased.",
)
@click.option("--as", "by", default="desk", show_default=True, help="Who does it.")
@give
def resolve_command(context: Context, ticket_id: str, article_id: str | None, by: str) -> None:
    """Say that a ticket is solved."""
    document = {"type": "resolve", "ticket_id": ticket_id, "by": by}
    _ask(context, document if article_id is None else {**document, "article_id": article_id})


@click.command(
    "tag",
    help=_sentence(COMMANDS["tag"].says),
    # So that -that is no option, nor the h in -hardware a wish for help.
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("ticket_id", metavar="TICKET")
@click.argument("changes", metavar="+TAG|-TAG...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--as", "by", default="desk", show_default=True, help="Who does it.")
@give
def tag_command(context: Context, ticket_id: str, changes: tuple[str, ...], by: str) -> None:
    """Add and remove tags."""
    wrong = [one for one in changes if one[:1] not in {"+", "-"} or not one[1:]]
    if wrong:
        raise click.UsageError(f"{wrong[0]!r}: begin a tag with + to add it or - to remove it")
    document = {
        "type": "tag",
        "ticket_id": ticket_id,
        "add": [one[1:] for one in changes if one[0] == "+"],
        "remove": [one[1:] for one in changes if one[0] == "-"],
        "by": by,
    }
    _ask(context, document)
