"""Version 5: the clock of the turn that took a record, beside the record's id.

Of what was taken before it is not known; the tables then take the record's own time for it.
"""

from alembic import op

from streams.errors import Misconfigured

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; no row is written anew."""
    op.execute("ALTER TABLE seen ADD COLUMN clock double precision")


def downgrade() -> None:
    """Refuse: an older release would let the clocks of what it takes be forgotten."""
    raise Misconfigured(
        "a database is never brought back to an older version",
        "restore a backup, or point the older release at an empty database and let it fold the log",
    )
