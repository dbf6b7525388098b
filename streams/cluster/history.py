"""Kafka's log as it is replayed for analytics: without a group, up to fixed ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import msgspec

from schemas.record import derived_id
from streams.cluster import positions
from streams.cluster.decoding import Quick
from streams.cluster.reading import Reader
from streams.cluster.topics import admin
from streams.entry import Place
from streams.history.raws import Head, Raws
from streams.history.replaying import REPLAYED
from streams.settings import Settings


class KafkaLog:
    """What is replayed of a cluster.

    Args:
        settings: Where Kafka is.

    Raises:
        Misconfigured: A topic is missing, the settings are wrong, or Kafka does not let us in.
        Unavailable: No broker answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader = Reader(settings, REPLAYED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.close()

    def identity(self) -> str:
        """What no other log has: the ids that Kafka gave its topics when they were made."""
        with admin(self._settings) as client:
            found = client.describe_topics(list(REPLAYED))
        return derived_id("log", *sorted(f"{one['name']} {one['topic_id']}" for one in found))

    def starts(self) -> Mapping[Place, int]:
        """The first offset that each partition still has."""
        return self._reader.starts()

    def ends(self) -> Mapping[Place, int]:
        """Where each partition ends now."""
        return self._reader.ends()

    def behind(self, position: str) -> Mapping[Place, int] | None:
        """The offsets of a position; None where a text is none."""
        return positions.vector(position) if positions.is_token(position) else None

    def read(self, place: Place, start: int, end: int, most: int) -> Iterator[Raws]:
        """The records of a partition between two offsets, so many at most at once."""
        held: list[Quick] = []
        for step in self._reader.quick_steps({place: start}, {place: end}):
            held += step
            while len(held) >= most:
                yield _raws(held[:most])
                held = held[most:]
        if held:
            yield _raws(held)


def _raws(some: Sequence[Quick]) -> Raws:
    return Raws(
        [one.offset for one in some],
        [None if one.key is None else one.key.decode("utf-8", "replace") for one in some],
        [_head(one.fields) for one in some],
        [one.value or b"" for one in some],
    )


def _head(fields: Mapping[str, str]) -> Head | None:
    try:
        return msgspec.convert(fields, Head)
    except msgspec.ValidationError:
        return None
