"""Whole numbers on the wire: the bytes of the specification, and no number is cut."""

from __future__ import annotations

import io

import pytest
from avro.io import BinaryDecoder
from hypothesis import given
from hypothesis import strategies as st

from streams.zigzag import zigzag

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (2, "04"), (-64, "7f"), (64, "8001")],
)
def test_numbers_are_written_as_in_the_examples_of_the_specification(
    number: int, written: str
) -> None:
    """Source: Avro 1.12, "Binary Encoding"."""
    assert zigzag(number).hex() == written


@given(number=st.one_of(st.integers(-LARGEST - 1, LARGEST), st.integers(4000, 4200)))
def test_a_number_comes_back_by_the_official_package(number: int) -> None:
    assert BinaryDecoder(io.BytesIO(zigzag(number))).read_long() == number


@pytest.mark.parametrize("number", [LARGEST + 1, -LARGEST - 2, 2**70])
def test_a_number_of_more_than_64_bits_is_not_written(number: int) -> None:
    with pytest.raises(OverflowError, match="more than 64 bits"):
        zigzag(number)
