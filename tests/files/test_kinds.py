"""What a file is, its first bytes say."""

from __future__ import annotations

import io
import wave
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.files.kinds import HEAD_BYTES, SAFE, TEXT, UNKNOWN, kind_of


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return content.getvalue()


def sound() -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0")
    return content.getvalue()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0", "video/mp4"),
        (b"\0\0\0\x20ftypM4A \0\0\x02\0", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        (b"OggS\0\x02", "audio/ogg"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"MZ\x90\0\x03\0", "application/x-dosexec"),
        (b"BM\x36\0\x0c\0", "image/bmp"),
        (b"\x7fELF\x02\x01", "application/x-executable"),
        (sound(), "audio/x-wav"),
        (archive("a.txt"), "application/zip"),
        (
            archive("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!-- <html> -->\n<svg/>", "image/svg+xml"),
        (b"  <!DOCTYPE html><p>", "text/html"),
        (b"<!-- x --><HTML>", "text/html"),
        (b"<?xml version='1.0'?><feed/>", "application/xml"),
        (b"", TEXT),
        (b"MZ is two letters", TEXT),
        (b"BM too\n", TEXT),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", TEXT),
        ("Größe\t€".encode(), TEXT),
        (b"caf\xe9", UNKNOWN),
        (b"a\0b", UNKNOWN),
    ],
)
def test_its_beginning_says_what_it_is(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


def test_a_character_that_is_cut_off_leaves_a_text_a_text() -> None:
    text = ("a" * (HEAD_BYTES - 1) + "€").encode()
    assert kind_of(text[:HEAD_BYTES]) == TEXT


def test_comments_without_end_take_no_time() -> None:
    assert kind_of(b"<!---->" * 1000) == TEXT
    assert kind_of(b"<!--" * 2000) == TEXT


@given(st.binary(max_size=64))
def test_whatever_a_file_holds_it_is_something(head: bytes) -> None:
    assert "/" in kind_of(head)


def test_nothing_that_can_run_is_shown() -> None:
    assert {kind_of(one) for one in (b"<svg>", b"<html>", b"%PDF-", b"<?xml?>")}.isdisjoint(SAFE)
