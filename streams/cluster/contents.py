"""What each contact said and each request asked, as hashes: is one that comes again a repeat?

The way in keeps them by id (`taken_in`), and so does the worker that took one (`seen`), so that
neither need ask Kafka. They follow from the log, and `recover` brings back those that a database
lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import msgspec

from schemas.events import EVENTS
from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from schemas.topics import INBOX_NAMES
from streams.cluster.postgres import PgDatabase
from streams.embedded.database import Database
from streams.embedded.log import SqliteLog
from streams.entry import Entry
from streams.errors import Unreadable
from streams.intake import (
    SAME,
    From,
    another,
    another_request,
    asked_for,
    differing_sender,
    is_request,
)

_SIZE = 16
_COMPARED = tuple(
    f'"ce_type":"{name}"'
    for name, kind in EVENTS.items()
    if kind is ContactReceived or is_request(kind)
)

_NOTED = """
CREATE TABLE contents (
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (id, seq)
) WITHOUT ROWID
"""

_FIRST = """
SELECT id, digest, topic, partition, offset FROM contents AS c WHERE seq = coalesce(
    (SELECT seq FROM contents JOIN first USING (id, topic, partition, offset) WHERE id = c.id),
    (SELECT min(seq) FROM contents WHERE id = c.id)
)
"""
"""Of several records with one id the one that was taken; of those that nobody took, the first."""


def digest(record: Record, secret: str) -> bytes:
    """What a message says, who sent it under which handle, and whose it is, as three hashes.

    Of a request what it asks for, as the first of them. Keyed, for a hash of a short message could
    be guessed. Empty for what is neither.

    Args:
        record: What came in.
        secret: The identity secret.
    """
    event = record.event
    if is_request(type(event)):
        parts = (msgspec.json.encode(asked_for(event), order="sorted"), b"", b"")
    elif isinstance(event, ContactReceived):
        content = [msgspec.to_builtins(getattr(event, field)) for field in SAME[:-1]]
        files = [one.model_dump(mode="json") for one in event.attachments]
        parts = (
            msgspec.json.encode([*content, files]),
            b"" if event.handle is None else b"h" + event.handle.encode(),
            b"c" + event.customer_id.encode(),
        )
    else:
        return b""
    key = secret.encode()[:64]
    return b"".join(
        blake2b(part, digest_size=_SIZE, key=key).digest() if part else bytes(_SIZE)
        for part in parts
    )


def refuse_another(before: bytes, after: bytes, record: Record) -> None:
    """A repeat is the same message of the same person or the same request, here by their hashes.

    Args:
        before: The digest of what came first under the id; empty for what is not compared.
        after: The digest of what comes now.
        record: What comes now.

    Raises:
        Unreadable: Something else came under the same id.
    """
    event = record.event
    if is_request(type(event)) and before and before != after:
        raise another_request(event)
    if not isinstance(event, ContactReceived) or not before:
        return
    field = "content"
    if before[:_SIZE] == after[:_SIZE]:
        sender = differing_sender(_sender(before), _sender(after))
        if sender is None:
            return
        field = sender
    if record.id == contact_id(event.channel, event.provider_id):
        raise another(event, field)
    raise Unreadable(
        f"the record {record.id} was here before with another {field}",
        "send another message under an id of its own",
    )


def _sender(digest: bytes) -> From[bytes]:
    handle, customer = digest[_SIZE : 2 * _SIZE], digest[2 * _SIZE :]
    return From(None if handle == bytes(_SIZE) else handle, customer)


class Contents:
    """The contents of a log's contacts and requests, noted in a scratch store that holds the log.

    Args:
        anew: The scratch store (`streams.recovered`).
        native: Whether an entry is decided where it lies.
        secret: The identity secret.
    """

    def __init__(self, anew: Database, native: Callable[[Entry], bool], secret: str) -> None:
        self._db = anew
        self._native = native
        self._secret = secret
        self._after = 0
        anew.execute(_NOTED)

    def note(self) -> None:
        """Note what came since this was called last."""
        for entry in SqliteLog(self._db).scan(self._after):
            self._after = entry.seq
            if entry.topic in INBOX_NAMES and any(one in entry.headers for one in _COMPARED):
                self._note(entry)

    def _note(self, entry: Entry) -> None:
        if not self._native(entry):
            return
        try:
            record = entry.record()
        except Unreadable:
            return
        content = digest(record, self._secret)
        if content:
            self._db.execute(
                "INSERT INTO contents (id, seq, topic, partition, offset, digest)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (record.id, entry.seq, *entry[1:4], content),
            )

    def bring_back(self, database: PgDatabase) -> int:
        """Keep those that a database lacks, in its transaction; returns how many they were."""
        columns = 'id, digest, topic, partition, "offset"'
        database.execute(
            f"CREATE TEMPORARY TABLE told ON COMMIT DROP AS SELECT {columns} FROM taken_in LIMIT 0"
        )
        with database.connection.cursor().copy(f"COPY told ({columns}) FROM STDIN") as copy:
            for row in self._first():
                copy.write_row(row)
        return database.execute(
            f"INSERT INTO taken_in ({columns}) SELECT {columns} FROM told ON CONFLICT DO NOTHING"
        ).rowcount

    def _first(self) -> Iterator[tuple[object, ...]]:
        return iter(self._db.execute(_FIRST))
