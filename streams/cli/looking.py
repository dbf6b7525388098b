"""Commands that read the projections: tickets, customers, decisions, metrics."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

import click

from schemas.vocabulary import CHANNELS, PRIORITIES, STATUSES
from streams.cli.context import Context, give
from streams.cli.output import described, table
from streams.errors import Malformed, NotFound
from streams.showing import drafts_of, with_files

if TYPE_CHECKING:
    from streams.asof import View
    from streams.engines import AnyDesk

Command = TypeVar("Command", bound=Callable[..., Any])

TICKET_COLUMNS = (
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
"""What the list of tickets shows; JSON has every column of the view."""

CUSTOMER_COLUMNS = (
    "customer_id",
    "name",
    "vip_status",
    "open_tickets",
    "resolved_tickets",
    "interaction_count",
    "satisfaction_score",
    "last_interaction",
)

DECISION_COLUMNS = (
    "at",
    "agent",
    "action",
    "outcome",
    "confidence",
    "reasons",
    "ticket_id",
    "record_id",
)


def looking_back(command: Command) -> Command:
    """Adds --as-of and --occurred to a command."""
    occurred = click.option(
        "--occurred", is_flag=True, help="With --as-of TIME: by when it happened, not when known."
    )
    as_of = click.option(
        "--as-of", "as_of", metavar="TIME|POSITION", help="The tables as they stood."
    )
    return as_of(occurred(command))


limit_option = click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="So many at most.",
)


def _listed(
    context: Context,
    view: str,
    wanted: dict[str, object],
    order: str,
    columns: tuple[str, ...] | None,
    limit: int,
    as_of: str | None,
    occurred: bool,
) -> None:
    """Print the rows of a view whose columns have the wanted values; None wants nothing."""
    asked = {name: value for name, value in wanted.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in asked) or "1 = 1"
    sql = f"SELECT * FROM {view} WHERE {where} ORDER BY {order} LIMIT ?"
    with context.reading() as desk:
        rows = context.view(desk, as_of, occurred=occurred).query(sql, (*asked.values(), limit))
    context.rows(rows, columns)
    if len(rows) == limit:
        context.remark(f"the first {limit}; --limit shows more")


@click.command("tickets")
@click.option("--status", type=click.Choice(STATUSES), help="Only this status.")
@click.option("--priority", type=click.Choice(PRIORITIES), help="Only this priority.")
@click.option("--channel", type=click.Choice(CHANNELS), help="Only begun on this channel.")
@click.option("--category", help="Only this category.")
@click.option("--customer", help="Only this customer's.")
@click.option("--team", help="Only this team's.")
@click.option("--assigned", metavar="PERSON", help="Only this person's.")
@limit_option
@looking_back
@give
def tickets_command(
    context: Context,
    status: str | None,
    priority: str | None,
    channel: str | None,
    category: str | None,
    customer: str | None,
    team: str | None,
    assigned: str | None,
    limit: int,
    as_of: str | None,
    occurred: bool,
) -> None:
    """List tickets, newest first."""
    wanted: dict[str, object] = {
        "status": status,
        "priority": priority,
        "channel": channel,
        "category": category,
        "customer_id": customer,
        "team": team,
        "assigned_agent": assigned,
    }
    order = "created_at DESC, ticket_id"
    _listed(context, "v1_tickets", wanted, order, TICKET_COLUMNS, limit, as_of, occurred)


def _one(view: AnyDesk | View, kind: str, name: str) -> dict[str, Any]:
    """The ticket or customer of an id; raises `NotFound`."""
    rows = view.query(f"SELECT * FROM v1_{kind}s WHERE {kind}_id = ?", (name,))
    if not rows:
        raise NotFound(f"there is no {kind} {name}", f"see `pactdesk {kind}s`")
    found: dict[str, Any] = rows[0]
    return found


@click.command("ticket")
@click.argument("ticket_id", metavar="ID")
@looking_back
@give
def ticket_command(context: Context, ticket_id: str, as_of: str | None, occurred: bool) -> None:
    """Show one ticket with its interactions, and the drafts for its answer."""
    with context.reading() as desk:
        view = context.view(desk, as_of, occurred=occurred, ticket=ticket_id)
        found = _one(view, "ticket", ticket_id)
        said = view.query(
            "SELECT * FROM v1_interactions WHERE ticket_id = ?"
            " ORDER BY timestamp, direction <> 'in', interaction_id",
            (ticket_id,),
        )
        found["interactions"] = with_files(view, ticket_id, said)
        found["drafts"] = drafts_of(view, ticket_id)
    context.show(found, lambda: _ticket_text(found))


def _ticket_text(found: dict[str, Any]) -> str:
    lists = {"interactions", "drafts"}
    head = described({name: v for name, v in found.items() if name not in lists})
    talk = [
        f"{one['timestamp']}  {one['interaction_type']}  "
        f"{one['agent_id'] or 'customer'} ({one['channel']})\n    "
        + "\n    ".join(
            [
                " ".join(str(one["message_content"] or "").split()),
                *(_file_text(file) for file in one["attachments"]),
            ]
        )
        for one in found["interactions"]
    ]
    drafts = [_draft_text(one) for one in found["drafts"]]
    return "\n".join([*head, "", *talk, *drafts])


def _draft_text(draft: dict[str, Any]) -> str:
    """A draft with the articles that it quotes, or why there is none."""
    head = f"{draft['ended_at'] or draft['asked_at']}  draft  {draft['model_version'] or 'llm'}"
    if draft["state"] == "written":
        names = ", ".join(dict.fromkeys(one["article_id"] for one in draft["quotes"]))
        lines = [f"(not sent; of {names})", *str(draft["draft"]).splitlines()]
    else:
        why = (draft["reason"], draft["sentence"], draft["error"])
        lines = [": ".join([draft["state"], *(" ".join(one.split()) for one in why if one)])]
    return head + "\n    " + "\n    ".join(lines)


def _file_text(file: dict[str, Any]) -> str:
    name = " ".join(str(file["name"]).split())
    why = f": {file['error']}" if file["error"] else ""
    return f"[{name}, {file['media_type']}, {file['state']}{why}, {file['attachment_id']}]"


@click.command("customers")
@click.option("--vip", is_flag=True, help="Only VIPs.")
@click.option("--name", help="Only customers of this name.")
@limit_option
@looking_back
@give
def customers_command(
    context: Context, vip: bool, name: str | None, limit: int, as_of: str | None, occurred: bool
) -> None:
    """List customers, the most recently seen first."""
    wanted: dict[str, object] = {"vip_status": 1 if vip else None, "name": name}
    order = "last_interaction DESC, customer_id"
    _listed(context, "v1_customers", wanted, order, CUSTOMER_COLUMNS, limit, as_of, occurred)


@click.command("customer")
@click.argument("customer_id", metavar="ID")
@looking_back
@give
def customer_command(context: Context, customer_id: str, as_of: str | None, occurred: bool) -> None:
    """Show one customer with their tickets."""
    with context.reading() as desk:
        view = context.view(desk, as_of, occurred=occurred, customer=customer_id)
        found = _one(view, "customer", customer_id)
        found["tickets"] = view.query(
            "SELECT * FROM v1_tickets WHERE customer_id = ? ORDER BY created_at, ticket_id",
            (customer_id,),
        )
    context.show(found, lambda: _customer_text(found))


def _customer_text(found: dict[str, Any]) -> str:
    head = described({name: v for name, v in found.items() if name != "tickets"})
    return "\n".join([*head, "", table(found["tickets"], TICKET_COLUMNS)])


def _there_is(what: str, name: str | None, known: Collection[str]) -> None:
    """Refuse a name that nothing has, which would find nothing for ever.

    Raises:
        Malformed: There is none of this name.
    """
    if name is not None and name not in known:
        raise Malformed(f"there is no {what} {name}", f"use one of {', '.join(sorted(known))}")


@click.command("decisions")
@click.option("--ticket", help="Only about this ticket.")
@click.option("--customer", help="Only about this customer.")
@click.option("--agent", help="Only by this agent, such as triage.")
@click.option("--action", help="Only this action, such as triage.classify_issue.")
@limit_option
@looking_back
@give
def decisions_command(
    context: Context,
    ticket: str | None,
    customer: str | None,
    agent: str | None,
    action: str | None,
    limit: int,
    as_of: str | None,
    occurred: bool,
) -> None:
    """List what the agents decided, newest first."""
    from schemas.event import Decision
    from schemas.events import EVENTS

    actions = {kind.ACTION for kind in EVENTS.values() if issubclass(kind, Decision)}
    _there_is("action", action, actions)
    _there_is("agent", agent, {one.partition(".")[0] for one in actions})
    wanted: dict[str, object] = {
        "ticket_id": ticket,
        "customer_id": customer,
        "agent": agent,
        "action": action,
    }
    order = "at DESC, record_id"
    _listed(context, "v1_decisions", wanted, order, DECISION_COLUMNS, limit, as_of, occurred)


@click.command("metrics")
@click.option("--metric", help="Only this metric.")
@click.option("--period", default="all", show_default=True, help="all, or a day.")
@click.option("--segment", default="all", show_default=True, help="all, or channel:NAME.")
@click.option(
    "--definition",
    "definitions",
    default="v1",
    show_default=True,
    metavar="V1,V2,...",
    help="Which definitions; several stand side by side.",
)
@click.option("--explain", metavar="NAME", help="How this metric is counted; reads no store.")
@click.option(
    "--plot",
    "plotted",
    metavar="[FILE.svg|FILE.png]",
    is_flag=False,
    flag_value="-",
    help="Plot the lines by day instead; without a FILE to the terminal.",
)
@looking_back
@give
def metrics_command(
    context: Context,
    metric: str | None,
    period: str,
    segment: str,
    definitions: str,
    explain: str | None,
    plotted: str | None,
    as_of: str | None,
    occurred: bool,
) -> None:
    """Print the metrics, with their definitions."""
    if plotted is not None:
        from streams.cli.plotting import plot

        beside = {
            "--metric": metric is not None,
            "--period": period != "all",
            "--segment": segment != "all",
            "--definition": definitions != "v1",
            "--explain": explain is not None,
        }
        for name in (name for name, given in beside.items() if given):
            raise click.UsageError(
                f"--plot draws all lines by day, of all channels together; leave {name} out"
            )
        with context.reading() as desk:
            plot(context, context.view(desk, as_of, occurred=occurred), plotted)
        return
    from streams.cli import measuring

    if explain is not None:
        measuring.explain(context, explain)
        return
    versions = measuring.versions_in(definitions)
    wanted = measuring.checked(measuring.Wanted(metric, period, segment, versions))
    with context.reading() as desk:
        measuring.measure(context, context.view(desk, as_of, occurred=occurred), wanted)
