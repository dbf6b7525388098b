"""Refolding the cluster's case store from Kafka.

Every partition is claimed first, which fences whoever works: what the log holds after that, and
after the outbox was sent, is all that was ever decided. It is read into a file and refolded there,
and goes into the database in one transaction, unless somebody claimed a partition meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from schemas.topics import CONTACTS, TOPICS
from streams.clock import parse_time
from streams.cluster import effects, migrating, outbox, presence
from streams.cluster.contents import Contents
from streams.cluster.copied import copy, evidence, is_known, moment, unanswered
from streams.cluster.door import Door
from streams.cluster.identity import secret_of
from streams.cluster.kafka import quiet
from streams.cluster.lost import TAKERS
from streams.cluster.ownership import Owned, claim, release
from streams.cluster.postgres import PgDatabase, connect, of_the_database, url_of
from streams.cluster.producer import Producer
from streams.cluster.reading import Reader
from streams.cluster.topics import required
from streams.embedded.database import Database
from streams.entry import Place
from streams.errors import Refused
from streams.extent import named
from streams.folding import Step
from streams.recovered import ROWS, Report, compared, refuse_worse, rows_of, scratch
from streams.recovering import Refolding
from streams.settings import Settings
from streams.surveying import learn, survey

_SEEN = ("id", "topic", "partition", '"offset"', "digest", "clock")


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
    try:
        with closing(connect(url_of(settings))) as database, scratch() as anew:
            database.execute("SET statement_timeout = 0")
            door = Door(settings, database)
            with Reader(settings) as reader:
                places = reader.starts()
            with _claimed(database, places) as owned:
                with Producer(settings) as producer:
                    _send_what_waits(database, producer, owned)
                return _recovered(settings, database, anew, owned, door, step)
    except psycopg.Error as error:
        raise of_the_database(error) from error


@contextmanager
def _claimed(database: PgDatabase, places: Iterable[Place]) -> Iterator[list[Owned]]:
    """Own every partition for a while that a worker may own."""
    owner = f"recover {presence.me()}"
    owned = [
        claim(database, TAKERS[topic], partition, owner)
        for topic, partition in sorted(places)
        if topic in TAKERS
    ]
    try:
        yield owned
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
    settings: Settings,
    database: PgDatabase,
    anew: Database,
    owned: list[Owned],
    door: Door,
    step: Step,
) -> Report:
    with Reader(settings) as reader:
        ends = copy(reader, anew, step)
    read = survey(anew, anew, moment, step)
    contents = Contents(anew, door.native, secret_of(settings))
    contents.note()
    refolding = Refolding(anew, anew, evidence(settings, database, owned, door), step)
    refolding.run()
    with database.transaction():
        # The claims let the server end who stands still; here much is read between two statements.
        database.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        _still_ours(database, owned)
        # Who takes lines in waits from here on: what they said of handles is read, and then kept.
        database.execute("LOCK TABLE contact_points IN EXCLUSIVE MODE")
        with Reader(settings, [CONTACTS.name]) as reader:
            copy(reader, anew, step, ends)
        survey(anew, anew, moment, step, after=read)
        contents.note()
        learn(anew, anew, lambda entry: is_known(database, anew, entry))
        tables = {name: compared(name, rows_of(anew, name), _live(database, name)) for name in ROWS}
        tables["seen"] = compared("seen", _seen(anew), _live(database, "seen"))
        (lines,) = database.execute("SELECT count(*) FROM lines").fetchone() or (0,)
        refuse_worse(refolding.gaps, lines)
        for name, one in tables.items():
            if not one["same"]:
                _replace(database, anew, name)
        brought_back = contents.bring_back(database)
        _move(database, anew, owned)
    return {
        "records": refolding.taken,
        "tables": tables,
        "left": {named(place): count for place, count in refolding.left.items()},
        "gaps": refolding.gaps,
        "contents": brought_back,
    }


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
    """Ids with where they came first, what was said, and the turn's clock: its output tells it."""
    rows = anew.execute(
        "SELECT first.id, first.topic, first.partition, first.offset,"
        " (SELECT digest FROM contents AS c WHERE c.id = first.id AND c.topic = first.topic"
        " AND c.partition = first.partition AND c.offset = first.offset),"
        " (SELECT json_extract(log.headers, '$.ce_time') FROM outputs JOIN log"
        " ON log.topic = outputs.topic AND log.partition = outputs.partition"
        " AND log.offset = outputs.offset WHERE outputs.source_topic = first.topic"
        " AND outputs.source_partition = first.partition AND outputs.source_offset = first.offset"
        " ORDER BY outputs.place LIMIT 1)"
        " FROM first WHERE id IN (SELECT id FROM seen) ORDER BY id"
    )
    for *place, at in rows:
        yield *place, None if at is None else parse_time(at).timestamp()


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
    stand: dict[tuple[str | None, int], tuple[int, float]] = {
        (TOPICS[t].domain, p): (position, clock) for t, p, position, clock in rows
    }
    stand |= {(effects.DOMAIN, p): (at, 0.0) for p, at in unanswered(anew).items()}
    database.executemany(
        "UPDATE partitions SET position = ?, clock = ?, stood_at = NULL, tries = 0"
        " WHERE domain = ? AND partition = ?",
        [
            (*stand.get((one.domain, one.partition), (0, 0.0)), one.domain, one.partition)
            for one in owned
        ],
    )
