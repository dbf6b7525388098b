"""How much waits on a cluster, and since when: inboxes, outbox, readers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.topics import DEAD_LETTERS, DOMAINS, INBOXES
from streams.cluster import positions
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.entry import Place
from streams.health import own_states
from streams.settings import Settings
from streams.store import FOLDED


def status(settings: Settings, database: PgDatabase) -> dict[str, Any]:
    """What was appended, and what waits for workers, publisher and projector.

    In records, and in seconds: for how long the oldest that waits has been in the log.

    Raises:
        Unavailable: Kafka or the database does not answer.
    """
    with Reader(settings) as reader:
        starts = reader.starts()
        stood = _still_there({**dict.fromkeys(starts, 0), **_taken(database)}, starts)
        ends = reader.ends()
        inboxes = [_inbox(reader, topic.name, str(topic.domain), ends, stood) for topic in INBOXES]
        folded = _still_there(_folded(database), starts)
        behind = {place: end for place, end in ends.items() if folded.get(place, end) < end}
        since = _since(reader, {place: folded[place] for place in behind}, ends)
    (unsent, oldest), owners = _outbox(database), _owners(database)
    for one in inboxes:
        one["workers"] = owners.get(one["domain"], [])
    (timers,) = _one(database, "SELECT count(*) FROM timers")
    (gaps,) = _one(database, "SELECT count(*) FROM gaps")
    return {
        "kafka": settings.kafka.bootstrap_servers,
        "engine": "cluster",
        "position": positions.token(ends),
        "records": sum(ends.values()),
        "waiting": sum(one["waiting"] for one in inboxes),
        "waiting_seconds": max(one["waiting_seconds"] for one in inboxes),
        "unpublished": unsent,
        "unpublished_seconds": oldest,
        "timers": timers,
        "tables_behind": sum(ends[place] - folded[place] for place in behind),
        "tables_behind_seconds": since,
        "gaps": gaps,
        "dead_letters": sum(end for (topic, _), end in ends.items() if topic == DEAD_LETTERS.name),
        "inboxes": inboxes,
        "projections": own_states(settings, database),
    }


def _one(database: PgDatabase, sql: str) -> tuple[Any, ...]:
    row = database.execute(sql).fetchone()
    assert row is not None
    return row


def _inbox(
    reader: Reader, topic: str, domain: str, ends: Mapping[Place, int], stood: Mapping[Place, int]
) -> dict[str, Any]:
    mine = {place: end for place, end in ends.items() if place[0] == topic}
    late = {p: stood.get(p, 0) for p, end in mine.items() if stood.get(p, 0) < end}
    return {
        "topic": topic,
        "domain": domain,
        "records": sum(mine.values()),
        "waiting": sum(mine[place] - at for place, at in late.items()),
        "waiting_seconds": _since(reader, late, ends),
    }


def _still_there(stood: Mapping[Place, int], starts: Mapping[Place, int]) -> dict[Place, int]:
    """Where somebody stands, or behind what is gone: that waits for nobody any more."""
    return {place: max(at, starts.get(place, at)) for place, at in stood.items()}


def _taken(database: PgDatabase) -> dict[Place, int]:
    rows = database.execute(
        "SELECT domain, partition, position FROM partitions WHERE domain = ANY(?)",
        (list(DOMAINS),),
    )
    return {(DOMAINS[domain].name, int(p)): int(position) for domain, p, position in rows}


def _folded(database: PgDatabase) -> dict[Place, int]:
    rows = database.execute(FOLDED)
    return {(str(topic), int(p)): int(position) for topic, p, position in rows}


def _outbox(database: PgDatabase) -> tuple[int, float]:
    count, age = _one(
        database,
        "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(decided_at)), 0)"
        " FROM outbox",
    )
    return int(count), round(float(age), 3)


def _owners(database: PgDatabase) -> dict[str, list[str]]:
    rows = database.execute(
        "SELECT domain, array_agg(DISTINCT owner) FROM partitions WHERE owner IS NOT NULL"
        " GROUP BY domain"
    )
    return {str(domain): sorted(owners) for domain, owners in rows}


def _since(reader: Reader, late: Mapping[Place, int], ends: Mapping[Place, int]) -> float:
    """For how many seconds the oldest of some records has been in the log; 0 for none."""
    oldest = 0.0
    now = datetime.now(UTC)
    for place, at in late.items():
        for step in reader.steps({place: at}, {place: ends[place]}):
            appended = datetime.fromisoformat(step[0].appended_at)
            oldest = max(oldest, (now - appended).total_seconds())
            break
    return round(oldest, 3)
