"""What a file is, by its first bytes. What its sender calls it is a claim."""

from __future__ import annotations

import codecs
import re

HEAD_BYTES = 8192
"""How many of a file's first bytes are looked at."""

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
HTML = "text/html"

SAFE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", TEXT})
"""What a browser may show from here, for nothing in it can run."""

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
)

_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "application/x-dosexec"),
    (b"BM", "image/bmp"),
)
"""Beginnings that texts may have as well."""

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/x-wav", b"AVI ": "video/x-msvideo"}

_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
"""By the brand of an ISO base media file; any other is video/mp4."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
_IN_ZIP = {
    b"word/": f"{_OFFICE}.wordprocessingml.document",
    b"xl/": f"{_OFFICE}.spreadsheetml.sheet",
    b"ppt/": f"{_OFFICE}.presentationml.presentation",
}
"""By a folder that stands among the first entries of an archive."""

_MARKUP: tuple[tuple[tuple[str, ...], str], ...] = (
    (("<svg", "<!doctype svg"), "image/svg+xml"),
    (("<html", "<!doctype html", "<head", "<body", "<script"), HTML),
)
"""By what a text begins with, in small letters, behind comments and declarations."""

_AHEAD = {"<?": "?>", "<!--": "-->"}
"""How those begin and end."""

_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def kind_of(head: bytes) -> str:
    """The media type of a file, by its first `HEAD_BYTES`."""
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"PK\x03\x04"):
        return next((kind for folder, kind in _IN_ZIP.items() if folder in head), "application/zip")
    text = _text(head)
    if text is not None:
        return _kind_of_text(text)
    return next((kind for beginning, kind in _BINARY if head.startswith(beginning)), UNKNOWN)


def _text(head: bytes) -> str | None:
    """The bytes as text; None where they are none. The last character may be cut off."""
    try:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        text = decoder.decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return None
    return None if _NOT_IN_TEXT.search(text) else text


def _kind_of_text(text: str) -> str:
    rest = text.lstrip()
    is_xml = rest.startswith("<?xml")
    while end := next((end for one, end in _AHEAD.items() if rest.startswith(one)), None):
        rest = rest.partition(end)[2].lstrip()
    small = rest[:100].lower()
    for beginnings, kind in _MARKUP:
        if small.startswith(beginnings):
            return kind
    return "application/xml" if is_xml else TEXT
