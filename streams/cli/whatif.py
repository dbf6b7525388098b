"""Commands that try what is not in force: backtest, shadow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from streams.cli.context import Context, give
from streams.cli.files import keep
from streams.cli.knowing import policy_text
from streams.cli.output import as_parquet, table

if TYPE_CHECKING:
    from agents.policy import Policy
    from streams.settings import TierName
    from streams.shadowing.kept import Shadow
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


_given_person = click.option(
    "--as", "person", default="operator", show_default=True, help="Who does it."
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

    _known_ending(to)
    candidate = Candidate(_policy(policy, models), models)
    span = _span(since, until)
    with (
        context.desk() as desk,
        context.bar("records") as bar,
        history_of(desk, bar.advance) as history,
    ):
        report = tried(history, candidate, span, bar.advance)
    if to is not None:
        _write(to, report, "What would have been decided")
        context.remark(f"written to {to}")
    context.show(report, lambda: summary(report))


def _known_ending(to: Path | None) -> None:
    if to is not None and to.suffix not in KINDS:
        raise click.UsageError(f"{to} has no known ending; use one of {', '.join(KINDS)}")


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


def _write(to: Path, report: dict[str, Any], title: str) -> None:
    match to.suffix:
        case ".html":
            from streams.whatif.page import page

            content = page(report, title).encode()
        case ".parquet":
            content = as_parquet(_changes(report), _COLUMNS)
        case _:
            content = msgspec.json.encode(report)
    keep(to, content)


_COLUMNS = ("ticket_id", "customer_id", "record_id", "at", "action", "kind", "recorded", "again")


def _changes(report: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each output that differs, with the fields that do as JSON on both sides."""
    return [
        {name: (ticket | change)[name] for name in _COLUMNS}
        for ticket in report["tickets"]
        for change in ticket["changes"]
    ]


@click.group("shadow")
def shadow_command() -> None:
    """A candidate beside the live agents, on live traffic."""


@shadow_command.command("start")
@_given_policy
@_given_models
@_given_person
@give
def shadow_start(
    context: Context, policy: Path | None, models: TierName | None, person: str
) -> None:
    """Let a policy or other models decide beside the live agents; nothing comes of it."""
    from streams.shadowing import kept
    from streams.whatif.candidate import Candidate

    candidate = Candidate(_policy(policy, models), models)
    with context.desk() as desk:
        shadow = kept.start(desk.database, candidate, person, desk.clock.now(), desk.taken)
    context.show(_told(shadow), lambda: f"{named(shadow)} runs beside the live agents")


@shadow_command.command("report")
@click.option("--to", type=click.Path(path_type=Path), help="Write .html, .parquet or .json.")
@give
def shadow_report(context: Context, to: Path | None) -> None:
    """Say how far the shadow agrees with the live agents, and where it differs."""
    from streams.errors import Refused
    from streams.shadowing import kept
    from streams.shadowing.report import report as report_of

    _known_ending(to)
    with context.desk() as desk:
        shadow = kept.latest(desk.database)
        if shadow is None:
            raise Refused("there was no shadow yet", "start one with `pactdesk shadow start`")
        report = report_of(desk.database, shadow, desk.policy())
    if to is not None:
        _write(to, report, "What the shadow would have decided")
        context.remark(f"written to {to}")
    context.show(report, lambda: f"{_state(shadow, report)}\n{summary(report)}")


@shadow_command.command("stop")
@give
def shadow_stop(context: Context) -> None:
    """End the shadow; its report stays until another one is started."""
    from streams.shadowing import kept

    with context.desk() as desk:
        shadow = kept.required(desk.database)
        kept.end(desk.database, shadow, "stopped", desk.clock.now())
    context.show(_told(shadow), lambda: f"{named(shadow)} is stopped")


@shadow_command.command("promote")
@_given_person
@give
def shadow_promote(context: Context, person: str) -> None:
    """Put the shadow's candidate in force from now on, and end the shadow."""
    from streams.shadowing.promoting import promote

    with context.desk() as desk:
        shadow = promote(desk, person)
    context.show(_told(shadow), lambda: f"{named(shadow)} is in force")


def named(shadow: Shadow) -> str:
    """A candidate in words."""
    policy, tier = shadow.candidate
    parts = [policy.version] if policy is not None else []
    return " with ".join([*parts, f"the {tier} models"] if tier is not None else parts)


def _told(shadow: Shadow) -> dict[str, Any]:
    policy, tier = shadow.candidate
    return {
        "policy": None if policy is None else policy.version,
        "models": tier,
        "started_at": shadow.started_at,
        "started_by": shadow.started_by,
    }


def _state(shadow: Shadow, report: dict[str, Any]) -> str:
    how = f"{shadow.ended_how} at {shadow.ended_at}" if shadow.ended_at else "runs"
    lines = [f"{named(shadow)} since {shadow.started_at}, {how}: {report['turns']} turns"]
    if shadow.missed:
        lines.append(f"{shadow.missed} turns were left out, for it could not keep up")
    lines += [f"failed {count} times: {error}" for error, count in report["errors"].items()]
    return "\n".join(lines)


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
