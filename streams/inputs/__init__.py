"""The public input: what a line of NDJSON (or an object over any other way in) may be.

What is wrong with a line is told with the field, the fault and what would be right. Where a key
stands twice in an object its last value counts; a byte order mark before a line is passed over.
"""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import ValidationError

from schemas.vocabulary import CHANNELS
from streams.errors import Unreadable
from streams.inputs.facts import (
    PLAIN,
    ArticleInput,
    CategoryInput,
    ContactInput,
    CustomerInput,
    SignalInput,
    SpecialistInput,
    SurveyInput,
    TagInput,
    ToneInput,
)
from streams.inputs.fields import AttachmentInput, Input, Name, Text
from streams.inputs.intents import (
    INTENTS,
    AssignInput,
    CategoriseInput,
    CloseInput,
    EscalateInput,
    IntentInput,
    LinkInput,
    MergeInput,
    NoteInput,
    PriorityInput,
    ReopenInput,
    ReplyInput,
    ResolveInput,
    SnoozeInput,
    SplitInput,
    StartInput,
    TagsInput,
    TransferInput,
    UnlinkInput,
    UnmergeInput,
)

__all__ = [
    "INTENTS",
    "LINE_LIMIT",
    "PLAIN",
    "ArticleInput",
    "AssignInput",
    "AttachmentInput",
    "CategoriseInput",
    "CategoryInput",
    "CloseInput",
    "ContactInput",
    "CustomerInput",
    "EscalateInput",
    "Input",
    "IntentInput",
    "LinkInput",
    "MergeInput",
    "Name",
    "NoteInput",
    "PriorityInput",
    "ReopenInput",
    "ReplyInput",
    "ResolveInput",
    "SignalInput",
    "SnoozeInput",
    "SpecialistInput",
    "SplitInput",
    "StartInput",
    "SurveyInput",
    "TagInput",
    "TagsInput",
    "Text",
    "ToneInput",
    "TransferInput",
    "UnlinkInput",
    "UnmergeInput",
    "is_tag_intent",
    "read",
    "read_document",
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
        raise Unreadable(*_told(kind, error)) from error


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


_OFFSET = "add an offset, such as 2026-03-02T08:00:00Z"
_RFC = "write RFC 3339, such as 2026-03-02T08:00:00Z"
_RIGHT = {
    "missing": "give it a value",
    "string_too_short": "give it a value",
    "string_too_long": "shorten it",
    "extra_forbidden": "leave it out, or put it into metadata",
    "timezone_aware": _OFFSET,
    "datetime_from_date_parsing": _RFC,
    "datetime_parsing": _RFC,
    "string_type": "write it as text, in quotes",
    "int_type": "write a whole number, without quotes",
    "float_type": "write a number, without quotes",
    "bool_type": "write true or false, without quotes",
}


def _told(kind: type[Input], error: ValidationError) -> tuple[str, str]:
    """What is wrong and what would be right, of the first fault."""
    fault = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in fault["loc"]) or "the line"
    what = fault["msg"].removeprefix("Value error, ")
    if field == "channel" and fault["type"] == "literal_error":
        return f"{kind.TYPE}: channel {fault['input']!r} is unknown", "use one of " + ", ".join(
            CHANNELS
        )
    if fault["type"] == "value_error" and (":" in what or ";" in what):
        head, _, tail = what.partition(";") if ";" in what else what.partition(":")
        return f"{kind.TYPE}: {field}: {head.strip()}", tail.strip()
    right = _RIGHT.get(fault["type"], what[0].lower() + what[1:])
    return f"{kind.TYPE}: {field}: {what}", right
