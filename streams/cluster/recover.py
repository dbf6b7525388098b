"""Refolding the cluster's case store from Kafka.

Every partition is claimed first, which fences whoever works: what the log holds after that, and
after the outbox was sent, is all that was ever decided. It is read into a file and refolded there,
and goes into the database in one transaction, unless somebody claimed a partition meanwhile.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
from kafka import TopicPartition

from schemas.topics import CONTACTS, DECISIONS, DOMAINS, PARTITIONS, TOPICS
from streams.cluster import effects, migrating, outbox
from streams.cluster.door import Door
from streams.cluster.kafka import quiet
from streams.cluster.ownership import Owned, claim, release
from streams.cluster.postgres import PgDatabase, connect, of_the_database, url_of
from streams.cluster.producer import Producer
from streams.cluster.reading import Place, Reader
from streams.cluster.topics import admin, required
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry
from streams.errors import Misconfigured, PactdeskError, Refused
from streams.recovered import ROWS, Report, compared, refuse_worse, rows_of, scratch
from streams.recovering import INBOX_NAMES, Evidence, Refolding, Step, named
from streams.settings import Settings
from streams.surveying import learn, survey

_SEEN = ("id", "topic", "partition", '"offset"')
_REQUEST = '%"ce_type":"ReplyRequested"%'


def recover(settings: Settings, step: Step = lambda _: None) -> Report:
    """Fold the case store anew from the log, and put it in the place of the one that is there.

    Others may produce and read meanwhile. Workers end, and go on from the new store when they are
    started again.

    Args:
        settings: Where the log and the database are.
        step: Told how many records were read or folded since it was told last.

    Raises:
        Refused: A worker claimed a partition meanwhile; or the log lacks something, and the
            database not.
        Misconfigured: Topics or the database are not as they should be, records were deleted from
            the log, or a later release wrote it.
        Unavailable: Kafka or the database does not answer.
    """
    quiet()
    required(settings)
    migrating.require(url_of(settings))
    with closing(connect(url_of(settings))) as database, scratch() as anew:
        database.execute("SET statement_timeout = 0")
        owner = f"recover {socket.gethostname()}/{os.getpid()}"
        owned = [
            claim(database, domain, partition, owner)
            for domain in (*DOMAINS, effects.DOMAIN)
            for partition in range(PARTITIONS)
        ]
        try:
            with Producer(settings) as producer:
                _send_what_waits(database, producer, owned)
            return _recovered(settings, database, anew, owned, step)
        except psycopg.Error as error:
            raise of_the_database(error) from error
        finally:
            if not database.connection.closed:
                for one in owned:
                    release(database, one)


def _send_what_waits(database: PgDatabase, producer: Producer, owned: list[Owned]) -> None:
    """Bring to the log what was decided and is not known to be there."""
    outbox.make_durable(database)
    for one in owned:
        batches = outbox.waiting(database, one.domain, one.partition)
        if batches:
            producer.send([record for batch in batches for record in batch.records])
            outbox.sent(database, batches)


def _recovered(
    settings: Settings, database: PgDatabase, anew: Database, owned: list[Owned], step: Step
) -> Report:
    with Reader(settings) as reader:
        ends = _copy(reader, anew, step)
    read = survey(anew, anew, _moment, step)
    door = Door(settings, database)
    refolding = Refolding(anew, anew, _evidence(settings, database, owned, door), step)
    refolding.run()
    with database.transaction():
        _still_ours(database, owned)
        # Who takes lines in waits from here on: what they said of handles is read, and then kept.
        database.execute("LOCK TABLE contact_points IN EXCLUSIVE MODE")
        with Reader(settings, [CONTACTS.name]) as reader:
            _copy(reader, anew, step, ends)
        survey(anew, anew, _moment, step, after=read)
        learn(anew, anew, lambda entry: _is_known(database, anew, entry))
        tables = {name: compared(name, rows_of(anew, name), _live(database, name)) for name in ROWS}
        tables["seen"] = compared("seen", _seen(anew), _live(database, "seen"))
        (lines,) = database.execute("SELECT count(*) FROM lines").fetchone() or (0,)
        refuse_worse(refolding.gaps, lines)
        for name, one in tables.items():
            if not one["same"]:
                _replace(database, anew, name)
        _move(database, anew, owned)
    return {
        "records": refolding.taken,
        "tables": tables,
        "left": {named(place): count for place, count in refolding.left.items()},
        "gaps": refolding.gaps,
    }


# --- the log, copied -------------------------------------------------------------------------


def _copy(
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


def _moment(entry: Entry) -> float:
    return datetime.fromisoformat(entry.appended_at).timestamp()


# --- what is known beside the log ------------------------------------------------------------


def _evidence(settings: Settings, database: PgDatabase, owned: list[Owned], door: Door) -> Evidence:
    """How far the inboxes were taken, by the database and by Kafka's own note.

    The database's word is certain: what was decided up to there, and had not been sent, was sent
    before the log was read. Kafka's note outlives the database, and may be ahead of what was sent.
    """
    places = {
        (DOMAINS[one.domain].name, one.partition): one for one in owned if one.domain in DOMAINS
    }
    known = {place: one.position for place, one in places.items()}
    rows = database.execute("SELECT topic, partition, position FROM read_positions")
    for topic, partition, position in rows:
        if topic in INBOX_NAMES:
            known[topic, partition] = max(position, known[topic, partition])
    return Evidence(
        known=known,
        hinted=_committed(settings),
        native=door.native,
        forwarded=lambda entry: _forwarded(door, entry),
        clocks={place: one.clock for place, one in places.items()},
        letters_are_seen=False,
    )


def _committed(settings: Settings) -> dict[Place, int]:
    """The offsets that the workers' groups committed to Kafka."""
    found: dict[Place, int] = {}
    with admin(settings) as client:
        for domain in DOMAINS:
            group = f"pactdesk.{domain}"
            offsets: Mapping[TopicPartition, Any] = client.list_group_offsets([group])[group]
            found |= {(tp.topic, tp.partition): int(at.offset) for tp, at in offsets.items()}
    return found


