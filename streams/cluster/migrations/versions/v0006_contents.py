"""Version 6: what each contact said, as hashes, beside its id.

Of what was taken before it that is not known until `pactdesk recover`; another message that comes
under such an id is a repeat until then.
"""

from alembic import op

from streams.errors import Misconfigured

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; no row is written anew."""
    op.execute("ALTER TABLE seen ADD COLUMN digest bytea")


def downgrade() -> None:
    """Refuse: another message under a known id would be taken for a repeat."""
    raise Misconfigured(
        "a database is never brought back to an older version",
        "restore a backup, or point the older release at an empty database and let it fold the log",
    )
