"""Rebuilding the cluster's tables from Kafka, and proving that they are what the log says.

A rebuild folds beside the live projectors until it is nearly where they are. Then it holds them up
for a moment: folds what is left, compares, and swaps in what differs. Queries go on all the time
and see the old rows or the new ones, never none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from projections.tables import TABLES, Json, Table
from schemas.topics import METRICS
from streams.cluster import migrating, proof, tables, then
from streams.cluster.anew import Anew
from streams.cluster.booking import NAME
from streams.cluster.judging import folded_with
from streams.cluster.kafka import quiet
from streams.cluster.numbering import Numbers
from streams.cluster.postgres import PgDatabase, connect, of_the_database, url_of
from streams.cluster.versions import GONE, MADE, PAST, has_past, made_columns
from streams.comparing import Finding, Report, compared, replaced, verified
from streams.entry import Place
from streams.errors import Unavailable
from streams.folding import Step, chosen_of
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.own.table import Own

NEAR = 2000
"""Records behind the live tables at which a rebuild may hold them up to finish."""

ROUNDS = 10
"""How often a rebuild runs after live tables that go on fast before it holds them up anyway."""

SWAPS = 5
"""How often a swap is tried that had to give way to a query."""


def rebuild(
    settings: Settings,
    names: Sequence[str],
    step: Step = lambda _: None,
    own: Sequence[Own] = (),
    *,
    give_up: bool = False,
) -> Report:
    """Fold tables anew, compare them with the live ones, and swap in those that differ.

    Args:
        settings: Where the log and the database are.
        names: Which tables; all of them when empty. Those that another release made in another way
            always come along.
        step: Told how many records were folded since it was told last.
        own: The projections of the deployment's own.
        give_up: Let go of rows that were made of records that the log no longer has.

    Returns:
        By table: rows, digest, whether the live one was the same, and how many rows differed; and
        an `error` of one of its own that could not be folded, and stays as it was.

    Raises:
        Misconfigured: The database is of another version.
        NotFound: A table that there is not.
        Refused: Records are gone from the log that rows may be made of; everything is as it was.
        Unavailable: Kafka or the database does not answer; everything is as it was.
    """
    quiet()
    mine = [one for one in own if not names or one.name in names]
    ours = [name for name in names if name not in {one.name for one in own}]
    report = _rebuild(settings, ours, step, give_up=give_up) if ours or not names else {}
    if mine:
        from streams.cluster.own_rebuild import rebuild_own

        report |= {one.name: rebuild_own(settings, one, step, give_up=give_up) for one in mine}
    return report


def _rebuild(settings: Settings, names: Sequence[str], step: Step, *, give_up: bool) -> Report:
    chosen = chosen_of(names)
    with ExitStack() as stack:
        database = stack.enter_context(opened(settings))
        others, _ = tables.outdated(database)
        chosen += tuple(t for t in TABLES if t.name in others and t not in chosen)
        anew = stack.enter_context(Anew(settings, folded_with(chosen), past=True))
        if not give_up:
            anew.refuse_a_part()
        for _ in range(ROUNDS):
            if anew.up_to(folded(database, anew.topics), database, step) < NEAR:
                break
        for _ in range(SWAPS):
            try:
                return _finished(database, anew, chosen, step)
            except psycopg.errors.DeadlockDetected:
                continue
        raise Unavailable(
            "the new tables could not be swapped in: queries that run for long stood against it",
            "run `pactdesk rebuild` again when less is asked of the views",
        )


def _finished(database: PgDatabase, anew: Anew, chosen: Sequence[Table], step: Step) -> Report:
    """Hold the projectors up, fold the rest, compare, swap."""
    with database.transaction():
        database.execute("SET LOCAL statement_timeout = 0")
        # Projectors lock rows of it in every batch: from here on they wait, readers do not.
        database.execute("LOCK TABLE read_positions IN EXCLUSIVE MODE")
        anew.up_to(folded(database, anew.topics), database, step)
        others, _ = tables.outdated(database)
        report = {
            table.name: replaced(anew.rows(table))
            if table.name in others
            else _compared(database, anew, table)[0]
            for table in chosen
        }
        made = {}
        for table in chosen:
            if not report[table.name]["same"]:
                made[table] = f"n_{table.name}"
                fill(database, anew, table, made[table])
        if made:
            tables.swap(database, made)
        _keep_times(database, anew, made.keys())
    return report


def _keep_times(database: PgDatabase, anew: Anew, made: Collection[Table]) -> None:
    """Say anew how far the partitions that were read had come at each of their clocks.

    And by how much their records were late. Where a table's past stays that was written by other
    clocks than these, they say nothing of it, and it is looked through.
    """
    stays = {table.topic for table in TABLES if has_past(table) and table not in made}
    unlike = stays & _otherwise(database, anew)
    database.execute(
        "UPDATE read_positions SET late = CASE WHEN topic = ANY(?) THEN ?"
        " WHEN topic = ANY(?) THEN late ELSE 0 END WHERE projection = ? AND topic = ANY(?)",
        (sorted(unlike), then.FOREVER, sorted(stays), NAME, anew.topics),
    )
    database.executemany(
        "UPDATE read_positions SET late = greatest(late, ?)"
        " WHERE projection = ? AND topic = ? AND partition = ?",
        [(late, NAME, *place) for place, late in anew.marks.clocks.late.items()],
    )
    database.execute("DELETE FROM read_times WHERE topic = ANY(?)", (anew.topics,))
    with database.connection.cursor().copy(
        "COPY read_times (topic, partition, clock, position) FROM STDIN"
    ) as copy:
        for row in anew.times():
            copy.write_row(row)


def _otherwise(database: PgDatabase, anew: Anew) -> set[str]:
    """The topics whose clocks were not always as they were found anew."""
    found = dict.fromkeys(anew.topics, 0)
    unlike = set[str]()
    for topic, partition, clock, position in database.execute(
        "SELECT topic, partition, clock, position FROM read_times WHERE topic = ANY(?)",
        (anew.topics,),
    ):
        found[topic] += 1
        if anew.marks.clocks.moved.get((topic, partition, clock)) != position:
            unlike.add(topic)
    counted = Counter(topic for topic, _, _ in anew.marks.clocks.moved)
    return unlike | {topic for topic, count in found.items() if count != counted[topic]}


def fill(database: PgDatabase, anew: Anew, table: Table, name: str) -> None:
    """Make a new table beside the live one, with what was folded anew and what it was before."""
    statements = tables.ddl(table, name)
    bare = [one for one in statements if one.startswith("CREATE TABLE")]
    for statement in bare:
        database.execute(statement)
    made = made_columns(table)
    copy_rows(database, name, [*table.columns, *(c for c, _ in made)], table, anew.kept(table))
    if has_past(table):
        columns = [*table.columns, *(c for c, _ in (*MADE, *GONE))]
        copy_rows(database, name + PAST, columns, table, anew.past(table))
    for statement in statements:  # indexes of many rows are made sooner than rows go into indexes
        if statement not in bare:
            database.execute(statement)


def copy_rows(
    database: PgDatabase,
    name: str,
    columns: Sequence[str],
    table: Table,
    rows: Iterator[tuple[Any, ...]],
) -> None:
    """Fill a table.

    Args:
        database: In a transaction.
        name: The table's name in the database.
        columns: Which columns the rows have.
        table: Which table it is, or the past of.
        rows: The rows, as a scratch database gives them.
    """
    truths = [n for n, c in enumerate(columns) if c == "made_across" or table.types.get(c) is bool]
    with database.connection.cursor().copy(
        f"COPY {name} ({', '.join(columns)}) FROM STDIN"
    ) as copy:
        for row in rows:
            values = list(row)
            for number in truths:
                values[number] = None if values[number] is None else bool(values[number])
            copy.write_row(values)


def verify(
    settings: Settings, step: Step = lambda _: None, own: Sequence[Own] = ()
) -> dict[str, Any]:
    """Fold every table anew, compare it with the live one, check the log's numbers and its seals.

    Works on one snapshot of the database and writes nothing to it; what is folded meanwhile is no
    part of it.

    Args:
        settings: Where the log and the database are.
        step: Told how many records were folded since it was told last.
        own: The projections of the deployment's own.

    Returns:
        As `streams.comparing.verified` says.

    Raises:
        Unavailable: Kafka or the database does not answer.
    """
    quiet()
    with (
        opened(settings) as database,
        proof.sealed_log(settings) as sealed,
        Anew(settings, TABLES, (METRICS.name,), seen=sealed.take) as anew,
    ):
        database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        bounds = folded(database, anew.topics)
        first, last = anew.bounds_of_log()
        numbers = Numbers(anew.scratch)
        gaps = []
        for place, bound in sorted(bounds.items()):
            if first[place]:
                gaps.append(f"{place[0]}/{place[1]}: it begins at offset {first[place]}")
            if last[place] < bound:
                gaps.append(f"{place[0]}/{place[1]}: {last[place]} records up to offset {bound}")
                bounds[place] = last[place]
        anew.up_to(bounds, database, step, numbers.note)
        gaps += [str(gap) for gap in anew.marks.gaps]
        gaps += [
            f"{where}: the event of its ticket before it is not there" for where in anew.waiting
        ]
        gaps += numbers.broken(bounds)
        beside = {table.name: _compared(database, anew, table) for table in TABLES}
        report = {name: told for name, (told, _) in beside.items()}
        seals, found = sealed.checked()
        found += [one for _, differing in beside.values() for one in differing]
        if own:
            from streams.cluster.own_rebuild import verify_own

            theirs, differing = verify_own(settings, database, own, step)
            report, found = report | theirs, found + differing
        database.execute("ROLLBACK")
    return verified(report, gaps, seals, found)


@contextmanager
def opened(settings: Settings) -> Iterator[PgDatabase]:
    """A connection to the database, of this release's version."""
    migrating.require(url_of(settings), tables_too=False)
    database = connect(url_of(settings))
    try:
        yield database
    except psycopg.Error as error:
        raise of_the_database(error) from error
    finally:
        database.close()


