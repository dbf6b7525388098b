"""The bytes of every release decode for ever, and mean what they meant."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from schemas.avro import schema_of
from schemas.events import EVENTS
from streams import codec
from tests import golden

FILES = golden.files()


def test_there_are_golden_bytes() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_bytes_of_a_release_decode_to_the_events_they_were(path: Path) -> None:
    for line in golden.read(path):
        event = codec.decode(bytes.fromhex(line["value"]))
        assert type(event).__name__ == line["type"]
        found = event.model_dump(mode="json")
        assert {name: found[name] for name in line["event"]} == line["event"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_where_the_schema_is_the_same_the_bytes_are(path: Path) -> None:
    for line in golden.read(path):
        value = bytes.fromhex(line["value"])
        kind = EVENTS[line["type"]]
        if codec.fingerprint_of(schema_of(kind)) == value[2:10].hex():
            assert codec.encode(kind.model_validate(line["event"])) == value


def test_every_event_type_is_among_the_golden_bytes() -> None:
    held = {line["type"] for path in FILES for line in golden.read(path)}
    assert set(EVENTS) == held, "python -m tests.golden VERSION writes those of a release"


@pytest.mark.parametrize("path", sorted(golden.FOLDER.glob("*-headers.json")), ids=lambda p: p.stem)
def test_the_headers_of_a_release_are_read_as_they_were_meant(path: Path) -> None:
    raw = path.read_bytes()
    known = golden.envelope()
    assert codec.record(raw, codec.encode(known.event)) == known
    assert msgspec.json.decode(raw) == msgspec.json.decode(codec.headers(known))
