"""What our reader reads is what fastavro and pydantic make of it; the rest it leaves to them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from functools import cache
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.avro import schema_of
from schemas.event import Event
from schemas.events import EVENTS
from schemas.events.contacts import ReplyAttempted
from schemas.events.knowledge import TagTaught
from streams import codec
from streams.avro_reading import UNUSUAL, Read, reader_of
from streams.errors import Unreadable
from streams.zigzag import zigzag
from tests.anyevent import events, example


@cache
def _reader(kind: type[Event]) -> Read:
    return reader_of(kind, schema_of(kind))


@cache
def _parsed(kind: type[Event]) -> Any:  # Any: a schema as fastavro holds it
    return fastavro.parse_schema(schema_of(kind))


def _resolved(kind: type[Event], body: bytes) -> Event | None:
    """The event as fastavro and pydantic read it; None where they do not."""
    data = io.BytesIO(body)
    try:
        event = kind.model_validate(fastavro.schemaless_reader(data, _parsed(kind), None))
    except Exception:  # noqa: BLE001  # fastavro raises whatever it met
        return None
    return event if data.tell() == len(body) else None


def _read(kind: type[Event], body: bytes) -> Event | None:
    """The event as our reader reads it; None where it does not."""
    try:
        event, end = _reader(kind)(body, 0)
    except UNUSUAL:
        return None
    return event if end == len(body) else None


def _body(event: Event) -> bytes:
    return codec.encode(event)[10:]


def _assert_the_same(event: Event | None, other: Event | None) -> None:
    """Equal to the last field and class; not a number is here equal to itself."""
    assert repr(event) == repr(other)
    assert type(event) is type(other)


@settings(max_examples=400)
@given(event=events())
def test_any_event_is_read_as_fastavro_and_pydantic_read_it(event: Event) -> None:
    read, other = _read(type(event), _body(event)), _resolved(type(event), _body(event))
    assert read == other == event
    _assert_the_same(read, other)


@pytest.mark.parametrize("full", [True, False], ids=["full", "least"])
@pytest.mark.parametrize("name", sorted(EVENTS))
def test_what_is_read_is_a_model_like_any_other(name: str, *, full: bool) -> None:
    body = _body(example(EVENTS[name], full=full))
    read, other = _read(EVENTS[name], body), _resolved(EVENTS[name], body)
    assert read is not None
    assert other is not None
    assert read == other
    assert read.model_fields_set == other.model_fields_set
    assert read.model_dump() == other.model_dump()
    assert read.model_copy() == pickle.loads(pickle.dumps(read)) == other  # noqa: S301  # ours
    assert EVENTS[name].model_validate(read.model_dump()) == other
    with pytest.raises(ValueError, match="frozen"):
        setattr(read, next(iter(EVENTS[name].model_fields)), None)


def test_a_changed_copy_leaves_what_was_read_as_it_was() -> None:
    kind = EVENTS["TicketOpened"]
    body = _body(example(kind, full=True))
    read, other = _read(kind, body), _resolved(kind, body)
    assert read is not None
    read.model_copy(update={"unknown": 1})
    assert read == other
    assert read.model_fields_set == set(kind.model_fields)


@settings(max_examples=1000)
@given(event=events(), data=st.data())
def test_of_altered_bytes_it_reads_nothing_else_than_they_do(
    event: Event, data: st.DataObject
) -> None:
    body = _body(event)
    at = data.draw(st.integers(0, len(body)))
    gone = data.draw(st.integers(0, 3))
    body = body[:at] + data.draw(st.binary(max_size=3)) + body[at + gone :]
    read = _read(type(event), body)
    if read is not None:
        _assert_the_same(read, _resolved(type(event), body))


@settings(max_examples=600)
@given(name=st.sampled_from(sorted(EVENTS)), body=st.binary(max_size=60))
def test_of_garbage_it_reads_nothing_else_than_they_do(name: str, body: bytes) -> None:
    read = _read(EVENTS[name], body)
    if read is not None:
        _assert_the_same(read, _resolved(EVENTS[name], body))


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_no_beginning_of_an_event_is_read(name: str) -> None:
    body = _body(example(EVENTS[name], full=True))
    assert [length for length in range(len(body)) if _read(EVENTS[name], body[:length])] == []


@pytest.mark.parametrize(
    "examples",
    [
        b"\x04\x02a\x02b\x00",
        b"\x02\x02a\x02\x02b\x00",
        b"\x03\x08\x02a\x02b\x00",
        b"\x84\x00\x02a\x82\x00b\x80\x00",
    ],
    ids=["one block", "two blocks", "a block with its size", "numbers in more bytes than needed"],
)
def test_what_others_write_otherwise_is_read_all_the_same(examples: bytes) -> None:
    """Avro allows each of these forms; we write the first."""
    whole = codec.encode(TagTaught(name="refund", examples=["a", "b"]))
    frame = codec.encode(TagTaught(name="refund"))[:-1]
    assert whole == frame + b"\x04\x02a\x02b\x00"
    assert codec.decode(frame + examples) == TagTaught(name="refund", examples=["a", "b"])


@pytest.mark.parametrize("count", [2**62, 2**63 - 1, -1, -(2**62)])
def test_a_count_or_a_size_that_lies_is_unreadable(count: int) -> None:
    frame = codec.encode(TagTaught(name="refund"))[:-1]
    for lie in (zigzag(count) + b"\x02a\x00", b"\x02" + zigzag(count) + b"a\x00"):
        with pytest.raises(Unreadable):
            codec.decode(frame + lie)


def test_no_list_has_fewer_than_no_items() -> None:
    """A count below nothing has the size of its block behind it: here the list does not end."""
    frame = _body(TagTaught(name="refund"))[:-1]
    assert _read(TagTaught, frame + b"\x01\x00") is None


def test_no_number_of_more_than_64_bits_is_read() -> None:
    one, two = (
        _body(ReplyAttempted(customer_id="c", request_id="r", attempt=n, transport="t"))
        for n in (1, 2)
    )
    at = next(place for place in range(len(one)) if one[place] != two[place])
    for raw, read in ((b"\xff" * 9 + b"\x01", True), (b"\xff" * 9 + b"\x03", False)):
        body = one[:at] + raw + one[at + 1 :]
        assert (_read(ReplyAttempted, body) is not None) == read


def test_a_number_without_an_end_is_unreadable_soon() -> None:
    """Each byte of it makes the number longer: adding all of them up would take for ever."""
    frame = codec.encode(TagTaught(name="refund"))[:-1]
    with pytest.raises(Unreadable):
        codec.decode(frame + b"\x80" * 1_000_000)


_RULES = {
    "type", "schema", "metadata", "cls", "config", "custom_init", "root_model", "ref",  # of models
    "fields", "model_name", "computed_fields", "items_schema", "keys_schema", "values_schema",
    "default", "default_factory", "default_factory_takes_data", "expected", "schema_ref",
    "definitions", "tz_constraint", "microseconds_precision",
}  # fmt: skip
"""What pydantic's schema of an event says, none of it a rule that a type of Avro does not have."""

