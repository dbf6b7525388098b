"""Beside the `eventsourcing` library, in one run: `python bench/peers.py [CONTACTS]`.

The library saves as many bare events of the same size in SQLite, in groups of seven as it is used,
and rebuilds its aggregates from them. The desk decides, and commits facts, state, position, timers
and seen ids in one transaction a turn; then it folds the same records from its log. Models cost
nothing here and tables are left out on both sides: the question is what deciding costs beside
saving.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.workload import contacts, desk, table, timed
from projections.case import Case, evolve
from schemas.topics import CONTACTS, DECISIONS, TICKETS
from streams.desk import Desk
from streams.embedded.shift import Shift

GROUP = 7
"""Events of one save of the library."""


class Conversation(Aggregate):
    """An aggregate that does as little as one can with an event."""

    @event("Opened")
    def __init__(self, text: str) -> None:
        self.text = text

    @event("Said")
    def say(self, text: str) -> None:
        """Keep the last text."""
        self.text = text


@contextmanager
def in_sqlite() -> Iterator[tuple[Application[Any], Path]]:
    """The library with a store of its own, and the folder that this lies in."""
    with tempfile.TemporaryDirectory(prefix="pactdesk-bench-") as folder:
        os.environ["PERSISTENCE_MODULE"] = "eventsourcing.sqlite"
        os.environ["SQLITE_DBNAME"] = str(Path(folder) / "peer.db")
        application: Application[Any] = Application()
        yield application, Path(folder)
        application.close()


def save(application: Application[Any], events: int, size: int) -> list[UUID]:
    """Save so many events of a size in groups; gives the aggregates' ids."""
    text, ids = "x" * size, []
    for _ in range(events // GROUP):
        one = Conversation(text)
        for _ in range(GROUP - 1):
            one.say(text)
        application.save(one)
        ids.append(one.id)
    return ids


def library(events: int, size: int) -> tuple[float, float]:
    """Events a second that the library saves, and that it rebuilds aggregates from."""
    with in_sqlite() as (application, _):
        ids: list[UUID] = []

        def rebuild() -> None:
            for one in ids:
                application.repository.get(one)

        count = events // GROUP * GROUP
        saved = timed(lambda: ids.extend(save(application, events, size))).wall
        return count / saved, count / timed(rebuild).wall


def fold(found: Desk) -> Callable[[], object]:
    """Every customer's case again, from the log alone."""

    def work() -> None:
        cases: dict[str, Case] = {}
        for topic in (CONTACTS, DECISIONS, TICKETS):
            for entry in found.log.scan(topic=topic.name):
                record = entry.record()
                case = cases.get(record.key) or Case(customer_id=record.key)
                cases[record.key] = evolve(case, record)

    return work


def main() -> None:
    """Print the figures of both, and the ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with desk(tier=None) as found:
        found.intake.documents(contacts(count, customers=max(1, count // 2)))
        before = found.log.last_seq()
        shift = Shift(found, effects=False, projections=False)
        decided = timed(shift.run)
        records = found.log.last_seq() - before
        sizes = [len(e.value) + len(e.headers) for e in found.log.scan(before)]
        folded = timed(fold(found))
        read = sum(
            e.topic in {CONTACTS.name, DECISIONS.name, TICKETS.name} for e in found.log.scan()
        )
    size = sum(sizes) // len(sizes)
    saved, rebuilt = library(records, size)
    table(
        f"{records} records of {size} bytes on average, a second",
        [
            ("eventsourcing saves bare events", f"{saved:,.0f}", ""),
            (
                "decided turns committed here",
                f"{records / decided.wall:,.0f}",
                f"{records / decided.wall / saved:.2f} of it (goal: at least 0.5)",
            ),
            ("eventsourcing rebuilds aggregates", f"{rebuilt:,.0f}", ""),
            (
                "folded from the log here",
                f"{read / folded.wall:,.0f}",
                f"{read / folded.wall / rebuilt:.2f} of it (goal: at least 1)",
            ),
        ],
    )


if __name__ == "__main__":
    main()