def _forwarded(door: Door, entry: Entry) -> str | None:
    try:
        return door.record(entry, datetime.now(UTC)).id
    except PactdeskError:
        return None


def _is_known(database: PgDatabase, anew: Database, entry: Entry) -> bool:
    """Whether what an entry says of handles was learned: a worker took it, or our intake sent it."""
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


# --- the database, written -------------------------------------------------------------------


def _still_ours(database: PgDatabase, owned: list[Owned]) -> None:
    """See that nobody claimed a partition since, and lock the rows that say so.

    Raises:
        Refused: Somebody did.
    """
    rows = database.execute("SELECT domain, partition, epoch, owner FROM partitions FOR UPDATE")
    found = {(d, p): (epoch, owner) for d, p, epoch, owner in rows}
    for one in owned:
        epoch, owner = found[one.domain, one.partition]
        if epoch != one.epoch:
            raise Refused(
                f"{owner or 'a worker'} took over {one.domain}/{one.partition} meanwhile, so that"
                " nothing was changed",
                "stop the workers and run `pactdesk recover` again",
            )


def _columns(name: str) -> tuple[str, ...]:
    return _SEEN if name == "seen" else ROWS[name]


def _live(database: PgDatabase, name: str) -> Iterator[tuple[Any, ...]]:
    """A table's rows in the order of their columns, as the embedded engine would give them."""
    columns = _columns(name)
    shown = ", ".join(f"{c}::integer" if c == "closed" else c for c in columns)
    with database.connection.cursor(f"live_{name}") as cursor:
        cursor.itersize = 5000
        yield from cursor.execute(f"SELECT {shown} FROM {name} ORDER BY {', '.join(columns)}")


def _seen(anew: Database) -> Iterator[tuple[Any, ...]]:
    return iter(
        anew.execute(
            "SELECT id, topic, partition, offset FROM first WHERE id IN (SELECT id FROM seen)"
            " ORDER BY id"
        )
    )


def _replace(database: PgDatabase, anew: Database, name: str) -> None:
    columns = _columns(name)
    closed = columns.index("closed") if "closed" in columns else None
    database.execute(f"DELETE FROM {name}")
    with database.connection.cursor().copy(
        f"COPY {name} ({', '.join(columns)}) FROM STDIN"
    ) as copy:
        for row in _seen(anew) if name == "seen" else rows_of(anew, name):
            copy.write_row([bool(v) if n == closed else v for n, v in enumerate(row)])


def _move(database: PgDatabase, anew: Database, owned: list[Owned]) -> None:
    """Put every partition where the new store stands."""
    rows = anew.execute("SELECT topic, partition, position, clock FROM positions")
    stand = {(TOPICS[t].domain, p): (position, clock) for t, p, position, clock in rows}
    stand |= {(effects.DOMAIN, p): (at, 0.0) for p, at in _unanswered(anew).items()}
    database.executemany(
        "UPDATE partitions SET position = ?, clock = ?, stood_at = NULL, tries = 0"
        " WHERE domain = ? AND partition = ?",
        [
            (*stand.get((one.domain, one.partition), (0, 0.0)), one.domain, one.partition)
            for one in owned
        ],
    )


def _unanswered(anew: Database) -> dict[int, int]:
    """Where the effects go on in each partition of the decisions: with the first open request."""
    rows = anew.execute(
        "SELECT partition, min(offset) FROM log WHERE topic = ? AND headers LIKE ? AND id NOT IN"
        " (SELECT request_id FROM claims WHERE outcome IS NOT NULL) GROUP BY partition",
        (DECISIONS.name, _REQUEST),
    )
    waiting = {int(partition): int(offset) for partition, offset in rows}
    ends = SqliteLog(anew).ends()
    return {p: waiting.get(p, end) for (topic, p), end in ends.items() if topic == DECISIONS.name}
