"""What was understood of a contact when it came, found in the log by the time at which it came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemas.record import Record
from schemas.topics import DECISIONS
from streams.cluster.finding import around
from streams.cluster.postgres import PgDatabase
from streams.cluster.reading import Reader
from streams.entry import Entry, Place
from streams.rulings import understood_in


def understood_of(
    database: PgDatabase, reader: Reader, contact_ids: Sequence[str], *, latest: bool
) -> Record | None:
    """What was understood of the first of some contacts, or of the latest; None of none.

    Args:
        database: Says where contacts lie.
        reader: Reads all topics.
        contact_ids: Records of one line.
        latest: Whether the latest is meant.

    Raises:
        Unavailable: Kafka or the database does not answer.
    """
    direction = "DESC" if latest else "ASC"
    row = database.execute(
        'SELECT id, topic, partition, "offset" FROM seen WHERE id = ANY(?)'
        f' ORDER BY partition, "offset" {direction} LIMIT 1',
        (list(contact_ids),),
    ).fetchone()
    if row is None:
        return None
    contact_id, topic, partition, offset = row
    start = around(reader, database, (topic, partition, offset))
    return understood_in(_decisions(reader, start, partition), contact_id)


def _decisions(reader: Reader, start: dict[Place, int], first: int) -> Iterator[Entry]:
    """Decisions from some offsets on, those of one partition before the others'."""
    ends = {place: end for place, end in reader.ends().items() if place[0] == DECISIONS.name}
    own = (DECISIONS.name, first)
    for some in ({own: ends.pop(own)}, ends):
        for step in reader.steps(start, some):
            yield from step
