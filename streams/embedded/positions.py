"""Positions on one store: an opaque token of a place in its log."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from streams.asof import PLACE, no_record, time_of
from streams.embedded.log import SqliteLog
from streams.errors import Malformed, NotFound

_MARK = "p1."


def position_of(seq: int) -> str:
    """The opaque token of a place in the log."""
    return _MARK + urlsafe_b64encode(str(seq).encode()).decode().rstrip("=")


def seq_of(log: SqliteLog, position: str) -> int:
    """The place in the log that a position names.

    Raises:
        Malformed: It is not a position.
        NotFound: It is not one of this log.
    """
    seq = seq_at(log, position)
    if seq is None:
        raise Malformed(f"{position} is not a position", "take one from an answer of pactdesk")
    return seq


def position_at(log: SqliteLog, moment: str) -> str:
    """The position that a moment names.

    Args:
        log: The log.
        moment: `now`, `beginning`, a position, or a time: before what was appended from then on.

    Raises:
        Malformed: It is none of these.
        NotFound: It is a position, and not one of this log.
    """
    if moment == "now":
        return position_of(log.last_seq())
    if moment == "beginning":
        return position_of(0)
    seq = seq_at(log, moment)
    return position_of(log.last_before(time_of(moment)) if seq is None else seq)


def seq_at(log: SqliteLog, moment: str) -> int | None:
    """The place in the log that a moment names; None for what is meant as no position.

    Raises:
        Malformed: It is meant as a position and is none.
        NotFound: It is a position, and not one of this log.
    """
    if moment.startswith(_MARK):
        text = moment.removeprefix(_MARK)
        try:
            seq = int(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            seq = -1
        if position_of(seq) != moment or seq < 0:
            raise Malformed(f"{moment} is not a position", "take one from an answer of pactdesk")
        if seq > log.last_seq():
            raise NotFound(f"the position {moment} lies beyond this log", "take one of this store")
        return seq
    place = PLACE.match(moment)
    if place is None:
        return None
    topic, partition, offset = place[1], int(place[2]), int(place[3])
    found = log.read(topic, partition, offset, 1)
    if not found or found[0].offset != offset:
        raise no_record(moment)
    return found[0].seq
