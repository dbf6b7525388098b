"""What of a store belongs to a moment of its past."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.entry import Place


@dataclass(frozen=True)
class Cut:
    """What belongs to a moment.

    Attributes:
        seq: All that was written up to this place in the log.
        taken: How far each inbox partition.
        clock: Of what was written beyond that place, what was known by this clock.
        last: The place beyond which nothing was.
    """

    seq: int
    taken: dict[Place, int] = field(hash=False)
    clock: int = 0
    last: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """The same for cuts to which the same belongs."""
        more = (self.last, self.clock) if self.last > self.seq else ()
        return (self.seq, *more, *self.taken.items())

    def is_before(self, other: Cut) -> bool:
        """Whether nothing belongs to this one that does not belong to another."""
        return self.seq <= other.seq and all(
            end <= other.taken.get(place, 0) for place, end in self.taken.items()
        )
