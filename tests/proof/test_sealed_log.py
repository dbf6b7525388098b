"""A log on Kafka is held against its seals while others read it: only the rest is read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from schemas.record import partition_of
from schemas.topics import CONTROL
from streams.cluster.decoding import Quick
from streams.cluster.proof import Sealed
from streams.entry import Entry, Place
from tests.embedded import open_in
from tests.sealed import CONTACTS, sealed_store

ANN = (CONTACTS, partition_of("ann"))


class Log:
    """A log as `Sealed` reads it.

    Attributes:
        read: From where on which partition was read, call by call.
    """

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.read: list[dict[Place, int]] = []

    def starts(self) -> dict[Place, int]:
        return dict.fromkeys(self.ends(), 0)

    def ends(self) -> dict[Place, int]:
        return {(one.topic, one.partition): one.offset + 1 for one in self.entries}

    def steps(
        self, start: Mapping[Place, int], until: Mapping[Place, int]
    ) -> Iterator[list[Entry]]:
        self.read.append({place: at for place, at in start.items() if at < until[place]})
        places = [(one, (one.topic, one.partition)) for one in self.entries]
        yield [one for one, p in places if p in start and start[p] <= one.offset < until[p]]

    def of(self, place: Place) -> list[Quick]:
        """What somebody else reads of a partition."""
        return [
            Quick(
                one.topic,
                one.partition,
                one.offset,
                0,
                None if one.key is None else one.key.encode(),
                one.value,
                msgspec.json.decode(one.headers),
            )
            for one in self.entries
            if (one.topic, one.partition) == place
        ]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    sealed_store(tmp_path)
    with open_in(tmp_path) as desk:
        return Log(list(desk.log.scan()))


def sealed(log: Log) -> Sealed:
    return Sealed(log)  # type: ignore[arg-type]  # as much of a reader as is asked for


def test_what_others_read_is_not_read_again_and_the_rest_is(log: Log) -> None:
    one = sealed(log)
    for record in log.of(ANN):
        one.take(record)
    sums, found = one.checked()
    assert found == []
    assert sums["records"] > 60
    seals, rest = log.read
    assert {topic for topic, _ in seals} == {CONTROL.name}
    assert ANN not in rest
    assert len({topic for topic, _ in rest}) > 1


def test_what_others_stopped_reading_is_read_on_from_there(log: Log) -> None:
    one = sealed(log)
    for record in log.of(ANN)[:3]:
        one.take(record)
    assert one.checked()[1] == []
    assert log.read[1][ANN] == 3
    assert len(log.read) == 2


def test_a_record_that_was_changed_before_others_read_it_is_named(log: Log) -> None:
    (at,) = [
        number
        for number, one in enumerate(log.entries)
        if (one.topic, one.partition, one.offset) == (*ANN, 2)
    ]
    log.entries[at] = log.entries[at]._replace(value=b"\xc3\x01")
    one = sealed(log)
    for record in log.of(ANN):
        one.take(record)
    (finding,) = one.checked()[1]
    assert (finding.kind, finding.where) == ("changed", f"{CONTACTS}/{ANN[1]}/2")
