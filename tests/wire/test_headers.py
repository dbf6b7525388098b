"""The envelope travels in CloudEvents headers, as the Kafka binding's binary mode has them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import EVENTS
from schemas.record import Record, Source
from streams import codec
from streams.errors import Unreadable
from tests.anyevent import example
from tests.golden import envelope

EVENT = example(EVENTS["CloseAsked"], full=False)
VALUE = codec.encode(EVENT)

_RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
_text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
_number = st.integers(0, 2**62)
_offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))

_records = st.builds(
    Record,
    id=_text,
    key=_text,
    at=st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001  # hypothesis wants bounds without an offset
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001  # the same
        timezones=_offsets,
    ),
    by=_text,
    event=st.just(EVENT),
    correlation=_text,
    cause=st.none() | _text,
    sequence=st.none() | _number,
    previous=st.none() | _number,
    source=st.none() | st.builds(Source, _text, _number, _number, _number, _number),
    trace=st.none() | _text,
    partition=st.just(3),
    offset=st.just(44),
)


def _headers(record: Record) -> dict[str, str]:
    return msgspec.json.decode(codec.headers(record), type=dict[str, str])


@given(record=_records)
def test_a_record_comes_back_from_its_headers_and_bytes(record: Record) -> None:
    assert codec.record(codec.headers(record), VALUE, partition=3, offset=44) == record


@given(record=_records)
def test_header_values_are_what_cloudevents_asks_for(record: Record) -> None:
    found = _headers(record)
    assert found["ce_specversion"] == "1.0"
    assert _RFC3339.match(found["ce_time"])
    assert all(c.isascii() and not c.isspace() for c in found["ce_source"])
    assert urlsplit(found["ce_source"]).path.startswith("/pactdesk/")
    assert found["ce_type"] == "CloseAsked"
    assert found["content-type"] == "application/avro"


@given(record=_records)
def test_attribute_names_are_lower_case_letters_and_digits(record: Record) -> None:
    """As CloudEvents 1.0 section 3.1 asks; the binding puts `ce_` before them."""
    for name in _headers(record):
        assert name in {"content-type", "traceparent"} or re.match(r"^ce_[a-z0-9]{1,20}$", name)


def test_the_headers_have_the_names_of_the_contract() -> None:
    assert set(_headers(envelope())) == {
        "ce_specversion",
        "ce_id",
        "ce_type",
        "ce_source",
        "ce_time",
        "ce_subject",
        "ce_correlationid",
        "ce_causationid",
        "ce_sequence",
        "ce_previous",
        "ce_sourcetopic",
        "ce_sourcepartition",
        "ce_sourceoffset",
        "ce_index",
        "ce_count",
        "content-type",
        "traceparent",
    }


def test_what_a_record_does_not_have_is_no_header() -> None:
    record = Record(
        id="i", key="k", at=datetime(2026, 3, 2, tzinfo=UTC), by="b", event=EVENT, correlation="c"
    )
    absent = {"ce_causationid", "ce_sequence", "ce_previous", "ce_sourcetopic", "traceparent"}
    assert not absent & _headers(record).keys()


@pytest.mark.parametrize(
    "change",
    [
        {"ce_id": None},
        {"ce_subject": None},
        {"ce_source": None},
        {"ce_correlationid": None},
        {"ce_time": None},
        {"ce_time": "yesterday"},
        {"ce_time": "2026-03-02T08:00:00"},
        {"ce_sequence": "many"},
        {"ce_sourceoffset": None},
        {"ce_index": "first"},
        {"ce_source": "/pactdesk/%ff"},
    ],
    ids=str,
)
def test_headers_that_are_not_a_records_are_unreadable(change: dict[str, str | None]) -> None:
    found = _headers(envelope()) | change
    raw = msgspec.json.encode({name: value for name, value in found.items() if value is not None})
    with pytest.raises(Unreadable) as refusal:
        codec.record(raw, VALUE)
    assert refusal.value.remedy


_json: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from([*_headers(envelope()), "other"]), st.text(max_size=8) | st.integers()
)


@given(raw=st.binary(max_size=40) | st.text(max_size=40) | _json.map(msgspec.json.encode))
def test_any_other_headers_are_unreadable_and_nothing_worse(raw: bytes | str) -> None:
    with pytest.raises(Unreadable):
        codec.record(raw, VALUE)
    codec.header_time(raw)
