"""How often the process looks for garbage that reference counts do not free."""

from __future__ import annotations

import gc

YOUNG = 50_000
"""Objects that are made, beyond those let go, before the young ones are looked through."""


def collect_seldom() -> None:
    """Look for reference cycles seldom, for a process that is ours.

    Records, states and rows hold no cycles, so looking finds next to nothing, and Python's
    default, a look at every 700 new objects, is up to a tenth of a working desk's time. A program
    that uses us as a library decides this itself.
    """
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
