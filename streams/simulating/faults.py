"""What goes wrong on the way to a provider and back."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

FaultKind = Literal["429", "500", "hang", "close", "slow"]

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


class Fault(NamedTuple):
    """What is wrong with one answer.

    Attributes:
        kind: 429 and 500 are answered instead of taking what was asked. The others take it, and
            then never answer, close the connection in the middle of the answer, or answer late.
        seconds: How late, or after how long it may be tried again; the other kinds have none.
    """

    kind: FaultKind
    seconds: float = 1.0

    @property
    def refuses(self) -> bool:
        """Whether nothing came of what was asked."""
        return self.kind in {"429", "500"}


def none() -> None:
    """No fault, whenever it is asked for one."""


def by_chance(fault: Fault, share: float, seed: int) -> Callable[[], Fault | None]:
    """A fault in some of the answers, the same ones for the same seed.

    Args:
        fault: The fault.
        share: How many of the answers have it, from 0 to 1.
        seed: Begins the chance.
    """
    dice = random.Random(seed)  # noqa: S311  # a simulation is no secret
    return lambda: fault if dice.random() < share else None
