"""Kafka's log as `recover` reads it: copied into a file, with what the engine knows beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kafka import TopicPartition

from schemas.topics import DECISIONS, DOMAINS, INBOX_NAMES, TOPICS
from streams.cluster.door import Door
from streams.cluster.ownership import Owned
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.cluster.rights import GROUPS, Needs, required
from streams.cluster.topics import admin
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry, Place
from streams.errors import Misconfigured, PactdeskError
from streams.extent import Evidence, named
from streams.folding import Step
from streams.foreign import sent_at
from streams.settings import Settings
from streams.store import FOLDED

_REQUEST = '%"ce_type":"ReplyRequested"%'


def copy(
    reader: Reader, anew: Database, step: Step, start: Mapping[Place, int] | None = None
) -> dict[Place, int]:
    """Copy the log, or what was appended to it since, into the scratch store; returns its ends.

    Raises:
        Misconfigured: It does not begin with its first record.
    """
    for place, first in reader.starts().items():
        if first and TOPICS[place[0]].retention_days is None:
            raise Misconfigured(
                f"{named(place)} begins at offset {first}: the records before are gone",
                "restore the topic; `pactdesk topics check` says how topics should be kept",
            )
    seq = SqliteLog(anew).last_seq()
    ends = reader.ends()
    for entries in reader.steps(start, ends):
        rows = []
        for entry in entries:
            seq += 1
            rows.append((seq, *entry[1:9]))
        anew.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        step(len(rows))
    anew.executemany(
        "INSERT OR REPLACE INTO ends (topic, partition, end_offset) VALUES (?, ?, ?)",
        [(*place, end) for place, end in ends.items() if end],
    )
    return ends


def moment(entry: Entry) -> float:
    """When an entry was appended, in seconds: the order in which handles were learned."""
    return datetime.fromisoformat(entry.appended_at).timestamp()


def evidence(settings: Settings, database: PgDatabase, owned: list[Owned], door: Door) -> Evidence:
    """How far the inboxes were taken, by the database and by Kafka's own note.

    The database's word is certain: what was decided up to there, and had not been sent, was sent
    before the log was read. Kafka's note outlives the database, and may be ahead of what was sent.
    """
    places = {
        (DOMAINS[one.domain].name, one.partition): one for one in owned if one.domain in DOMAINS
    }
    known = {place: one.position for place, one in places.items()}
    rows = database.execute(FOLDED)
    for topic, partition, position in rows:
        if topic in INBOX_NAMES:
            known[topic, partition] = max(position, known[topic, partition])
    return Evidence(
        known=known,
        hinted=_committed(settings),
        native=door.native,
        forwarded=lambda entry: forwarded(door, entry),
        clocks={place: one.clock for place, one in places.items()},
        letters_are_seen=False,
    )


def _committed(settings: Settings) -> dict[Place, int]:
    """The offsets that the workers' groups committed to Kafka.

    Raises:
        Misconfigured: This user may not see the groups: they would seem to be none.
    """
    found: dict[Place, int] = {}
    groups = frozenset(GROUPS[domain] for domain in DOMAINS)
    required(settings, Needs(groups=groups))
    with admin(settings) as client:
        there = {one["group_id"] for one in client.list_groups()}
        for group in sorted(groups & there):
            offsets: Mapping[TopicPartition, Any] = client.list_group_offsets([group])[group]
            found |= {(tp.topic, tp.partition): int(at.offset) for tp, at in offsets.items()}
    return found


def forwarded(door: Door, entry: Entry) -> str | None:
    """The id of the native record that a worker makes of another one; None if it makes none."""
    try:
        return door.record(entry, sent_at(entry, datetime.now(UTC))).id
    except PactdeskError:
        return None


def is_known(database: PgDatabase, anew: Database, entry: Entry) -> bool:
    """Whether what an entry says of handles was learned: by a worker, or by our own intake."""
    row = anew.execute(
        "SELECT topic, partition, offset FROM first WHERE id = ?", (entry.id,)
    ).fetchone()
    if row is not None:
        return tuple(row) == entry[1:4]
    first = SqliteLog(anew).find(entry.id)
    if first is None or first.seq != entry.seq:
        return False
    sent = database.execute("SELECT 1 FROM taken_in WHERE id = ?", (entry.id,))
    return sent.fetchone() is not None


def unanswered(anew: Database) -> dict[int, int]:
    """Where the effects go on in each partition of the decisions: with the first open request."""
    rows = anew.execute(
        "SELECT partition, min(offset) FROM log WHERE topic = ? AND headers LIKE ? AND id NOT IN"
        " (SELECT request_id FROM claims WHERE outcome IS NOT NULL) GROUP BY partition",
        (DECISIONS.name, _REQUEST),
    )
    waiting = {int(partition): int(offset) for partition, offset in rows}
    ends = SqliteLog(anew).ends()
    return {p: waiting.get(p, end) for (topic, p), end in ends.items() if topic == DECISIONS.name}
