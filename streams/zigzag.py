"""Whole numbers in as few bytes as they need, as Avro and Kafka's records have them."""

from __future__ import annotations

_LARGEST = 2**63


def _encoded(number: int) -> bytes:
    if not -_LARGEST <= number < _LARGEST:
        raise OverflowError(f"{number} has more than 64 bits")
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


_SMALL = tuple(map(_encoded, range(4096)))  # lengths and the like, which most numbers are


def zigzag(number: int) -> bytes:
    """A whole number, the sign in the lowest bit, seven bits a byte, the least first.

    Source: Avro 1.12, "Binary Encoding"; Kafka's record format, version 2, has the same.

    Raises:
        OverflowError: It has more than 64 bits.
    """
    return _SMALL[number] if 0 <= number < len(_SMALL) else _encoded(number)
