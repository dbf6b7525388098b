"""What ships to begin with: categories with example texts, and articles."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from importlib import resources

import msgspec

from streams.demo.script import load


def lines(what: str) -> Iterator[bytes]:
    """The shipped input lines of a kind.

    Args:
        what: categories or articles.
    """
    if what == "categories":
        packed = resources.files("streams.understanding").joinpath("starter.json.gz").read_bytes()
        for one in msgspec.json.decode(gzip.decompress(packed)):
            yield msgspec.json.encode({"type": "category", **one})
    else:
        for one in load(limit=1).articles:
            yield msgspec.json.encode({"type": "article", **one})
