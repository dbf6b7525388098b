"""A database as older releases left it."""

from __future__ import annotations

from streams.cluster.postgres import PgDatabase


def without_version_5(database: PgDatabase) -> None:
    """Take away what version 5 brought."""
    database.execute("DROP TABLE shadows, shadowed, shadow_positions")
    database.execute("ALTER TABLE seen DROP COLUMN clock")
    database.execute("ALTER TABLE read_positions DROP COLUMN late")
