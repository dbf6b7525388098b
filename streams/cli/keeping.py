"""Commands that keep the desk healthy: rebuild, verify, dead letters, what runs and how."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import click

from streams.cli.context import Context, give, table
from streams.errors import NotFound


@click.command("rebuild")
@click.argument("projections", metavar="[PROJECTION...]", nargs=-1)
@give
def rebuild_command(context: Context, projections: tuple[str, ...]) -> None:
    """Fold tables anew from the log, compare, then swap them in."""
    from streams.rebuild import rebuild

    with context.desk() as desk, context.bar("records") as bar:
        report = rebuild(desk.database, projections, bar.advance)
    context.rows([{"projection": name, **one} for name, one in report.items()])


@click.command("verify")
@give
def verify_command(context: Context) -> int:
    """Rebuild beside, compare row by row, check the lines' numbers; exit 5 on a difference."""
    from streams.rebuild import verify

    with context.desk() as desk, context.bar("records") as bar:
        report = verify(desk.database, bar.advance)
    context.show(report, lambda: _verdict(report))
    return 0 if report["clean"] else 5


def _verdict(report: dict[str, Any]) -> str:
    lines = [
        f"{name}: {one['rows']} rows, digest {one['digest']}"
        + ("" if one["same"] else f", DIFFERS in {one['differing']} rows")
        for name, one in report["tables"].items()
    ]
    lines += [f"GAP: {gap}" for gap in report["gaps"]]
    lines.append("clean" if report["clean"] else "NOT clean")
    return "\n".join(lines)


@click.group("deadletters")
def deadletters_command() -> None:
    """What could not be read: nothing is lost on bad input."""


@deadletters_command.command("list")
@give
def deadletters_list(context: Context) -> None:
    """List the dead letters that were neither re-driven nor discarded."""
    from streams.redrive import waiting

    with context.desk() as desk:
        letters = [_letter(one) for one in waiting(desk)]
    context.rows(letters, ("id", "at", "origin", "error", "remedy", "attempts"))


def _letter(one: Any) -> dict[str, Any]:  # Any: a DeadLetter, imported only when needed
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
    context.show(document, lambda: "\n".join(f"{n}: {v}" for n, v in document.items()))


@deadletters_command.command("redrive")
@click.argument("letter_ids", metavar="[ID...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that wait.")
@give
def deadletters_redrive(context: Context, letter_ids: tuple[str, ...], everything: bool) -> int:
    """Try dead letters again, after what was wrong is mended."""
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


@click.command("topology")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid"]),
    default="text",
    show_default=True,
    help="How the graph is printed.",
)
@give
def topology_command(context: Context, form: str) -> None:
    """Which agent reads and writes what, from the code."""
    from agents.topology import as_mermaid, as_text, graph

    document = graph()
    context.show(document, lambda: as_text(document) if form == "text" else as_mermaid(document))


@click.group("topics")
def topics_command() -> None:
    """The topics."""


@topics_command.command("list")
@give
def topics_list(context: Context) -> None:
    """List the topics of the contract."""
    from schemas.topics import PARTITIONS, TOPICS

    context.rows(
        [
            {
                "topic": topic.name,
                "kind": topic.kind,
                "key": topic.key,
                "domain": topic.domain,
                "partitions": PARTITIONS,
                "retention_days": topic.retention_days,
            }
            for topic in TOPICS.values()
        ]
    )


@topics_command.command("create")
@give
def topics_create(context: Context) -> None:
    """Make the topics; an embedded log has them from the start."""
    with context.desk():
        pass
    context.show({"created": 0}, lambda: "the embedded log has every topic from the start")


@topics_command.command("check")
@give
def topics_check(context: Context) -> int:
    """Check that each topic is as the contract says."""
    from streams.health import topic_findings

    with context.desk() as desk:
        findings = topic_findings(desk.database)
    context.show(
        {"problems": findings},
        lambda: "\n".join(findings) or "every topic is as the contract says",
    )
    return 5 if findings else 0


@click.group("schemas")
def schemas_command() -> None:
    """The Avro schemas of the events."""


@schemas_command.command("list")
@give
def schemas_list(context: Context) -> None:
    """List the event types with topic and fingerprint."""
    from schemas.avro import schema_of
    from schemas.events import EVENTS
    from streams.codec import fingerprint_of

    context.rows(
        [
            {
                "event": name,
                "topic": kind.TOPIC,
                "fingerprint": fingerprint_of(schema_of(kind)),
                "says": " ".join((kind.__doc__ or "").split("\n\n")[0].split()),
            }
            for name, kind in EVENTS.items()
        ],
        ("event", "topic", "fingerprint"),
    )


@schemas_command.command("show")
@click.argument("event")
@give
def schemas_show(context: Context, event: str) -> None:
    """Print the Avro schema of an event type."""
    from schemas.avro import schema_of
    from schemas.events import EVENTS

    kind = EVENTS.get(event)
    if kind is None:
        raise NotFound(f"there is no event {event}", "see `pactdesk schemas list`")
    context.line(schema_of(kind))


@schemas_command.command("check")
@give
def schemas_check(context: Context) -> int:
    """Check that the models still read and are read by every committed schema; exit 5 if not."""
    from streams.compatibility import findings

    found = findings()
    context.show(
        {"problems": found},
        lambda: "\n".join(found) or "every committed schema and the models read each other",
    )
    return 5 if found else 0


@click.command("migrate")
@give
def migrate_command(context: Context) -> None:
    """Bring the store to this version; a new one is made at first sight."""
    from streams.embedded.opening import VERSION

    with context.desk():
        pass
    context.show({"version": VERSION}, lambda: f"the store has version {VERSION}")


@click.group("config")
def config_command() -> None:
    """The settings."""


@config_command.command("show")
@give
def config_show(context: Context) -> None:
    """Print every setting with its value and where that comes from; secrets are masked."""
    from streams.settings import described

    context.rows(described(context.flags), ("setting", "value", "origin"))


@click.command("doctor")
@give
def doctor_command(context: Context) -> int:
    """Say what is wrong and how to mend it; exit 3 when something is."""
    from streams.health import examine

    findings = examine(context.settings())
    context.show(
        {"findings": findings, "healthy": all(one["ok"] for one in findings)},
        lambda: "\n".join(
            f"{'ok  ' if one['ok'] else 'BAD '} {one['what']}"
            + ("" if one["ok"] else f"\n     -> {one['remedy']}")
            for one in findings
        ),
    )
    return 0 if all(one["ok"] for one in findings) else 3


@click.command("status")
@give
def status_command(context: Context) -> None:
    """How much waits, and where."""
    from streams.health import status

    with context.desk() as desk:
        document = status(desk)
    context.show(
        document,
        lambda: "\n".join(
            [
                *(f"{n}: {v}" for n, v in document.items() if not isinstance(v, list)),
                "",
                table(document["inboxes"]),
            ]
        ),
    )
