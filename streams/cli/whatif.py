"""Commands that try what is not in force: backtest, shadow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from streams.cli.context import Context, give
from streams.cli.knowing import policy_text
from streams.cli.output import as_parquet, table

if TYPE_CHECKING:
    from agents.policy import Policy
    from streams.settings import TierName
    from streams.whatif.backtest import Span

KINDS = (".html", ".parquet", ".json")

MOST_ROWS = 20
"""So many tickets a table shows, those with the most differences."""

_given_policy = click.option(
    "--policy",
    type=click.Path(path_type=Path, allow_dash=True),
    help="A TOML file, as `policy show` prints one.",
)
_given_models = click.option(
    "--models", type=click.Choice(("encoder", "light")), help="Read every message by this tier."
)


@click.command("backtest")
@_given_policy
@_given_models
@click.option("--since", metavar="TIME", help="Only turns from this time on.")
@click.option("--until", metavar="TIME", help="Only turns before this time.")
@click.option("--to", type=click.Path(path_type=Path), help="Write .html, .parquet or .json.")
@give
def backtest_command(
    context: Context,
    policy: Path | None,
    models: TierName | None,
    since: str | None,
    until: str | None,
    to: Path | None,
) -> None:
    """Decide recorded contacts again by another policy or other models; says what differs."""
    from streams.whatif.candidate import Candidate, tried
    from streams.whatif.history import history_of

    if to is not None and to.suffix not in KINDS:
        raise click.UsageError(f"{to} has no known ending; use one of {', '.join(KINDS)}")
    candidate = Candidate(_policy(policy, models), models)
    span = _span(since, until)
    with (
        context.desk() as desk,
        context.bar("records") as bar,
        history_of(desk, bar.advance) as history,
    ):
        report = tried(history, candidate, span, bar.advance)
    if to is not None:
        _write(to, report)
        context.remark(f"written to {to}")
    context.show(report, lambda: summary(report))


def _policy(path: Path | None, models: str | None) -> Policy | None:
    """The policy in a file, if one is given; raises `Refused` where it has faults."""
    from streams.people import sound_policy

    if path is None:
        if models is None:
            raise click.UsageError("give --policy FILE, --models, or both")
        return None
    return sound_policy(policy_text(path))


def _span(since: str | None, until: str | None) -> Span:
    from streams.clock import parse_time
    from streams.whatif.backtest import Span

    span = Span(
        None if since is None else parse_time(since), None if until is None else parse_time(until)
    )
    if span.since is not None and span.until is not None and span.since >= span.until:
        raise click.UsageError(f"--since {since} is not before --until {until}; exchange them")
    return span


def _write(to: Path, report: dict[str, Any]) -> None:
    match to.suffix:
        case ".html":
            from streams.whatif.page import page

            content = page(report, "What would have been decided").encode()
        case ".parquet":
            content = as_parquet(_changes(report))
        case _:
            content = msgspec.json.encode(report)
    try:
        to.write_bytes(content)
    except OSError as error:
        raise click.UsageError(f"{to} cannot be written ({error}); name another file") from error


_COLUMNS = ("ticket_id", "customer_id", "record_id", "at", "action", "kind", "recorded", "again")


def _changes(report: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each output that differs, with the fields that do as JSON on both sides."""
    return [
        {name: (ticket | change)[name] for name in _COLUMNS}
        for ticket in report["tickets"]
        for change in ticket["changes"]
    ]


def summary(report: dict[str, Any]) -> str:
    """A report in some lines and two tables."""
    counts = ", ".join(f"{report[n]} {n}" for n in ("contacts", "decisions", "differences"))
    lines = [counts]
    for name in ("automatic_answers", "escalations"):
        one = report[name]
        lines.append(f"{name.replace('_', ' ')}: {one['recorded']} -> {one['again']}")
    for target, one in report["sla"].items():
        was, now = one["recorded"], one["again"]
        lines.append(
            f"SLA {target.replace('_', ' ')}: {was['met']} met, {was['breached']} missed"
            f" -> {now['met']} met, {now['breached']} missed"
        )
    actions = [
        {"action": name, **kinds}
        for name, kinds in report["by_action"].items()
        if kinds["changed"] or kinds["missing"] or kinds["added"]
    ]
    if not actions:
        return "\n".join(lines)
    lines += ["", table(actions), "", table(_most(report["tickets"]))]
    if len(report["tickets"]) > MOST_ROWS:
        lines.append(f"({len(report['tickets']) - MOST_ROWS} more with --json or --to)")
    return "\n".join(lines)


def _most(tickets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ordered = sorted(tickets, key=lambda one: (-one["differences"], str(one["ticket_id"])))
    return [
        {
            "ticket": one["ticket_id"],
            "differences": one["differences"],
            "consequences": "; ".join(
                [
                    f"{name}: {fact['recorded'] or '-'} -> {fact['again'] or '-'}"
                    for name, fact in one["facts"].items()
                ]
                + [f"{end['target']}: {end['recorded']} -> {end['again']}" for end in one["sla"]]
            ),
        }
        for one in ordered[:MOST_ROWS]
    ]
