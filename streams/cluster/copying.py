"""The embedded log to Kafka, offset for offset: the way from a laptop to a cluster.

A partition is sent by one producer, in order, each batch once. What Kafka then holds is read back
and compared. A copy that was interrupted goes on where it stopped, if what is there is the
beginning of this very log; anything else that is there is refused, and stays untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from schemas.topics import CONTROL, INBOXES, TOPICS
from streams.cluster.producer import Producer
from streams.cluster.reading import Reader
from streams.cluster.topics import wrong
from streams.cluster.wire import Outgoing
from streams.embedded.log import SqliteLog
from streams.embedded.unsealed import Unsealed
from streams.entry import Entry, Place
from streams.errors import Misconfigured, Refused, Unreadable
from streams.settings import Settings

AT_ONCE = 1000
"""Records that are read and sent together."""

INBOX = (*(topic.name for topic in INBOXES), CONTROL.name)
"""The topics that everything else follows from."""

_headers = msgspec.json.Decoder(dict[str, str])


def copy(
    log: SqliteLog | Unsealed,
    settings: Settings,
    topics: Sequence[str] = tuple(TOPICS),
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Copy a log to the contract's topics on Kafka, and compare what came there.

    What is appended to the log meanwhile stays out; another call brings it over.

    Args:
        log: The embedded log; without its seals where the records are decided anew.
        settings: Where Kafka is.
        topics: Which topics.
        progress: Told of every so many records that were sent or compared.

    Returns:
        How many records were sent, were there before, and lie there now; the digest of each
        partition as `topic/partition`; and the partitions that differ, which should be none.

    Raises:
        Misconfigured: A topic is missing or not as the contract says.
        Refused: A topic holds something else, or somebody else writes to it.
        Unreadable: A record of the log cannot lie on Kafka.
        Unavailable: Kafka does not answer, or not any more: call again.
    """
    faults = wrong(settings, topics)
    if faults:
        raise Misconfigured(
            "Kafka's topics are not ready for a copy: " + "; ".join(faults),
            "make or mend them; nothing was copied",
        )
    ends = {place: end for place, end in sorted(log.ends().items()) if place[0] in topics}
    with Reader(settings, topics) as reader:
        there = _beginning(log, reader, ends)
        sent = _send(log, settings, there, ends, progress)
        digests = _digests(reader, ends, progress)
    wanted = {place: digest(_read(log, place, 0, end)) for place, end in ends.items()}
    return {
        "sent": sent,
        "there_before": sum(there.values()),
        "records": sum(ends.values()),
        "digests": {_named(place): found for place, found in digests.items()},
        "differing": [_named(place) for place in ends if digests.get(place) != wanted[place]],
    }


def _beginning(
    log: SqliteLog | Unsealed, reader: Reader, ends: Mapping[Place, int]
) -> dict[Place, int]:
    """How much of each partition is there already.

    Raises:
        Refused: What is there is not the beginning of this log.
    """
    starts, there = reader.starts(), reader.ends()
    filled = {place: end for place, end in there.items() if end}
    for place, end in filled.items():
        if starts[place] or end > ends.get(place, 0):
            raise _something_else(place)
    found = _digests(reader, filled)
    for place, end in filled.items():
        if found.get(place) != digest(_read(log, place, 0, end)):
            raise _something_else(place)
    return {place: there[place] for place in ends}


def _something_else(place: Place) -> Refused:
    return Refused(
        f"{_named(place)} on Kafka is not empty, and does not hold the beginning of this log",
        "copy into empty topics: name another cluster, or delete these topics and run"
        " `pactdesk topics create` if nobody needs them",
    )


def _send(
    log: SqliteLog | Unsealed,
    settings: Settings,
    there: Mapping[Place, int],
    ends: Mapping[Place, int],
    progress: Callable[[int], None],
) -> int:
    count = 0
    with Producer(settings) as producer:
        for place, end in ends.items():
            batch: list[Entry] = []
            for entry in _read(log, place, there[place], end):
                batch.append(entry)
                if len(batch) == AT_ONCE or entry.offset == end - 1:
                    _placed(producer.send([_outgoing(one) for one in batch]), batch)
                    progress(len(batch))
                    count += len(batch)
                    batch = []
    return count


def _placed(offsets: Sequence[int], batch: Sequence[Entry]) -> None:
    """See that records came to lie where they lay."""
    for offset, entry in zip(offsets, batch, strict=True):
        if offset != entry.offset:
            raise Refused(
                f"record {entry.offset} of {entry.topic}/{entry.partition} came to lie at {offset}:"
                " somebody else writes to this topic",
                "stop every producer and worker of this cluster, and copy into empty topics",
            )


def _digests(
    reader: Reader, ends: Mapping[Place, int], progress: Callable[[int], None] = lambda _: None
) -> dict[Place, str]:
    """The digest of each partition of Kafka, from its first record to some end."""
    found = {place: blake2b(digest_size=16) for place in ends}
    for step in reader.steps(None, ends):
        for entry in step:
            found[entry.topic, entry.partition].update(_bytes(entry))
        progress(len(step))
    return {place: one.hexdigest() for place, one in found.items()}


def digest(entries: Iterator[Entry]) -> str:
    """What stands for the records of a partition: offsets, keys, headers and values."""
    found = blake2b(digest_size=16)
    for entry in entries:
        found.update(_bytes(entry))
    return found.hexdigest()


def _bytes(entry: Entry) -> bytes:
    headers = list(_fields(entry).items())
    return msgspec.msgpack.encode((entry.offset, entry.key, headers, entry.value))


def _fields(entry: Entry) -> dict[str, str]:
    try:
        return _headers.decode(entry.headers)
    except ValueError as error:
        raise Unreadable(
            f"{_named((entry.topic, entry.partition))}/{entry.offset} has headers that Kafka cannot"
            f" hold ({error})",
            "mend its headers in the table log: a JSON object of text to text",
        ) from error


def _outgoing(entry: Entry) -> Outgoing:
    _fields(entry)
    return Outgoing(entry.topic, entry.partition, entry.key, entry.headers, entry.value, entry.id)


def _read(log: SqliteLog | Unsealed, place: Place, start: int, end: int) -> Iterator[Entry]:
    """The records of a partition between two offsets.

    Raises:
        Unreadable: One is missing.
    """
    at = start
    while at < end:
        entries = log.read(*place, at, min(AT_ONCE, end - at))
        for entry in entries:
            if entry.offset == at:
                yield entry
                at += 1
        if not entries or entries[-1].offset != at - 1:
            raise Unreadable(
                f"the log has no record {at} of {_named(place)}",
                "restore the store from a backup",
            )


def _named(place: Place) -> str:
    return f"{place[0]}/{place[1]}"
