"""What ships to begin with: categories with example texts, and articles."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from importlib import resources
from typing import Literal

import msgspec

from streams.demo.script import articles

AT = "2020-01-01T00:00:00Z"
"""When the shipped lines were said: before every simulated time, so that any run sees them."""


def lines(what: Literal["categories", "articles"]) -> Iterator[bytes]:
    """The shipped input lines of a kind."""
    kind = "category" if what == "categories" else "article"
    for one in _categories() if what == "categories" else articles():
        yield msgspec.json.encode({"type": kind, "at": AT, **one})


def _categories() -> list[dict[str, object]]:
    packed = resources.files("streams.understanding").joinpath("starter.json.gz").read_bytes()
    found: list[dict[str, object]] = msgspec.json.decode(gzip.decompress(packed))
    return found