def folded(database: PgDatabase, topics: Sequence[str], reader: str = NAME) -> dict[Place, int]:
    """How far a reader, by default that of our tables, has folded some topics.

    Of ours, the metrics as far as they are taken: none of our tables folds them.
    """
    rows = database.execute(
        "SELECT topic, partition, position FROM read_positions WHERE projection = ?", (reader,)
    )
    found = {(str(t), int(p)): int(n) for t, p, n in rows if t in topics}
    if METRICS.name in topics and reader == NAME:
        rows = database.execute(
            "SELECT partition, position FROM partitions WHERE domain = ?", (METRICS.domain,)
        )
        found |= {(METRICS.name, int(p)): int(n) for p, n in rows}
    return found


def _compared(
    database: PgDatabase, anew: Anew, table: Table
) -> tuple[dict[str, Any], list[Finding]]:
    """What a table has become when it was folded anew, beside the live one."""
    return compared(table.name, table.columns, live_rows(database, table), anew.rows(table))


def live_rows(database: PgDatabase, table: Table) -> Iterator[tuple[Any, ...]]:
    """A table's rows in the order of their key, as the embedded engine would give them.

    Args:
        database: In a transaction: the rows come bit by bit.
        table: Which table.
    """
    columns = ", ".join(
        f"{c}::text" if table.types[c] is Json else f"{c}::integer" if table.types[c] is bool else c
        for c in table.columns
    )
    with database.connection.cursor(f"live_{table.name}") as cursor:
        cursor.itersize = 5000
        yield from cursor.execute(
            f'SELECT {columns} FROM {table.sql_name} ORDER BY {table.columns[0]} COLLATE "C"'
        )