_TYPES = {
    "model", "model-fields", "model-field", "default", "nullable", "list", "dict", "definitions",
    "definition-ref", "str", "int", "float", "bool", "literal", "datetime",
}  # fmt: skip


def _rules(schema: Any) -> Iterator[tuple[str, object]]:  # Any: pydantic's schema, of any shape
    """The types and rules in it beyond the known ones."""
    if isinstance(schema, list):
        for one in schema:
            yield from _rules(one)
    elif isinstance(schema, dict):
        if "type" in schema and schema["type"] not in _TYPES:
            yield ("type", schema["type"])
        for name, value in schema.items():
            if "type" in schema and name not in _RULES:
                yield (name, value)
            elif name not in {"metadata", "config", "default", "cls"}:
                yield from _rules(value)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_no_event_has_a_rule_beyond_the_types_of_its_fields(name: str) -> None:
    """A reader does not ask pydantic: such a rule would have to be asked of our own bytes too."""
    assert list(_rules(EVENTS[name].__pydantic_core_schema__)) == []


def test_no_reader_is_made_for_a_type_that_no_event_has() -> None:
    fixed = {"type": "fixed", "name": "Four", "namespace": "pactdesk", "size": 4}
    schema = {
        "type": "record",
        "name": "TagTaught",
        "namespace": "pactdesk",
        "fields": [{"name": "what", "type": fixed}],
    }
    with pytest.raises(TypeError, match="no event has fields"):
        reader_of(TagTaught, schema)
