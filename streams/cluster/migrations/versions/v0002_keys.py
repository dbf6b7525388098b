"""Version 2: API keys.

They are in no log, so that `pactdesk recover` neither makes them nor takes them away.
"""

from alembic import op

from streams.errors import Misconfigured

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        'CREATE TABLE api_keys (id text COLLATE "C" NOT NULL PRIMARY KEY, name text NOT NULL,'
        " scopes text NOT NULL, digest bytea NOT NULL, created_at text NOT NULL, revoked_at text)"
    )


def downgrade() -> None:
    """Refuse: whoever holds a key would be locked out."""
    raise Misconfigured(
        "a database is never brought back to an older version",
        "restore a backup, or point the older release at an empty database and let it fold the log",
    )
