"""Some arms over some seeds, and all of it in one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from streams.simulating.week.arms import ArmName
from streams.simulating.week.assumptions import PATIENCE, Assumptions
from streams.simulating.week.definitions import MEASURES
from streams.simulating.week.headlines import headlines
from streams.simulating.week.issues import Week
from streams.simulating.week.measures import Figures, by_channel, figures
from streams.simulating.week.over_seeds import differences, estimates
from streams.simulating.week.played import played
from streams.simulating.week.product import Products
from streams.understanding.tier import Tier

COMPARED = (
    "first_contact_resolution",
    "first_reply_p50",
    "transfers",
    "handed_on",
    "contacts",
    "human_hours",
)
"""Figures whose differences between arms are told, and that are told under other assumptions."""

Summary = dict[str, Any]  # JSON


class Wanted(msgspec.Struct, frozen=True):
    """What is to be simulated.

    Attributes:
        arms: Which desks.
        seeds: How many seeds, from 1.
        assumed: How people are.
        sensitivity: Whether it is all played again under other assumptions.
    """

    arms: tuple[ArmName, ...]
    seeds: int
    assumed: Assumptions
    sensitivity: bool = False

    @property
    def plays(self) -> int:
        """How many weeks are played."""
        varied = len(variants(self.assumed)) if self.sensitivity else 0
        return len(self.arms) * self.seeds * (1 + varied)


def variants(assumed: Assumptions) -> dict[str, Assumptions]:
    """The assumptions with one of them changed, by what is changed."""
    change = msgspec.structs.replace
    lacks = assumed.solves - assumed.solves_lacking
    fewer, more = round(0.75 * assumed.seats), round(1.25 * assumed.seats)
    return {
        "a person solves 0.75": change(assumed, solves=0.75, solves_lacking=0.75 - lacks),
        "a person solves 0.90": change(assumed, solves=0.90, solves_lacking=0.90 - lacks),
        "accepts 0.85": change(assumed, accepts=0.85),
        "accepts 0.95": change(assumed, accepts=0.95),
        f"{fewer} seats": change(assumed, seats=fewer),
        f"{more} seats": change(assumed, seats=more),
    }


def simulate(
    week: Week, wanted: Wanted, tier: Callable[[], Tier], tell: Callable[[int], object]
) -> Summary:
    """Play a week before some desks, with some seeds.

    Args:
        week: The week.
        wanted: Which desks, how many seeds.
        tier: Loads the models, where they are needed.
        tell: Is told how many issues began since it was told last.
    """
    with ExitStack() as stack:
        products = None
        if "system" in wanted.arms:
            products = Products(tier(), [*week.lessons, *week.directory])
            stack.callback(products.close)

        def over(arm: ArmName, assumed: Assumptions) -> list[tuple[Figures, dict[str, Figures]]]:
            found = []
            for seed in range(1, wanted.seeds + 1):
                one = played(week, arm, seed, assumed, products, tell)
                found.append((figures(one, assumed), by_channel(one, assumed)))
            return found

        base = {arm: over(arm, wanted.assumed) for arm in wanted.arms}
        varied = {}
        if wanted.sensitivity:
            for name, assumed in variants(wanted.assumed).items():
                varied[name] = {arm: [one for one, _ in over(arm, assumed)] for arm in wanted.arms}
    totals = {arm: [one for one, _ in seeds] for arm, seeds in base.items()}
    arms = {arm: estimates(seeds) for arm, seeds in totals.items()}
    told = {
        "week": week.name,
        "issues": len(week.issues),
        "seeds": wanted.seeds,
        "remarks": list(week.remarks),
        "assumptions": {**msgspec.to_builtins(wanted.assumed), "patience_seconds": PATIENCE},
        "definitions": {one.name: {"unit": one.unit, "says": one.says} for one in MEASURES},
        "arms": arms,
        "channels": {
            arm: {
                channel: estimates([channels[channel] for _, channels in seeds])
                for channel in seeds[0][1]
            }
            for arm, seeds in base.items()
        },
        "differences": _differences(totals),
        "headlines": headlines(arms),
        "sensitivity": {
            name: {
                arm: {one: told for one, told in estimates(seeds).items() if one in COMPARED}
                for arm, seeds in some.items()
            }
            for name, some in varied.items()
        },
    }
    found: Summary = msgspec.to_builtins(told)
    return found


def _differences(totals: Mapping[ArmName, Sequence[Figures]]) -> dict[str, Any]:
    """By how much the system differs from each other arm, seed by seed."""
    return {
        f"system less {arm}": {
            name: differences(totals["system"], seeds, name) for name in COMPARED
        }
        for arm, seeds in totals.items()
        if arm != "system" and "system" in totals
    }
