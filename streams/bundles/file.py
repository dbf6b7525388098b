"""A bundle as a file: one JSON object a line, each with a hash of itself and of all before it.

The first line says what the file is and how many lines follow, so that a file that was cut is known
as such; a line that was changed, moved or left out is named.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random

from agents.policy_toml import parse
from schemas.events import EVENTS
from schemas.record import Record, Source
from streams.bundles.bundle import Bundle, Taught, Text, Turn
from streams.errors import Unreadable

VERSION = 1
"""Of the file's format."""

_HASH = b',"sha256":"'

Document = dict[str, Any]  # JSON

_BROKEN = (
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    OSError,
    msgspec.MsgspecError,
    CryptoError,
)
"""What reading ends in where something is not what it should be: whoever wrote a file hashed it,
so that hashes say nothing of its sense."""


class _Head(msgspec.Struct, frozen=True):
    """The first line, without which version it is of."""

    made_by: str
    ticket_id: str
    text: Text
    lines: list[str]
    taught: int
    turns: int
    policy: str


def new_key() -> str:
    """A key that plain text can be sealed with."""
    return b64encode(random(SecretBox.KEY_SIZE)).decode()


def written(bundle: Bundle, plain: Bundle | None = None, key: str | None = None) -> bytes:
    """The file of a bundle.

    Args:
        bundle: The bundle, with what was done to its text done.
        plain: The same bundle with its text as it stands, where that is to lie beside it, sealed.
        key: What it is sealed with.
    """
    box = None if key is None else SecretBox(b64decode(key))
    before, lines = b"", []
    for document in _documents(bundle, plain, box):
        content = msgspec.json.encode(document)
        before = sha256(before + content).hexdigest().encode()
        lines.append(content[:-1] + _HASH + before + b'"}\n')
    return b"".join(lines)


def _documents(bundle: Bundle, plain: Bundle | None, box: SecretBox | None) -> Iterator[Document]:
    beside = plain or bundle
    yield {
        "pactdesk_bundle": VERSION,
        "made_by": bundle.made_by,
        "ticket_id": bundle.ticket_id,
        "text": bundle.text,
        "lines": bundle.lines,
        "models": bundle.models,
        "taught": len(bundle.taught),
        "turns": len(bundle.turns),
        "policy": bundle.policy,
    }
    for one, whole in zip(bundle.taught, beside.taught, strict=True):
        yield {"since": one.since, "taught": _document(one.record, whole.record, box)}
    for turn, whole_turn in zip(bundle.turns, beside.turns, strict=True):
        yield {
            "now": turn.now,
            "turn": _document(turn.record, whole_turn.record, box),
            "said": [_document(a, b, box) for a, b in zip(turn.said, whole_turn.said, strict=True)],
        }


def _document(record: Record, whole: Record, box: SecretBox | None) -> Document:
    document = {
        "id": record.id,
        "type": record.type,
        "key": record.key,
        "at": record.at.isoformat(),
        "by": record.by,
        "cause": record.cause,
        "correlation": record.correlation,
        "sequence": record.sequence,
        "previous": record.previous,
        "source": None if record.source is None else msgspec.structs.astuple(record.source),
        "trace": record.trace,
        "partition": record.partition,
        "offset": record.offset,
        "event": record.event.model_dump(mode="json"),
    }
    if box is not None:
        document["sealed"] = b64encode(box.encrypt(whole.event.model_dump_json().encode())).decode()
    return document


def read(content: bytes, key: str | None = None) -> Bundle:
    """The bundle in a file.

    Args:
        content: The file's bytes.
        key: What its plain text is sealed with; the masked text is read without.

    Raises:
        Unreadable: It is no bundle, was cut or altered, or is of a newer version; or the key is not
            its own.
    """
    documents = [*_checked(content)]
    head = documents[0] if documents else {}
    version = head.get("pactdesk_bundle")
    if not isinstance(version, int):
        raise Unreadable("the file is no bundle", "make one with `pactdesk bundle TICKET`")
    if version > VERSION:
        raise Unreadable(
            f"the bundle is of version {version}, made by pactdesk {head.get('made_by')}, and"
            f" {VERSION} is the newest that this release reads",
            "install the release that made it, or a later one",
        )
    try:
        told = msgspec.convert(head, _Head)
        lines = 1 + told.taught + told.turns
        if len(documents) != lines:
            raise Unreadable(
                f"the bundle was cut: {len(documents)} of its {lines} lines are there",
                "copy the whole file again",
            )
        return _bundle(told, documents[1:], _box(key, told.text))
    except _BROKEN as error:
        wrong = f"{type(error).__name__}: {error}"
        raise Unreadable(
            f"the bundle cannot be read ({wrong})",
            f"read it with pactdesk {head.get('made_by')}, which made it, and with its own key",
        ) from error


def _box(key: str | None, text: str) -> SecretBox | None:
    if key is None:
        return None
    if text != "sealed":
        raise ValueError("nothing in it is sealed, and a key is given")
    return SecretBox(b64decode(key))


def _checked(content: bytes) -> Iterator[Document]:
    """The lines of a file, each against its hash; raises `Unreadable` at the first that is off."""
    before = b""
    for number, line in enumerate(content.splitlines(), 1):
        body, mark, end = line.rpartition(_HASH)
        before = sha256(before + body + b"}").hexdigest().encode()
        try:
            document = msgspec.json.decode(body + b"}", type=Document)
        except (msgspec.MsgspecError, RecursionError):
            document = None
        if not mark and number == 1:
            raise Unreadable("the file is no bundle", "make one with `pactdesk bundle TICKET`")
        if document is None or end != before + b'"}':
            raise Unreadable(
                f"line {number} of the bundle is not as it was written",
                "copy the file again, or ask for a new one; nothing of it was run",
            )
        yield document


def _bundle(head: _Head, documents: list[Document], box: SecretBox | None) -> Bundle:
    taught = [one for one in documents if "taught" in one]
    turns = [one for one in documents if "turn" in one]
    if not turns:
        raise ValueError("there is no turn in it")
    parse(head.policy)
    return Bundle(
        ticket_id=head.ticket_id,
        text="plain" if box is not None else head.text,
        made_by=head.made_by,
        lines=head.lines,
        policy=head.policy,
        taught=[Taught(_seconds(one["since"]), _record(one["taught"], box)) for one in taught],
        turns=[
            Turn(
                _seconds(one["now"]),
                _record(one["turn"], box),
                [_record(record, box) for record in one["said"]],
            )
            for one in turns
        ],
    )


def _seconds(told: Any) -> float:  # Any: what stands in the file
    """A moment in seconds; raises where that is none that a clock shows."""
    found = float(told)
    datetime.fromtimestamp(found, UTC)
    return found


def _record(document: Document, box: SecretBox | None) -> Record:
    kind, source = EVENTS[document["type"]], document["source"]
    if box is None:
        event = kind.model_validate(document["event"])
    else:
        event = kind.model_validate_json(box.decrypt(b64decode(document["sealed"])))
    if source is not None:
        source = dict(zip(Source.__struct_fields__, source, strict=True))
    found = msgspec.convert({**document, "event": event, "source": source}, Record)
    if found.at.tzinfo is None:
        raise ValueError(f"{found.at} has no offset")
    return found
