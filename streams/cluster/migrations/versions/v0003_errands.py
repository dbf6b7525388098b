"""Version 3: what goes to a platform waits among the claims until it is done.

See `streams/delivery/errand.py`. A claim that is due is open; a conversation is a digest, and names
nobody.
"""

from alembic import op

from streams.errors import Misconfigured

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Widen the table."""
    op.execute(
        "ALTER TABLE claims"
        " ADD COLUMN part integer NOT NULL DEFAULT 0,"
        " ADD COLUMN state text COLLATE \"C\" NOT NULL DEFAULT 'under_way',"
        ' ADD COLUMN channel text COLLATE "C",'
        ' ADD COLUMN conversation text COLLATE "C",'
        " ADD COLUMN partition integer,"
        " ADD COLUMN position bigint,"
        " ADD COLUMN doubts integer NOT NULL DEFAULT 0,"
        " ADD COLUMN looks integer NOT NULL DEFAULT 0,"
        " ADD COLUMN due_at double precision,"
        " ADD COLUMN since double precision,"
        " ADD COLUMN tried_at double precision NOT NULL DEFAULT 0"
    )
    op.execute("UPDATE claims SET state = 'done' WHERE outcome IS NOT NULL")
    op.execute("CREATE INDEX claims_due ON claims (due_at) WHERE due_at IS NOT NULL")
    op.execute(
        "CREATE INDEX claims_conversation ON claims (conversation, partition, position)"
        " WHERE due_at IS NOT NULL"
    )


def downgrade() -> None:
    """Refuse: what is under way would be lost."""
    raise Misconfigured(
        "a database is never brought back to an older version",
        "restore a backup, or point the older release at an empty database and let it fold the log",
    )
