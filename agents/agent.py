"""The shape of an agent: a name, what it reads and writes, and its one decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from agents.world import World
from schemas.event import Event
from schemas.record import Record
from schemas.topics import Domain

Decide = Callable[[Record, Any, World], Iterable[Event]]
"""From a record, the line's state and the world to what the agent says. Pure.

The state's type differs by domain (a `Case`, a `Desk` …), which one signature cannot say.
"""


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent on the lines of one domain.

    Attributes:
        name: How it signs its records: the short name, such as `triage`.
        domain: On whose lines it speaks.
        reads: The event types that it answers; it is asked about no others.
        writes: The event types that it may say; anything else is an error of the agent.
        decide: Its judgement.
    """

    name: str
    domain: Domain
    reads: frozenset[type[Event]]
    writes: frozenset[type[Event]]
    decide: Decide
