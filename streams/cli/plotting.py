"""`metrics --plot`: the lines by day, to a file or to the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli.context import Context
from streams.errors import Refused

if TYPE_CHECKING:
    from streams.asof import View
    from streams.engines import AnyDesk

TO_THE_TERMINAL = "-"
"""What `--plot` without a file means."""


def plot(context: Context, view: AnyDesk | View, to: str) -> None:
    """Plot what v1_daily says.

    Args:
        context: Says where to.
        view: The views, now or as they stood.
        to: A file that ends in .svg or .png, or `TO_THE_TERMINAL`.
    """
    from streams.plots.daily import SQL, panels

    kind = Path(to).suffix.lower()
    if to != TO_THE_TERMINAL and kind not in {".svg", ".png"}:
        raise click.UsageError("--plot takes a FILE.svg or a FILE.png")
    found = panels(view.query(SQL))
    if to == TO_THE_TERMINAL:
        from streams.plots.terminal import text

        days = [{"figure": one.title, "days": one.days, "values": one.values} for one in found]
        context.show(days, lambda: text(found))
        return
    if kind == ".svg":
        from streams.plots.svg import svg as drawn
    else:
        from streams.plots.png import png as drawn
    try:
        Path(to).write_bytes(drawn(found))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise Refused(f"{to} cannot be written ({error.strerror})", "name another file") from error
    context.remark(f"{to}: {len(found)} plots")
