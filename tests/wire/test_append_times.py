"""When a record was appended, as whoever sent it told Kafka: any number at all."""

from __future__ import annotations

import pytest

from schemas.topics import CONTACTS
from streams.clock import parse_time
from streams.cluster.decoding import Quick
from streams.cluster.reading import as_entry
from streams.cluster.wire import entry_of

GO_S_ZERO = -62_135_596_800_000


@pytest.mark.parametrize(
    ("milliseconds", "moment"),
    [
        (1_796_042_748_457, "2026-11-30T12:45:48.457Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (GO_S_ZERO, "0001-01-01T00:00:00.000Z"),
        (GO_S_ZERO - 1, "0001-01-01T00:00:00.000Z"),
        (-(2**63), "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
        (2**63 - 1, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_whatever_time_a_producer_gives_is_a_moment_to_both_clients(
    milliseconds: int, moment: str
) -> None:
    place = (CONTACTS.name, 3, 7)
    by_seconds = milliseconds / 1000.0  # as Faust hands it on
    assert entry_of(place, None, b"", (), by_seconds * 1000.0).appended_at == moment
    assert as_entry(Quick(*place, milliseconds, None, b"", {})).appended_at == moment
    assert parse_time(moment).tzinfo is not None
