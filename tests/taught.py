"""Knowledge records as the log gives them, for tests of the index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.event import Event
from schemas.record import Record, derived_id


def knowledge_records(
    events: Sequence[tuple[datetime, Event]], *, partitions: int = 1, first: int = 0
) -> list[Record]:
    """Records of events at moments, dealt out to partitions in turn, with rising offsets.

    Args:
        events: What happened, and when.
        partitions: To how many partitions the records go.
        first: The number of the first record.
    """
    found = []
    for number, (at, event) in enumerate(events, start=first):
        name = derived_id("taught", str(number))
        found.append(
            Record(
                id=name,
                key=getattr(event, "article_id", "other"),
                at=at,
                by="test",
                event=event,
                correlation=name,
                partition=number % partitions,
                offset=number // partitions,
            )
        )
    return found
