"""Avro straight into columns: what a model holds, but for what is personal."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.avro import personal_fields, schema_of
from schemas.event import Event, Part
from schemas.events import EVENTS
from schemas.events.contacts import ContactReceived
from schemas.events.tickets import TicketResolved
from streams import codec
from streams.history.columnar import UNUSUAL, Columns
from streams.history.columns import RECORD_COLUMNS, columns_of
from tests.anyevent import events, example, of_type

OWN = len(RECORD_COLUMNS)


def expected(value: Any, kind: pa.DataType) -> Any:
    """A model's value as Arrow gives it back; of a part only what has a column."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {one.name: expected(getattr(value, one.name), one.type) for one in kind}
    if pa.types.is_map(kind):
        return [(key, expected(one, kind.item_type)) for key, one in value.items()]
    if pa.types.is_list(kind):
        return [expected(one, kind.value_type) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def assert_read(kind: type[Event], some: list[Event]) -> None:
    fields = list(columns_of(kind))[OWN:]
    arrays = Columns(kind).arrays([codec.encode(one) for one in some])
    for field, array in zip(fields, arrays, strict=True):
        array.validate(full=True)
        assert array.type == field.type
        assert array.to_pylist() == [expected(getattr(one, field.name), field.type) for one in some]


@pytest.mark.parametrize("name", EVENTS)
def test_columns_hold_what_the_models_hold(name: str) -> None:
    kind = EVENTS[name]
    whole, bare = example(kind, full=True), example(kind, full=False)
    assert_read(kind, [whole, bare, bare, whole, whole])


@settings(max_examples=60)
@given(st.sampled_from(sorted(EVENTS)).flatmap(lambda n: st.lists(of_type(EVENTS[n]), min_size=1)))
def test_any_events_of_one_type_are_read(some: list[Any]) -> None:
    assert_read(type(some[0]), some)


MARK = "nobody may read this"


def marked(part: Part) -> Part:
    """A value with a mark in every text that is personal, at any depth."""
    changes: dict[str, Any] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name in personal_fields(type(part)):
            changes[name] = [MARK] if isinstance(value, list) else MARK
        elif isinstance(value, Part):
            changes[name] = marked(value)
        elif isinstance(value, list):
            changes[name] = [marked(one) if isinstance(one, Part) else one for one in value]
    return part.model_copy(update=changes)


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_personal_has_no_column(name: str) -> None:
    kind = EVENTS[name]
    event = marked(example(kind, full=True))
    assert isinstance(event, Event)
    value = codec.encode(event)
    assert (MARK.encode() in value) == ('"personal": true' in json.dumps(schema_of(kind)))
    arrays = Columns(kind).arrays([value])
    assert MARK not in repr([array.to_pylist() for array in arrays])


# --- what is unusual is not read, and harms nothing -----------------------------------------------

CONTACT = ContactReceived(channel="email", customer_id="ann", message="Hello", provider_id="1")


def test_text_that_is_no_utf8_is_unusual() -> None:
    value = codec.encode(CONTACT).replace(b"email", b"em\xffil")
    with pytest.raises(UNUSUAL):
        Columns(ContactReceived).arrays([value])


@given(st.data())
def test_bytes_that_end_early_are_unusual(data: st.DataObject) -> None:
    value = codec.encode(data.draw(events()))
    kind = EVENTS[codec.schema_behind(value)["name"]]
    cut = data.draw(st.integers(10, len(value) - 1))
    with pytest.raises(UNUSUAL):
        Columns(kind).arrays([value[:cut]])


@pytest.mark.parametrize("name", EVENTS)
def test_a_byte_too_many_is_unusual(name: str) -> None:
    value = codec.encode(example(EVENTS[name], full=True))
    with pytest.raises(UNUSUAL):
        Columns(EVENTS[name]).arrays([value + b"\0"])


def test_a_word_that_is_none_of_its_list_is_unusual() -> None:
    value = codec.encode(CONTACT).replace(b"\x0aemail", b"\x0afaxes")
    with pytest.raises(UNUSUAL):
        Columns(ContactReceived).arrays([value])


@pytest.mark.parametrize("year", [1, 1969, 1970, 2026, 9999])
def test_moments_of_any_age_are_read(year: int) -> None:
    at = datetime(year, 1, 1, 12, 30, 1, 5, tzinfo=UTC)
    event = example(TicketResolved, full=True).model_copy(update={"opened_at": at, "close_at": at})
    usual = example(TicketResolved, full=True)
    assert_read(TicketResolved, [usual, event, usual, event])


@pytest.mark.parametrize("number", [0.0, -0.0, 1e308, 5e-324, float("inf")])
def test_numbers_keep_their_bits(number: float) -> None:
    event = example(TicketResolved, full=True).model_copy(update={"resolution_minutes": number})
    arrays = Columns(TicketResolved).arrays([codec.encode(event)])
    place = columns_of(TicketResolved).get_field_index("resolution_minutes") - OWN
    (found,) = arrays[place].to_pylist()
    assert struct.pack("<d", found) == struct.pack("<d", number)
