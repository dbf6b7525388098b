"""Version 5: the clock of the turn that took a record, how late records are, and the shadow.

Of what was taken before it the clock is not known until `pactdesk recover`; the tables then take
the record's own time for it. What a candidate would have said is in no log, so that `pactdesk
recover` neither makes it nor takes it away.
"""

from alembic import op

from streams.errors import Misconfigured

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns and make the tables; no row is written anew."""
    op.execute("ALTER TABLE seen ADD COLUMN clock double precision")
    # In microseconds; what was folded before is folded anew, and told then.
    op.execute("ALTER TABLE read_positions ADD COLUMN late bigint NOT NULL DEFAULT 0")
    op.execute(
        'CREATE TABLE shadows (id text COLLATE "C" NOT NULL PRIMARY KEY, policy text, tier text,'
        " started_at text NOT NULL, started_by text NOT NULL, ended_at text, ended_how text,"
        " missed bigint NOT NULL DEFAULT 0)"
    )
    op.execute(
        'CREATE TABLE shadowed (shadow_id text COLLATE "C" NOT NULL, topic text COLLATE "C" NOT'
        ' NULL, partition integer NOT NULL, "offset" bigint NOT NULL, turn text NOT NULL,'
        ' PRIMARY KEY (shadow_id, topic, partition, "offset"))'
    )
    op.execute(
        'CREATE TABLE shadow_positions (shadow_id text COLLATE "C" NOT NULL, topic text COLLATE "C"'
        " NOT NULL, partition integer NOT NULL, position bigint NOT NULL,"
        " PRIMARY KEY (shadow_id, topic, partition))"
    )


def downgrade() -> None:
    """Refuse: what a candidate would have said cannot be had again, nor the clocks of turns."""
    raise Misconfigured(
        "a database is never brought back to an older version",
        "restore a backup, or point the older release at an empty database and let it fold the log",
    )
