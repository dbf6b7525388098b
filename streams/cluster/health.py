"""What is wrong with a cluster and how to mend it, in the order in which one would mend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from streams.cluster import migrating, topics
from streams.cluster.backlog import status
from streams.cluster.identity import secret_of
from streams.cluster.kafka import quiet, servers
from streams.cluster.postgres import PgDatabase, connect, url_of
from streams.errors import PactdeskError
from streams.health import Finding, ill, models, well
from streams.settings import Settings

SKEW_SECONDS = 2.0
"""How far this machine's clock may be from the database's."""

LATE_SECONDS = 60.0
"""How long a record may wait for a worker, the publisher or the projector."""


def examine(settings: Settings) -> list[Finding]:
    """Every check of the cluster engine; a check that another one needs comes after it."""
    quiet()
    findings = [_checked(lambda: _kafka(settings)), _checked(lambda: _secret(settings))]
    if findings[0]["ok"]:
        findings += _topics(settings)
    try:
        database = connect(url_of(settings))
    except PactdeskError as error:
        return [*findings, ill(error.what, error.remedy), models()]
    try:
        findings += _database(settings, database, reachable=bool(findings[0]["ok"]))
    finally:
        database.close()
    return [*findings, models()]


def _checked(check: Callable[[], str]) -> Finding:
    try:
        return well(check())
    except PactdeskError as error:
        return ill(error.what, error.remedy)


def _kafka(settings: Settings) -> str:
    with topics.admin(settings) as client:
        brokers = client.describe_cluster()["brokers"]
        known = client.get_broker_version_data(brokers[0]["broker_id"]).broker_version
        version = ".".join(str(part) for part in known)
    told = f"{len(brokers)} broker{'s' if len(brokers) > 1 else ''}, version {version}"
    return f"Kafka answers at {', '.join(servers(settings))}: {told}"


def _secret(settings: Settings) -> str:
    secret_of(settings)
    return "identity.secret is set"


def _topics(settings: Settings) -> list[Finding]:
    try:
        wrong = topics.check(settings)
    except PactdeskError as error:
        return [ill(error.what, error.remedy)]
    if not wrong:
        return [well("every topic is as the contract says")]
    return [ill(one, "see `pactdesk topics check` and `pactdesk topics create`") for one in wrong]


def _database(settings: Settings, database: PgDatabase, *, reachable: bool) -> Iterator[Finding]:
    row = database.execute(
        "SELECT current_setting('server_version'), extract(epoch FROM clock_timestamp())"
    ).fetchone()
    assert row is not None
    yield well(f"PostgreSQL {row[0]} answers")
    yield _clock(float(row[1]) - time.time())
    found = migrating.version_of(database)
    if found != migrating.VERSION:
        told = f"the database has version {found}, this pactdesk knows {migrating.VERSION}"
        yield ill(told, "run `pactdesk migrate`; a newer database needs a newer pactdesk")
        return
    yield well(f"the database has version {found}")
    yield _checked(lambda: _tables(settings))
    if reachable:
        yield from _waiting(settings, database)


def _clock(skew: float) -> Finding:
    told = f"this machine's clock is {abs(skew):.1f} s from the database's"
    return well(told) if abs(skew) <= SKEW_SECONDS else ill(told, "set both by a time server")


def _tables(settings: Settings) -> str:
    migrating.require(url_of(settings))
    return "the tables are this release's"


def _waiting(settings: Settings, database: PgDatabase) -> Iterator[Finding]:
    try:
        now = status(settings, database)
    except PactdeskError as error:
        yield ill(error.what, error.remedy)
        return
    for one in now["inboxes"]:
        if not one["workers"]:
            yield ill(
                f"no worker owns a partition of {one['topic']}",
                f"start one: `pactdesk up --roles agents --domain {one['domain']}`",
            )
    yield _lag(
        f"{now['waiting']} records wait for the agents, the oldest for",
        now["waiting_seconds"],
        "start more workers, or see the log of those that run",
    )
    yield _lag(
        f"{now['unpublished']} turns wait for the publisher, the oldest for",
        now["unpublished_seconds"],
        "see the log of the workers: Kafka may not have answered them",
    )
    yield _lag(
        f"the tables are {now['tables_behind']} records behind, the oldest for",
        now["tables_behind_seconds"],
        "start `pactdesk up --roles projections`, or see its log",
    )
    if now["gaps"]:
        yield ill(
            f"{now['gaps']} times a line's numbers did not follow each other",
            "see `SELECT * FROM gaps`, then `pactdesk verify`: records are missing from the log",
        )
    (letters,) = database.execute("SELECT count(*) FROM dead_letters").fetchone() or (0,)
    yield well(f"{letters} dead letters are kept; see `pactdesk deadletters list`")


def _lag(told: str, seconds: float, remedy: str) -> Finding:
    told = f"{told} {seconds:.1f} s"
    return well(told) if seconds <= LATE_SECONDS else ill(told, remedy)
