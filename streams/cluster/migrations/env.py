"""How alembic runs our migrations: in the transaction that `streams.cluster.migrating` opened."""

from alembic import context

from streams.cluster.migrating import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
