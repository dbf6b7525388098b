"""The views as they stood: the same text as the views of now, over what belonged to a cut.

Beside each table stand two views of its rows, as they were known at a time (`then_p_tickets`) and
as they were folded up to a position (`upto_p_tickets`), and beside each view one over each of those
(`then_v1_tickets`, `upto_v1_tickets`). They take the cut from settings of the transaction, so that
nothing is made for a question. A cut is a time, or how far each partition was folded; see
`streams.cluster.asof`.

A version is part of a cut by position if its record and those of all versions before it are. Where
all of them lie in one partition the last says it for all; where a row went over from one partition
to another, each is asked. No index knows offsets. But a version of the cut was made by the latest
clock of what belongs to it, and ended at the earliest clock of what does not, or later: of those
clocks there is an index, and between them lies little, unless the position is of a moment at which
some partitions were far behind others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from projections.tables import TABLES, Table
from schemas.topics import DEAD_LETTERS
from streams.cluster.versions import PAST, has_past

SET = "pactdesk"
"""What the settings' names begin with."""

BY_TIME, BY_POSITION = "then", "upto"
"""What the names of the views begin with, by what the cut is."""

FOREVER = 2**62
"""Beyond every clock and every offset."""

_CLOCKS = "_clocks"
"""What the names of the settings end with that say between which clocks to look."""

READ = (
    (
        'CREATE TABLE IF NOT EXISTS read_times (topic text COLLATE "C" NOT NULL,'
        " partition integer NOT NULL, clock bigint NOT NULL, position bigint NOT NULL,"
        " PRIMARY KEY (topic, partition, clock))"
    ),
    "CREATE INDEX IF NOT EXISTS read_times_position ON read_times (topic, partition, position)",
)
"""How far each partition was folded at each of its clocks, which grow with the position."""

_THE_CLOCK = f"current_setting('{SET}.clock')::bigint"
"""As the planner can look at it, so that it knows how many rows an index will give."""

_CLOCK = f"(SELECT {_THE_CLOCK})"
"""As it is found out once for a question, and not for each row."""

_WORDS = re.compile(
    r"\b(v1_\w+|read_positions|dead_letters|" + "|".join(t.sql_name for t in TABLES) + r")\b"
)
_MAKE = "CREATE OR REPLACE VIEW "


class Past(NamedTuple):
    """Where a question finds the views as they stood.

    Attributes:
        by: What their names begin with.
        settings: The cut, as settings of the question's transaction.
        own: The deployment's own views that the connection holds as they stood.
    """

    by: str
    settings: Mapping[str, str]
    own: frozenset[str] = frozenset()

    def named(self, name: str) -> str:
        """The name of a view's view as it stood."""
        return f"{self.by}_{name}"

    def set_out(self, views: Sequence[str], own: Sequence[str]) -> str:
        """What a transaction begins with that reads some views as they stood, ours and own ones.

        The clocks between which to look are found out in it, for the planner is to know them.
        """
        settings = "".join(
            f"SET LOCAL {name} = '{value}'; " for name, value in self.settings.items()
        )
        if self.by == BY_TIME or not (views or own):
            return settings
        names = ", ".join([*map(self.named, views), *own])
        # What is read must be of the same moment as the clocks. It is locked first, as a query
        # does: tables that were swapped in after that moment would be empty.
        return (
            f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; {settings}"
            f"LOCK TABLE {names} IN ACCESS SHARE MODE; {_clocks()}; "
        )


def as_it_stood(by: str, statement: str) -> str:
    """A statement with the views and tables as they stood in the place of those of now."""
    return _WORDS.sub(lambda found: f"{by}_{found[0]}", statement)


def setting(topic: str) -> str:
    """The name of the setting that says how far the partitions of a topic belong to a cut."""
    return f"{SET}.{re.sub('[.-]', '_', topic)}"


def both(names: Sequence[str]) -> tuple[str, ...]:
    """The names of some tables' or views' views as they stood."""
    return tuple(f"{by}_{name}" for by in (BY_TIME, BY_POSITION) for name in names)


@cache
def tables() -> tuple[str, ...]:
    """The names of the views over tables."""
    return both([*(table.sql_name for table in TABLES), "read_positions", "dead_letters"])


def statements(now: Sequence[str]) -> tuple[str, ...]:
    """The statements that make the views as they stood.

    Args:
        now: Those that make the views of now.
    """
    return (*READ, *_made(BY_TIME, now), *_made(BY_POSITION, now))


def _made(by: str, now: Sequence[str]) -> tuple[str, ...]:
    known = by == BY_TIME
    return (
        *(
            f"{_MAKE}{by}_{table.sql_name} AS {_known(table) if known else _folded(table)}"
            for table in TABLES
        ),
        f"{_MAKE}{by}_read_positions AS {_POSITIONS.format(stood=_KNOWN if known else _FOLDED)}",
        (
            f"{_MAKE}{by}_dead_letters AS SELECT * FROM dead_letters WHERE"
            f" {_LETTER_KNOWN if known else _LETTER_FOLDED}"
        ),
        *(as_it_stood(by, statement) for statement in now),
    )


