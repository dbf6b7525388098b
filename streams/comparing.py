"""Comparing tables, and following the lines' numbers: the same words and hashes on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

TableRow = tuple[Any, ...]
"""A row in the order of its table's columns: texts, numbers, None; true is 1 and false is 0."""


Report = dict[str, dict[str, Any]]
"""What became of each table that was folded anew, as `compared` tells it, by name."""


class Finding(NamedTuple):
    """Something that is not what it must be.

    Attributes:
        kind: What became of it, in a word or two.
        where: The record, as topic, partition and offset; the seal; or the row, as table and key.
        expected: What must be there.
        found: What is there.
    """

    kind: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}; expected {self.expected}; there is {self.found}"


NAMED = 100
"""Rows of a table that are named one by one; of more, the number says how many."""


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


def differing_rows(
    name: str, columns: Sequence[str], live: Iterable[TableRow], anew: Iterable[TableRow]
) -> Iterator[Finding]:
    """Each row that is not as it was folded anew: the first `NAMED`.

    Args:
        name: The table's.
        columns: Their names; the first is the key.
        live: The live rows in the order of their key.
        anew: The new ones likewise.
    """
    return islice(_differing(name, columns, iter(live), iter(anew)), NAMED)


def _differing(
    name: str, columns: Sequence[str], live: Iterator[TableRow], anew: Iterator[TableRow]
) -> Iterator[Finding]:
    there, wanted = next(live, None), next(anew, None)
    while there is not None or wanted is not None:
        if wanted is None or (there is not None and there[0] < wanted[0]):
            assert there is not None
            yield Finding("row inserted", f"{name}/{there[0]}", "no such row", "a row")
            there = next(live, None)
        elif there is None or wanted[0] < there[0]:
            yield Finding("row removed", f"{name}/{wanted[0]}", "a row", "no such row")
            wanted = next(anew, None)
        else:
            other = [
                n for n, pair in enumerate(zip(wanted, there, strict=True)) if pair[0] != pair[1]
            ]
            if other:
                where = f"{name}/{wanted[0]}"
                said = [
                    ", ".join(f"{columns[n]} = {row[n]!r}" for n in other)
                    for row in (wanted, there)
                ]
                yield Finding("row changed", where, *said)
            there, wanted = next(live, None), next(anew, None)


def verified(
    tables: Report, gaps: Sequence[str], seals: dict[str, int], found: Iterable[Finding]
) -> dict[str, Any]:
    """What `verify` says.

    Args:
        tables: As `compared` tells of each.
        gaps: What is missing from the log, in words.
        seals: How many `partitions` and `records` are sealed, and how many are `unsealed`.
        found: What somebody changed.

    Returns:
        These, the last as `findings`, and whether all is `clean`.
    """
    findings = [one._asdict() for one in found]
    clean = not gaps and not findings and all(one["same"] for one in tables.values())
    return {"clean": clean, "tables": tables, "gaps": gaps, "seals": seals, "findings": findings}


def broken_chain(line: str, previous: int | None, last: int | None) -> str:
    """What is said where a line's number on a topic does not follow the last one."""
    return f"line {line} says that {previous} came before, {last} did"


def missing_offsets(topic: str, partition: int, count: int, end: int) -> str:
    """What is said where a partition of the log does not hold every offset up to its end."""
    return f"{topic}/{partition}: {count} records up to offset {end}"
