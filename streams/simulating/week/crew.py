"""The people at work: how long they have an issue in hand, and whether they solve it."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.draws import Draws
from streams.simulating.week.lives import Life


class Effort(NamedTuple):
    """What it takes and what comes of it when a person has an issue in hand once.

    Attributes:
        seconds: How long they have it in hand.
        solves: Whether that solves it, if it is theirs to solve.
    """

    seconds: float
    solves: bool


def effort(life: Life, draws: Draws, assumed: Assumptions, *, informed: bool) -> Effort:
    """One more person takes an issue in hand; it is counted.

    Args:
        life: The issue.
        draws: Decides.
        assumed: How people work.
        informed: Whether they have every fact that the customer gave before.
    """
    name, number = life.issue.id, life.touches
    life.touches += 1
    seconds = draws.lognormal(
        name, "handling", number, assumed.handling_seconds, assumed.handling_sigma
    )
    chance = assumed.solves if informed else assumed.solves_lacking
    if not informed:
        life.rebuilding += seconds * (assumed.rebuilds - 1.0)
        seconds *= assumed.rebuilds
    life.worked += seconds
    return Effort(seconds, draws.share(name, "solves", number) < chance)
