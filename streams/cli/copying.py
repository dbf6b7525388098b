"""Commands about the log as a whole."""

from __future__ import annotations

from typing import Any

import click

from streams.cli.context import Context, give
from streams.errors import NotFound


@click.group("log")
def log_command() -> None:
    """The embedded log as a whole."""


@log_command.command("copy")
@click.option("--to", "bootstrap", metavar="BOOTSTRAP", required=True, help="Brokers, host:port.")
@click.option("--inbox", is_flag=True, help="Only the inbox topics and control.")
@give
def log_copy(context: Context, bootstrap: str, *, inbox: bool) -> int:
    """Copy the embedded log to Kafka, byte for byte and offset for offset, and compare.

    Into empty topics, which `pactdesk topics create` makes; a copy that was interrupted goes on.
    With --inbox seals stay behind: what they seal is decided anew.
    Exit 5 if what Kafka holds afterwards differs.
    """
    from schemas.topics import TOPICS
    from streams.cluster.copying import INBOX, copy
    from streams.cluster.kafka import quiet
    from streams.embedded.log import SqliteLog
    from streams.embedded.opening import FILE, open_database
    from streams.embedded.unsealed import Unsealed

    settings = context.settings()
    if not (settings.data / FILE).exists():
        raise NotFound(f"there is no store in {settings.data}", "name its folder with --data")
    quiet()
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": bootstrap})
    topics = INBOX if inbox else tuple(TOPICS)
    database = open_database(settings.data)
    try:
        whole = SqliteLog(database)
        log = Unsealed(whole) if inbox else whole
        total = 2 * sum(end for (topic, _), end in log.ends().items() if topic in topics)
        with context.bar("sent and compared", total) as bar:
            report = copy(
                log, settings.model_copy(update={"kafka": kafka}), topics, progress=bar.advance
            )
    finally:
        database.close()
    context.show(report, lambda: _said(report))
    return 5 if report["differing"] else 0


def _said(report: dict[str, Any]) -> str:
    if report["differing"]:
        return "Kafka does not hold what was copied: " + ", ".join(report["differing"])
    before = f", {report['there_before']} were there before" if report["there_before"] else ""
    return (
        f"{report['sent']} records were copied{before}; {report['records']} in"
        f" {len(report['digests'])} partitions were read back and are the same"
    )
