"""Bytes that are no event are unreadable, whatever they are; no other error ever comes out."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import EVENTS
from streams import codec
from streams.errors import Unreadable
from tests.anyevent import events, example

PREFIXES = [codec.encode(example(kind, full=False))[:10] for kind in EVENTS.values()]


def _read(value: bytes) -> None:
    with suppress(Unreadable):
        assert type(codec.decode(value)) in EVENTS.values()


@settings(max_examples=300)
@given(value=st.binary(max_size=60))
def test_garbage_is_unreadable(value: bytes) -> None:
    with pytest.raises(Unreadable):
        codec.decode(value)


@settings(max_examples=600)
@given(prefix=st.sampled_from(PREFIXES), body=st.binary(max_size=200))
def test_garbage_behind_a_known_fingerprint_is_an_event_or_unreadable(
    prefix: bytes, body: bytes
) -> None:
    _read(prefix + body)


@settings(max_examples=300)
@given(event=events(), at=st.integers(0, 400), bit=st.integers(0, 7))
def test_a_flipped_bit_gives_an_event_or_unreadable(event: object, at: int, bit: int) -> None:
    value = bytearray(codec.encode(event))  # type: ignore[arg-type]  # hypothesis gives events
    value[at % len(value)] ^= 1 << bit
    _read(bytes(value))


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_beginning_of_an_event_is_unreadable(name: str) -> None:
    value = codec.encode(example(EVENTS[name], full=True))
    for length in range(len(value)):
        with pytest.raises(Unreadable):
            codec.decode(value[:length])


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_bytes_behind_an_event_are_unreadable(name: str) -> None:
    value = codec.encode(example(EVENTS[name], full=True))
    with pytest.raises(Unreadable, match="1 bytes follow"):
        codec.decode(value + b"\x00")


def test_an_unknown_fingerprint_is_named() -> None:
    with pytest.raises(Unreadable, match="0123456789abcdef"):
        codec.decode(b"\xc3\x01" + bytes.fromhex("0123456789abcdef") + b"\x00")


@pytest.mark.parametrize("count", [2**40, 2**62, -1, -(2**62)])
def test_a_length_that_lies_takes_no_memory(count: int) -> None:
    """A text's length is a zigzag varint; a huge or negative one must not be believed."""
    zigzag = (count << 1) ^ (count >> 63)
    number = bytearray()
    zigzag &= 2**64 - 1
    while zigzag > 0x7F:
        number.append((zigzag & 0x7F) | 0x80)
        zigzag >>= 7
    number.append(zigzag)
    prefix = codec.encode(example(EVENTS["ContactHeld"], full=False))[:10]
    for before in (b"\x02", b"\x00\x00\x00\x00"):
        with pytest.raises(Unreadable):
            codec.decode(prefix + before + bytes(number) + b"abc")


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_of_which_type_an_event_is_can_be_told_without_reading_it(name: str) -> None:
    value = codec.encode(example(EVENTS[name], full=True))
    assert codec.kind_of(value) is EVENTS[name]
    assert codec.kind_of(value[:10]) is EVENTS[name]
    assert codec.kind_of(value[:9]) is None
    assert codec.kind_of(b"\xc3\x02" + value[2:]) is None
    assert codec.kind_of(b"") is None
