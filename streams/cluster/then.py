"""The views as they stood: the same text as the views of now, over what was known by a cut.

Beside each table stands a view of its rows as of a cut (`then_p_tickets`), and beside each view one
over those (`then_v1_tickets`). Both take the cut from settings of the transaction, so that nothing
is made for a question. A cut is a time, or how far each partition was folded; see
`streams.cluster.asof`.

A version is part of a cut by position if its record and those of all versions before it are. Where
all of them lie in one partition the last says it for all; where a row went over from one partition
to another, each is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from projections.tables import TABLES, Table
from schemas.topics import DEAD_LETTERS
from streams.cluster.versions import PAST

SET = "pactdesk"
"""What the settings' names begin with."""

READ = (
    'CREATE TABLE IF NOT EXISTS read_times (topic text COLLATE "C" NOT NULL,'
    " partition integer NOT NULL, clock bigint NOT NULL, position bigint NOT NULL,"
    " PRIMARY KEY (topic, partition, clock))"
)
"""How far each partition was folded at each of its clocks."""

_THE_CLOCK = f"current_setting('{SET}.clock')::bigint"
"""As the planner can look at it, so that it knows how many rows an index will give."""

_CLOCK = f"(SELECT {_THE_CLOCK})"
"""As it is found out once for a question, and not for each row."""

_BY_TIME = f"(SELECT current_setting('{SET}.by') = 'time')"
_WORDS = re.compile(
    r"\b(v1_\w+|read_positions|dead_letters|" + "|".join(t.sql_name for t in TABLES) + r")\b"
)
_MAKE = "CREATE OR REPLACE VIEW "


def named(name: str) -> str:
    """The name of a table's or a view's view as it stood."""
    return f"then_{name}"


def as_it_stood(statement: str) -> str:
    """A statement with the views and tables as they stood in the place of those of now."""
    return _WORDS.sub(lambda found: named(found[0]), statement)


def setting(topic: str) -> str:
    """The name of the setting that says how far the partitions of a topic belong to a cut."""
    return f"{SET}.{re.sub('[.-]', '_', topic)}"


@cache
def tables() -> tuple[str, ...]:
    """The names of the views over tables."""
    return tuple(
        named(name) for name in (*(t.sql_name for t in TABLES), "read_positions", "dead_letters")
    )


def statements(now: Sequence[str]) -> tuple[str, ...]:
    """The statements that make the views as they stood.

    Args:
        now: Those that make the views of now.
    """
    return (
        READ,
        *(f"{_MAKE}{named(table.sql_name)} AS {_rows(table)}" for table in TABLES),
        f"{_MAKE}{named('read_positions')} AS {_POSITIONS}",
        f"{_MAKE}{named('dead_letters')} AS {_LETTERS}",
        *map(as_it_stood, now),
    )


def _ends(topic: str) -> str:
    """How far each partition of a topic belongs to the cut; found out once for a question."""
    return f"(SELECT current_setting('{setting(topic)}')::bigint[])"


def _rows(table: Table) -> str:
    """The rows of a table as of the cut."""
    name, key = table.sql_name, table.columns[0]
    columns, ends = ", ".join(table.columns), _ends(table.topic)

    def within(who: str, what: str = "made") -> str:
        return (
            f"({who}{what}_clock <= {_CLOCK}"
            f" AND {who}{what}_offset < ({ends})[{who}{what}_partition + 1])"
        )

    if table.once:
        return f"SELECT {columns} FROM {name} WHERE {within('')}"
    before = (
        f"(NOT r.made_across OR NOT EXISTS (SELECT 1 FROM {name}{PAST} b WHERE b.{key} = r.{key}"
        f" AND b.made_number < r.made_number AND NOT {within('b.')}))"
    )
    return (
        f"SELECT {columns} FROM {name} r WHERE {within('r.')} AND ({_BY_TIME} OR {before})"
        f" UNION ALL SELECT {columns} FROM {name}{PAST} WHERE {_BY_TIME}"
        f" AND gone_clock > made_clock AND int8range(made_clock, gone_clock) @> {_THE_CLOCK}"
        f" UNION ALL SELECT {columns} FROM {name}{PAST} r WHERE NOT {_BY_TIME}"
        f" AND {within('r.')} AND NOT {within('r.', 'gone')} AND {before}"
    )


TOPICS = tuple(sorted({*(table.topic for table in TABLES), DEAD_LETTERS.name}))
"""The topics that a cut says something of."""

_EACH_END = " UNION ALL ".join(
    f"SELECT '{topic}' COLLATE \"C\" AS topic, {_ends(topic)} AS ends" for topic in TOPICS
)

_POSITIONS = (
    "SELECT projection, topic, partition, position, position AS end_position FROM ("
    "SELECT r.projection, r.topic, r.partition, least(r.position, e.ends[r.partition + 1],"
    " coalesce((SELECT t.position FROM read_times t"
    " WHERE t.topic = r.topic AND t.partition = r.partition"
    f" AND t.clock <= {_CLOCK} ORDER BY t.clock DESC LIMIT 1), 0)) AS position"
    f" FROM read_positions r JOIN ({_EACH_END}) AS e ON e.topic = r.topic) AS stood"
)

_LETTERS = (
    "SELECT * FROM dead_letters WHERE"
    " CAST(CAST(replace(headers, '\\u0000', '\\ufffd') AS JSON) ->> 'ce_time' AS timestamptz)"
    f" <= to_timestamp({_CLOCK} / 1000000.0)"
    f' AND "offset" < ({_ends(DEAD_LETTERS.name)})[partition + 1]'
)
