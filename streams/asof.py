"""Looking back, whatever the engine: the shape of a view at one moment, and what a moment may be.

Recorded time, the default, is the clock of the turn that took or wrote a record: what did we know.
Occurred time is when the outside record at the root happened. How each engine shows the views as
they stood is in streams/embedded/asof.py and streams/cluster/asof.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from streams.clock import parse_time
from streams.errors import Malformed, NotFound
from streams.query import Found

PLACE = re.compile(r"^(support\.[a-z0-9.-]+)/(\d{1,9})/(\d{1,18})$")
"""A place in a topic: `topic/partition/offset`."""


class View(Protocol):
    """The views at one moment: what `as_of` gives."""

    @property
    def remark(self) -> str | None:
        """What is to be said of the moment to whoever asked for it, if anything."""
        ...

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Found:
        """The rows of a SELECT over the views; raises `Refused` for anything else."""
        ...


def time_of(moment: str) -> datetime:
    """The time that a moment names, where it is no position that there is.

    Raises:
        Malformed: It is no time, or meant as a place and none.
    """
    if moment.startswith("support."):
        raise Malformed(
            f"{moment} is not a position",
            "write topic/partition/offset, such as support.tickets.v1/3/17",
        )
    return parse_time(moment)


def of_times_alone(moment: str) -> Malformed:
    """What is said where a position is asked for by occurred time.

    Args:
        moment: The position.
    """
    return Malformed(
        f"{moment} is a position, and only of a time it can be asked what had occurred by then",
        "give a time, or leave `occurred` out",
    )


def no_record(place: str) -> NotFound:
    """What is said where no record lies at a place.

    Args:
        place: `topic/partition/offset`.
    """
    return NotFound(f"there is no record at {place}", "see `pactdesk events` for places")


BEFORE = "nothing was known yet: this lies before the beginning of the log"
"""What is said of a moment before everything."""

AHEAD = "this lies in the future: what is known now is shown"
"""What is said of a time that the clock has not reached."""
