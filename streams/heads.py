"""What a record's headers say of its time and of where it comes from; the rest is not decoded."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streams.clock import micros, parse_time
from streams.errors import Refused

Spot = tuple[str, int, int]
"""A topic, a partition and an offset."""


class Head(NamedTuple):
    """What some headers say.

    Attributes:
        at: When it happened, in microseconds since the epoch; 0 where they do not say.
        source: The inbox record of the turn that wrote it; None from outside.
    """

    at: int
    source: Spot | None


class _Fields(msgspec.Struct, frozen=True):
    ce_time: str | None = None
    ce_sourcetopic: str | None = None
    ce_sourcepartition: str | None = None
    ce_sourceoffset: str | None = None


_fields_in = msgspec.json.Decoder(_Fields)


def head_of(headers: str) -> Head:
    """What a record's headers say; of such as cannot be read, nothing."""
    try:
        fields = _fields_in.decode(headers)
    except msgspec.MsgspecError:
        return Head(0, None)
    return Head(_time_in(fields.ce_time), _source_in(fields))


def _time_in(text: str | None) -> int:
    if text is None:
        return 0
    try:
        return micros(parse_time(text))
    except Refused:
        return 0


def _source_in(fields: _Fields) -> Spot | None:
    topic, partition, offset = (
        fields.ce_sourcetopic,
        fields.ce_sourcepartition,
        fields.ce_sourceoffset,
    )
    if not (topic and partition and offset):
        return None
    try:
        return topic, int(partition), int(offset)
    except ValueError:
        return None
