"""What is sent of a record is frozen by the log, and masked where it is personal."""

from __future__ import annotations

import copy
import json
from typing import Any, get_args

import msgspec
import pytest

from schemas.avro import personal_fields, schema_of
from schemas.event import Part
from schemas.events import EVENTS
from schemas.events.contacts import ContactReceived
from streams import codec
from streams.entry import Entry
from streams.errors import Unreadable
from streams.subscriptions.payload import payload
from streams.subscriptions.signing import webhook_id
from tests.anyevent import example
from tests.embedded import record_of
from tests.stores import a_desk
from tests.subscribers import Folder

HEADERS = """{"ce_specversion":"1.0","ce_id":"0123456789abcdef0123456789abcdef",
"ce_type":"ContactReceived","ce_source":"/pactdesk/email","ce_time":"2026-03-02T09:00:00+00:00",
"ce_subject":"ann","ce_correlationid":"0123456789abcdef0123456789abcdef",
"content-type":"application/avro"}"""
VALUE = (
    "c301868256bee99c1dde0a656d61696c06616e6e021e616e6e406578616d706c652e6f7267224d79207061726365"
    "6c206973206c61746502084c6174650000046d3100021470617263656c2e6a706714696d6167652f6a7065670e00"
    "0000047b7d"
)
"""A record of release 0.1.0."""

BODY = b"".join(
    b"""{"correlationid":"0123456789abcdef0123456789abcdef","data":{"at":"2026-03-02T09:00:00Z",
"by":"email","cause":null,"correlation":"0123456789abcdef0123456789abcdef","event":{"attachments":
[{"media_type":"image/jpeg","name":null,"sha256":null,"size":7,"url":null}],"channel":"email",
"customer_id":"ann","handle":null,"in_reply_to":null,"language":null,"message":null,"metadata":null,
"provider_id":"m1","subject":null,"thread":null},"id":"0123456789abcdef0123456789abcdef",
"key":"ann","offset":11,"partition":3,"position":"p1.Nw","previous":null,"sequence":null,
"topic":"support.contacts.v1","type":"ContactReceived"},"datacontenttype":"application/json",
"id":"0123456789abcdef0123456789abcdef","personal":"masked","source":"/pactdesk/email",
"specversion":"1.0","subject":"ann","time":"2026-03-02T09:00:00+00:00","type":"ContactReceived"}
""".splitlines()
)
"""What was sent of it then."""


def entry_of(name: str) -> Entry:
    """A record of an event type as it lies in the log."""
    record = record_of(example(EVENTS[name], full=True))
    raw = codec.headers(record).decode(), codec.encode(record.event)
    return Entry(7, record.topic, 3, 11, record.key, *raw, "2026-03-02T09:00:00.000Z", record.id)


def sent(entry: Entry, *, personal: bool = True) -> dict[str, Any]:
    """What is sent of an entry."""
    found: dict[str, Any] = json.loads(payload(entry, personal=personal))
    return found


def test_the_data_is_what_reading_the_log_shows(folder: Folder) -> None:
    folder.write(2)
    shown = folder.lines()
    with a_desk(folder.data) as desk:
        for entry in desk.entries():
            assert sent(entry)["data"] == json.loads(msgspec.json.encode(shown[entry.id]))


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_record_is_a_cloud_event_of_its_own_attributes(name: str) -> None:
    entry = entry_of(name)
    event, record = sent(entry), entry.record()
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", record.id, name)
    assert (event["subject"], event["correlationid"]) == (record.key, record.correlation)
    assert event["datacontenttype"] == "application/json"
    assert all(one.isalnum() and one.islower() for one in event)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_without_leave_nothing_personal_is_sent(name: str) -> None:
    entry = entry_of(name)
    open_, masked = sent(entry), sent(entry, personal=False)
    assert (open_.pop("personal"), masked.pop("personal")) == ("sent", "masked")
    differing = {path for path, one in leaves(open_) if dict(leaves(masked)).get(path) != one}
    assert differing == {
        path
        for path, one in leaves(open_)
        if one is not None
        and marked(EVENTS[name], [part for part in path if isinstance(part, str)][2:])
        and path[:2] == ("data", "event")
    }


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every value in a document that holds no other, by the way to it."""
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, (*path, key))]
    if isinstance(value, list):
        return [leaf for n, one in enumerate(value) for leaf in leaves(one, (*path, n))]
    return [(path, value)]


def marked(kind: type[Part], names: list[str]) -> bool:
    """Whether a way through an event leads over a field that is marked as personal."""
    if not names or names[0] not in kind.model_fields:
        return False
    if names[0] in personal_fields(kind):
        return True
    parts = parts_in(kind.model_fields[names[0]].annotation)
    return any(marked(part, names[1:]) for part in parts)


def parts_in(annotation: Any) -> list[type[Part]]:
    """The parts in a field."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [part for one in get_args(annotation) for part in parts_in(one)]


def test_masking_need_not_look_into_maps() -> None:
    def maps(kind: Any) -> list[Any]:
        if isinstance(kind, list):
            return [one for part in kind for one in maps(part)]
        if not isinstance(kind, dict):
            return []
        inner = [kind["values"]] if kind["type"] == "map" else []
        inside = [one["type"] for one in kind.get("fields", ())]
        return [*inner, *maps([*inside, kind.get("items")])]

    assert {str(one) for kind in EVENTS.values() for one in maps(schema_of(kind))} == {"string"}


def test_a_field_that_a_later_release_added_is_not_sent_of_earlier_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = entry_of("ContactReceived")
    today = sent(entry)["data"]["event"]
    older = copy.deepcopy(schema_of(ContactReceived))
    (attachments,) = [one for one in older["fields"] if one["name"] == "attachments"]
    older["fields"] = [one for one in older["fields"] if one["name"] != "language"]
    inner = attachments["type"]["items"]
    inner["fields"] = [one for one in inner["fields"] if one["name"] != "sha256"]
    monkeypatch.setattr(codec, "schema_behind", lambda _: older)
    then = sent(entry)["data"]["event"]
    assert today.keys() - then.keys() == {"language"}
    assert today["attachments"][0].keys() - then["attachments"][0].keys() == {"sha256"}
    assert then["message"] == today["message"]


def test_the_bytes_of_a_release_are_those_of_every_later_one() -> None:
    entry = Entry(
        seq=7,
        topic="support.contacts.v1",
        partition=3,
        offset=11,
        key="ann",
        headers=HEADERS,
        value=bytes.fromhex(VALUE),
        appended_at="2026-03-02T09:00:00.000Z",
        id="0123456789abcdef0123456789abcdef",
    )
    assert payload(entry, personal=False) == BODY
    on_kafka = json.loads(payload(entry._replace(seq=0), personal=False))
    assert on_kafka["data"].pop("position").startswith("k1.")
    here = json.loads(BODY)
    del here["data"]["position"]
    assert on_kafka == here


def test_what_holds_no_record_cannot_be_sent() -> None:
    entry = entry_of("TicketOpened")
    with pytest.raises(Unreadable):
        payload(entry._replace(value=b"nothing"), personal=True)


def test_an_id_that_no_header_can_carry_is_replaced_by_one_of_its_own() -> None:
    assert webhook_id("0123abcd") == "0123abcd"
    bad = webhook_id("a\r\nb: c")
    assert bad == webhook_id("a\r\nb: c") != webhook_id("a b")
    assert bad.isalnum()
