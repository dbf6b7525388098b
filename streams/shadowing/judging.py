"""What a candidate would say of a turn that was taken: in a thread and by models of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from agents.world import Models
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import MessageUnderstood, WorkflowFailed
from schemas.record import Record
from streams.settings import TierName
from streams.shadowing.beside import Seen
from streams.shadowing.kept import Shadowed
from streams.whatif.candidate import Candidate
from streams.whatif.differing import compared
from streams.whatif.promises import steps
from streams.whatif.redeciding import Recalling, decided
from streams.whatif.summing import judged
from streams.worlds import Worlds

LONGEST_ERROR = 200

Own = Callable[[TierName | None], Worlds]
"""Makes worlds that no other thread uses, with the models of a tier; None: those in force."""


class Judging:
    """Decides live turns again, by a candidate.

    Args:
        candidate: What is tried.
        own: Makes worlds for messages that must be read anew.
    """

    def __init__(self, candidate: Candidate, own: Own) -> None:
        self._candidate = candidate
        self._make = own
        self._own: Worlds | None = None

    def judge(self, seen: Seen) -> Shadowed:
        """What differs."""
        return held_against(seen.record, seen.said, lambda: self._again(seen))

    def _again(self, seen: Seen) -> list[Record]:
        policy, tier = self._candidate
        found = (r.event for r in seen.said if isinstance(r.event, MessageUnderstood))
        understood = next(found, None) if tier is None else None
        reads = isinstance(seen.record.event, ContactReceived) and understood is None
        world = msgspec.structs.replace(
            seen.world,
            policy=policy or seen.world.policy,
            models=self._models(seen) if reads else Recalling(seen.world.models),
        )
        return decided(seen.domain, seen.state, seen.record, world, seen.said, understood)

    def _models(self, seen: Seen) -> Models:
        if self._own is None:
            self._own = self._make(self._candidate.tier)
        self._own.follow()
        return self._own.models_at(seen.world.now.timestamp())


def held_against(
    record: Record, said: Sequence[Record], again: Callable[[], Sequence[Record]]
) -> Shadowed:
    """What differs between what was said of a record and what a candidate says.

    Whatever fails in the candidate is told of, and nothing else comes of it.
    """
    try:
        found = again()
        contact = isinstance(record.event, ContactReceived)
        return Shadowed(
            judged(compared(said, found), contact=contact),
            steps(said, found),
            _failure(said, found),
        )
    except Exception as error:  # noqa: BLE001  # a candidate may fail in any way
        return Shadowed(error=f"{type(error).__name__}: {error}"[:LONGEST_ERROR])


def _failure(said: Sequence[Record], again: Sequence[Record]) -> str | None:
    """The failure of an agent that comes of the candidate alone."""
    ours = next((r.event for r in again if isinstance(r.event, WorkflowFailed)), None)
    if ours is None or any(isinstance(r.event, WorkflowFailed) for r in said):
        return None
    return f"{ours.failed_agent}: {ours.error}"[:LONGEST_ERROR]
