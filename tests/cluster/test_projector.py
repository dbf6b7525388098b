"""The projector on a real Kafka and a real PostgreSQL: equal tables, each record exactly once."""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from kafka import TopicPartition

from schemas.record import contact_id, partition_of
from schemas.topics import CONTACTS, DEAD_LETTERS, DECISIONS, TICKETS, TOPICS
from streams.clock import WallClock
from streams.cluster import session
from streams.cluster.desk import ClusterDesk
from streams.cluster.projector import Projector
from streams.cluster.reading import entries
from streams.cluster.wire import Outgoing, letter
from streams.deadletters import letter_for
from streams.entry import Entry
from streams.errors import Misconfigured, Unreadable
from streams.foreign import native
from streams.redrive import redrive, waiting
from streams.settings import Settings
from tests.projecting import (
    SECONDS,
    as_sent,
    caught_up,
    digests,
    ends_of,
    event_of,
    lag,
    played,
    positions,
    ready,
    rows,
    running,
    send,
    started,
    take,
    taken_in,
)
from tests.real import Cluster, until

RECORD_TOPICS = (DECISIONS.name, TICKETS.name)


@dataclass(frozen=True)
class Told:
    """What the embedded engine made of some dialogues.

    Attributes:
        log: Its log.
        taken: The inbox records that its worker took.
        tables: The digest of every table.
    """

    log: list[Entry]
    taken: list[tuple[str, str, int, int]]
    tables: dict[str, str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("played") / "data"
    log = played(folder, 40)
    return Told(log, taken_in(log, folder), embedded_digests(folder))


def embedded_digests(folder: Path) -> dict[str, str]:
    from projections.tables import TABLES
    from streams.embedded.opening import open_database
    from streams.embedded.rebuild import digest_of

    database = open_database(folder)
    try:
        return {table.name: digest_of(database, table.sql_name, table)[0] for table in TABLES}
    finally:
        database.close()


def gaps(settings: Settings) -> list[tuple[object, ...]]:
    return rows(settings, 'SELECT topic, partition, "offset", line, previous, last FROM gaps')


def test_every_table_is_what_the_embedded_engine_folds_of_the_same_log(
    told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    send(settings, told.log)
    take(settings, told.taken)
    assert Projector(settings).catch_up() == sum(ends_of(told.log).values())
    assert digests(settings) == told.tables
    assert lag(settings) == 0
    assert gaps(settings) == []
    assert Projector(settings).catch_up() == 0, "all of it is folded"


def test_an_inbox_is_folded_only_as_far_as_the_worker_has_taken_it(
    told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    send(settings, told.log)
    half = told.taken[: len(told.taken) // 2]
    take(settings, half)
    Projector(settings).catch_up()
    ends: dict[tuple[str, int], int] = {}
    for _, topic, partition, offset in half:
        ends[topic, partition] = offset + 1
    stood = positions(settings)
    for place in [place for place in ends_of(told.log) if TOPICS[place[0]].kind == "inbox"]:
        assert stood.get(place, 0) == ends.get(place, 0)
    assert lag(settings) > 0
    with running(settings):
        until(lambda: lag(settings) > 0, SECONDS, "it runs")
        take(settings, told.taken)
        caught_up(settings, told.log)
    assert digests(settings) == told.tables


def test_repeats_anywhere_change_nothing(told: Told, cluster: Cluster, tmp_path: Path) -> None:
    """Any record again, at once or much later; inboxes repeat an id in another place."""
    settings = ready(cluster, tmp_path)
    dice = random.Random(4)  # noqa: S311  # no secret
    batch: list[Outgoing] = []
    moved: dict[tuple[str, int, int], int] = {}
    at: dict[tuple[str, int], int] = {}
    sources: dict[tuple[str, int], list[Outgoing]] = {}
    for entry in told.log:
        place = (entry.topic, entry.partition)
        one = as_sent(entry)
        moved[*place, entry.offset] = at.get(place, 0)
        batch.append(one)
        at[place] = at.get(place, 0) + 1
        before = sources.setdefault(place, [])
        before.append(one)
        while dice.random() < 0.3:
            again = dice.choice(before[-20:]) if dice.random() < 0.8 else dice.choice(before)
            batch.append(again)
            at[place] += 1
    send(settings, batch)
    take(settings, [(i, t, p, moved[t, p, o]) for i, t, p, o in told.taken])
    for (topic, partition), end in at.items():  # the workers have passed the repeats as well
        if TOPICS[topic].kind == "inbox":
            take(settings, [("", topic, partition, end - 1)])
    assert len(batch) > 1.2 * len(told.log)
    with running(settings):
        folded = {p: end for p, end in at.items() if p in ends_of(told.log)}
        until(lambda: folded.items() <= positions(settings).items(), SECONDS, "it is folded")
    assert digests(settings) == told.tables
    assert gaps(settings) == []


@pytest.mark.parametrize("topic", RECORD_TOPICS)
def test_a_record_that_is_missing_is_an_alarm_and_holds_nothing_up(
    topic: str, told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    there = [one for one in told.log if one.topic == topic]
    gone = next(
        one
        for one in there[10:]
        if any(later.key == one.key and later.offset > one.offset for later in there)
    )
    send(settings, [one for one in told.log if one is not gone])
    take(settings, told.taken)
    with structlog.testing.capture_logs() as said:
        Projector(settings).catch_up()
    found = gaps(settings)
    assert found
    assert all(one[:2] == (gone.topic, gone.partition) for one in found)
    warned = [one for one in said if one["event"] == "projector.gap"]
    assert [one["log_level"] for one in warned] == ["warning"] * len(found)
    assert lag(settings) == 0, "the others were folded"


def test_a_record_that_cannot_be_read_is_an_alarm_and_is_passed(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    first, second = event_of("T1", 1, "ann", 0, 1, None), event_of("T2", 1, "ann", 1, 2, 1)
    bad = Outgoing(TICKETS.name, partition_of("ann"), "ann", "{}", b"\x00 no event", "bad")
    send(settings, [first, bad, second])
    assert Projector(settings).catch_up() == 3
    assert gaps(settings) == [(TICKETS.name, partition_of("ann"), 1, "ann", None, None)]
    assert rows(settings, "SELECT ticket_id FROM p_tickets ORDER BY 1") == [("T1",), ("T2",)]


def test_an_event_of_a_moved_ticket_waits_for_the_one_before_and_others_go_on(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ann's ticket goes over to Bob's line, whose partition is read first."""
    assert len({partition_of(line) for line in ("ann", "bob", "eve")}) == 3
    monkeypatch.setattr(session, "PATIENCE_SECONDS", 0.0)
    settings = ready(cluster, tmp_path)
    bobs = [event_of("T1", 3, "bob", 0, 1, None), event_of("T9", 1, "bob", 1, 2, 1)]
    eves = [event_of("T2", n, "eve", n, n, n - 1 if n > 1 else None) for n in (1, 2, 3)]
    send(settings, [*bobs, *eves])
    Projector(settings).catch_up()
    stood = positions(settings)
    assert (TICKETS.name, partition_of("bob")) not in stood
    assert stood[TICKETS.name, partition_of("eve")] == 3
    with structlog.testing.capture_logs() as said, running(settings):
        until(lambda: any(one["event"] == "projector.waits" for one in said), SECONDS, "an alarm")
        # in one batch: had it seen the first alone, it would wait anew, and say so
        send(settings, [event_of("T1", 1, "ann", 0, 1, None), event_of("T1", 2, "ann", 1, 2, 1)])
        folded = {"ann": 2, "bob": 2, "eve": 3}
        wanted = {(TICKETS.name, partition_of(line)): end for line, end in folded.items()}
        until(
            lambda: positions(settings) == wanted,
            SECONDS,
            lambda: f"all is folded: {positions(settings)}, {said}",
        )
    assert len([one for one in said if one["event"] == "projector.waits"]) == 1, "it is said once"
    assert gaps(settings) == []
    assert rows(
        settings, "SELECT ticket_id, customer_id, revision, tags FROM p_tickets ORDER BY 1"
    ) == [
        ("T1", "bob", 3, '["3"]'),
        ("T2", "eve", 3, '["3"]'),
        ("T9", "bob", 1, "[]"),
    ]


def test_a_partition_that_waits_is_told_of_once_though_it_goes_and_comes_back(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PATIENCE_SECONDS", 0.0)
    settings = ready(cluster, tmp_path)
    send(settings, [event_of("T1", 3, "bob", 0, 1, None)])
    place = TopicPartition(TICKETS.name, partition_of("bob"))
    with (
        structlog.testing.capture_logs() as said,
        closing(session.Session(settings, grouped=False)) as member,
    ):

        def waits() -> list[str]:
            member.step(100)
            return [one["event"] for one in said if one["event"] == "projector.waits"]

        until(waits, SECONDS, "an alarm")
        member._assignment.on_partitions_revoked([place])  # noqa: SLF001  # as its group would
        member._assignment.on_partitions_assigned([place])  # noqa: SLF001  # likewise
        until(lambda: waits() and member.waits, SECONDS, "it was fetched anew")
        for _ in range(3):
            assert waits() == ["projector.waits"]


def test_what_stands_in_no_row_of_seen_is_not_folded(
    told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    """A record that the worker forwarded or put aside lies below its position all the same."""
    settings = ready(cluster, tmp_path)
    texts = [one for one in told.log if one.topic == CONTACTS.name][:40]
    send(settings, texts)
    take(settings, [("other", CONTACTS.name, p, o - 1) for (_, p), o in ends_of(texts).items()])
    assert Projector(settings).catch_up() == len(texts)
    assert rows(settings, "SELECT count(*) FROM p_texts") == [(0,)]


def test_text_with_nul_is_folded_without_it(cluster: Cluster, tmp_path: Path) -> None:
    """PostgreSQL's text cannot hold the character."""
    settings = ready(cluster, tmp_path)
    one = event_of("T\0", 1, "a\0nn", 0, 1, None)
    send(settings, [one, event_of("T\0", 2, "a\0nn", 1, 2, 1)])
    assert Projector(settings).catch_up() == 2
    assert rows(settings, "SELECT ticket_id, revision FROM p_tickets") == [("T\ufffd", 2)]
    assert gaps(settings) == []


def test_dead_letters_become_rows_once(cluster: Cluster, tmp_path: Path) -> None:
    settings = ready(cluster, tmp_path)
    headers = '{"ce_id":"d1","ce_time":"2026-03-02T09:00:00Z","dl_topic":"t","dl_attempts":"1"}'
    letter = Outgoing(DEAD_LETTERS.name, 3, None, headers, b"\xff\x00", "d1")
    send(settings, [letter, letter])
    assert Projector(settings).catch_up() == 2
    assert rows(settings, "SELECT dead_letter_id, bytes FROM v1_dead_letters") == [("d1", 2)]


def test_what_anybody_wrote_to_the_dead_letters_is_shown_as_one(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    odd = '{"ce_id":"odd","ce_time":"never","dl_attempts":"many"}'
    letters = [Outgoing(DEAD_LETTERS.name, 3, None, headers, b"?", "") for headers in ("{}", odd)]
    send(settings, letters)
    assert Projector(settings).catch_up() == 2
    with ClusterDesk(settings, WallClock()) as desk:
        found = waiting(desk)
        assert len(desk.query("SELECT * FROM v1_dead_letters")) == 2
    assert {one.origin for one in found} == {f"{DEAD_LETTERS.name}/3/{n}" for n in (0, 1)}
    assert {(one.attempts, one.value, one.at[:2]) for one in found} == {(1, b"?", "20")}


def test_a_foreign_letter_that_still_cannot_be_read_stays_and_one_that_can_is_sent_as_ours(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    contact = b'{"channel": "email", "customer_id": "ann", "message": "Hi", "provider_id": "m-1"}'
    error = Unreadable("it could not be read", "mend the reader")
    letters = [
        letter(letter_for(Entry(0, CONTACTS.name, 2, offset, None, "{}", value, "", ""), error,
                          handler="customer", at="2026-03-02T08:00:00Z"))
        for offset, value in ((7, b"no event"), (8, contact))
    ]  # fmt: skip
    send(settings, letters)
    Projector(settings).catch_up()
    with ClusterDesk(settings, WallClock()) as desk:
        results = {one["id"]: one["status"] for one in redrive(desk, None)}
        assert results == {letters[0].id: "unreadable", letters[1].id: "accepted"}
        assert [one.id for one in waiting(desk)] == [letters[0].id]
    (sent,) = entries(settings, [CONTACTS.name])
    assert (sent.id, sent.key) == (contact_id("email", "m-1"), "ann")
    assert native(sent)


def test_another_log_than_the_one_that_was_folded_is_refused(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    send(settings, [event_of("T1", 1, "ann", 0, 1, None)])
    Projector(settings).catch_up()
    rows(settings, "UPDATE read_positions SET position = 2 WHERE position = 1 RETURNING 1")
    with pytest.raises(Misconfigured, match="this is another log"):
        Projector(settings).catch_up()


def test_two_projectors_share_the_partitions_and_one_takes_over(
    told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    third = len(told.log) // 3
    with running(settings):
        send(settings, told.log[:third])
        take(settings, told.taken)
        with running(settings, settings):
            until(lambda: shared(settings) == 3, SECONDS, "all three have partitions")
            send(settings, told.log[third : 2 * third])
            caught_up(settings, told.log[: 2 * third])
        send(settings, told.log[2 * third :])
        caught_up(settings, told.log)
    assert digests(settings) == told.tables
    assert gaps(settings) == []


def shared(settings: Settings) -> int:
    """How many members of the group have partitions."""
    from streams.cluster.topics import admin

    with admin(settings) as client:
        found: Any = client.describe_groups(["pactdesk.projections"])
    (group,) = found.values() if isinstance(found, dict) else found
    members = group["members"] if isinstance(group, dict) else group.members
    return sum(
        1
        for one in members
        if (one["member_assignment"] if isinstance(one, dict) else one.member_assignment)
    )


def folded_to(settings: Settings, count: int) -> bool:
    return sum(positions(settings).values()) >= count


def test_killed_at_random_moments_it_loses_and_doubles_nothing(
    told: Told, cluster: Cluster, tmp_path: Path
) -> None:
    settings = ready(cluster, tmp_path)
    settings = settings.model_copy(
        update={"kafka": settings.kafka.model_copy(update={"session_timeout_seconds": 1.0})}
    )
    dice = random.Random(7)  # noqa: S311  # no secret
    total = sum(ends_of(told.log).values())
    take(settings, told.taken)
    chunk = len(told.log) // 5 + 1
    for kill in range(5):
        send(settings, told.log[kill * chunk : (kill + 1) * chunk])
        share = dice.random()
        floor = sum(positions(settings).values())
        ceiling = sum(ends_of(told.log[: (kill + 1) * chunk]).values())
        moment = floor + int(share * (ceiling - floor))
        with started(settings) as process:
            until(partial(folded_to, settings, moment), SECONDS, "some is folded")
            process.kill()
    with started(settings) as process:
        caught_up(settings, told.log)
        process.kill()
    assert sum(positions(settings).values()) == total
    assert digests(settings) == told.tables
    assert gaps(settings) == []
