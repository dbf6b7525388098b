"""Text as PostgreSQL takes it: everything but the NUL character, which becomes U+FFFD.

Values travel to the database as JSON where there are many: encoding it costs the client less than
anything else, and the server takes it apart on another core.
"""

from __future__ import annotations

import re

import msgspec

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_encode = msgspec.json.Encoder(enc_hook=str.__str__).encode  # a JSON column holds a text of its own


def without_nul(text: str) -> str:
    """Text as PostgreSQL holds it."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def as_json(value: object) -> str:
    """A value as JSON, its texts as PostgreSQL holds them."""
    raw = _encode(value)
    while b"\\u0000" in raw:
        replaced = _NUL.sub(rb"\1\\ufffd", raw)
        if replaced == raw:  # what is left says backslash, u0000
            break
        raw = replaced
    return raw.decode()
