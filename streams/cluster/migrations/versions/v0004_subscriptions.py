"""Version 4: subscriptions.

They are in no log, so that `pactdesk recover` neither makes them nor takes them away.
"""

from alembic import op

from streams.errors import Misconfigured

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        'CREATE TABLE subscriptions (id text COLLATE "C" NOT NULL PRIMARY KEY, url text NOT NULL,'
        " types text NOT NULL, topic text, customer text, personal integer NOT NULL,"
        " created_at text NOT NULL, secret text NOT NULL, old_secret text, old_until text,"
        " state text NOT NULL, reason text, position text NOT NULL, acknowledged_at text,"
        " failures integer NOT NULL DEFAULT 0, failing_since text, last_error text,"
        " next_attempt_at text, owner text, epoch bigint NOT NULL DEFAULT 0,"
        " beat bigint NOT NULL DEFAULT 0)"
    )


def downgrade() -> None:
    """Refuse: whoever subscribed would hear nothing more."""
    raise Misconfigured(
        "a database is never brought back to an older version",
        "restore a backup, or point the older release at an empty database and let it fold the log",
    )
