"""Commands that keep what is stored right: rebuild, verify, recover, dead letters."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import click

from streams.cli.context import Context, give
from streams.cli.output import described
from streams.errors import Refused

if TYPE_CHECKING:
    from streams.deadletters import DeadLetter


@click.command("rebuild")
@click.argument("projections", metavar="[PROJECTION...]", nargs=-1)
@click.option("--give-up", is_flag=True, help="Let go of what the log no longer says.")
@give
def rebuild_command(context: Context, projections: tuple[str, ...], *, give_up: bool) -> int:
    """Fold tables anew from the log, compare, then swap them in.

    On a cluster whose topics have lost their first records it refuses, for what was made of those
    would be lost as well.
    """
    from streams.own.loading import load

    settings = context.settings()
    own = load(settings.projections.own)
    with context.bar("records") as bar:
        if settings.engine == "cluster":
            from streams.cluster.rebuild import rebuild as rebuild_on_cluster

            report = rebuild_on_cluster(settings, projections, bar.advance, own, give_up=give_up)
        else:
            from streams.embedded.rebuild import rebuild

            with context.embedded() as desk:
                report = rebuild(desk.database, projections, bar.advance, own)
    context.rows([{"projection": name, **one} for name, one in report.items()])
    failed = {name: one["error"] for name, one in report.items() if one.get("error")}
    for name, error in failed.items():
        context.complain(name, error, "mend its file; the table is as it was")
    return Refused.status if failed else 0


@click.command("verify")
@give
def verify_command(context: Context) -> int:
    """Rebuild beside, compare rows, check the lines' numbers and the seals; exit 5 on a difference.

    Each record, seal and row that is not what it must be is named.
    """
    from streams.own.loading import load

    settings = context.settings()
    own = load(settings.projections.own)
    with context.bar("records") as bar:
        if settings.engine == "cluster":
            from streams.cluster.rebuild import verify as verify_on_cluster

            report = verify_on_cluster(settings, bar.advance, own)
        else:
            from streams.embedded.rebuild import verify

            context.looks()
            with context.embedded() as desk:
                report = verify(desk.database, bar.advance, own)
    context.show(report, lambda: _verdict(report))
    return 0 if report["clean"] else 5


def _verdict(report: dict[str, Any]) -> str:
    from streams.comparing import Finding

    lines = [f"{name}: {_told(one)}" for name, one in report["tables"].items()]
    lines += [f"GAP: {gap}" for gap in report["gaps"]]
    lines += [f"FOUND: {Finding(**one)}" for one in report["findings"]]
    seals = report["seals"]
    lines.append(
        f"{seals['records']} records in {seals['partitions']} partitions are sealed,"
        f" {seals['unsealed']} are not"
    )
    lines.append("clean" if report["clean"] else "NOT clean")
    return "\n".join(lines)


def _told(table: dict[str, Any]) -> str:
    if table.get("error"):
        return str(table["error"])
    differs = "" if table["same"] else f", DIFFERS in {table['differing']} rows"
    return f"{table['rows']} rows, digest {table['digest']}{differs}"


@click.command("seal")
@give
def seal_command(context: Context) -> None:
    """Seal every partition up to where it ends, so that later changes of the log show.

    Prints the running hash of each, to be kept elsewhere.
    """
    with context.desk() as desk, context.bar("records") as bar:
        made = [
            record.event.model_dump(mode="json", include={"topic", "partition", "offset", "digest"})
            for record in desk.seal(bar.advance)
        ]
    context.show(
        made,
        lambda: (
            "\n".join(
                f"{one['topic']}/{one['partition']} up to {one['offset']}: {one['digest']}"
                for one in made
            )
            or "all is sealed"
        ),
    )


@click.command("recover")
@give
def recover_command(context: Context) -> int:
    """Fold the case store anew from the log and put it in place; exit 5 if the log lacks something.

    Stop the workers first. Nothing is decided again, nothing is sent.
    """
    settings = context.settings()
    with context.bar("records") as bar:
        if settings.engine == "cluster":
            from streams.cluster.recover import recover as recover_on_cluster

            report = recover_on_cluster(settings, bar.advance)
        else:
            from streams.embedded.recover import recover

            with context.embedded() as desk:
                report = recover(desk.database, bar.advance)
    context.show(report, lambda: _recovered(report))
    return 5 if report["gaps"] else 0


def _recovered(report: dict[str, Any]) -> str:
    lines = [
        f"{name}: {one['rows']} rows" + (", as before" if one["same"] else "")
        for name, one in report["tables"].items()
    ]
    if report.get("contents"):
        lines.append(f"contents: {report['contents']} of contacts known again")
    lines += [f"{place}: {count} left to the worker" for place, count in report["left"].items()]
    lines += [f"GAP: {gap}" for gap in report["gaps"]]
    lines.append(f"{report['records']} records folded")
    return "\n".join(lines)


@click.group("deadletters")
def deadletters_command() -> None:
    """What could not be read: nothing is lost on bad input."""


@deadletters_command.command("list")
@give
def deadletters_list(context: Context) -> None:
    """List the dead letters that were neither re-driven nor discarded."""
    from streams.redrive import waiting

    with context.reading() as desk:
        letters = [_letter(one) for one in waiting(desk)]
    context.rows(letters, ("id", "at", "origin", "error", "remedy", "attempts"))


def _letter(one: DeadLetter) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "topic": one.topic,
        "origin": one.origin,
        "handler": one.handler,
        "error": one.error,
        "remedy": one.remedy,
        "attempts": one.attempts,
        "bytes": len(one.value),
    }


@deadletters_command.command("show")
@click.argument("letter_id", metavar="ID")
@give
def deadletters_show(context: Context, letter_id: str) -> None:
    """Show one dead letter with its bytes."""
    from streams.redrive import letter

    with context.desk() as desk:
        one = letter(desk, letter_id)
    document = {
        **_letter(one),
        "key": one.key,
        "headers": one.headers,
        "text": one.value.decode("utf-8", "replace"),
        "base64": b64encode(one.value).decode(),
    }
    context.show(document, lambda: "\n".join(described(document)))


@deadletters_command.command("redrive")
@click.argument("letter_ids", metavar="[ID...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that wait.")
@give
def deadletters_redrive(context: Context, letter_ids: tuple[str, ...], everything: bool) -> int:
    """Try dead letters again, after what was wrong is mended; exit 65 when one is still bad."""
    from streams.redrive import redrive

    if everything == bool(letter_ids):
        raise click.UsageError("give some IDs, or --all")
    with context.desk() as desk:
        results = redrive(desk, None if everything else letter_ids)
    context.rows(results)
    return 65 if any(one["status"] == "unreadable" for one in results) else 0


@deadletters_command.command("discard")
@click.argument("letter_ids", metavar="ID...", nargs=-1, required=True)
@give
def deadletters_discard(context: Context, letter_ids: tuple[str, ...]) -> None:
    """Take dead letters off the list; their bytes stay in the log."""
    from streams.redrive import discard

    with context.desk() as desk:
        context.rows(discard(desk, letter_ids))
