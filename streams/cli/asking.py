"""Commands that ask: the log, SQL over the views, causes, the models, the 28 actions."""

from __future__ import annotations

import sys
import time
from codecs import BOM_UTF8
from typing import Any, BinaryIO

import click
import msgspec

from schemas.vocabulary import CHANNELS, STATUSES
from streams.cli.context import Context, give
from streams.cli.looking import looking_back
from streams.cli.output import FORMATS, for_a_file, visible
from streams.errors import Unreadable

FOLLOW_SECONDS = 0.2
"""How long `events --follow` waits before it looks for new records."""


@click.command("events")
@click.option("--topic", help="Only this topic.")
@click.option("--customer", help="Only this customer's line, and records that name them.")
@click.option("--ticket", help="Only records that name this ticket.")
@click.option("--type", "kind", help="Only this event type.")
@click.option("--after", metavar="POSITION", help="Only what lies beyond this position.")
@click.option("--follow", is_flag=True, help="Go on as records are appended.")
@give
def events_command(
    context: Context,
    topic: str | None,
    customer: str | None,
    ticket: str | None,
    kind: str | None,
    after: str | None,
    follow: bool,
) -> None:
    """Read the log as JSON lines, all topics without a filter."""
    from streams.filters import Filter
    from streams.showing import record_line

    wanted = Filter(customer=customer, topic=topic, ticket=ticket, type=kind).checked()
    with context.reading() as desk:
        while True:
            # What does not fit is not read once more: behind the last that does, or behind all.
            end = desk.position() if follow else None
            for entry, position in desk.placed(wanted, after):
                context.line(record_line(entry, position))
                end = position
            if not follow:
                return
            after = end
            sys.stdout.flush()
            time.sleep(FOLLOW_SECONDS)


@click.command("search")
@click.argument("text", metavar="TEXT")
@click.option(
    "--in", "places", metavar="PLACES", help="Some of tickets, messages, customers, articles."
)
@click.option(
    "--status",
    type=click.Choice(STATUSES),
    help="Only tickets, and messages of tickets, of this status.",
)
@click.option(
    "--channel", type=click.Choice(CHANNELS), help="Only what came or went on this channel."
)
@click.option("--customer", help="Only what is this customer's.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@give
def search_command(
    context: Context,
    text: str,
    places: str | None,
    status: str | None,
    channel: str | None,
    customer: str | None,
    limit: int,
) -> None:
    """Search tickets, messages, customers and articles; "several words" in quotes as they stand."""
    from streams.search import Wanted, kinds_of, terms_of

    wanted = Wanted(
        terms=terms_of(text),
        kinds=kinds_of(places),
        status=status,
        channel=channel,
        customer_id=customer,
        limit=limit,
    )
    with context.reading() as desk:
        found = msgspec.to_builtins(desk.search(wanted))
    context.rows(found, ("kind", "id", "ticket_id", "at", "title", "snippet"))


@click.command("query")
@click.argument("sql", metavar="SELECT")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How rows are printed.  [default: table; json with --json]",
)
@looking_back
@give
def query_command(
    context: Context, sql: str, form: str | None, as_of: str | None, occurred: bool
) -> None:
    """Run read-only SQL over the v1_ views."""
    for_a_file(form)
    with context.reading() as desk:
        rows = context.view(desk, as_of, occurred=occurred).query(sql)
    context.answer(rows, rows.columns, form)


@click.command("why")
@click.argument("subject", metavar="ID")
@click.option("--field", metavar="NAME", help="A ticket's field: what set it to what it is.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "json", "mermaid"]),
    help="How the causes are printed.  [default: tree; json with --json]",
)
@give
def why_command(context: Context, subject: str, field: str | None, form: str | None) -> None:
    """Print every cause of a record, ticket, reply or metric, back to the raw contact."""
    from streams.why.drawing import lines
    from streams.why.mermaid import as_mermaid

    with context.reading() as desk:
        tree = desk.why(subject, field)
    match form or ("json" if context.json else "tree"):
        case "json":
            context.line(tree)
        case "mermaid":
            click.echo(visible(as_mermaid(tree)))
        case _:
            for role, text in lines(tree):
                click.secho(visible(text), **_LOOKS.get(role, {}))


_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True},
    "said": {"fg": "cyan"},
    "because": {"dim": True},
    "otherwise": {"fg": "yellow"},
}
"""How a line of a chain looks on a terminal, by its role; elsewhere it has no colour."""


@click.command("understand")
@click.argument("file", type=click.File("rb"), default="-")
@give
def understand_command(context: Context, file: BinaryIO) -> int:
    """Print what the models make of messages: NDJSON contacts in, NDJSON out."""
    bad = 0
    with context.desk() as desk:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                document = _message(line)
            except Unreadable as error:
                bad += 1
                context.complain(f"line {number}", error.what, error.remedy)
                continue
            context.line(desk.understand([document])[0])
    return 65 if bad else 0


def _message(line: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(line.removeprefix(BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(
            f"the line is not JSON ({error})", "write one JSON object a line"
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("message"), str):
        raise Unreadable("it has no text in `message`", 'write {"message": "…"}')
    return document


@click.command("pact")
@click.argument("action")
@click.argument("parameters", metavar="[JSON|-]", default="{}")
@give
def pact_command(context: Context, action: str, parameters: str) -> int:
    """Call one of the 28 PACT actions and print its result document; exit 3 when it fails."""
    text = sys.stdin.read() if parameters == "-" else parameters
    try:
        params = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise click.UsageError(
            f'the parameters are not a JSON object ({error}); write them like \'{{"text": "…"}}\''
        ) from error
    with context.desk() as desk:
        result = desk.pact(action, params)
    context.line(result)
    return 0 if result["success"] else 3
