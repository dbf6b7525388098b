"""What cannot be read is kept: original bytes, key, headers, where from, the error, attempts."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from schemas.record import Record, derived_id, partition_of
from schemas.topics import DEAD_LETTERS
from streams import codec
from streams.clock import parse_time
from streams.embedded.log import SqliteLog
from streams.entry import Entry
from streams.errors import PactdeskError, Refused
from streams.store import Executor


class DeadLetter(msgspec.Struct, frozen=True):
    """One dead letter, as its record's headers and value hold it.

    Attributes:
        id: Derived from where it came from and its bytes.
        topic: Where it was to go, or came from.
        origin: File and line, or partition and offset.
        handler: Who could not read it.
        error: What is wrong.
        remedy: What would be right.
        attempts: How often it was tried.
        at: When it was put aside.
        value: The original bytes.
        key: The original key.
        headers: The original headers.
    """

    id: str
    topic: str
    origin: str
    handler: str
    error: str
    remedy: str
    attempts: int
    at: str
    value: bytes = b""
    key: str | None = None
    headers: str | None = None


HOOKS = "channels/"
"""What the handler of a letter begins with that a channel's provider sent; its name follows."""

DONE = "deadletter."
"""Before a letter's id: the name in the store's `meta` of what became of it."""


def put_aside(log: SqliteLog, letter: DeadLetter) -> bool:
    """Append a dead letter; False when it is there already, and nothing changes."""
    if log.find(letter.id) is not None:
        return False
    log.append_raw(
        DEAD_LETTERS.name,
        partition_of(letter.key or letter.id),
        letter.key,
        headers_of(letter),
        letter.value,
        letter.id,
    )
    return True


def headers_of(letter: DeadLetter) -> str:
    """The headers of the record that a dead letter is."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": letter.id,
        "ce_type": "DeadLetter",
        "ce_source": "/pactdesk/" + letter.handler,
        "ce_time": letter.at,
        "content-type": "application/octet-stream",
        "dl_topic": letter.topic,
        "dl_origin": letter.origin,
        "dl_handler": letter.handler,
        "dl_error": letter.error,
        "dl_remedy": letter.remedy,
        "dl_attempts": str(letter.attempts),
    }
    if letter.headers is not None:
        headers["dl_headers"] = letter.headers
    return msgspec.json.encode(headers).decode()


def waits_again(database: Executor, letter_id: str) -> None:
    """The same bytes came once more: whatever became of the letter before, it waits again."""
    database.execute("DELETE FROM meta WHERE name = ?", (DONE + letter_id,))


def put_aside_before(log: SqliteLog, entry: Entry) -> bool:
    """Whether a worker could not read an entry: what another release can read by now counts too.

    Such an entry means something once it is re-driven, in the place where it then comes to lie.
    """
    return log.has(letter_id(entry))


def letter_id(entry: Entry) -> str:
    """The id of the letter that an entry becomes which a worker cannot read."""
    return derived_id("dead", _origin(entry))


def _origin(entry: Entry) -> str:
    return f"{entry.topic}/{entry.partition}/{entry.offset}"


def place_of(origin: str) -> tuple[str, int, int] | None:
    """Topic, partition and offset that an origin names; None for one that names a line of input."""
    topic, _, rest = origin.partition("/")
    partition, _, offset = rest.partition("/")
    if partition.isdecimal() and offset.isdecimal():
        return topic, int(partition), int(offset)
    return None


def dead_letter(
    log: SqliteLog, entry: Entry, error: PactdeskError, *, handler: str, at: str
) -> None:
    """Put an unreadable log entry aside, at the clock of the turn that met it."""
    put_aside(log, letter_for(entry, error, handler=handler, at=at))


def letter_for(
    entry: Entry, error: PactdeskError, *, handler: str, at: str, attempts: int = 1
) -> DeadLetter:
    """The dead letter of a log entry that cannot be taken."""
    return DeadLetter(
        id=letter_id(entry),
        topic=entry.topic,
        origin=_origin(entry),
        handler=handler,
        error=error.what,
        remedy=error.remedy,
        attempts=attempts,
        at=at,
        value=entry.value,
        key=entry.key,
        headers=entry.headers,
    )


def as_letter(headers: Mapping[str, str], origin: str, at: str) -> dict[str, str]:
    """The headers of whatever lies on the dead letters' topic, made whole where it is no letter.

    Any client can write there. What is none of ours is shown as a letter all the same, and says so.

    Args:
        headers: As they lie there.
        origin: Topic, partition and offset.
        at: When it was appended.
    """
    whole = {
        "ce_time": at,
        "dl_topic": DEAD_LETTERS.name,
        "dl_origin": origin,
        "dl_handler": "projector",
        "dl_error": "somebody wrote this to the dead letters' topic, and it is no dead letter",
        "dl_remedy": "send it to an inbox, and discard this",
        "dl_attempts": "1",
        **headers,
    }
    if not re.fullmatch(r"[0-9]{1,18}", whole["dl_attempts"]):
        whole["dl_attempts"] = "1"
    try:
        parse_time(whole["ce_time"])
    except Refused:
        whole["ce_time"] = at
    return whole


def letter_of(entry: Entry) -> DeadLetter:
    """The dead letter in a log entry of the dead letters' topic."""
    headers = msgspec.json.decode(entry.headers, type=dict[str, str])
    return DeadLetter(
        id=entry.id,
        topic=headers["dl_topic"],
        origin=headers["dl_origin"],
        handler=headers["dl_handler"],
        error=headers["dl_error"],
        remedy=headers["dl_remedy"],
        attempts=int(headers["dl_attempts"]),
        at=headers["ce_time"],
        value=entry.value,
        key=entry.key,
        headers=headers.get("dl_headers"),
    )


def record_again(letter: DeadLetter) -> Record:
    """A letter's record under an id of its own, so that it is taken though its first one was.

    A copy that was worked off meanwhile makes this one change nothing.

    Raises:
        Unreadable: It cannot be read now either.
    """
    record = codec.record(letter.headers or "{}", letter.value)
    return msgspec.structs.replace(record, id=derived_id("again", letter.id))


def _headers_as_they_are(text: str) -> object:
    """Headers as JSON; as the text that they are where somebody made them something else."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def letter_line(entry: Entry, position: str) -> dict[str, object]:
    """What reading the log shows of an entry that holds no record.

    Elsewhere than among the dead letters it is foreign: what another producer wrote in a format of
    its own. What became of it, a record or a dead letter, lies in the log behind it.
    """
    return {
        "id": entry.id,
        "type": "DeadLetter" if entry.topic == DEAD_LETTERS.name else "Foreign",
        "topic": entry.topic,
        "partition": entry.partition,
        "offset": entry.offset,
        "key": entry.key,
        "position": position,
        "headers": _headers_as_they_are(entry.headers),
        "bytes": len(entry.value),
    }
