"""A database as older releases left it."""

from __future__ import annotations

from streams.cluster.postgres import PgDatabase


def as_version_4_left_it(database: PgDatabase) -> None:
    """Take away what came after version 4."""
    database.execute("DROP TABLE shadows, shadowed, shadow_positions")
    database.execute("ALTER TABLE seen DROP COLUMN clock, DROP COLUMN digest")
    database.execute("ALTER TABLE read_positions DROP COLUMN late")
