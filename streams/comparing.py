"""Comparing tables, and following the lines' numbers: the same words and hashes on both engines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
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
    digest = _Digest()
    deque(digest.of(rows), maxlen=0)
    return digest.hexdigest(), digest.count


class _Digest:
    """A hash over rows while they are gone through.

    Attributes:
        count: How many there were.
    """

    def __init__(self) -> None:
        self.count = 0
        self._hash = sha256()

    def of(self, rows: Iterable[TableRow]) -> Iterator[TableRow]:
        """The rows, one after the other."""
        for row in rows:
            self._hash.update(repr(row).encode())
            self.count += 1
            yield row

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def compared(
    name: str, columns: Sequence[str], live: Iterable[TableRow], anew: Iterable[TableRow]
) -> tuple[dict[str, Any], list[Finding]]:
    """What a table has become when it was folded anew, beside the live one.

    Both are gone through once and side by side, so that memory holds a row of each.

    Args:
        name: The table's.
        columns: Their names; the first is the key.
        live: The live rows in the order of their key.
        anew: The new ones likewise.

    Returns:
        Rows, digest, whether the live one was the same, and how many rows differed; and of those
        the first `NAMED`, with what differs in them.
    """
    digest, differing, found = _Digest(), 0, []
    for there, wanted in _unlike(iter(live), digest.of(anew)):
        differing += 1
        if differing <= NAMED:
            found.append(_told(name, columns, there, wanted))
    report = {
        "rows": digest.count,
        "digest": digest.hexdigest()[:16],
        "same": not differing,
        "differing": differing,
    }
    return report, found


def replaced(anew: Iterable[TableRow]) -> dict[str, Any]:
    """The same of a table beside which no live one can be laid: nothing of it is the same."""
    digest, rows = digest_of_rows(anew)
    return {"rows": rows, "digest": digest[:16], "same": False, "differing": rows}


def _unlike(
    live: Iterator[TableRow], anew: Iterator[TableRow]
) -> Iterator[tuple[TableRow | None, TableRow | None]]:
    """The rows that are not alike, pair by pair; None where there is none of that key."""
    there, wanted = next(live, None), next(anew, None)
    while there is not None or wanted is not None:
        if there == wanted:
            there, wanted = next(live, None), next(anew, None)
        elif wanted is None or (there is not None and _order(there) < _order(wanted)):
            yield there, None
            there = next(live, None)
        elif there is None or _order(wanted) < _order(there):
            yield None, wanted
            wanted = next(anew, None)
        else:
            yield there, wanted
            there, wanted = next(live, None), next(anew, None)


def _order(row: TableRow) -> tuple[bool, Any]:
    """By what rows are ordered: their key; one that a hand made bytes comes behind all texts."""
    return isinstance(row[0], bytes), row[0]


def _told(
    name: str, columns: Sequence[str], there: TableRow | None, wanted: TableRow | None
) -> Finding:
    """What is said of a live row that is not the one that was folded anew."""
    if wanted is None:
        assert there is not None
        return Finding("row inserted", f"{name}/{there[0]}", "no such row", "a row")
    where = f"{name}/{wanted[0]}"
    if there is None:
        return Finding("row removed", where, "a row", "no such row")
    other = [n for n, pair in enumerate(zip(wanted, there, strict=True)) if pair[0] != pair[1]]
    said = [", ".join(f"{columns[n]} = {row[n]!r}" for n in other) for row in (wanted, there)]
    return Finding("row changed", where, *said)


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
