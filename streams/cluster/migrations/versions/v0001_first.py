"""Version 1: the cluster's own tables.

`schema.sql` is this version's. A later version changes what it made by statements of its own, and
leaves the file as it is. The tables of the projections are no part of any version: they are made
from the code, and made anew by `pactdesk rebuild`.
"""

from importlib import resources

from alembic import op

from streams.errors import Misconfigured
from streams.views import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    script = resources.files("streams.cluster").joinpath("schema.sql").read_text("utf-8")
    for statement in statements(script):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: what a newer release wrote, an older one cannot read."""
    raise Misconfigured(
        "a database is never brought back to an older version",
        "restore a backup, or point the older release at an empty database and let it fold the log",
    )
