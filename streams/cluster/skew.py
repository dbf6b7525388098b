"""How far this machine's clock is from the database's, which all processes have in common.

A turn's moment is read from its worker's clock: one that is behind decides without what was taught
and activated a moment ago, and dates what it says before what it answers.
"""

from __future__ import annotations

import time

import structlog

from streams.cluster.postgres import PgDatabase, connect, url_of
from streams.settings import Settings

MOST_SECONDS = 2.0
"""By how much it may differ."""

REMEDY = "set both by a time server"

_log = structlog.get_logger(__name__)


def time_of(database: PgDatabase) -> float:
    """The time by the database's clock, in seconds since the epoch."""
    row = database.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    assert row is not None
    return float(row[0])


def skew_of(database: PgDatabase) -> float:
    """By how many seconds the database's clock is ahead of ours; negative where it is behind."""
    return time_of(database) - time.time()


def in_words(skew: float) -> str:
    """How far the clocks are from each other."""
    return f"this machine's clock is {abs(skew):.1f} s from the database's"


def warn(settings: Settings) -> None:
    """Say so where a process begins with a clock that is wrong, or beside one that is."""
    database = connect(url_of(settings))
    try:
        skew = skew_of(database)
    finally:
        database.close()
    if abs(skew) > MOST_SECONDS:
        _log.warning(in_words(skew), remedy=REMEDY)
