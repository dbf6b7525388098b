"""The framings that other producers use: Confluent's, and CloudEvents in structured mode."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from streams import codec
from streams.errors import Unreadable
from streams.registry import Registry

_CONFLUENT_GUID = 1
_GUID_HEADER = "__value_schema_id"


def in_confluent_framing(value: bytes, fields: Mapping[str, str]) -> bool:
    """Whether a value is in Confluent's framing: 00 and a number, or a GUID in the headers."""
    return _GUID_HEADER in fields or (value[:1] == b"\0" and len(value) > 4)


def single_object(value: bytes, fields: Mapping[str, str], registry: Registry | None) -> bytes:
    """The Avro single object of a value in Confluent's framing.

    Raises:
        Unreadable: Its schema is none of the published ones, or there is no registry to ask.
        Unavailable: The registry does not answer.
    """
    number: int | str
    if _GUID_HEADER in fields:
        number, body = _guid(fields[_GUID_HEADER]), value
    else:
        number, body = int.from_bytes(value[1:5], "big"), value[5:]
    if registry is None:
        raise Unreadable(
            f"the value is in Confluent framing (schema {number}), and"
            " kafka.schema_registry_url is not set",
            "set PACTDESK_KAFKA__SCHEMA_REGISTRY_URL and re-drive this, or send an Avro single"
            " object or JSON",
        )
    schema = registry.schema(number)
    try:
        fingerprint = bytes.fromhex(codec.fingerprint_of(schema))
    except Exception as error:  # the parser raises whatever it met
        raise Unreadable(
            f"schema {number} of the registry cannot be used ({type(error).__name__}: {error})",
            "register one of the published schemas",
        ) from error
    if fingerprint.hex() not in codec.known_schemas():
        raise Unreadable(
            f"schema {number} of the registry ({schema.get('name')}) is none of the published ones",
            "register one of those that `pactdesk schemas show` prints, as it is",
        )
    return codec.MARKER + fingerprint + body


def _guid(text: str) -> str:
    """The GUID in a header of Confluent's: 01 and sixteen bytes."""
    for encoding in ("latin-1", "utf-8"):
        raw = text.encode(encoding, "replace")
        if len(raw) == 17 and raw[0] == _CONFLUENT_GUID:
            return str(uuid.UUID(bytes=raw[1:]))
    raise Unreadable(
        f"the header {_GUID_HEADER} is not 01 and sixteen bytes",
        "leave it out, or let Confluent's serializer write it",
    )


def is_cloud_event(value: bytes) -> bool:
    """Whether an object is a CloudEvent though no header says so."""
    if b'"specversion"' not in value:
        return False
    try:
        document = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(document, dict) and "specversion" in document and "channel" not in document


def cloud_event(value: bytes) -> dict[str, Any]:
    """A structured CloudEvent; raises `Unreadable`."""
    try:
        document = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(
            f"the CloudEvent is not JSON ({error})", "send one JSON object, in UTF-8"
        ) from error
    if not isinstance(document, dict):
        raise Unreadable("the CloudEvent is no JSON object", "send one event a record")
    if not isinstance(document.get("id"), str) or not document["id"]:
        raise Unreadable("the CloudEvent has no id", "give it one; it becomes the record's id")
    return document


def bytes_of(text: object) -> bytes:
    """What stands as base64 in a CloudEvent; raises `Unreadable`."""
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"data_base64 is no base64 ({error})", "mend it, or use data") from error
