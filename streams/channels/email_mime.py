"""A mail as its sender meant it: headers decoded, texts, files.

Nothing in it makes this fail, but parts that are nested deeper than those of any mail.

RFC 5322 and MIME as they are met: charsets that are named wrongly or not at all, encoded words that
are none, parts that are cut off. What one declaration does not fit is read by the next best one.
"""

from __future__ import annotations

import codecs
import re
from binascii import Error as NotBase64
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

from streams.channels.email_flowed import unflowed
from streams.errors import Unreadable

_WRONG = (LookupError, ValueError, MessageError, NotBase64, AttributeError, TypeError)
"""What the standard library raises over values that are not what they should be."""

_WEB = {"us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "iso8859-1"}
"""Charsets whose name stands for windows-1252 in practice, which has them whole."""

_MEANT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk", "csgb2312"), ("gb18030",)),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), ("cp932",)),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "x-windows-949"), ("cp949",)),
    **dict.fromkeys(("big5", "x-x-big5", "cn-big5"), ("cp950", "big5hkscs")),
    **dict.fromkeys(("iso-8859-9", "latin5"), ("cp1254",)),
    **dict.fromkeys(("iso-8859-11", "tis-620", "dos-874"), ("cp874",)),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical"), ("iso8859-8",)),
    **dict.fromkeys(("iso-8859-6-i", "iso-8859-6-e"), ("iso8859-6",)),
    "x-mac-roman": ("mac-roman",),
    "x-mac-cyrillic": ("mac-cyrillic",),
}
"""Charsets under whose name programs write a larger one, or that have another name here."""

_NUMBERED = re.compile(r"(?:x-)?(?:cp|ibm|win|windows|ms)[-_]?(\d{3,4})")
"""A charset that is known by its number, however that is introduced."""

_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape"})
"""Codecs that read no text of a mail, and take long over one that is made for it."""

_CARRIERS = {
    "message/delivery-status",
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-delivery-status",
    "message/global-headers",
    "message/disposition-notification",
    "message/feedback-report",
}
"""Parts that are about another mail; their text is not the sender's."""


_DATA = {"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv"}
"""Text for programs: an invitation, a card of an address book, a table."""


LONGEST_HEADER = 64 * 1024
"""Characters that are read of all headers of one name: many people may be written to."""

LONGEST_OF_A_PART = 4000
"""Characters that are read of a header that says what a part is. There may be many parts, and the
standard library goes over such a header once for each semicolon in it."""


DEEPEST = 30
"""Levels of parts in parts. The standard library compares each line with the boundaries of all the
parts that it stands in, and calls itself for each; mail servers refuse deep ones as well."""


class File(NamedTuple):
    """A part of a mail that is no text to be read in it."""

    name: str
    media_type: str
    content: bytes

    @property
    def described(self) -> dict[str, Any]:
        """What is known of it, as input has it."""
        return {
            "name": self.name,
            "media_type": self.media_type,
            "size": len(self.content),
            "sha256": sha256(self.content).hexdigest(),
        }


class Text(NamedTuple):
    """One text of a mail; `html` where it is written in HTML."""

    content: str
    html: bool


class _Untouched(Compat32):
    """Gives header values as they stand, also those that are not ASCII, as far as they are read."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        of_a_part = name.lower().startswith("content-")
        return name, value[: LONGEST_OF_A_PART if of_a_part else LONGEST_HEADER]

    def header_fetch_parse(self, _name: str, value: str) -> Any:
        return value


Part: TypeAlias = "Message[str, str]"
"""A mail or a part of one."""


class _Nested(Message):
    """Knows how many parts it stands in, so that reading ends where there are too many."""

    depth = 0

    def attach(self, payload: Any) -> None:  # Any: the parser attaches what this class makes
        payload.depth = self.depth + 1
        if payload.depth > DEEPEST:
            raise Unreadable(
                f"the mail's parts are nested deeper than {DEEPEST} levels",
                "look at it in the mailbox; discard it where it is rubbish",
            )
        super().attach(payload)


_UNTOUCHED = _Untouched()


def parsed(raw: bytes) -> Part:
    """The parts of a mail.

    Raises:
        Unreadable: They are nested too deep.
    """
    return message_from_bytes(raw, _class=_Nested, policy=_UNTOUCHED)


def clean(text: str) -> str:
    """Text without what no record may hold, its lines ended by a newline."""
    whole = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return whole.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def decoded(raw: bytes, charset: str | None) -> str:
    """Bytes as text, by the charset that is named if it fits, else by the likeliest one."""
    named = (charset or "utf-8").strip("\"' ").lower()
    for one in (*_charsets(named), "utf-8", "windows-1252"):
        try:
            if codecs.lookup(one).name not in _NO_CHARSETS:
                return clean(raw.decode(one))
        except (LookupError, ValueError):
            continue
    return clean(raw.decode("latin-1"))


def _charsets(named: str) -> tuple[str, ...]:
    """By what the charset of a name is read: first the largest that goes under it."""
    if named in _WEB:
        return ()
    if numbered := _NUMBERED.fullmatch(named):
        return (f"cp{numbered[1]}", named)
    return (*_MEANT.get(named, ()), named)


def header(value: str) -> str:
    """A header's value in readable characters, on one line."""
    plain = decoded(value.encode("utf-8", "surrogateescape"), None)
    try:
        words = decode_header(plain)
        plain = "".join(
            word if isinstance(word, str) else decoded(word, charset or "latin-1")
            for word, charset in words
        )
    except _WRONG:
        pass  # an encoded word that is none stays as it stands
    return " ".join(clean(plain).split())


