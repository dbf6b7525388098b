"""Commands that read: the log, the projections, causes, the models."""

from __future__ import annotations

import csv
import io
import sys
import time
from typing import Any, BinaryIO

import click
import msgspec

from streams.cli.context import Context, give, table
from streams.errors import NotFound, Refused

Rows = list[dict[str, Any]]

as_of_options = [
    click.option("--as-of", "as_of", metavar="TIME|POSITION", help="The tables as they stood."),
    click.option("--occurred", is_flag=True, help="Cut by when it happened, not when known."),
]


def looking_back(command: Any) -> Any:  # Any: click decorators are untyped callables
    """Adds --as-of and --occurred to a command."""
    for option in reversed(as_of_options):
        command = option(command)
    return command


def _rows(
    context: Context, sql: str, values: tuple[object, ...], as_of: str | None, occurred: bool
) -> Rows:
    with context.desk() as desk:
        if as_of is None:
            return desk.query(sql, values)
        return desk.as_of(as_of, occurred=occurred).query(sql, values)


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
    """Read the log as JSON lines."""
    from streams.asof import position_of
    from streams.deadletters import letter_line
    from streams.errors import Unreadable

    with context.desk() as desk:
        while True:
            for entry in desk.entries(
                customer=customer, topic=topic, ticket=ticket, type=kind, after=after
            ):
                after = position_of(entry.seq)
                try:
                    record = entry.record()
                except Unreadable:
                    context.line(letter_line(entry, after))
                    continue
                context.line(
                    {
                        "id": record.id,
                        "type": record.type,
                        "topic": entry.topic,
                        "partition": entry.partition,
                        "offset": entry.offset,
                        "key": record.key,
                        "at": record.at,
                        "by": record.by,
                        "cause": record.cause,
                        "correlation": record.correlation,
                        "sequence": record.sequence,
                        "previous": record.previous,
                        "position": after,
                        "event": record.event.model_dump(mode="json"),
                    }
                )
            if not follow:
                return
            sys.stdout.flush()
            time.sleep(0.2)


_TICKET_COLUMNS = (
    "ticket_id",
    "status",
    "priority",
    "channel",
    "category",
    "customer_id",
    "team",
    "assigned_agent",
    "contacts",
    "replies",
    "updated_at",
    "subject",
)


@click.command("tickets")
@click.option("--status", help="Only this status.")
@click.option("--customer", help="Only this customer's.")
@click.option("--limit", default=50, show_default=True, help="So many at most.")
@looking_back
@give
def tickets_command(
    context: Context,
    status: str | None,
    customer: str | None,
    limit: int,
    as_of: str | None,
    occurred: bool,
) -> None:
    """Tickets, newest first."""
    rows = _rows(
        context,
        "SELECT * FROM v1_tickets WHERE (?1 IS NULL OR status = ?1)"
        " AND (?2 IS NULL OR customer_id = ?2) ORDER BY created_at DESC, ticket_id LIMIT ?3",
        (status, customer, limit),
        as_of,
        occurred,
    )
    context.rows(rows, _TICKET_COLUMNS)


@click.command("ticket")
@click.argument("ticket_id")
@looking_back
@give
def ticket_command(context: Context, ticket_id: str, as_of: str | None, occurred: bool) -> None:
    """One ticket with its interactions."""
    with context.desk() as desk:
        view = desk if as_of is None else desk.as_of(as_of, occurred=occurred)
        rows = view.query("SELECT * FROM v1_tickets WHERE ticket_id = ?", (ticket_id,))
        if not rows:
            raise NotFound(f"there is no ticket {ticket_id}", "see `pactdesk tickets`")
        found = rows[0]
        found["interactions"] = view.query(
            "SELECT * FROM v1_interactions WHERE ticket_id = ? ORDER BY timestamp, interaction_id",
            (ticket_id,),
        )
    context.show(found, lambda: _ticket_text(found))


def _ticket_text(found: dict[str, Any]) -> str:
    head = [f"{name}: {value}" for name, value in found.items() if name != "interactions"]
    talk = [
        f"{one['timestamp']}  {one['interaction_type']}  "
        f"{one['agent_id'] or 'customer'} ({one['channel']})\n    "
        + " ".join(str(one["message_content"] or "").split())
        for one in found["interactions"]
    ]
    return "\n".join([*head, "", *talk])


@click.command("customers")
@click.option("--limit", default=50, show_default=True, help="So many at most.")
@looking_back
@give
def customers_command(context: Context, limit: int, as_of: str | None, occurred: bool) -> None:
    """Customers, the most recently seen first."""
    rows = _rows(
        context,
        "SELECT * FROM v1_customers ORDER BY last_interaction DESC, customer_id LIMIT ?",
        (limit,),
        as_of,
        occurred,
    )
    columns = (
        "customer_id",
        "name",
        "vip_status",
        "open_tickets",
        "resolved_tickets",
        "interaction_count",
        "satisfaction_score",
        "last_interaction",
    )
    context.rows(rows, columns)


