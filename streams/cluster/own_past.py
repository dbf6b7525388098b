"""The deployment's own projections as they stood at a moment, folded from Kafka for a question.

As on the embedded engine: what belongs to the moment is folded anew, by the file that is there now,
and one that raises is not there then. The rows go into temporary tables of a connection, which hide
those that everybody sees, with the views over them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.record import Record
from streams.cluster import readers, tables
from streams.cluster.anew import Anew
from streams.cluster.postgres import PgDatabase
from streams.cluster.rebuild import copy_rows, folded
from streams.folding import Step
from streams.own.table import Own, Unfoldable
from streams.settings import Settings

Belongs = Callable[[Record, int], bool]
"""Whether a record, folded at a clock, belongs to a moment."""


def fold_own(
    settings: Settings,
    database: PgDatabase,
    owns: Sequence[Own],
    belongs: Belongs,
    words: Callable[[str], str],
    step: Step,
) -> frozenset[str]:
    """Show a connection the views of the deployment's own as they stood.

    Args:
        settings: Where the log is.
        database: The connection.
        owns: The projections.
        belongs: What belongs to the moment.
        words: Makes of a view over our views one over those as they stood.
        step: Told how many records were read since it was told last.

    Returns:
        The names of the views that are there.

    Raises:
        Unavailable: Kafka or the database does not answer.
    """
    return frozenset(
        own.view for own in owns if _folded(settings, database, own, belongs, words, step)
    )


def _folded(
    settings: Settings,
    database: PgDatabase,
    own: Own,
    belongs: Belongs,
    words: Callable[[str], str],
    step: Step,
) -> bool:
    """Fold one; whether it could be."""
    table = own.table

    def only(record: Record) -> bool:
        return belongs(record, anew.marks.clocks.now)

    with Anew(settings, (table,), only=only) as anew:
        try:
            anew.up_to(folded(database, anew.topics), database, step)
        except Unfoldable:
            return False
        with database.transaction():
            database.execute("SET LOCAL statement_timeout = 0")
            make = tables.ddl(table)[0].replace("CREATE TABLE", "CREATE TEMP TABLE", 1)
            database.execute(make)
            copy_rows(database, table.sql_name, table.columns, table, anew.rows(table))
            view = tables.in_our_words(words(own.create_view))
            view = view.replace("CREATE OR REPLACE VIEW", "CREATE TEMP VIEW", 1)
            database.connection.execute(view.encode())
            readers.let_read(database, [f"pg_temp.{own.view}"])
    return True
