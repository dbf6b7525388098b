"""The statements that make the views, as both engines take them.

`projections/tables/views.sql` has the views over the tables, `projections/metrics.py` the one of
the metrics, `projections/counted.py` the one of what they counted; the one over dead letters is
here, for each engine keeps those in its own way. SQLite
runs the text as it stands, PostgreSQL with the few words replaced that `streams/cluster/tables.py`
lists.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from projections import counted, metrics

_LETTERS = """CREATE VIEW v1_dead_letters AS
SELECT id AS dead_letter_id, (headers ->> 'ce_time') COLLATE BINARY AS at,
       (headers ->> 'dl_topic') COLLATE BINARY AS topic,
       (headers ->> 'dl_origin') COLLATE BINARY AS origin,
       (headers ->> 'dl_handler') COLLATE BINARY AS handler,
       (headers ->> 'dl_error') COLLATE BINARY AS error,
       (headers ->> 'dl_remedy') COLLATE BINARY AS remedy,
       CAST(headers ->> 'dl_attempts' AS BIGINT) AS attempts, length(value) AS bytes
FROM ({letters}) AS letters"""

_CREATE = "CREATE VIEW "


@cache
def of_tables() -> tuple[str, ...]:
    """The statements of all views but the one over dead letters, each without a semicolon."""
    folder = resources.files("projections.tables")
    (relations,) = statements(folder.joinpath("metrics.sql").read_text("utf-8"))
    (further,) = statements(folder.joinpath("counted.sql").read_text("utf-8"))
    joined = statements(folder.joinpath("views.sql").read_text("utf-8"))
    return (*joined, metrics.view(relations), counted.view(relations, further))


def of_letters(letters: str) -> str:
    """The statement of the view over dead letters.

    Args:
        letters: A SELECT of `id`, `headers` (a JSON object) and `value` (bytes) of each.
    """
    return _LETTERS.format(letters=letters)


def name_of(statement: str) -> str:
    """The name of the view that a statement makes."""
    return statement.removeprefix(_CREATE).split()[0]


def statements(text: str) -> tuple[str, ...]:
    """The statements of an SQL file, without lines of comment; each ends its last line with `;`."""
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    parts = (part.strip().removesuffix(";") for part in "\n".join(lines).split(";\n"))
    return tuple(part for part in parts if part)
