"""The command that plays a week of customers before three kinds of desk."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli.context import Context, give
from streams.simulating.week.arms import ARMS, ArmName

EVERY_ARM = ",".join(ARMS)


def arms_of(text: str) -> tuple[ArmName, ...]:
    """The arms that a list names, in the order in which they are told.

    Raises:
        click.UsageError: One is not known, or none is named.
    """
    named = [one.strip() for one in text.split(",")]
    strange = [one for one in named if one not in ARMS]
    if strange:
        raise click.UsageError(f"--arms: there is no arm {strange[0]!r}; there are {EVERY_ARM}")
    return tuple(one for one in ARMS if one in named)


@click.command("week")
@click.option(
    "--arms", default=EVERY_ARM, show_default=True, help="Which desks, with commas between."
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="How often, with other chance each time.",
)
@click.option("--issues", type=click.IntRange(1), help="Only so many issues, the first ones.")
@click.option(
    "--seats",
    type=click.IntRange(8, 1000),
    default=16,
    show_default=True,
    help="How many people are at work; one for each channel at least.",
)
@click.option("--sensitivity", is_flag=True, help="Again with other assumptions, one at a time.")
@give
def simulate_week(
    context: Context, arms: str, seeds: int, issues: int | None, seats: int, sensitivity: bool
) -> None:
    """Play a week of customers who react, before a silo, a unified desk and this system.

    The same customers come to each desk: they wait, lose patience, write elsewhere, accept an
    answer or give up. The week is that of the evaluation data in --data DIR, by default beside the
    project; where there is none, one that is made of what ships.
    """
    from streams.simulating.week.assumptions import Assumptions
    from streams.simulating.week.known import week_of
    from streams.simulating.week.simulation import Wanted, simulate
    from streams.simulating.week.told import told
    from streams.understanding import tiers

    folder = Path(context.flags["data"]) if "data" in context.flags else None
    if folder is not None and not folder.is_dir():
        raise click.UsageError(f"{folder} is no folder")
    tier = context.settings().models.tier
    wanted = Wanted(arms_of(arms), seeds, Assumptions(seats=seats), sensitivity)
    week = week_of(folder).first(issues)
    for remark in week.remarks:
        context.remark(remark)
    with context.bar("issues", len(week.issues) * wanted.plays) as bar:
        summary = simulate(week, wanted, lambda: tiers.load(tier), bar.advance)
    summary = {"tier": tier if "system" in wanted.arms else None, **summary}
    context.show(summary, lambda: told(summary))
