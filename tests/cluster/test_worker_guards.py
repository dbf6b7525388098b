"""The guards of the cluster's worker: take one out, and its test fails."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from schemas.topics import CONTACTS, DEAD_LETTERS, DECISIONS
from streams import codec
from streams.cluster.inlet import LostRecords
from streams.cluster.ownership import Fenced
from streams.cluster.postgres import connect
from streams.cluster.wire import Outgoing
from streams.errors import Refused, Unavailable
from tests.inlets import PARTITION, MemoryLog, Works, contact
from tests.real import until


@pytest.fixture
def works(database: str, log: MemoryLog) -> Iterator[Works]:
    found = Works(database, log)
    yield found
    found.close()


def said(log: MemoryLog) -> list[str]:
    """The types of what was sent, in order."""
    return [msgspec.json.decode(one.headers)["ce_type"] for one in log.sent]


def counted(url: str, what: str) -> int:
    """A count over the database."""
    database = connect(url)
    try:
        row = database.execute(f"SELECT count(*) FROM {what}").fetchone()
        assert row is not None
        return int(row[0])
    finally:
        database.close()


def positioned(url: str) -> int:
    database = connect(url)
    try:
        row = database.execute(
            "SELECT position FROM partitions WHERE domain = 'customer' AND partition = ?",
            (PARTITION,),
        ).fetchone()
        assert row is not None
        return int(row[0])
    finally:
        database.close()


def test_whoever_lost_a_partition_can_commit_nothing(works: Works, database: str) -> None:
    stopped = works.inlet(partitions=[PARTITION])
    stopped.take(contact(0))
    awake = works.inlet(partitions=[PARTITION])
    with pytest.raises(Fenced):
        stopped.take(contact(1))
    assert positioned(database) == 1
    assert counted(database, "seen") == 1
    awake.take(contact(1))
    assert positioned(database) == 2


def test_a_lost_partition_fires_no_timer(works: Works, database: str) -> None:
    stopped = works.inlet(partitions=[PARTITION])
    stopped.take(contact(0))
    assert counted(database, "timers") > 0
    works.inlet(partitions=[PARTITION])
    with pytest.raises(Fenced):
        stopped.fire()


def test_a_new_owner_sends_what_the_old_one_left_before_its_first_turn(database: str) -> None:
    dead, alive = MemoryLog(), MemoryLog()
    first = Works(database, dead)
    dead.away = 10**9  # it decides, and nothing of it ever reaches the log
    first.inlet(partitions=[PARTITION]).take(contact(0))
    assert counted(database, "outbox") == 1
    second = Works(database, alive)
    inlet = second.inlet(partitions=[PARTITION])
    drained = len(alive.sent)
    assert drained > 0
    inlet.take(contact(1))
    second.close()
    offsets = [
        int(msgspec.json.decode(one.headers)["ce_sourceoffset"])
        for one in alive.sent
        if one.topic == DECISIONS.name
    ]
    assert offsets == sorted(offsets)
    assert set(offsets) == {0, 1}
    assert counted(database, "outbox") == 0
    dead.away = 0
    first.close()


def test_a_record_on_the_wrong_partition_is_forwarded_and_not_decided(
    works: Works, database: str, log: MemoryLog
) -> None:
    wrong = (PARTITION + 1) % 12
    inlet = works.inlet(partitions=[wrong])
    entry = contact(0)._replace(partition=wrong)
    inlet.take(entry)
    works.close()
    (forwarded,) = log.sent
    assert (forwarded.topic, forwarded.partition, forwarded.id) == (
        CONTACTS.name,
        PARTITION,
        entry.id,
    )
    assert forwarded.value == entry.value
    assert counted(database, "lines") == 0
    assert counted(database, "seen") == 0


def test_a_forwarded_record_is_taken_where_it_belongs(
    works: Works, database: str, log: MemoryLog
) -> None:
    wrong = (PARTITION + 1) % 12
    works.inlet(partitions=[wrong]).take(contact(0, offset=0)._replace(partition=wrong, key=None))
    until(lambda: bool(log.sent), 10, "the forwarded record")
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(log.entries()[0])
    assert counted(database, "seen") == 1
    assert counted(database, "lines") == 1


def test_a_broker_that_is_away_is_waited_for_and_nothing_is_sent_out_of_order(
    works: Works, database: str, log: MemoryLog
) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    log.away = 2
    for number in range(4):
        inlet.take(contact(number))
    works.close()
    offsets = [
        int(fields["ce_sourceoffset"])
        for one in log.sent
        if "ce_sourceoffset" in (fields := msgspec.json.decode(one.headers))
    ]
    assert offsets == sorted(offsets)
    assert set(offsets) == {0, 1, 2, 3}
    assert counted(database, "outbox") == 0


def test_after_an_error_that_will_not_pass_the_process_is_told_and_nothing_counts_as_sent(
    works: Works, database: str, log: MemoryLog
) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    log.refuses = Refused("too large", "shorten it")
    inlet.take(contact(0))
    until(lambda: bool(works.failures), 10, "the failure")
    assert isinstance(works.failures[0], Refused)
    log.refuses = None
    inlet.take(contact(1))
    works.close()
    assert log.sent == []
    assert counted(database, "outbox") == 2


def test_an_offset_that_was_passed_over_is_refused_where_records_lie_between(
    database: str, log: MemoryLog
) -> None:
    works = Works(database, log, holds=lambda *_: True)
    inlet = works.inlet(partitions=[PARTITION])
    with pytest.raises(LostRecords):
        inlet.take(contact(1))
    works.close()
    assert positioned(database) == 0


def test_an_offset_that_holds_nothing_is_passed_over(works: Works, database: str) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(0))
    inlet.take(contact(3))
    assert positioned(database) == 4
    assert counted(database, "seen") == 2


def test_a_record_that_comes_again_changes_nothing(works: Works, database: str) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(0))
    before = counted(database, "lines"), positioned(database)
    inlet.take(contact(0))
    inlet.take(contact(0, offset=1))  # the same message, sent again
    assert counted(database, "seen") == 1
    assert (counted(database, "lines"), positioned(database)) == (before[0], 2)


def test_a_record_that_comes_again_cannot_fail_for_it_is_not_decided_again(
    works: Works, database: str, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(0))
    with monkeypatch.context() as patch:
        patch.setattr("streams.cluster.inlet.size_of", lambda _: 10**9)
        inlet.take(contact(0, offset=1))
    inlet.take(contact(1, offset=2))
    works.close()
    assert {"WorkflowFailed", "DeadLetter"}.isdisjoint(said(log))
    assert said(log).count("MessageUnderstood") == 2
    assert positioned(database) == 3


def test_what_the_log_has_leaves_the_outbox_though_nothing_follows(
    works: Works, database: str
) -> None:
    works.inlet(partitions=[PARTITION]).take(contact(0))
    until(lambda: counted(database, "outbox") == 0, 10, "an empty outbox")


class Killed(BaseException):
    """The process ended."""


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_record_that_ended_the_process_three_times_is_put_aside_and_a_person_called(
    database: str, log: MemoryLog, monkeypatch: pytest.MonkeyPatch, earlier: int
) -> None:
    def turn(*_: object) -> None:
        raise Killed

    for death in range(3):
        works = Works(database, log)
        inlet = works.inlet(partitions=[PARTITION])
        if death == 0:
            for number in range(earlier):
                inlet.take(contact(number))
        with monkeypatch.context() as patch:
            patch.setattr("streams.deciding.turn", turn)
            with pytest.raises(Killed):
                inlet.take(contact(earlier))
        works.close()
    works = Works(database, log)
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(earlier))
    inlet.take(contact(earlier + 1))
    works.close()
    letters = [one for one in log.sent if one.topic == DEAD_LETTERS.name]
    assert [one.value for one in letters] == [contact(earlier).value]
    assert "WorkflowFailed" in said(log)
    assert positioned(database) == earlier + 2


def test_workers_that_are_ended_while_nothing_waits_throw_no_suspicion_on_what_comes(
    database: str, log: MemoryLog
) -> None:
    for _ in range(5):
        works = Works(database, log)
        works.inlet(partitions=[PARTITION])  # and never lets go
        works.close()
    works = Works(database, log)
    works.inlet(partitions=[PARTITION]).take(contact(0))
    works.close()
    assert [one for one in log.sent if one.topic == DEAD_LETTERS.name] == []
    assert counted(database, "seen") == 1


def test_an_output_that_no_topic_takes_fails_the_workflow_and_the_input_is_put_aside(
    works: Works, database: str, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size(record: Outgoing) -> int:
        return 10**9 if '"ce_type":"MessageUnderstood"' in record.headers else 1

    monkeypatch.setattr("streams.cluster.inlet.size_of", size)
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(0))
    works.close()
    assert said(log)[0] == "WorkflowFailed"
    assert said(log)[-1] == "DeadLetter"
    assert positioned(database) == 1


def test_bytes_that_cannot_be_read_become_a_dead_letter_and_the_next_record_is_taken(
    works: Works, database: str, log: MemoryLog
) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    garbage = contact(0)._replace(value=codec.MARKER + b"\0" * 40)
    inlet.take(garbage)
    inlet.take(contact(1))
    works.close()
    letters = [one for one in log.sent if one.topic == DEAD_LETTERS.name]
    assert [one.value for one in letters] == [garbage.value]
    assert counted(database, "seen") == 1


def test_last_offsets_that_hold_no_record_are_passed_while_nothing_is_taken(
    works: Works, database: str
) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(0))
    inlet.pass_over({PARTITION: 3})
    assert positioned(database) == 1, "something was taken just before"
    inlet.pass_over({PARTITION: 3})
    assert positioned(database) == 3
    inlet.take(contact(3))
    assert positioned(database) == 4


def test_last_offsets_that_hold_a_record_are_not_passed(database: str, log: MemoryLog) -> None:
    works = Works(database, log, holds=lambda *_: True)
    inlet = works.inlet(partitions=[PARTITION])
    inlet.pass_over({PARTITION: 1})
    inlet.pass_over({PARTITION: 1})
    assert positioned(database) == 0
    inlet.take(contact(0))
    assert positioned(database) == 1
    works.close()


def test_last_offsets_are_left_while_no_broker_answers(database: str, log: MemoryLog) -> None:
    def away(*_: object) -> bool:
        raise Unavailable("no broker answers", "wait")

    works = Works(database, log, holds=away)
    inlet = works.inlet(partitions=[PARTITION])
    inlet.pass_over({PARTITION: 1})
    assert positioned(database) == 0
    works.close()
