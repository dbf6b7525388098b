"""Dead letters again: list what waits, try it once more, or let it go.

What became of a letter is kept in the store's `meta`, not in the log: the letter itself stays as
long as its topic is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from schemas.topics import DEAD_LETTERS, PARTITIONS
from streams.deadletters import DONE, DeadLetter, letter_of
from streams.entry import Entry
from streams.errors import NotFound

if TYPE_CHECKING:
    from streams.desk import Desk

MOST = 100_000
"""Letters of a partition that are looked at."""


def waiting(desk: Desk) -> list[DeadLetter]:
    """The letters that were neither re-driven nor discarded, oldest first."""
    done = {
        str(name).removeprefix(DONE)
        for (name,) in desk.database.execute(
            "SELECT name FROM meta WHERE name LIKE ?", (DONE + "%",)
        )
    }
    entries = (
        entry
        for partition in range(PARTITIONS)
        for entry in desk.log.read(DEAD_LETTERS.name, partition, 0, MOST)
    )
    return [letter_of(one) for one in sorted(entries, key=_age) if one.id not in done]


def _age(entry: Entry) -> int:
    return entry.seq


def letter(desk: Desk, letter_id: str) -> DeadLetter:
    """One letter, whether it waits or not; raises `NotFound`."""
    entry = desk.log.find(letter_id)
    if entry is None or entry.topic != DEAD_LETTERS.name:
        raise NotFound(f"there is no dead letter {letter_id}", "see `pactdesk deadletters list`")
    return letter_of(entry)


def redrive(desk: Desk, letter_ids: Sequence[str] | None) -> list[dict[str, Any]]:
    """Try letters again; one that is read this time is off the list.

    Args:
        desk: The desk.
        letter_ids: Which; None is all that wait.
    """
    chosen = waiting(desk) if letter_ids is None else [letter(desk, one) for one in letter_ids]
    results = []
    for one in chosen:
        if one.handler == "intake":
            taken = desk.intake.again(one)
            status, error, remedy = taken.status, taken.error, taken.remedy
        else:
            status, error, remedy = desk.intake.reappend(one)
        if status != "unreadable":
            desk.database.set_meta(DONE + one.id, status)
        results.append({"id": one.id, "status": status, "error": error, "remedy": remedy})
    return results


def discard(desk: Desk, letter_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Take letters off the list; raises `NotFound` before any is taken."""
    chosen = [letter(desk, one) for one in letter_ids]
    for one in chosen:
        desk.database.set_meta(DONE + one.id, "discarded")
    return [{"id": one.id, "status": "discarded"} for one in chosen]