def headers(part: Part) -> dict[str, list[str]]:
    """All values of each header as they stand on the wire, by its name in small letters."""
    found: dict[str, list[str]] = {}
    room: dict[str, int] = {}
    for told, value in part.items():
        name = clean(told).lower()
        left = room.get(name, LONGEST_HEADER)
        if left > 0:
            found.setdefault(name, []).append(value[:left])
        room[name] = left - len(value) - 1
    return found


def texts_and_files(mail: Part) -> tuple[list[Text], list[Text], list[File]]:
    """The texts to be read one after the other, other versions of them, and the files."""
    read: list[Text] = []
    others: list[Text] = []
    files: list[File] = []
    _sorted(mail, read, others, files)
    return read, others, files


def _sorted(part: Part, read: list[Text], others: list[Text], files: list[File]) -> None:
    waiting = [part]  # a list and no recursion: parts may be nested deeper than calls may
    while waiting:
        one = waiting.pop()
        kind = clean(one.get_content_type())
        if kind.startswith("multipart/") and not one.is_multipart():
            read.append(_text(one))  # it has no parts, whatever it says
        elif kind in _CARRIERS or not one.is_multipart():
            if _is_file(one):
                files.append(File(_name(one), kind, content(one)))
            else:
                read.append(_text(one))
        elif kind == "multipart/alternative":
            versions = [*_versions(one)]
            chosen = _best(versions)
            others += [_text(v) for v in versions if v is not chosen and not _is_file(v)]
            files += [
                File(_name(v), clean(v.get_content_type()), content(v))
                for v in versions
                if v is not chosen and _is_file(v)
            ]
            if chosen is not None:
                read.append(_text(chosen))
        else:
            waiting += reversed(inside(one))


def inside(part: Part) -> list[Part]:
    """The parts of a part."""
    held = part.get_payload()
    return [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []


def _versions(part: Part) -> Iterator[Part]:
    """What an alternative has to choose from; a picture inside HTML is a file beside it."""
    waiting = inside(part)[::-1]
    while waiting:
        one = waiting.pop()
        if one.is_multipart() and one.get_content_type() not in _CARRIERS:
            waiting += reversed(inside(one))
        else:
            yield one


def _best(versions: list[Part]) -> Part | None:
    """The plain text if it says anything, else the first other text that does."""
    texts = [one for one in versions if not _is_file(one)]
    texts.sort(key=lambda one: one.get_content_type() != "text/plain")
    return next((one for one in texts if _text(one).content.strip()), None)


def _is_file(part: Part) -> bool:
    kind = part.get_content_type()
    if kind in _CARRIERS or kind in _DATA or part.get_content_maintype() != "text":
        return True
    return disposition(part) == "attachment" or bool(_filename(part))


def disposition(part: Part) -> str | None:
    """How a part wants to be shown, if it says so."""
    try:
        return part.get_content_disposition()
    except _WRONG:
        return None


def _filename(part: Part) -> str:
    try:
        return header(part.get_filename() or "")
    except _WRONG:
        return ""


def _name(part: Part) -> str:
    return _filename(part) or clean(part.get_content_type()).replace("/", ".")


def _text(part: Part) -> Text:
    html = part.get_content_type() == "text/html"
    said = text(part)
    if not html and _parameter(part, "format") == "flowed":
        said = unflowed(said, added=_parameter(part, "delsp") == "yes")
    return Text(said, html=html)


def _parameter(part: Part, name: str) -> str:
    """A parameter of a part's type, in small letters; empty where it has none."""
    try:
        return str(part.get_param(name, "")).lower()
    except _WRONG:
        return ""


def text(part: Part) -> str:
    """The text in a part."""
    try:
        charset = part.get_content_charset()
    except _WRONG:
        charset = None
    return decoded(content(part), charset)


def content(part: Part) -> bytes:
    """The bytes in a part; of a part with parts in it, those as they were sent."""
    try:
        if part.is_multipart():
            told = "\n".join(_as_sent(one) for one in inside(part))
            return told.encode("utf-8", "surrogateescape")
        found = part.get_payload(decode=True)
    except (*_WRONG, UnicodeError):
        found = None
    if isinstance(found, bytes):
        return found
    return re.sub(r"[\ud800-\udfff]", "?", str(part.get_payload())).encode()


def _as_sent(part: Part) -> str:
    """A part with its headers; the library would make up a boundary where it finds none."""
    head = "".join(f"{name}: {value}\n" for name, value in part.items())
    if not part.is_multipart():
        return f"{head}\n{part.get_payload()}"
    if part.get_content_maintype() != "multipart":
        return f"{head}\n" + "\n".join(_as_sent(one) for one in inside(part))
    mark = part.get_boundary()
    held = "".join(f"--{mark}\n{_as_sent(one)}\n" for one in inside(part))
    return f"{head}\n{held}--{mark}--\n"
