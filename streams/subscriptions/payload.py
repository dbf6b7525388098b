"""What is sent of a record: a structured CloudEvent, the same bytes whenever it is made.

It is made of the log alone. The attributes are those of the record's headers, the data is what
`pactdesk events --json` prints; keys are sorted. A field that a later release added to an event is
left out where the record's writer did not know it, so that a replay after an upgrade sends the same
bytes. Personal fields are null unless the subscriber may see them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import msgspec

from schemas.avro import schema_of
from schemas.events import EVENTS
from schemas.record import Record
from streams import codec
from streams.avro_sources import Schema
from streams.cluster.positions import token
from streams.embedded.positions import position_of
from streams.entry import Entry
from streams.showing import record_line

_CE = "ce_"

Json = Any  # a JSON value

_encoder = msgspec.json.Encoder(order="deterministic")


class Field(NamedTuple):
    """What a schema says of a field.

    Attributes:
        personal: Whether it holds data of a person.
        inside: The fields of the record, or of the records of the list, that it holds, if any.
    """

    personal: bool
    inside: dict[str, Field] | None


def payload(entry: Entry, *, personal: bool) -> bytes:
    """The body of the request that an entry is sent with.

    Args:
        entry: Where the record lies.
        personal: Whether personal fields are sent.

    Raises:
        Unreadable: It holds no record.
    """
    record = entry.record()
    line = record_line(entry, _behind(entry))
    line["event"] = shown_event(entry, personal=personal)
    return _encoder.encode(
        {**_attributes(record), "personal": "sent" if personal else "masked", "data": line}
    )


def shown_event(entry: Entry, *, personal: bool) -> Json:
    """The fields of an entry's event that its writer knew.

    Args:
        entry: Where the record lies.
        personal: Whether personal fields are shown, rather than masked.

    Raises:
        Unreadable: It holds no record.
    """
    event = entry.record().event
    written = _fields(codec.schema_behind(entry.value))
    known = _known(type(event).__name__)
    return _shown(event.model_dump(mode="json"), written, known, personal=personal)


def holds_personal(entry: Entry) -> bool:
    """Whether the event of an entry has personal fields; raises `Unreadable` without an event."""
    return _marked(_known(entry.record().type)) or _marked(
        _fields(codec.schema_behind(entry.value))
    )


def _marked(fields: dict[str, Field]) -> bool:
    return any(one.personal or (one.inside and _marked(one.inside)) for one in fields.values())


def encoded(document: dict[str, Json]) -> bytes:
    """A document as it goes over the wire."""
    return _encoder.encode(document)


def _attributes(record: Record) -> dict[str, Json]:
    """A record's attributes as CloudEvents has them."""
    headers: dict[str, str] = msgspec.json.decode(codec.headers(record))
    named = {
        name.removeprefix(_CE): value for name, value in headers.items() if name.startswith(_CE)
    }
    return {**named, "datacontenttype": "application/json"}


def _behind(entry: Entry) -> str:
    """The position behind an entry and nothing else that is read beside it."""
    if entry.seq:
        return position_of(entry.seq)
    return token({(entry.topic, entry.partition): entry.offset + 1})


def _shown(
    value: Json, written: dict[str, Field], known: dict[str, Field], *, personal: bool
) -> Json:
    """An event's fields that its writer knew, the personal ones masked unless they are sent."""
    shown: dict[str, Json] = {}
    for name, inner in value.items():
        then, now = written.get(name), known.get(name)
        if then is None or now is None:
            continue
        if not personal and (then.personal or now.personal):
            shown[name] = None
        elif then.inside is not None and now.inside is not None:
            shown[name] = _inside(inner, then.inside, now.inside, personal=personal)
        else:
            shown[name] = inner
    return shown


def _inside(
    value: Json, written: dict[str, Field], known: dict[str, Field], *, personal: bool
) -> Json:
    if isinstance(value, list):
        return [_inside(one, written, known, personal=personal) for one in value]
    return value if value is None else _shown(value, written, known, personal=personal)


@cache
def _known(name: str) -> dict[str, Field]:
    """The fields of an event type as this release has it."""
    return _fields(schema_of(EVENTS[name]))


def _fields(schema: Schema) -> dict[str, Field]:
    """The fields of a record's schema."""
    return _record(schema, {})


def _record(schema: Schema, named: dict[str, dict[str, Field]]) -> dict[str, Field]:
    fields = named.setdefault(str(schema["name"]), {})
    for one in schema["fields"]:
        fields[one["name"]] = Field(bool(one.get("personal")), _records_in(one["type"], named))
    return fields


def _records_in(
    kind: Any,  # Any: an Avro type is JSON of any shape
    named: dict[str, dict[str, Field]],
) -> dict[str, Field] | None:
    """The fields of the records somewhere in a type; None without any."""
    if isinstance(kind, str):
        return named.get(kind.rpartition(".")[2])
    if isinstance(kind, list):
        return next((found for one in kind if (found := _records_in(one, named))), None)
    if kind["type"] == "record":
        return _record(kind, named)
    inner = kind.get("items")
    return None if inner is None else _records_in(inner, named)
