"""The public input: what a line of NDJSON (or an object over any other way in) may be.

What is wrong with a line is told with the field, the fault and what would be right. Where a key
stands twice in an object its last value counts; a byte order mark before a line is passed over.
"""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import ValidationError

from streams.errors import Unreadable
from streams.inputs.facts import (
    PLAIN,
    ArticleInput,
    CategoryInput,
    ContactInput,
    CustomerInput,
    HappenedInput,
    SignalInput,
    SpecialistInput,
    SurveyInput,
    TagInput,
    ToneInput,
)
from streams.inputs.faults import told
from streams.inputs.fields import AttachmentInput, Input, Name, Text
from streams.inputs.intents import (
    INTENTS,
    IntentInput,
    LinkInput,
    ReplyInput,
    StartInput,
    TagsInput,
    UnlinkInput,
)

__all__ = [
    "INTENTS",
    "LINE_LIMIT",
    "PLAIN",
    "ArticleInput",
    "AttachmentInput",
    "CategoryInput",
    "ContactInput",
    "CustomerInput",
    "HappenedInput",
    "Input",
    "IntentInput",
    "LinkInput",
    "Name",
    "ReplyInput",
    "SignalInput",
    "SpecialistInput",
    "StartInput",
    "SurveyInput",
    "TagInput",
    "TagsInput",
    "Text",
    "ToneInput",
    "UnlinkInput",
    "is_tag_intent",
    "read",
    "read_document",
    "takes_a_key",
]

LINE_LIMIT = 1024 * 1024
"""Bytes a line may have."""

_MARK = b"\xef\xbb\xbf"
"""The byte order mark that some editors write before a file."""

_WORDS = {
    "list": "list",
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "true or false",
}


def is_tag_intent(document: dict[str, Any]) -> bool:
    """Whether a line of type `tag` asks for tags on a ticket, rather than teaching a tag."""
    return "ticket_id" in document


def takes_a_key(document: dict[str, Any]) -> bool:
    """Whether a line of this type may have an `idempotency_key`."""
    try:
        return "idempotency_key" in _kind(dict(document)).model_fields
    except Unreadable:
        return False


def read(line: bytes) -> Input:
    """The input in one line.

    Raises:
        Unreadable: With what is wrong and what would be right.
    """
    if len(line) > LINE_LIMIT:
        raise Unreadable(
            f"the line has {len(line)} bytes, {LINE_LIMIT} are allowed",
            "send large content as an attachment",
        )
    try:
        document = msgspec.json.decode(line.removeprefix(_MARK))
    except RecursionError as error:
        raise Unreadable("the line is nested too deep to be read", "send flat objects") from error
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"the line is not UTF-8 ({error.reason})", "write the line in UTF-8"
        ) from error
    except msgspec.DecodeError as error:
        raise Unreadable(*_not_json(line, str(error))) from error
    return read_document(document)


def _not_json(line: bytes, error: str) -> tuple[str, str]:
    if "out of range" in error:
        return f"the line holds a number that no computer keeps ({error})", "write it as text"
    if "surrogate" in error or (b"\\ud" in line.lower() and "truncated" in error):
        return "the line holds half of a surrogate pair", "send whole characters"
    if b"\x00" in line:
        return "the line holds a NUL byte", "leave it out; one JSON object a line, in UTF-8"
    return f"the line is not JSON ({error})", "write one JSON object a line"


def read_document(document: object) -> Input:
    """The input in a decoded object; raises as `read` does."""
    if not isinstance(document, dict):
        word = "null" if document is None else _WORDS.get(type(document).__name__, "value")
        raise Unreadable(
            f"the line is a JSON {word}, not an object",
            'write an object such as {"channel": "email", "handle": "…", "message": "…"}',
        )
    body = dict(document)
    kind = _kind(body)
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise Unreadable(*told(kind.TYPE, kind.model_fields, error)) from error


def _kind(body: dict[str, Any]) -> type[Input]:
    name = body.pop("type", ContactInput.TYPE)
    if name == ContactInput.TYPE:
        return ContactInput
    if name == TagInput.TYPE and is_tag_intent(body):
        return TagsInput
    kind = (PLAIN.get(name) or INTENTS.get(name)) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(sorted({*PLAIN, *INTENTS}))
        raise Unreadable(
            f"{name!r} is not a type of line", f"use one of {known}, or no type for a contact"
        )
    return kind
