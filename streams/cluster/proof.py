"""Holding the log on Kafka against its seals."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.topics import CONTROL
from streams.cluster.reading import Reader
from streams.comparing import Finding
from streams.entry import Entry, Place
from streams.settings import Settings
from streams.tampering import Checking, findings, seals_among, sums


def checked(settings: Settings) -> tuple[dict[str, int], list[Finding]]:
    """What is sealed, and what is not as it was sealed; up to where the log ends by now.

    Args:
        settings: Where Kafka is.

    Returns:
        What `streams.tampering.sums` says, and what is wrong, each thing by name.

    Raises:
        Misconfigured: A topic is missing.
        Unavailable: Kafka does not answer.
    """
    with Reader(settings) as reader:
        starts, ends = reader.starts(), reader.ends()
        control = {place: at for place, at in starts.items() if place[0] == CONTROL.name}
        until = {place: ends[place] for place in control}
        seals, found = seals_among(entry for step in reader.steps(control, until) for entry in step)

        def entries_of(place: Place) -> Iterator[Entry]:
            for step in reader.steps({place: starts[place]}, {place: ends[place]}):
                yield from step

        checking = Checking(seals)
        sealed = {place: min(ends[place], some[-1].offset) for place, some in seals.items()}
        for step in reader.steps({place: starts[place] for place in sealed}, sealed):
            for entry in step:
                checking.take(entry)
        found += findings(seals, checking.finish(), entries_of)
    return sums(seals, ends), found
