"""Every event comes back from its bytes as it went in, and the other Avro codecs agree on them."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import avro.io
import avro.schema
import fastavro
import pytest
from hypothesis import given, settings

from schemas.avro import schema_of
from schemas.event import Event
from schemas.events import EVENTS
from streams import codec
from tests.anyevent import events, example


@cache
def _official(kind: type[Event]) -> avro.schema.Schema:
    return avro.schema.parse(json.dumps(schema_of(kind)))


def _with_the_official_codec(event: Event) -> bytes:
    out = io.BytesIO()
    avro.io.DatumWriter(_official(type(event))).write(
        event.model_dump(), avro.io.BinaryEncoder(out)
    )
    return out.getvalue()


@settings(max_examples=400)
@given(event=events())
def test_an_event_comes_back_from_its_bytes(event: Event) -> None:
    assert codec.decode(codec.encode(event)) == event


@settings(max_examples=200)
@given(event=events())
def test_the_official_codec_writes_the_same_bytes(event: Event) -> None:
    assert codec.encode(event)[10:] == _with_the_official_codec(event)


@settings(max_examples=200)
@given(event=events())
def test_fastavro_writes_the_same_bytes(event: Event) -> None:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema_of(type(event)), event.model_dump())
    assert codec.encode(event)[10:] == out.getvalue()


@pytest.mark.parametrize("full", [True, False], ids=["full", "least"])
@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_type_comes_back_and_agrees_with_the_official_codec(name: str, *, full: bool) -> None:
    event = example(EVENTS[name], full=full)
    framed = codec.encode(event)
    assert codec.decode(framed) == event
    assert framed[10:] == _with_the_official_codec(event)
    reader = avro.io.DatumReader(_official(EVENTS[name]))
    seen = reader.read(avro.io.BinaryDecoder(io.BytesIO(framed[10:])))
    assert EVENTS[name].model_validate(seen) == event


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_the_frame_names_the_schema_by_the_official_fingerprint(name: str) -> None:
    """Of the schema without its logical types, which the official package forgets to take off.

    The specification reduces `{"type": "long", "logicalType": …}` to `"long"`, as Java does.
    """
    framed = codec.encode(example(EVENTS[name], full=False))
    plain = avro.schema.parse(json.dumps(_without_logical_types(schema_of(EVENTS[name]))))
    assert framed[:2] == b"\xc3\x01"
    assert framed[2:10] == plain.fingerprint("CRC-64-AVRO")
    assert codec.known_schemas()[framed[2:10].hex()] == f"{name}.avsc"


@pytest.mark.parametrize(
    ("schema", "number"),
    [
        ("null", 7195948357588979594),
        ("boolean", -6970731678124411036),
        ("int", 8247732601305521295),
        ("long", -3434872931120570953),
    ],
)
def test_fingerprints_are_those_of_the_specifications_own_test_data(
    schema: str, number: int
) -> None:
    """Source: `share/test/data/schema-tests.txt` of Apache Avro; framed little endian."""
    found = codec.fingerprint_of({"type": schema})
    assert found == (number % 2**64).to_bytes(8, "little").hex()


def _without_logical_types(schema: Any) -> Any:  # Any: JSON
    if isinstance(schema, list):
        return [_without_logical_types(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "logicalType" in schema:
        return schema["type"]
    return {name: _without_logical_types(value) for name, value in schema.items()}


def test_no_two_types_share_a_fingerprint() -> None:
    prints = [codec.fingerprint_of(schema_of(kind)) for kind in EVENTS.values()]
    assert len(set(prints)) == len(EVENTS)
