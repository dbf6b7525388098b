"""What must hold on a cluster whatever went wrong before: read from outside, over Kafka and SQL.

Nothing here uses a reader of ours: repeats are dropped by the public rule, and tables are asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256

from projections.tables import TABLES
from schemas.events.decisions import ContactAccepted, ContactHeld, ContactRejected
from schemas.topics import DEAD_LETTERS, DECISIONS, DOMAINS, TICKETS, TOPICS
from streams.entry import Entry
from tests.real.asking import command, digests, rows, views
from tests.real.cluster import Cluster
from tests.real.log import ends, entries
from tests.real.waiting import until

__all__ = [
    "RECORDS",
    "REFOLDED",
    "chains_hold",
    "command",
    "digests",
    "nothing_lost_and_nothing_doubled",
    "once_each",
    "one_content_an_id",
    "quiet",
    "rows",
    "store_equals_the_log",
    "tables_equal_a_rebuild",
    "tables_show_each_contact_once",
    "views",
    "waiting",
    "without_repeats",
]

QUIET_SECONDS = 600
"""Without anything having moved."""

RECORDS = (DECISIONS.name, TICKETS.name)
"""Topics that only turns write: everything on them has source coordinates."""

REFOLDED = ("lines", "parked", "seen", "timers", "contact_points")
"""What `recover` makes of the log, and the worker has made before."""

_POSITIONS = (
    "SELECT domain, partition, position FROM partitions"
    " WHERE position > 0 AND domain <> 'effects'"
    " ORDER BY domain, partition"
)


def quiet(cluster: Cluster) -> None:
    """Return when everything is worked off: inboxes, outbox, effects, tables."""
    before: dict[tuple[str, int], int] = {}
    left: list[str] = []

    def settled() -> bool:
        nonlocal before, left
        now = ends(cluster.broker.bootstrap, TOPICS)
        same, before, left = now == before, now, waiting(cluster, now)
        return same and left == []

    until(settled, QUIET_SECONDS, lambda: f"all is quiet: {left}", lambda: (before, left))


def waiting(cluster: Cluster, end: dict[tuple[str, int], int]) -> list[str]:
    """What is not worked off, in words.

    Args:
        cluster: The cluster.
        end: Where each partition ends.
    """
    at = {
        (DOMAINS[domain].name, partition): position
        for domain, partition, position in rows(
            cluster.url, "SELECT domain, partition, position FROM partitions"
        )
        if domain in DOMAINS
    }
    inboxes = {topic.name for topic in DOMAINS.values()}
    found = [
        f"{topic}/{partition} stands at {at.get((topic, partition), 0)} of {last}"
        for (topic, partition), last in end.items()
        if topic in inboxes and at.get((topic, partition), 0) < last
    ]
    read: dict[tuple[str, int], list[int]] = defaultdict(list)
    for topic, partition, position in rows(
        cluster.url, "SELECT topic, partition, position FROM v1_positions"
    ):
        read[topic, partition].append(position)
    folded = {table.topic for table in TABLES}
    found += [
        f"the tables of {topic}/{partition} stand at {read[topic, partition]} of {last}"
        for (topic, partition), last in end.items()
        if last and topic in folded and min(read[topic, partition], default=0) < last
    ]
    for told, sql in (
        ("turns are not published", "SELECT count(*) FROM outbox"),
        ("replies are not sent", "SELECT count(*) FROM v1_deliveries WHERE state = 'queued'"),
    ):
        count = rows(cluster.url, sql)[0][0]
        found += [f"{count} {told}"] if count else []
    return found


def without_repeats(log: Iterable[Entry]) -> list[Entry]:
    """Record topics as a reader sees them: each output once, by its source coordinates."""
    highest: dict[tuple[str, int, str, int], tuple[int, int]] = {}
    kept = []
    for entry in log:
        source = entry.record().source
        if source is None:
            kept.append(entry)
            continue
        key = (entry.topic, entry.partition, source.topic, source.partition)
        if key in highest and (source.offset, source.index) <= highest[key]:
            continue
        highest[key] = (source.offset, source.index)
        kept.append(entry)
    return kept


def one_content_an_id(log: Iterable[Entry]) -> None:
    """No two outputs have one id and differ in a byte of key, headers or value."""
    contents: dict[str, set[bytes]] = defaultdict(set)
    for entry in log:
        told = f"{entry.topic}\n{entry.key}\n{entry.headers}\n".encode() + entry.value
        contents[entry.id].add(sha256(told).digest())
    several = [number for number, found in contents.items() if len(found) > 1]
    _none("ids with several contents", several)


def once_each(log: Iterable[Entry], contacts: Sequence[str]) -> None:
    """Every contact has one ruling: accepted, held or rejected.

    Args:
        log: The decisions, without repeats.
        contacts: Ids of all contacts that were sent.
    """
    rulings = Counter(
        event.contact_id
        for event in (entry.record().event for entry in log)
        if isinstance(event, ContactAccepted | ContactHeld | ContactRejected)
    )
    _none("contacts without a ruling", set(contacts) - set(rulings))
    _none("contacts with several rulings", _several(rulings))
    _none("rulings without a contact", set(rulings) - set(contacts))


def chains_hold(log: Iterable[Entry]) -> None:
    """Each line's records follow each other: `previous` is the number before, nothing is missing.

    Args:
        log: Record topics, without repeats.
    """
    last: dict[tuple[str, str, str | None], int | None] = {}
    broken = []
    for entry in log:
        record = entry.record()
        if record.source is None or record.sequence is None:
            continue
        line = (entry.topic, record.source.topic, entry.key)
        if record.previous != last.get(line):
            broken.append(f"{line} {record.previous} does not follow {last.get(line)}")
        last[line] = record.sequence
    _none("broken chains", broken)


def tables_show_each_contact_once(cluster: Cluster, contacts: Sequence[str]) -> None:
    """`v1_interactions` has every contact, and has it once."""
    messages = rows(
        cluster.url,
        "SELECT interaction_id FROM v1_interactions WHERE interaction_type = 'customer_message'",
    )
    shown = Counter(number for (number,) in messages)
    _none("contacts that no table shows", set(contacts) - set(shown))
    _none("contacts that are shown several times", _several(shown))


def tables_equal_a_rebuild(cluster: Cluster) -> None:
    """The views say the same after all tables are folded anew from the log."""
    before = digests(cluster.url, views(cluster.url))
    assert before
    command(cluster, "rebuild")
    after = digests(cluster.url, views(cluster.url))
    _none("views that a rebuild changed", _different(before, after))


def store_equals_the_log(cluster: Cluster) -> None:
    """What the workers keep is what `recover` folds from the log into an empty store."""
    empty = cluster.postgres.fresh_database()
    try:
        command(cluster, "migrate", PACTDESK_DATABASE__URL=empty)
        command(cluster, "recover", PACTDESK_DATABASE__URL=empty)
        assert digests(empty, REFOLDED) == digests(cluster.url, REFOLDED)
        assert rows(empty, _POSITIONS) == rows(cluster.url, _POSITIONS)
    finally:
        cluster.postgres.drop(empty)


def nothing_lost_and_nothing_doubled(cluster: Cluster, contacts: Sequence[str]) -> None:
    """All of it, on a cluster that is quiet and whose processes have stopped."""
    _none("not worked off", waiting(cluster, ends(cluster.broker.bootstrap, TOPICS)))
    log = list(entries(cluster.broker.bootstrap, RECORDS))
    one_content_an_id(log)
    seen_once = without_repeats(log)
    once_each((entry for entry in seen_once if entry.topic == DECISIONS.name), contacts)
    chains_hold(seen_once)
    tables_show_each_contact_once(cluster, contacts)
    letters = ends(cluster.broker.bootstrap, [DEAD_LETTERS.name])
    _none("dead letters", {place: count for place, count in letters.items() if count})
    command(cluster, "verify")
    tables_equal_a_rebuild(cluster)
    store_equals_the_log(cluster)


def _none(what: str, found: Collection[object]) -> None:
    """There are none of these."""
    assert not found, f"{len(found)} {what}: {list(found)[:20]}"


def _several(counted: Counter[str]) -> dict[str, int]:
    return {number: times for number, times in counted.items() if times > 1}


def _different(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]