def _ends(topic: str) -> str:
    """How far each partition of a topic belongs to the cut; found out once for a question."""
    return f"(SELECT current_setting('{setting(topic)}')::bigint[])"


def _known(table: Table) -> str:
    """The rows of a table as they were known at a time."""
    name, columns = table.sql_name, ", ".join(table.columns)
    live = f"SELECT {columns} FROM {name} WHERE made_clock <= {_CLOCK}"
    if table.once:
        return live
    return (
        f"{live} UNION ALL SELECT {columns} FROM {name}{PAST}"
        f" WHERE gone_clock > made_clock AND int8range(made_clock, gone_clock) @> {_THE_CLOCK}"
    )


def _folded(table: Table) -> str:
    """The rows of a table as they were folded up to a position."""
    name, key = table.sql_name, table.columns[0]
    columns, ends = ", ".join(table.columns), _ends(table.topic)

    def within(who: str, what: str = "made") -> str:
        return f"{who}{what}_offset < ({ends})[{who}{what}_partition + 1]"

    if table.once:
        return f"SELECT {columns} FROM {name} WHERE {within('')}"
    made = (
        f"{within('r.')} AND (NOT r.made_across OR NOT EXISTS (SELECT 1 FROM {name}{PAST} b"
        f" WHERE b.{key} = r.{key} AND b.made_number < r.made_number AND NOT {within('b.')}))"
    )
    clocks = f"current_setting('{setting(table.topic)}{_CLOCKS}')::int8range"
    return (
        f"SELECT {columns} FROM {name} r WHERE {made} UNION ALL SELECT {columns}"
        f" FROM {name}{PAST} r WHERE {made} AND NOT {within('r.', 'gone')}"
        f" AND (gone_clock > made_clock AND int8range(made_clock, gone_clock) && {clocks}"
        f" OR gone_clock = made_clock AND made_clock > lower({clocks})"
        f" AND made_clock < upper({clocks}))"
    )


@cache
def _clocks() -> str:
    """Finds out between which clocks whatever ended behind a position was made, ended, or stood.

    From just before the earliest clock of what follows in any partition to the latest of what
    belongs; where that is before it, only that. Just before: what was made earlier and ended on
    that clock was there until then. Each with as much to spare as records may be late. One
    statement for all topics whose tables have a past: planning takes longer than finding.
    """
    of = "r.topic = cut.topic AND r.partition = e.number - 1"

    def clock(reaches: str) -> str:
        return (
            f"(SELECT clock FROM read_times r WHERE {of} AND {reaches} ORDER BY position LIMIT 1)"
        )

    late = f"(SELECT late FROM read_positions r WHERE projection = 'tables' AND {of})"
    last = f"coalesce({clock('position >= e.stop')} + {late}, {FOREVER})"
    following = f"{clock('position > e.stop')} - {late}"
    cuts = ", ".join(
        f"('{topic}' COLLATE \"C\", '{setting(topic)}{_CLOCKS}',"
        f" current_setting('{setting(topic)}')::bigint[])"
        for topic in sorted({table.topic for table in TABLES if has_past(table)})
    )
    return (
        "SELECT set_config(name, int8range(least(following - 1, last), last, '[]')::text, true)"
        f" FROM (SELECT name, min({following}) AS following,"
        f" coalesce(max({last}) FILTER (WHERE e.stop > 0), 0) AS last"
        f" FROM (VALUES {cuts}) AS cut (topic, name, ends),"
        " unnest(ends) WITH ORDINALITY AS e (stop, number) GROUP BY name) AS found"
    )


TOPICS = tuple(sorted({*(table.topic for table in TABLES), DEAD_LETTERS.name}))
"""The topics that a cut says something of."""

_POSITIONS = (
    "SELECT projection, topic, partition, position, position AS end_position FROM (SELECT"
    " r.projection, r.topic, r.partition, least(r.position, {stood}) AS position"
    " FROM read_positions r WHERE r.topic IN (" + ", ".join(f"'{t}'" for t in TOPICS) + ")"
    ") AS stood"
)

_KNOWN = (
    "coalesce((SELECT t.position FROM read_times t"
    " WHERE t.topic = r.topic AND t.partition = r.partition"
    f" AND t.clock <= {_CLOCK} ORDER BY t.clock DESC LIMIT 1), 0)"
)

_FOLDED = (
    "(CASE r.topic "
    + " ".join(f"WHEN '{topic}' THEN {_ends(topic)}" for topic in TOPICS)
    + " END)[r.partition + 1]"
)

_LETTER_KNOWN = (
    "CAST(CAST(replace(headers, '\\u0000', '\\ufffd') AS JSON) ->> 'ce_time' AS timestamptz)"
    f" <= to_timestamp({_CLOCK} / 1000000.0)"
)

_LETTER_FOLDED = f'"offset" < ({_ends(DEAD_LETTERS.name)})[partition + 1]'
