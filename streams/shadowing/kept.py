"""The shadow as the store keeps it: the candidate, and what it would have said of each turn.

Rows and no events: what a candidate would have said is nothing that happened, and must not be
folded by anybody. One row for each inbox record that was taken, by its place: a turn that is taken
again is kept once, and what has no row was not judged yet. What nobody decided, a repeat or bytes
that cannot be read, has a row that says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol, cast

import msgspec

from agents.policy import Policy
from agents.policy_toml import parse, to_toml
from schemas.record import derived_id
from schemas.vocabulary import rfc3339
from streams.entry import Place
from streams.errors import Refused
from streams.settings import TierName
from streams.store import Executor
from streams.whatif.candidate import Candidate
from streams.whatif.promises import Step
from streams.whatif.summing import Judged


class Store(Executor, Protocol):
    """A connection to either engine's store."""

    def durably(self) -> AbstractContextManager[object]:
        """A transaction that is on the disk when it returns."""

    def transaction(self) -> AbstractContextManager[object]:
        """All or nothing."""


class Shadow(NamedTuple):
    """A candidate that runs, or ran, beside the live agents.

    Attributes:
        id: Its id.
        policy: The policy that is tried, as TOML.
        tier: The models that are tried.
        started_at: Since when.
        started_by: By whom.
        ended_at: When it ended; None while it runs.
        ended_how: stopped or promoted.
        missed: How many turns were left out, because too many waited.
    """

    id: str
    policy: str | None
    tier: str | None
    started_at: str
    started_by: str
    ended_at: str | None = None
    ended_how: str | None = None
    missed: int = 0

    @property
    def candidate(self) -> Candidate:
        """What is tried."""
        policy: Policy | None = None if self.policy is None else parse(self.policy)
        return Candidate(policy, cast("TierName | None", self.tier))


class Shadowed(msgspec.Struct, frozen=True):
    """What the shadow made of a turn.

    Attributes:
        turn: What differs; None where it failed.
        steps: What of the turn bears on SLA targets.
        error: What failed in the shadow, if something did.
    """

    turn: Judged | None = None
    steps: list[Step] = []
    error: str | None = None


Spot = tuple[str, int, int]
"""An inbox record's topic, partition and offset."""

_UNDECIDED = ""
"""The row of what was taken and not decided."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Shadowed).decode
_COLUMNS = ", ".join(Shadow._fields)


def latest(store: Executor) -> Shadow | None:
    """The shadow that runs, or ran last; None where there was none yet."""
    row = store.execute(
        f"SELECT {_COLUMNS} FROM shadows ORDER BY started_at DESC, id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else Shadow(*row)


def running(store: Executor) -> Shadow | None:
    """The shadow that runs; None without one."""
    found = latest(store)
    return found if found is not None and found.ended_at is None else None


def required(store: Executor) -> Shadow:
    """The shadow that runs; raises `Refused` without one."""
    found = running(store)
    if found is None:
        raise Refused("no shadow runs", "start one with `pactdesk shadow start`")
    return found


def start(
    store: Store,
    candidate: Candidate,
    person: str,
    now: datetime,
    taken: Callable[[], Mapping[Place, int]],
) -> Shadow:
    """Let a candidate run beside the live agents; what an earlier one left is forgotten.

    Args:
        store: Where it is kept.
        candidate: What is tried.
        person: By whom.
        now: Since when.
        taken: Says how far the inbox partitions are taken: what is taken from there on counts.

    Raises:
        Refused: One runs already.
    """
    policy = None if candidate.policy is None else to_toml(candidate.policy)
    at = rfc3339(now)
    number = derived_id("shadow", policy or "", candidate.tier or "", at)
    with store.durably():
        if running(store) is not None:
            raise Refused("a shadow runs already", "stop or promote it first")
        store.execute("DELETE FROM shadows")
        store.execute("DELETE FROM shadowed")
        store.execute("DELETE FROM shadow_positions")
        store.execute(
            "INSERT INTO shadows (id, policy, tier, started_at, started_by, missed)"
            " VALUES (?, ?, ?, ?, ?, 0)",
            (number, policy, candidate.tier, at, person),
        )
        store.executemany(
            "INSERT INTO shadow_positions (shadow_id, topic, partition, position)"
            " VALUES (?, ?, ?, ?)",
            [(number, *place, position) for place, position in taken().items()],
        )
    return Shadow(number, policy, candidate.tier, at, person)


def end(store: Store, shadow: Shadow, how: str, now: datetime) -> None:
    """A shadow ends; what it made of turns stays until another one starts."""
    with store.durably():
        store.execute(
            "UPDATE shadows SET ended_at = ?, ended_how = ? WHERE id = ?",
            (rfc3339(now), how, shadow.id),
        )


def keep(
    store: Store,
    shadow: Shadow,
    turns: Iterable[tuple[Spot, Shadowed | None]],
    missed: int,
) -> None:
    """Keep what a shadow made of some turns; None is what was taken and not decided."""
    with store.transaction():
        store.executemany(
            'INSERT INTO shadowed (shadow_id, topic, partition, "offset", turn)'
            ' VALUES (?, ?, ?, ?, ?) ON CONFLICT (shadow_id, topic, partition, "offset")'
            " DO UPDATE SET turn = excluded.turn",
            [
                (shadow.id, *spot, _UNDECIDED if turn is None else _encode(turn).decode())
                for spot, turn in turns
            ],
        )
        if missed:
            store.execute(
                "UPDATE shadows SET missed = missed + ? WHERE id = ?", (missed, shadow.id)
            )


def kept(store: Executor, shadow: Shadow) -> Iterator[Shadowed]:
    """What a shadow made of every turn, partition by partition in their order."""
    rows = store.execute(
        "SELECT turn FROM shadowed WHERE shadow_id = ? AND turn <> ?"
        ' ORDER BY topic, partition, "offset"',
        (shadow.id, _UNDECIDED),
    )
    for (turn,) in rows:
        yield _decode(turn)


def lacking(store: Executor, shadow: Shadow, taken: Mapping[Place, int]) -> dict[Place, set[int]]:
    """The offsets that were taken since a shadow began and are not judged, by partition.

    Args:
        store: Where it is kept.
        shadow: Which one.
        taken: How far partitions are taken; of others nothing is said.
    """
    rows = store.execute(
        "SELECT topic, partition, position FROM shadow_positions WHERE shadow_id = ?", (shadow.id,)
    )
    began = {(str(topic), int(partition)): int(position) for topic, partition, position in rows}
    found = {}
    for place, end in taken.items():
        start = began.get(place, 0)
        judged = (shadow.id, *place, start, end)
        which = (
            "FROM shadowed WHERE shadow_id = ? AND topic = ? AND partition = ?"
            ' AND "offset" >= ? AND "offset" < ?'
        )
        (count,) = store.execute(f"SELECT count(*) {which}", judged).fetchone() or (0,)
        if count < end - start:
            there = store.execute(f'SELECT "offset" {which}', judged)
            found[place] = {*range(start, end)} - {int(offset) for (offset,) in there}
    return found


def made_up(store: Store, shadow: Shadow, turns: int) -> None:
    """So many turns that a shadow had left out were made up for."""
    store.execute("UPDATE shadows SET missed = missed - ? WHERE id = ?", (turns, shadow.id))
