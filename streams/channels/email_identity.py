"""Which mail is which: the same one again, the message of ours that one answers, its thread.

A Message-ID is a hint and no more: programs leave it out or use it twice. A mail is known by what
its sender wrote into it, without what servers add on the way, so that one that comes to two
mailboxes is one contact. Our own messages are known by a signed token, which stands in their
Message-ID and in the address for answers.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterable, Mapping, Sequence
from email.utils import getaddresses
from hashlib import blake2b, sha256

from streams.channels.email_mime import decoded, header

_OF_THE_SENDER = (
    "from",
    "to",
    "cc",
    "date",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "content-type",
)
"""Headers that no server changes; their spaces are another matter."""

_ID = re.compile(r"<([^<>\s]{3,500})>")
_HEAD = re.compile(rb"\r?\n[ \t]*\r?\n")
_HEX = re.compile(r"[0-9a-f]{32}")
_WORD = (
    r"(?:re|aw|antw|sv|vs|ref|odp|rv|res|vl|vb|pd|ynt|ilt|atb|fwd?|wg|tr|enc|i|r|答复|回复|回覆|转发|轉寄)"
    r"(?:\[\d+\])?\s*[:：]\s*"
)
_ANSWERS = re.compile(rf"^(?:{_WORD}|\[[^\]]{{1,40}}\]\s*)+", re.IGNORECASE)
_IS_ANSWER = re.compile(rf"^(?:\[[^\]]{{1,40}}\]\s*)*{_WORD}", re.IGNORECASE)
_FORWARDS = re.compile(r"^(?:fwd?|wg|tr|rv|enc|i|vs|vl|vb|pd|ilt|转发|轉寄)\s*[:：]", re.IGNORECASE)
_MAC_BYTES = 10
_MAC_CHARACTERS = 16
_LONGEST_HINT = 90
"""Characters of a Message-ID that an id of ours carries along, so that an answer can name it."""


def provider_id(raw: bytes, headers: Mapping[str, Sequence[str]], message_id: str | None) -> str:
    """The id of a mail: a hash of what its sender wrote, and its Message-ID beside it."""
    digest = blake2b(digest_size=16)
    for name in _OF_THE_SENDER:
        for value in headers.get(name, ()):
            told = " ".join(value.split()).encode("utf-8", "surrogateescape")
            digest.update(name.encode() + b":" + told + b"\n")
    _, *body = _HEAD.split(raw, maxsplit=1)
    digest.update(b"\n" + b"".join(body).replace(b"\r\n", b"\n").rstrip())
    if message_id is None or len(message_id) > _LONGEST_HINT or not message_id.isascii():
        return digest.hexdigest()
    return f"{digest.hexdigest()} {message_id}"


def hinted(reference: str | None) -> str | None:
    """The Message-ID in an id or a thread of ours, where there is one."""
    if reference is None:
        return None
    return next((one for one in reference.split(" ") if "@" in one), None)


def message_ids(values: Iterable[str]) -> list[str]:
    """The Message-IDs in some headers, without their brackets."""
    return [decoded(_raw(one), None) for value in values for one in _ID.findall(value)]


def _raw(told: str) -> bytes:
    """What stands in a header, as it came over the wire: it may have letters beyond ASCII."""
    return told.encode("utf-8", "surrogateescape")


def base_subject(subject: str) -> str:
    """A subject without what programs put before it when it is answered or passed on."""
    return " ".join(_ANSWERS.sub("", subject).casefold().split())


def is_answer(subject: str) -> bool:
    """Whether a subject says that the mail answers another one, or passes it on."""
    return bool(_IS_ANSWER.match(subject))


def forwards(subject: str) -> bool:
    """Whether a subject says that the mail passes on another one."""
    return bool(_FORWARDS.match(subject))


def thread_of(message_id: str, subject: str) -> str:
    """The thread that a first mail begins; with its subject, for some programs use ids twice."""
    mark = blake2b(base_subject(subject).encode(), digest_size=4).hexdigest()
    return f"{message_id} {mark}"


def token(request_id: str, secret: str) -> str:
    """What stands for a request of ours in addresses: small letters and digits, signed."""
    if _HEX.fullmatch(request_id):
        told = "h" + _letters(bytes.fromhex(request_id))
    else:
        told = "t" + _letters(request_id.encode())
    return told + _mac(told, secret)


def request_of(given: str, secret: str) -> str | None:
    """The request that a token stands for; None where we did not sign it."""
    given = given.lower()
    told, mac = given[:-_MAC_CHARACTERS], given[-_MAC_CHARACTERS:]
    if not (told and given.isascii() and hmac.compare_digest(mac, _mac(told, secret))):
        return None
    letters = told[1:].upper()
    raw = b32decode(letters + "=" * (-len(letters) % 8))
    return raw.hex() if told[0] == "h" else raw.decode()


def _letters(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()


def _mac(told: str, secret: str) -> str:
    return _letters(hmac.new(secret.encode(), told.encode(), sha256).digest()[:_MAC_BYTES])


def tagged(address: str, tag: str) -> str:
    """An address with a tag, to which mail for that address comes too."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{tag}@{domain}"


def tags(address: str, values: Iterable[str]) -> list[str]:
    """The tags with which our address stands in some headers."""
    local, _, domain = address.lower().rpartition("@")
    found = []
    for _, one in addresses(values):
        name, _, where = one.lower().rpartition("@")
        if where == domain and name.startswith(f"{local}+"):
            found.append(name.removeprefix(f"{local}+"))
    return found


def addresses(values: Iterable[str]) -> list[tuple[str, str]]:
    """Names and addresses in some headers; the domain in small letters."""
    found = []
    # Some programs encode a whole header, with the addresses in it.
    plain = (value if "@" in value else header(value) for value in values)
    for name, one in (pair for value in plain for pair in _pairs(" ".join(value.split()))):
        local, at, domain = decoded(_raw(one), None).strip().rpartition("@")
        found.append((header(name), f"{local}{at}{domain.lower()}"))
    return [(name, one) for name, one in found if one]


def _pairs(value: str) -> list[tuple[str, str]]:
    """Names and addresses in a header; none where its comments are nested deeper than calls may."""
    try:
        return getaddresses([value])
    except RecursionError:
        return []


def is_ours(address: str, ours: str) -> bool:
    """Whether an address is our own, with a tag or without."""
    mine, one = ours.lower(), address.lower()
    return one == mine or bool(tags(ours, [one]))