@click.command("customer")
@click.argument("customer_id")
@looking_back
@give
def customer_command(context: Context, customer_id: str, as_of: str | None, occurred: bool) -> None:
    """One customer with their tickets."""
    with context.desk() as desk:
        view = desk if as_of is None else desk.as_of(as_of, occurred=occurred)
        rows = view.query("SELECT * FROM v1_customers WHERE customer_id = ?", (customer_id,))
        if not rows:
            raise NotFound(f"there is no customer {customer_id}", "see `pactdesk customers`")
        found = rows[0]
        found["tickets"] = view.query(
            "SELECT * FROM v1_tickets WHERE customer_id = ? ORDER BY created_at, ticket_id",
            (customer_id,),
        )
    context.show(
        found,
        lambda: "\n".join(
            [
                *(f"{name}: {value}" for name, value in found.items() if name != "tickets"),
                "",
                table(found["tickets"], _TICKET_COLUMNS),
            ]
        ),
    )


@click.command("decisions")
@click.option("--ticket", help="Only about this ticket.")
@click.option("--agent", help="Only by this agent.")
@click.option("--action", help="Only this action.")
@click.option("--limit", default=50, show_default=True, help="So many at most.")
@looking_back
@give
def decisions_command(
    context: Context,
    ticket: str | None,
    agent: str | None,
    action: str | None,
    limit: int,
    as_of: str | None,
    occurred: bool,
) -> None:
    """What the agents decided, newest first."""
    rows = _rows(
        context,
        "SELECT * FROM v1_decisions WHERE (?1 IS NULL OR ticket_id = ?1)"
        " AND (?2 IS NULL OR agent = ?2) AND (?3 IS NULL OR action = ?3)"
        " ORDER BY at DESC, record_id LIMIT ?4",
        (ticket, agent, action, limit),
        as_of,
        occurred,
    )
    context.rows(
        rows, ("at", "action", "outcome", "confidence", "reasons", "ticket_id", "record_id")
    )


@click.command("metrics")
@click.option("--period", default="all", show_default=True, help="all, or a day.")
@click.option("--segment", default="all", show_default=True, help="all, or channel:NAME.")
@looking_back
@give
def metrics_command(
    context: Context, period: str, segment: str, as_of: str | None, occurred: bool
) -> None:
    """The metrics, with their definitions."""
    rows = _rows(
        context,
        "SELECT * FROM v1_metrics WHERE period = ?1 AND (segment = ?2"
        " OR (?2 = 'all' AND metric = 'channel_distribution')) ORDER BY metric, segment",
        (period, segment),
        as_of,
        occurred,
    )
    context.rows(rows)


@click.command("query")
@click.argument("sql")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How rows are printed.",
)
@looking_back
@give
def query_command(context: Context, sql: str, form: str, as_of: str | None, occurred: bool) -> None:
    """Run read-only SQL over the v1_ views."""
    rows = _rows(context, sql, (), as_of, occurred)
    if form == "csv" and not context.json:
        click.echo(_csv(rows), nl=False)
    elif form == "json" or context.json:
        context.line(rows)
    else:
        click.echo(table(rows))


def _csv(rows: Rows) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow(
                msgspec.json.encode(v).decode() if isinstance(v, list | dict | bool) else v
                for v in row.values()
            )
    return out.getvalue()


@click.command("why")
@click.argument("subject", metavar="ID")
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "json", "mermaid"]),
    default="tree",
    show_default=True,
    help="How the causes are printed.",
)
@give
def why_command(context: Context, subject: str, form: str) -> None:
    """Every cause of a record, ticket or reply, back to the raw contact."""
    from streams.why import as_mermaid, as_text

    with context.desk() as desk:
        tree = desk.why(subject)
    if context.json or form == "json":
        context.line(tree)
    else:
        click.echo(as_text(tree) if form == "tree" else as_mermaid(tree))


@click.command("understand")
@click.argument("file", type=click.File("rb"), default="-")
@give
def understand_command(context: Context, file: BinaryIO) -> int:
    """What the models make of messages: NDJSON contacts in, NDJSON out."""
    bad = 0
    with context.desk() as desk:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                document = msgspec.json.decode(line)
                if not isinstance(document, dict) or not isinstance(document.get("message"), str):
                    raise Refused("it has no text in `message`", "give the message as text")
            except (msgspec.DecodeError, UnicodeDecodeError, Refused) as error:
                bad += 1
                context.remark(f"line {number}: {error}")
                continue
            context.line(desk.understand([document])[0])
    return 65 if bad else 0


@click.command("pact")
@click.argument("action")
@click.argument("parameters", metavar="[JSON|-]", default="{}")
@give
def pact_command(context: Context, action: str, parameters: str) -> int:
    """Call one of the 28 PACT actions and print its result document."""
    text = sys.stdin.read() if parameters == "-" else parameters
    try:
        params = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refused(
            f"the parameters are not a JSON object ({error})", 'write them like {"text": "…"}'
        ) from error
    with context.desk() as desk:
        result = desk.pact(action, params)
    context.line(result)
    return 0 if result["success"] else 3
