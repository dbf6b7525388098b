"""Masking: personal text so changed that nobody reads it, and every decision can be taken again.

A word becomes another one of the same length and letter case, the same word always the same, by a
key that is thrown away: subjects, addresses and references that were equal are equal, and what was
cut or counted is as long as it was. What stands between words stays, and so do the names of
tickets. JSON that only people or other lines read is left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from schemas.event import Event, Part
from schemas.record import Record
from schemas.vocabulary import Mark
from streams.bundles.bundle import Bundle, Taught, Turn

_WORD = re.compile(r"TICK_[0-9A-F]{16}|[^\W_]+")
_TICKET = re.compile(r"TICK_[0-9A-F]{16}")

_PREFIX = re.compile(r"^(?:\s*(?:re|aw|sv|tr|rv|fw|fwd|wg)\s*(?:\[\d+\])?:)+", re.IGNORECASE)
"""What mail programs put before a subject, and linking leaves out where it compares two."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_LATIN = "àäåæèéìñòöøùü"  # of the alphabet of text messages, so that one is as long as it was
_OTHERS = "".join(map(chr, range(0x4E00, 0x4E40)))

_ADDRESSES = frozenset({"handles"})
_LEFT_OUT = {"metadata": "{}", "profile": "{}", "tickets": "[]", "facts": "[]", "timeline": "[]",
             "history": "[]", "value": "", "envelope": "{}", "prompt": "[]"}  # fmt: skip
_MACHINE = frozenset({"meaning"})
"""Personal fields that hold no text: decisions compare them, and nobody can read them."""

P = TypeVar("P", bound=Part)


class Mask:
    """Masks text, each word by a key.

    Args:
        key: The key; who has it and guesses a word can tell whether it was there.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._word = lru_cache(maxsize=65536)(self._masked_word)

    def text(self, text: str) -> str:
        """A text with its words masked; what answers and forwards begin with stays."""
        begins = _PREFIX.match(text)
        kept = "" if begins is None else begins[0]
        return kept + _WORD.sub(lambda found: self._word(found[0]), text[len(kept) :])

    def bundle(self, bundle: Bundle) -> Bundle:
        """A bundle with its personal text masked."""
        return msgspec.structs.replace(
            bundle,
            taught=[Taught(one.since, self.record(one.record)) for one in bundle.taught],
            turns=[
                Turn(one.now, self.record(one.record), [self.record(r) for r in one.said])
                for one in bundle.turns
            ],
        )

    def record(self, record: Record) -> Record:
        """A record with the personal text of its event masked."""
        event = self.part(record.event)
        assert isinstance(event, Event)
        return msgspec.structs.replace(record, event=event)

    def part(self, part: P) -> P:
        """An event, or a part of one, with its personal fields masked."""
        changes = {
            name: self._field(name, getattr(part, name), personal=is_personal(field))
            for name, field in type(part).model_fields.items()
        }
        return part.model_copy(update=changes)

    def _field(self, name: str, value: Any, *, personal: bool) -> Any:  # Any: any field's value
        if isinstance(value, Part):
            return self.part(value)
        if isinstance(value, list):
            return [self._field(name, one, personal=personal) for one in value]
        if not personal or not isinstance(value, str) or name in _MACHINE:
            return value
        if name in _ADDRESSES:
            return self._addresses(value)
        return _LEFT_OUT[name] if name in _LEFT_OUT else self.text(value)

    def _addresses(self, text: str) -> str:
        """Addresses by channel, as JSON: the channels stay."""
        try:
            found = msgspec.json.decode(text, type=dict[str, list[str]])
        except msgspec.MsgspecError:
            return "{}"
        masked = {channel: [*map(self.text, some)] for channel, some in found.items()}
        return msgspec.json.encode(masked).decode()

    def _masked_word(self, word: str) -> str:
        if _TICKET.fullmatch(word):
            return word
        folded = word.casefold().encode("utf-8", "surrogatepass")
        stream = b""
        while len(stream) < len(word):
            block = len(stream).to_bytes(4, "big")
            stream += blake2b(block + folded, key=self._key, digest_size=64).digest()
        return "".join(map(_masked, word, stream))


def _masked(letter: str, number: int) -> str:
    if letter in _DIGITS:
        return _DIGITS[number % 10]
    if letter.isascii():
        found = _LETTERS[number % 26]
    elif letter < "ſ":
        found = _LATIN[number % len(_LATIN)]
    else:
        return _OTHERS[number % len(_OTHERS)]
    return found.upper() if letter.isupper() and len(found.upper()) == 1 else found


def is_personal(field: Any) -> bool:  # Any: pydantic's FieldInfo
    """Whether a field of an event holds data of a person."""
    marks = [one for one in field.metadata if isinstance(one, Mark)]
    return any(mark.personal for mark in marks) or "personal=True" in repr(field.annotation)
