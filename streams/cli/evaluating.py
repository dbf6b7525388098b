"""The command that says how well the models understand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from streams.cli.context import Context, give


@click.command("evaluate")
@click.option("--only", metavar="TASK,…", help="Only these tasks of the folder.")
@give
def evaluate_command(context: Context, only: str | None) -> None:
    """Print how well the models understand, each figure with its count and 95% interval.

    What the models were trained on can only be measured by cross-validation, which was done when
    they were made; everything else is measured now, on the models that are set. No store is read:
    --data DIR names a folder of labelled data here, without which nothing is measured now.
    """
    import msgspec

    from streams.evaluating.evaluation import TASKS, measured, when_made
    from streams.evaluating.figures import Lacking
    from streams.evaluating.open_data import OpenData
    from streams.understanding import tiers

    chosen = [task for task in TASKS if only is None or task.name in only.split(",")]
    names = {task.name for task in TASKS}
    if strange := [name for name in (only or "").split(",") if name and name not in names]:
        raise click.UsageError(
            f"no task is called {strange[0]}; there are {', '.join(sorted(names))}"
        )
    folder = Path(context.flags["data"]) if "data" in context.flags else None
    if folder is not None and not folder.is_dir():
        raise click.UsageError(f"{folder} is no folder")
    data = OpenData(folder)
    settings = context.settings()
    tier = tiers.load(settings.models.tier)
    made = when_made()
    figures = [figure for part in made.figures.values() for figure in part]
    lacking = list(made.lacking)
    with context.bar("tasks", len(chosen)) as bar:
        for task in chosen:
            found = measured(task, tier, data)
            if isinstance(found, Lacking):
                lacking.append(found)
            else:
                figures += found
            bar.advance()
    document: dict[str, Any] = {
        "tier": settings.models.tier,
        "model_versions": tier.versions,
        "figures": [msgspec.to_builtins(one) for one in figures],
        "not_computed": [msgspec.to_builtins(one) for one in lacking],
    }
    context.show(document, lambda: as_text(document))


def as_text(document: dict[str, Any]) -> str:
    """The figures as a table in per cent, then what could not be computed."""
    rows = [
        (
            one["task"],
            one["measure"],
            f"{100 * one['value']:.1f}",
            f"{100 * one['low']:.1f} to {100 * one['high']:.1f}",
            str(one["n"]),
        )
        for one in document["figures"]
    ]
    heads = ("task", "measure", "%", "95% interval", "n")
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]
    lines += [f"not computed: {one['task']}: {one['why']}" for one in document["not_computed"]]
    return "\n".join(lines)
