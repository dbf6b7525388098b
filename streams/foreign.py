"""What any producer may send, made native: JSON, CloudEvents, Confluent framing, a missing key.

A record is native when it lies in the log as ours do: an Avro single object, all our headers, its
key, and the partition of that key. Everything else that can be read is rewritten once, its id
kept, and appended where it belongs; only the native record is decided. An object of the public
input gives the very record that intake makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from schemas.event import Event
from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id, derived_id, partition_of
from schemas.topics import PARTITIONS, key_of
from streams import codec, inputs
from streams.clock import parse_time
from streams.entry import Entry, is_near, on_its_topic
from streams.errors import Refused, Unreadable
from streams.events_of_input import Resolver
from streams.framings import (
    bytes_of,
    cloud_event,
    in_confluent_framing,
    is_cloud_event,
    single_object,
)
from streams.inputs.fields import EARLIEST, LATEST
from streams.registry import Registry

_OURS = ("ce_id", "ce_time", "ce_source", "ce_correlationid")
_CHAIN = ("ce_correlationid", "ce_causationid")
_TRACE = "traceparent"
_CLOUD_EVENT = "application/cloudevents"
_MARK = b"\xef\xbb\xbf"
_LONGEST_ID = 500

_headers = msgspec.json.Decoder(dict[str, str])


def native(entry: Entry) -> bool:
    """Whether a record lies in the log as ours do, on the partition of its key."""
    if entry.value[:2] != codec.MARKER or entry.key is None:
        return False
    try:
        fields = _headers.decode(entry.headers)
    except ValueError:
        return False
    return (
        fields.get("ce_subject") == entry.key
        and entry.partition == partition_of(entry.key)
        and _storable(entry.key)
        and _storable(entry.id)
        and bool(entry.id)
        and all(name in fields for name in _OURS)
        and all(_storable(fields.get(name, "")) for name in (*_CHAIN, _TRACE))
        and is_near(fields["ce_time"])
    )


def sent_at(entry: Entry, now: datetime) -> datetime:
    """The time of what brings none: when its producer sent it, as Kafka keeps it with the record.

    Ids derive from it, and so stay the same whoever takes the record, however often.

    Args:
        entry: As it lies in the log.
        now: The time where Kafka has none that can be meant.
    """
    return parse_time(entry.appended_at) if is_near(entry.appended_at) else now


def _storable(text: str) -> bool:
    return "\x00" not in text and len(text) <= _LONGEST_ID


class Foreign:
    """Makes native records of what is none.

    Args:
        resolver: Whose a handle is, and whose a ticket.
        registry: Where schemas of Confluent's framing are asked for; None where none is set.
    """

    def __init__(self, resolver: Resolver, registry: Registry | None = None) -> None:
        self._resolver = resolver
        self._registry = registry

    def record(self, entry: Entry, now: datetime) -> Record:
        """The native record in an entry that is none; its id is the entry's where it has one.

        Args:
            entry: As it lies in the log.
            now: The time of what brings none.

        Raises:
            Unreadable: With what is wrong and what would be right.
            Unavailable: The schema registry is needed and does not answer.
        """
        fields = _fields(entry)
        kind = next((v for n, v in fields.items() if n.lower() == "content-type"), "").lower()
        value = entry.value.removeprefix(_MARK)
        if value[:2] == codec.MARKER:
            return _of_event(codec.decode(value), entry, fields, now)
        if in_confluent_framing(value, fields):
            return _of_event(
                codec.decode(single_object(value, fields, self._registry)), entry, fields, now
            )
        if kind.startswith(_CLOUD_EVENT):
            return self._of_cloud_event(value, entry, fields, now)
        if "json" in kind or value.lstrip()[:1] == b"{":
            return self._of_json(value, entry, fields, now)
        if not value:
            raise Unreadable("the record has no value", "send the event as the value")
        raise Unreadable(
            "the value is neither an Avro single object nor a JSON object, and in no framing that"
            " is known here",
            "write one of the published schemas, or JSON with content-type application/json",
        )

    # --- JSON -------------------------------------------------------------------------------

    def _of_json(
        self, value: bytes, entry: Entry, fields: Mapping[str, str], now: datetime
    ) -> Record:
        if is_cloud_event(value):
            return self._of_cloud_event(value, entry, fields, now)
        given = inputs.read(value)
        return self._of_input(given, entry, fields, _time(fields.get("ce_time"), now))

    def _of_input(
        self, given: inputs.Input, entry: Entry, fields: Mapping[str, str], now: datetime
    ) -> Record:
        place = entry.offset * PARTITIONS + entry.partition
        if entry.partition >= PARTITIONS:  # one of its own, whatever was added to the topic
            place = -((entry.partition << 64) + entry.offset)
        try:
            record = self._resolver.record(given, now, place=place)
        except Refused as error:  # a ticket that is not there: it may be, when this is re-driven
            raise Unreadable(error.what, error.remedy) from error
        return _named(record, fields)

    def _of_cloud_event(
        self, value: bytes, entry: Entry, fields: Mapping[str, str], now: datetime
    ) -> Record:
        document = cloud_event(value)
        fields = {
            **fields,
            "ce_id": str(document["id"]),
            **{
                f"ce_{name}": str(document[name])
                for name in ("time", "subject", "correlationid", "causationid")
                if document.get(name) is not None
            },
        }
        if document.get("traceparent") is not None:
            fields["traceparent"] = str(document["traceparent"])
        data = document.get("data")
        at = _time(fields.get("ce_time"), now)
        if "data_base64" in document:
            raw = bytes_of(document["data_base64"])
            if raw[:2] == codec.MARKER:
                return _of_event(codec.decode(raw), entry, fields, at)
            return self._of_input(inputs.read(raw), entry, fields, at)
        if data is None:
            raise Unreadable("the CloudEvent has no data", "put the object of the input into data")
        return self._of_input(inputs.read_document(data), entry, fields, at)


def _fields(entry: Entry) -> dict[str, str]:
    try:
        return _headers.decode(entry.headers)
    except ValueError:
        return {}


def _of_event(event: Event, entry: Entry, fields: Mapping[str, str], now: datetime) -> Record:
    """The record of an event whose headers, key or partition are not a record's."""
    if isinstance(event, ContactReceived):
        number = contact_id(event.channel, event.provider_id)
    else:
        number = derived_id("foreign", entry.topic, str(entry.partition), str(entry.offset))
    person = getattr(event, "by", None)
    source = fields.get("ce_source")
    if source is not None:
        by = codec.author_of(source)
    else:
        by = f"person/{person}" if person else "producer"
    record = Record(
        id=number,
        key=key_of(event, fields.get("ce_subject") or entry.key or ""),
        at=_time(fields.get("ce_time"), now),
        by=by,
        event=event,
        correlation=number,
    )
    record = _named(on_its_topic(record, entry.topic), fields)
    if not record.key or not _storable(record.key):
        raise Unreadable(
            f"it cannot be told whose this {record.type} is",
            "send the key that the topic is keyed by",
        )
    return record


def _named(record: Record, fields: Mapping[str, str]) -> Record:
    """A record under the id, and in the chain, that its headers name."""
    for name in ("ce_id", *_CHAIN):
        if not _storable(fields.get(name, "")):
            raise Unreadable(
                f"{name} holds a NUL character, or more than {_LONGEST_ID} characters",
                "send an id of printable characters",
            )
    number = fields.get("ce_id") or record.id
    trace = fields.get(_TRACE)
    return msgspec.structs.replace(
        record,
        id=number,
        correlation=fields.get("ce_correlationid") or number,
        cause=fields.get("ce_causationid"),
        # W3C's rule for what is no trace: it is not carried on, and nothing else suffers from it
        trace=trace if trace is not None and _storable(trace) else None,
    )


def _time(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        found = parse_time(text)
    except Refused as error:
        raise Unreadable(
            f"the time {text} of the record is none", "write RFC 3339 with an offset"
        ) from error
    if not EARLIEST <= found < LATEST:
        raise Unreadable(
            f"the time {text} of the record is too far away", "send a time from 1970 to 2199"
        )
    return found
