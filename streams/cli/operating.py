"""Commands about how the desk is built and how it is: topology, topics, schemas, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from streams.cli.context import Context, give
from streams.cli.output import described, table
from streams.errors import Misconfigured, NotFound, Unavailable

if TYPE_CHECKING:
    from streams.settings import Settings


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
    """Print which agent reads and writes what, from the code."""
    from agents.topology import as_mermaid, as_text, graph

    document = graph()
    context.show(document, lambda: as_text(document) if form == "text" else as_mermaid(document))


@click.group("topics")
def topics_command() -> None:
    """The topics."""


@topics_command.command("list")
@give
def topics_list(context: Context) -> None:
    """List the topics of the contract; on a cluster as they are there."""
    from schemas.topics import PARTITIONS, TOPICS

    settings = context.settings()
    if settings.engine == "cluster":
        from streams.cluster.kafka import quiet
        from streams.cluster.topics import describe

        quiet()
        context.rows(describe(settings))
        return
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
    """Make the topics that are not there; an embedded log has them from the start.

    On a cluster, a topic that is there and is not as the contract says is named, and nothing is
    made.
    """
    settings = context.settings()
    if settings.engine == "cluster":
        from streams.cluster.kafka import quiet
        from streams.cluster.topics import create

        quiet()
        made = create(settings)
        context.show(
            {"created": len(made), "topics": made},
            lambda: "\n".join(f"made {name}" for name in made) or "every topic is there",
        )
        return
    with context.desk():
        pass
    context.show({"created": 0}, lambda: "the embedded log has every topic from the start")


@topics_command.command("check")
@give
def topics_check(context: Context) -> int:
    """Check that each topic is as the contract says; exit 5 if not."""
    settings = context.settings()
    if settings.engine == "cluster":
        from streams.cluster.kafka import quiet
        from streams.cluster.topics import check

        quiet()
        findings = check(settings)
    else:
        from streams.health import topic_findings

        with context.embedded() as desk:
            findings = topic_findings(desk.database)
    context.show(
        {"problems": findings},
        lambda: "\n".join(findings) or "every topic is as the contract says",
    )
    return 5 if findings else 0


@topics_command.command("lost")
@click.option("--give-up", is_flag=True, help="Let the work go on without it.")
@give
def topics_lost(context: Context, *, give_up: bool) -> int:
    """Name what a topic no longer has and nobody took; exit 5 if there is such.

    Topics are kept for ever. Where one was not, workers and effects stop before what is gone, until
    it is restored or given up.
    """
    settings = context.settings()
    named: list[str] = []
    if settings.engine == "cluster":
        from contextlib import closing

        from streams.cluster import lost
        from streams.cluster.kafka import quiet
        from streams.cluster.migrating import require
        from streams.cluster.postgres import connect, url_of

        quiet()
        require(url_of(settings))
        with closing(connect(url_of(settings))) as database:
            look = lost.give_up if give_up else lost.found
            named = [str(one) for one in look(settings, database)]
    context.show({"lost": named}, lambda: "\n".join(named) or "nothing is lost")
    return 5 if named and not give_up else 0


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
    settings = context.settings()
    if settings.engine == "cluster":
        from streams.cluster.migrating import migrate
        from streams.cluster.postgres import url_of

        version, lacking = migrate(url_of(settings))
        if lacking is not None:
            context.complain("for queries", lacking.what, lacking.remedy)
        context.show({"version": version}, lambda: f"the database has version {version}")
        return
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
@click.option(
    "--role",
    type=click.Choice(["agents", "projections", "effects", "gateway"]),
    help="Only whether this machine's process with this role is well.",
)
@click.option("--domain", help="The same for the agents of this domain.")
@give
def doctor_command(context: Context, role: str | None, domain: str | None) -> int:
    """Say what is wrong and how to mend it; exit 78 when something is.

    With --role or --domain, for the health check of one process on a cluster: exit 69 when it, or
    the partitions that it shares with others, are not seen to.
    """
    if domain is not None and role not in {None, "agents"}:
        raise click.UsageError("--domain is for the agents alone")
    settings = context.settings()
    if role is not None or domain is not None:
        return _one_role(context, settings, role or "agents", domain)
    if settings.engine == "cluster":
        from streams.cluster.health import examine as examine_cluster

        findings = examine_cluster(settings)
    else:
        from streams.health import examine

        findings = examine(settings)
    return 0 if _healthy(context, findings) else 78


def _one_role(context: Context, settings: Settings, role: str, domain: str | None) -> int:
    if settings.engine != "cluster":
        raise Misconfigured(
            "the embedded engine has one process for everything", "leave --role and --domain out"
        )
    from streams.cluster.health import examine_role

    findings = examine_role(settings, role, domain)
    return 0 if _healthy(context, findings) else Unavailable.status


def _healthy(context: Context, findings: list[dict[str, Any]]) -> bool:
    healthy = all(one["ok"] for one in findings)
    context.show({"findings": findings, "healthy": healthy}, lambda: _diagnosis(findings))
    return healthy


def _diagnosis(findings: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"{'ok  ' if one['ok'] else 'BAD '} {one['what']}"
        + ("" if one["ok"] else f"\n     -> {one['remedy']}")
        for one in findings
    )


@click.command("status")
@give
def status_command(context: Context) -> None:
    """Say how much waits, and where."""
    with context.reading() as desk:
        document = desk.status()
    context.show(document, lambda: _state(document))


def _state(document: dict[str, Any]) -> str:
    left_out = {"inboxes", "projections"}
    if document["engine"] == "cluster":
        left_out.add("position")
    head = described({name: v for name, v in document.items() if name not in left_out})
    own = ["", table(document["projections"])] if document["projections"] else []
    return "\n".join([*head, "", table(document["inboxes"]), *own])
