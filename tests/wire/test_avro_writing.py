"""A writer is made for the types that events have, and for no other."""

from __future__ import annotations

from typing import Any

import pytest

from streams.avro_writing import writer_of


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "fixed", "name": "Four", "namespace": "pactdesk", "size": 4},
        {"type": "long", "logicalType": "time-micros"},
    ],
    ids=["fixed", "another logical type"],
)
def test_no_writer_is_made_for_a_type_that_no_event_has(kind: Any) -> None:
    schema = {
        "type": "record",
        "name": "New",
        "namespace": "pactdesk",
        "fields": [{"name": "what", "type": kind}],
    }
    with pytest.raises(TypeError, match="no event has fields"):
        writer_of(schema)
