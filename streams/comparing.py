"""Comparing tables, and following the lines' numbers: the same words and hashes on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

TableRow = tuple[Any, ...]
"""A row in the order of its table's columns: texts, numbers, None; true is 1 and false is 0."""


Report = dict[str, dict[str, Any]]
"""What became of each table that was folded anew, as `compared` tells it, by name."""


def digest_of_rows(rows: Iterable[TableRow]) -> tuple[str, int]:
    """A hash over rows in the order of their key, and how many there are."""
    digest, count = sha256(), 0
    for row in rows:
        digest.update(repr(row).encode())
        count += 1
    return digest.hexdigest(), count


def compared(
    live: Callable[[], Iterable[TableRow]], anew: Callable[[], Iterable[TableRow]]
) -> dict[str, Any]:
    """What a table has become when it was folded anew, beside the live one.

    Args:
        live: Reads the live rows in the order of their key.
        anew: Reads the new ones likewise.

    Returns:
        Rows, digest, whether the live one was the same, and how many rows differed.
    """
    digest, rows = digest_of_rows(anew())
    before, _ = digest_of_rows(live())
    differing = 0
    if digest != before:
        differing = len({row[0] for row in set(live()) ^ set(anew())})
    return {
        "rows": rows,
        "digest": digest[:16],
        "same": digest == before,
        "differing": differing,
    }


def broken_chain(line: str, previous: int | None, last: int | None) -> str:
    """What is said where a line's number on a topic does not follow the last one."""
    return f"line {line} says that {previous} came before, {last} did"


def missing_offsets(topic: str, partition: int, count: int, end: int) -> str:
    """What is said where a partition of the log does not hold every offset up to its end."""
    return f"{topic}/{partition}: {count} records up to offset {end}"
