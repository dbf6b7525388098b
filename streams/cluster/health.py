"""What is wrong with a cluster and how to mend it, in the order in which one would mend.

`examine` looks at all of it. `examine_role` asks what one process needs to know of itself and of
those that share its work, which is little: it is a container's health check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from schemas.topics import DECISIONS, DOMAINS, PARTITIONS
from streams.cluster import effects, lost, migrating, topics
from streams.cluster.backlog import status
from streams.cluster.identity import secret_of
from streams.cluster.kafka import quiet, servers
from streams.cluster.postgres import PgDatabase, connect, url_of
from streams.cluster.presence import (
    GATEWAY,
    LATELY_SECONDS,
    PROJECTIONS,
    heard,
    host,
    ownerless,
)
from streams.cluster.skew import MOST_SECONDS, REMEDY, in_words, skew_of
from streams.errors import Misconfigured, PactdeskError, Unavailable
from streams.health import Finding, channels, ill, models, own, subscriptions, well
from streams.registry import Registry
from streams.settings import Settings

LATE_SECONDS = 60.0
"""How long a record may wait for a worker, the publisher or the projector."""

_WRITABLE = """
SELECT current_setting('transaction_read_only') = 'on', coalesce(array_agg(relname::text
           ORDER BY relname) FILTER (WHERE NOT (has_table_privilege(oid, 'INSERT')
           AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))), '{}')
FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema())
"""


def examine(settings: Settings) -> list[Finding]:
    """Every check of the cluster engine; a check that another one needs comes after it."""
    quiet()
    findings = [_checked(lambda: _kafka(settings)), _checked(lambda: _secret(settings))]
    if findings[0]["ok"]:
        findings += _topics(settings)
    if settings.kafka.schema_registry_url:
        url = settings.kafka.schema_registry_url
        findings.append(_checked(lambda: f"the schema registry at {Registry(url).greet()} answers"))
    try:
        database = connect(url_of(settings))
    except PactdeskError as error:
        return [*findings, ill(error.what, error.remedy), models(settings), *channels(settings)]
    try:
        findings += _database(settings, database, reachable=bool(findings[0]["ok"]))
    finally:
        database.close()
    return [*findings, models(settings), *channels(settings)]


def examine_role(settings: Settings, role: str, domain: str | None) -> list[Finding]:
    """Whether this machine's process with a role comes round, and whether its work is shared out.

    Args:
        settings: Where Kafka and the database are.
        role: One of agents, projections, effects, gateway.
        domain: The agents of this domain alone; None is all of them.

    Raises:
        Misconfigured: There is no such domain, or a setting is missing.
    """
    quiet()
    works = _works(role, domain)
    findings = [_checked(lambda: _kafka(settings))]
    try:
        database = connect(url_of(settings))
    except Unavailable as error:
        return [*findings, ill(error.what, error.remedy)]
    try:
        found = migrating.version_of(database)
        if found != migrating.VERSION:
            return [*findings, _version(found)]
        for work in works:
            findings.append(_comes_round(database, work))
            if work not in {PROJECTIONS, GATEWAY}:
                findings += _ownerless(database, work)
    finally:
        database.close()
    return findings


def _works(role: str, domain: str | None) -> list[str]:
    if role != "agents":
        return [effects.DOMAIN if role == "effects" else role]
    if domain is None:
        return list(DOMAINS)
    if domain not in DOMAINS:
        raise Misconfigured(
            f"there is no domain {domain}", f"use one of {', '.join(sorted(DOMAINS))}"
        )
    return [domain]


def _comes_round(database: PgDatabase, work: str) -> Finding:
    seconds = heard(database, work, host())
    if seconds is None:
        who = f"nobody on {host()} who works on {_named(work)}"
        return ill(
            f"{who} was heard of for {LATELY_SECONDS:.0f} s",
            f"see the log of `{_start(work)}` here, and start it again",
        )
    return well(f"the work on {_named(work)} on {host()} went on {seconds:.1f} s ago")


def _ownerless(database: PgDatabase, work: str) -> list[Finding]:
    missing = ownerless(database, work)
    if not missing:
        return []
    topic = DOMAINS[work].name if work in DOMAINS else DECISIONS.name
    told, remedy = "a partition", f"start one: `{_start(work)}`"
    if len(missing) < PARTITIONS:
        which = "partition" if len(missing) == 1 else "partitions"
        told = f"{which} {', '.join(map(str, missing))}"
        remedy = f"see the log of the workers; one that stands still is to be ended, or {remedy}"
    reader = "" if work in DOMAINS else " for the effects"
    return [ill(f"no worker that was heard of lately owns {told} of {topic}{reader}", remedy)]


def _named(work: str) -> str:
    return f"the domain {work}" if work in DOMAINS else f"the {work}"


def _start(work: str) -> str:
    role = f"agents --domain {work}" if work in DOMAINS else work
    return f"pactdesk up --roles {role}"


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
        wrong, told = topics.check(settings), topics.surplus(settings)
    except PactdeskError as error:
        return [ill(error.what, error.remedy)]
    if not wrong:
        return [well("every topic is as the contract says")]
    remedy = "see `pactdesk topics check` and `pactdesk topics create`"
    return [well(one) if one in told else ill(one, remedy) for one in wrong]


def _database(settings: Settings, database: PgDatabase, *, reachable: bool) -> Iterator[Finding]:
    row = database.execute("SELECT current_setting('server_version')").fetchone()
    assert row is not None
    yield well(f"PostgreSQL {row[0]} answers")
    yield _clock(skew_of(database))
    found = migrating.version_of(database)
    if found != migrating.VERSION:
        yield _version(found)
        return
    yield well(f"the database has version {found}")
    yield _checked(lambda: _tables(settings))
    yield _writable(database)
    yield from subscriptions(database)
    yield from own(settings, database)
    if reachable:
        yield from _waiting(settings, database)


def _writable(database: PgDatabase) -> Finding:
    """Whether this user may write here: reading alone is enough for no role, nor to produce."""
    row = database.execute(_WRITABLE).fetchone()
    assert row is not None
    copied, closed = row
    if copied:
        return ill(
            "the database is only to be read here",
            "name the primary in database.url, not a copy of it",
        )
    if closed:
        return ill(
            f"this user of the database may not write {', '.join(closed[:3])}"
            f"{' and others' if len(closed) > 3 else ''}",
            "name the owner of the tables in database.url, or let an administrator grant it",
        )
    return well("this user may write the tables")


def _version(found: int) -> Finding:
    told = f"the database has version {found}, this pactdesk knows {migrating.VERSION}"
    return ill(told, "run `pactdesk migrate`; a newer database needs a newer pactdesk")


def _clock(skew: float) -> Finding:
    told = in_words(skew)
    return well(told) if abs(skew) <= MOST_SECONDS else ill(told, REMEDY)


def _tables(settings: Settings) -> str:
    migrating.require(url_of(settings))
    return "the tables are this release's"


def _waiting(settings: Settings, database: PgDatabase) -> Iterator[Finding]:
    try:
        now = status(settings, database)
    except PactdeskError as error:
        yield ill(error.what, error.remedy)
        return
    for one in lost.found(settings, database):
        yield ill(str(one), "restore the topic, or run `pactdesk topics lost --give-up`")
    for work in (*DOMAINS, effects.DOMAIN):
        yield from _ownerless(database, work)
    if heard(database, PROJECTIONS) is None:
        yield ill(
            f"no projector was heard of for {LATELY_SECONDS:.0f} s, so that the tables stand still",
            f"start one: `{_start(PROJECTIONS)}`",
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
            f"{now['gaps']} times a line's numbers did not follow each other, or a record could not"
            " be read",
            "see `SELECT * FROM gaps`, then `pactdesk verify`: records are missing from the log, or"
            " others write where only agents do",
        )
    (letters,) = database.execute("SELECT count(*) FROM dead_letters").fetchone() or (0,)
    yield well(f"{letters} dead letters are kept; see `pactdesk deadletters list`")


def _lag(told: str, seconds: float, remedy: str) -> Finding:
    told = f"{told} {seconds:.1f} s"
    return well(told) if seconds <= LATE_SECONDS else ill(told, remedy)
