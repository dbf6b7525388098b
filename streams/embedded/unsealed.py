"""The log without its seals, for a copy of which only the inboxes and control are taken.

There the agents decide anew, and what they write need not come to lie where it lay: seals of it
would tell of changes that nobody made. A desk that goes on from such a copy makes its own.
"""

from __future__ import annotations

from schemas.topics import CONTROL
from streams.embedded.log import SqliteLog
from streams.embedded.sealing import control
from streams.entry import Entry, Place
from streams.seals import is_seal


class Unsealed:
    """A log in which the records of control lie without gaps where seals are left out.

    Args:
        log: The log as it is.
    """

    def __init__(self, log: SqliteLog) -> None:
        self._log = log
        self._kept: dict[int, list[int]] = {}
        for entry in control(log):
            if not is_seal(entry):
                self._kept.setdefault(entry.partition, []).append(entry.offset)

    def ends(self) -> dict[Place, int]:
        """The end of every partition that holds records."""
        ends = {place: end for place, end in self._log.ends().items() if place[0] != CONTROL.name}
        return ends | {(CONTROL.name, one): len(offsets) for one, offsets in self._kept.items()}

    def read(self, topic: str, partition: int, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a partition from an offset on."""
        if topic != CONTROL.name:
            return self._log.read(topic, partition, start, limit)
        offsets = self._kept.get(partition, [])[start : start + limit]
        return [
            self._log.read(topic, partition, offset, 1)[0]._replace(offset=start + number)
            for number, offset in enumerate(offsets)
        ]
