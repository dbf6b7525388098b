"""What a person at the desk does: each verb appends an intent and prints the ruling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec

from streams.cli.context import Context, give
from streams.errors import Refused

Body = Callable[..., None]
"""A verb's function: the context, its arguments and the person."""


def _ask(context: Context, document: dict[str, Any], person: str) -> None:
    """Append an intent, work it off and print how the desk ruled; raises `Refused` when it did."""
    from streams.rulings import ask

    with context.desk() as desk:
        ruling = ask(desk, {**document, "by": person})
    if not ruling.accepted:
        raise Refused(
            f"{document['type']}: refused, for the rule {ruling.reason!r} says no", ruling.remedy
        )
    context.show(
        msgspec.to_builtins(ruling),
        lambda: "\n".join(
            [f"{document['type']}: {ruling.status}", *(f"  {event}" for event in ruling.events)]
        ),
    )


def _verb(name: str, help_: str) -> Callable[[Body], click.Command]:
    """Makes a command of a verb's function, with --as."""

    def wrap(function: Body) -> click.Command:
        as_person = click.option(
            "--as", "person", default="desk", show_default=True, help="Who does it."
        )
        return click.command(name, help=help_)(as_person(give(function)))

    return wrap


def _plain(name: str, help_: str) -> click.Command:
    """A verb that takes a ticket and nothing else."""

    @_verb(name, help_)
    @click.argument("ticket_id", metavar="TICKET")
    def command(context: Context, ticket_id: str, person: str) -> None:
        _ask(context, {"type": name, "ticket_id": ticket_id}, person)

    return command


def _with_text(name: str, field: str, help_: str) -> click.Command:
    """A verb that takes a ticket and one text, which is a field of the intent."""

    @_verb(name, help_)
    @click.argument("ticket_id", metavar="TICKET")
    @click.argument("value", metavar=field.upper())
    def command(context: Context, ticket_id: str, value: str, person: str) -> None:
        _ask(context, {"type": name, "ticket_id": ticket_id, field: value}, person)

    return command


def _identity(name: str, help_: str) -> click.Command:
    """A verb about whose a handle is."""

    @_verb(name, help_)
    @click.argument("customer_id", metavar="CUSTOMER")
    @click.argument("channel", metavar="CHANNEL")
    @click.argument("handle", metavar="HANDLE")
    def command(context: Context, customer_id: str, channel: str, handle: str, person: str) -> None:
        document = {
            "type": name,
            "customer_id": customer_id,
            "channel": channel,
            "handle": handle,
        }
        _ask(context, document, person)

    return command


reply_command = _with_text("reply", "text", "Reply to the customer of a ticket.")
note_command = _with_text("note", "text", "Write a note that only the desk sees.")
resolve_command = _plain("resolve", "Say that a ticket is solved.")
close_command = _plain("close", "Close a ticket.")
reopen_command = _plain("reopen", "Open a resolved or closed ticket again.")
assign_command = _with_text("assign", "person", "Give a ticket to a person.")
transfer_command = _with_text("transfer", "team", "Pass a ticket to another team.")
priority_command = _with_text("priority", "priority", "Set a ticket's priority.")
categorise_command = _with_text("categorise", "category", "Correct a ticket's category.")
snooze_command = _with_text(
    "snooze", "until", "Put a ticket out of sight until a moment, such as 2026-03-03T09:00:00Z."
)
merge_command = _with_text("merge", "into", "Say that a ticket is the same issue as another.")
unmerge_command = _plain("unmerge", "Take a merge back.")
link_command = _identity("link", "Say that a handle on a channel is a customer's.")
unlink_command = _identity("unlink", "Take a link back.")


@_verb("escalate", "Escalate a ticket.")
@click.argument("ticket_id", metavar="TICKET")
@click.argument("reason", default="asked by a person")
def escalate_command(context: Context, ticket_id: str, reason: str, person: str) -> None:
    """Escalate a ticket."""
    _ask(context, {"type": "escalate", "ticket_id": ticket_id, "reason": reason}, person)


@_verb("start", "Begin a conversation with a customer.")
@click.argument("customer_id", metavar="CUSTOMER")
@click.argument("channel", metavar="CHANNEL")
@click.argument("text", metavar="TEXT")
def start_command(context: Context, customer_id: str, channel: str, text: str, person: str) -> None:
    """Begin a conversation with a customer."""
    document = {"type": "start", "customer_id": customer_id, "channel": channel, "text": text}
    _ask(context, document, person)


@_verb("split", "Make messages a ticket of their own.")
@click.argument("ticket_id", metavar="TICKET")
@click.argument("messages", metavar="MESSAGE...", nargs=-1, required=True)
def split_command(context: Context, ticket_id: str, messages: tuple[str, ...], person: str) -> None:
    """Make messages a ticket of their own."""
    document = {"type": "split", "ticket_id": ticket_id, "messages": list(messages)}
    _ask(context, document, person)


@click.command(
    "tag",
    help="Add and remove tags: +this -that.",
    context_settings={"ignore_unknown_options": True},  # so that -that is no option
)
@click.argument("ticket_id", metavar="TICKET")
@click.argument("changes", metavar="+TAG|-TAG...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--as", "person", default="desk", show_default=True, help="Who does it.")
@give
def tag_command(context: Context, ticket_id: str, changes: tuple[str, ...], person: str) -> None:
    """Add and remove tags."""
    wrong = [one for one in changes if one[:1] not in {"+", "-"} or not one[1:]]
    if wrong:
        raise click.UsageError(f"{wrong[0]!r}: begin a tag with + to add it or - to remove it")
    document = {
        "type": "tag",
        "ticket_id": ticket_id,
        "add": [one[1:] for one in changes if one[0] == "+"],
        "remove": [one[1:] for one in changes if one[0] == "-"],
    }
    _ask(context, document, person)
