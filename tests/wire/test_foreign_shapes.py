"""What any producer may send becomes the record that intake makes of the same object."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro import schema_of
from schemas.event import Event
from schemas.events.contacts import ContactReceived, CustomerDescribed
from schemas.events.tickets import TicketOpened
from schemas.record import Record, contact_id, partition_of
from schemas.topics import CONTACTS, KNOWLEDGE
from streams import codec
from streams.cluster.wire import headers_of, outgoing
from streams.desk import Desk
from streams.errors import Unavailable, Unreadable
from streams.foreign import Foreign, native
from streams.registry import Registry
from streams.testing import START
from tests.anyevent import example
from tests.foreign import CLOUD_TYPE, CONTACT, JSON_TYPE, at_home, lying, registry
from tests.stores import a_desk

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
EVENT = ContactReceived(channel="email", customer_id="ann", message="Hello", provider_id="f")
ID = contact_id("email", "m-1")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def foreign(desk: Desk) -> Foreign:
    return Foreign(desk.intake.resolver)


def taken(desk: Desk, document: dict[str, Any]) -> Record:
    """The record that intake makes of an object, without its place."""
    (one,) = desk.produce(document)
    found = desk.log.find(one)
    assert found is not None
    return msgspec.structs.replace(found.record(), partition=None, offset=None)


def as_json(document: object) -> bytes:
    return json.dumps(document).encode()


def cloud_event(**fields: object) -> bytes:
    whole = {
        "specversion": "1.0",
        "id": "order-7",
        "source": "https://shop.example/orders",
        "type": "shop.contact",
        **fields,
    }
    return as_json({name: value for name, value in whole.items() if value is not None})


DOCUMENTS: dict[str, dict[str, Any]] = {
    "contact": CONTACT,
    "contact without provider_id": {k: v for k, v in CONTACT.items() if k != "provider_id"},
    "contact by handle": {
        "channel": "whatsapp", "handle": "+491701", "message": "Hi", "at": CONTACT["at"]
    },
    "contact of a known handle": {"channel": "email", "handle": "bo@x.example", "message": "Hi"},
    "customer": {"type": "customer", "customer_id": "cy", "name": "Cy", "at": CONTACT["at"]},
    "survey": {"type": "survey", "customer_id": "cy", "score": 4},
    "article": {"type": "article", "article_id": "a", "title": "T", "body": "B"},
    "specialist": {"type": "specialist", "specialist_id": "s", "name": "Sam"},
    "start": {
        "type": "start", "customer_id": "ann", "channel": "email", "text": "Hi", "by": "eve"
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_json_object_gives_the_record_that_intake_makes_of_it(
    name: str, desk: Desk, foreign: Foreign
) -> None:
    desk.produce({"type": "customer", "customer_id": "bo", "handles": {"email": ["bo@x.example"]}})
    document = DOCUMENTS[name]
    entry = lying(as_json(document), JSON_TYPE)
    assert not native(entry)
    assert foreign.record(entry, START) == taken(desk, document)


def test_a_signal_without_a_time_is_a_happening_of_its_own_each_time(foreign: Foreign) -> None:
    signal = as_json({"type": "signal", "customer_id": "ann", "kind": "app_crash"})
    places: list[dict[str, Any]] = [
        {"partition": 1, "offset": 5},
        {"partition": 1, "offset": 6},
        {"partition": 2},
        {"partition": 13, "offset": 5},
        {"partition": 13, "offset": 6},
        {"partition": 14, "offset": 5},
    ]
    ids = {foreign.record(lying(signal, JSON_TYPE, **place), NOW).id for place in places}
    assert len(ids) == 6


@pytest.mark.parametrize(
    "header",
    [
        ("content-type", b"application/json; charset=utf-8"),
        ("Content-Type", b"APPLICATION/JSON"),
        ("content-type", b"application/vnd.shop+json"),
        ("content-type", b"text/plain"),
        ("shop", b"north"),
    ],
)
def test_json_is_known_by_its_type_however_written_and_by_its_look(
    header: tuple[str, bytes], foreign: Foreign
) -> None:
    for value in (as_json(CONTACT), b"\xef\xbb\xbf" + as_json(CONTACT), b"\n  " + as_json(CONTACT)):
        assert foreign.record(lying(value, header), NOW).id == ID


def test_ce_headers_name_id_time_chain_and_trace_of_a_json_object(foreign: Foreign) -> None:
    document = {name: value for name, value in CONTACT.items() if name != "at"}
    headers = {
        "ce_id": "mine",
        "ce_time": "2026-03-01T08:00:00+02:00",
        "ce_correlationid": "chain",
        "ce_causationid": "why",
        "traceparent": "00-a-b-01",
    }
    raw = [(name, value.encode()) for name, value in headers.items()]
    record = foreign.record(lying(as_json(document), JSON_TYPE, *raw), NOW)
    assert (record.id, record.correlation, record.cause) == ("mine", "chain", "why")
    assert record.trace == "00-a-b-01"
    assert record.at == datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("trace", [b"a\0b", b"x" * 501])
def test_what_is_no_trace_is_not_carried_through(trace: bytes, foreign: Foreign) -> None:
    given = ("traceparent", trace)
    assert foreign.record(lying(as_json(CONTACT), JSON_TYPE, given), NOW).trace is None


def test_a_structured_cloud_event_keeps_its_id(desk: Desk, foreign: Foreign) -> None:
    expected = msgspec.structs.replace(
        taken(desk, CONTACT), id="order-7", correlation="order-7", trace="00-a-b-01"
    )
    value = cloud_event(data=CONTACT, time="2020-01-01T00:00:00Z", traceparent="00-a-b-01")
    for header in (CLOUD_TYPE, ("content-type", b"application/json"), ("other", b"")):
        assert foreign.record(lying(value, header), NOW) == expected


def test_the_time_of_a_cloud_event_is_that_of_data_without_one(foreign: Foreign) -> None:
    data = {"channel": "email", "customer_id": "ann", "message": "Hi"}
    value = cloud_event(data=data, time="2026-03-01T08:00:00Z")
    record = foreign.record(lying(value, CLOUD_TYPE), NOW)
    assert record.at == datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("data", [as_json(CONTACT), codec.encode(EVENT)], ids=["json", "avro"])
def test_a_cloud_event_may_carry_bytes(data: bytes, foreign: Foreign) -> None:
    value = cloud_event(data_base64=base64.b64encode(data).decode())
    record = foreign.record(lying(value, CLOUD_TYPE), NOW)
    assert (record.id, record.type, record.key) == ("order-7", "ContactReceived", "ann")


def test_a_native_record_is_native_only_with_its_key_and_in_its_place(foreign: Foreign) -> None:
    record = Record(id="r", key="ann", at=NOW, by="x", event=EVENT, correlation="r", trace="t")
    sent = outgoing(record)
    headers = headers_of(sent.headers)
    assert native(lying(sent.value, *headers, **at_home("ann")))
    for place in (
        {"key": b"ann", "partition": (partition_of("ann") + 1) % 12},
        {"key": None, "partition": partition_of("ann")},
        at_home("bob"),
    ):
        entry = lying(sent.value, *headers, **place)
        assert not native(entry)
        again = foreign.record(entry, NOW)
        assert again == record
        assert outgoing(again) == sent


@pytest.mark.parametrize("name", ["ce_id", "ce_correlationid", "ce_causationid", "traceparent"])
def test_a_record_whose_headers_no_store_takes_is_not_native(name: str) -> None:
    sent = outgoing(Record(id="r", key="ann", at=NOW, by="x", event=EVENT, correlation="r"))
    for value in (b"a\0b", b"x" * 501):
        headers = {**dict(headers_of(sent.headers)), name: value}
        assert not native(lying(sent.value, *headers.items(), **at_home("ann")))


@pytest.mark.parametrize("time", [b"9999-12-31T23:59:59.999999+00:00", b"0001-01-01T00:00:00Z"])
def test_a_time_that_nobody_means_is_no_record_s_and_moves_no_clock(
    time: bytes, foreign: Foreign
) -> None:
    sent = outgoing(Record(id="r", key="ann", at=NOW, by="x", event=EVENT, correlation="r"))
    headers = {**dict(headers_of(sent.headers)), "ce_time": time}
    entry = lying(sent.value, *headers.items(), **at_home("ann"))
    assert entry.happened_at() == 0.0
    assert not native(entry)
    with pytest.raises(Unreadable, match="too far away"):
        foreign.record(entry, NOW)


@pytest.mark.parametrize("missing", ["ce_id", "ce_time", "ce_source", "ce_correlationid", "all"])
def test_an_event_with_few_headers_gets_what_is_missing(missing: str, foreign: Foreign) -> None:
    record = Record(id="r", key="ann", at=START, by="x", event=EVENT, correlation="r")
    headers = [
        (name, value)
        for name, value in headers_of(outgoing(record).headers)
        if missing not in {name, "all"}
    ]
    entry = lying(codec.encode(EVENT), *headers, **at_home("ann"))
    assert not native(entry)
    made = foreign.record(entry, NOW)
    assert made.event == EVENT
    assert made.key == "ann"
    assert made.id == (contact_id("email", "f") if missing in {"ce_id", "all"} else "r")
    assert made.at == (NOW if missing in {"ce_time", "all"} else START)
    sent = outgoing(made)
    assert native(lying(sent.value, *headers_of(sent.headers), **at_home("ann")))


def test_an_event_without_id_that_is_no_contact_is_named_by_its_place(foreign: Foreign) -> None:
    value = codec.encode(CustomerDescribed(customer_id="ann", name="Ann"))
    one, again, other = (foreign.record(lying(value, offset=offset), NOW) for offset in (1, 1, 2))
    assert one == again
    assert one.id != other.id


# --- Confluent framing ------------------------------------------------------------------------


def confluent(event: Event, number: int) -> bytes:
    return b"\0" + number.to_bytes(4, "big") + codec.encode(event)[10:]


def schema(kind: type[Event] = ContactReceived, **fields: object) -> dict[str, object]:
    return {"schema": json.dumps(schema_of(kind)), **fields}


def test_confluent_framing_is_read_with_a_registry_that_is_asked_once(desk: Desk) -> None:
    with registry({"ids/258": schema(schemaType="AVRO")}) as found:
        foreign = Foreign(desk.intake.resolver, Registry(found.url + "/"))
        for _ in range(3):
            record = foreign.record(lying(confluent(EVENT, 258), key=b"\0\0\0\1ann"), NOW)
            assert record.event == EVENT
            assert (record.key, record.id) == ("ann", contact_id("email", "f"))
        assert found.asked == ["/schemas/ids/258"]


@pytest.mark.parametrize(
    "raw", [bytes(range(16)), b"\xc3\xa9" * 8, bytes(range(240, 256)), b"a" * 16]
)
def test_a_guid_in_the_headers_is_read_whatever_its_bytes(raw: bytes, desk: Desk) -> None:
    guid = str(uuid.UUID(bytes=raw))
    with registry({f"guids/{guid}": schema()}) as found:
        foreign = Foreign(desk.intake.resolver, Registry(found.url))
        entry = lying(codec.encode(EVENT)[10:], ("__value_schema_id", b"\1" + raw))
        assert foreign.record(entry, NOW).event == EVENT


def test_confluent_framing_without_a_registry_says_so(foreign: Foreign) -> None:
    with pytest.raises(Unreadable, match=r"schema 258.*schema_registry_url is not set") as caught:
        foreign.record(lying(confluent(EVENT, 258)), NOW)
    assert "PACTDESK_KAFKA__SCHEMA_REGISTRY_URL" in caught.value.remedy


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (404, "has no schema 7"),
        (schema(schemaType="PROTOBUF"), "is PROTOBUF"),
        ({"schema": '"string"'}, "is no record"),
        ({"schema": '{"type": "record", "name": "Other", "fields": []}'}, "none of the published"),
        ({"schema": '{"type": "record", "fields": 3}'}, "cannot be used"),
        (schema(CustomerDescribed), "do not fit the schema CustomerDescribed"),
    ],
)
def test_a_schema_that_is_none_of_ours_is_unreadable(answer: Any, words: str, desk: Desk) -> None:
    with registry({"ids/7": answer}) as found:
        foreign = Foreign(desk.intake.resolver, Registry(found.url))
        for _ in range(2):
            with pytest.raises(Unreadable, match=words):
                foreign.record(lying(confluent(EVENT, 7) + b"\2"), NOW)
        assert found.asked == ["/schemas/ids/7"] * len(found.asked)
        assert len(found.asked) == (2 if answer == {"schema": '"string"'} else len(found.asked))


@pytest.mark.parametrize("answer", [500, b"<html>", b"[]", b'{"schema": 3}', b'{"id": 1}'])
def test_a_registry_that_does_not_answer_as_one_is_unavailable(answer: Any, desk: Desk) -> None:
    with registry({"ids/7": answer}) as found:
        foreign = Foreign(desk.intake.resolver, Registry(found.url))
        with pytest.raises(Unavailable, match=r"registry at 127\.0\.0\.1 does not answer as one"):
            foreign.record(lying(confluent(EVENT, 7)), NOW)
    with pytest.raises(Unavailable):
        foreign.record(lying(confluent(EVENT, 8)), NOW)


# --- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "headers", "words"),
    [
        (None, (), "no value"),
        (b"", (JSON_TYPE,), "not JSON"),
        (b"hello", (), "neither an Avro single object nor a JSON object"),
        (b"hello", (JSON_TYPE,), "not JSON"),
        (b"[]", (JSON_TYPE,), "not an object"),
        (b"{}", (), "channel: it is missing"),
        (b'{"channel": "fax"}', (), "'fax' is unknown"),
        (b"{" + b" " * 2**20, (), "bytes, 1048576 are allowed"),
        (b'{"type": "resolve", "ticket_id": "T", "by": "eve"}', (), "there is no ticket T"),
        (codec.encode(EVENT)[:-2], (), "do not fit the schema"),
        (codec.encode(EVENT), (("ce_time", b"noon"),), "the time noon"),
        (codec.encode(EVENT), (("ce_time", b"1066-10-14T09:00:00Z"),), "too far away"),
        (codec.encode(EVENT), (("ce_id", b"a\0b"),), "NUL"),
        (codec.encode(EVENT), (("ce_id", b"x" * 501),), "500 characters"),
        (as_json(CONTACT), (("ce_id", b"a\0b"),), "NUL"),
        (as_json(CONTACT), (("ce_correlationid", b"a\0b"),), "ce_correlationid holds a NUL"),
        (codec.encode(EVENT), (("ce_causationid", b"x" * 501),), "ce_causationid .* 500 char"),
        (codec.encode(example(TicketOpened, full=True)), (), "belongs on support.tickets.v1"),
        (codec.encode(EVENT), (("__value_schema_id", b"\2"),), "C3 01|sixteen|read"),
        (b"abc", (("__value_schema_id", b"\2"),), "sixteen bytes"),
        (b"{", (CLOUD_TYPE,), "is not JSON"),
        (b"[1]", (CLOUD_TYPE,), "no JSON object"),
        (cloud_event(id=None, data=CONTACT), (CLOUD_TYPE,), "has no id"),
        (cloud_event(), (CLOUD_TYPE,), "has no data"),
        (cloud_event(data="text"), (CLOUD_TYPE,), "not an object"),
        (cloud_event(data_base64="%%"), (CLOUD_TYPE,), "no base64"),
        (cloud_event(data=CONTACT, time="noon"), (CLOUD_TYPE,), "the time noon"),
    ],
)
def test_what_cannot_be_read_says_what_is_wrong_and_what_is_right(
    value: bytes | None, headers: tuple[tuple[str, bytes], ...], words: str, foreign: Foreign
) -> None:
    entry = lying(value, *headers)
    assert not native(entry)
    if words.startswith("C3 01"):
        assert foreign.record(entry, NOW).event == EVENT
        return
    with pytest.raises(Unreadable, match=words) as caught:
        foreign.record(entry, NOW)
    assert caught.value.remedy


def test_an_event_of_another_inbox_is_refused_but_an_object_goes_where_it_belongs(
    foreign: Foreign,
) -> None:
    article = {"type": "article", "article_id": "a", "title": "T", "body": "B"}
    record = foreign.record(lying(as_json(article), JSON_TYPE), NOW)
    assert outgoing(record).topic == KNOWLEDGE.name
    with pytest.raises(Unreadable, match=f"not on {CONTACTS.name}"):
        foreign.record(lying(codec.encode(record.event)), NOW)


@given(
    value=st.binary(max_size=80),
    name=st.sampled_from(["content-type", "ce_id", "ce_time", "__value_schema_id", "x"]),
    header=st.binary(max_size=20),
    key=st.none() | st.binary(max_size=8),
)
def test_garbage_is_unreadable_and_nothing_else(
    value: bytes, name: str, header: bytes, key: bytes | None, tmp_path_factory: Any
) -> None:
    del tmp_path_factory
    entry = lying(value, (name, header), key=key)
    assert not native(entry)
    with pytest.raises(Unreadable):
        Foreign(None).record(entry, NOW)  # type: ignore[arg-type]  # garbage resolves nothing
