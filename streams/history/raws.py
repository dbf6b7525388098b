"""Records as they lie in the log, field by field: what an engine's log gives to be replayed.

Some thousand records are four lists and not some thousand objects: each step from here to a column
is then one call for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class Head(msgspec.Struct, gc=False):
    """The headers of a record that are columns, or stand for some; named as on the wire."""

    ce_id: str
    ce_time: str
    ce_subject: str
    ce_source: str
    ce_correlationid: str
    ce_causationid: str | None = None
    ce_sequence: str | None = None
    ce_previous: str | None = None
    traceparent: str | None = None
    ce_sourcetopic: str | None = None
    ce_sourcepartition: str | None = None
    ce_sourceoffset: str | None = None
    ce_index: str | None = None
    ce_count: str | None = None


class Raws(NamedTuple):
    """Some records of one partition, in their order; each list has one element for each.

    Attributes:
        offsets: Where they lie in their partition.
        keys: Their partition keys; None has none.
        heads: Their headers; None where they are not a record's.
        values: Their framed bytes.
    """

    offsets: Sequence[int]
    keys: Sequence[str | None]
    heads: Sequence[Head | None]
    values: Sequence[bytes]

    def behind(self, number: int) -> Raws:
        """All but the first so many."""
        return Raws(
            self.offsets[number:], self.keys[number:], self.heads[number:], self.values[number:]
        )


NOTHING = Raws((), (), (), ())

_head = msgspec.json.Decoder(Head).decode


def heads_of(headers: Sequence[str]) -> list[Head | None]:
    """The headers in some entries' texts; None where they are not a record's."""
    try:
        return list(map(_head, headers))
    except ValueError:
        return list(map(head_of, headers))


def head_of(headers: str) -> Head | None:
    """The headers in an entry's text; None where they are not a record's."""
    try:
        return _head(headers)
    except ValueError:
        return None
