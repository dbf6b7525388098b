"""What the embedded log gives back: of a partition, of all, by id, and by where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from schemas.events.contacts import ProductSignalReported
from schemas.record import Record, answer_id, derived_id, partition_of
from schemas.topics import CONTACTS, DECISIONS
from schemas.vocabulary import rfc3339
from streams import codec
from streams.desk import Desk
from streams.testing import START
from tests.stores import a_desk

A, B = CONTACTS.name, DECISIONS.name
"""Two topics."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


def signal(number: str, key: str = "ann", correlation: str | None = None) -> Record:
    event = ProductSignalReported(customer_id=key, kind="app_crash")
    root = correlation or number
    return Record(id=number, key=key, at=START, by="test", event=event, correlation=root)


def filled(desk: Desk) -> None:
    """Five entries on two topics and two partitions, in this order of appending."""
    with desk.database.transaction():
        for topic, partition, name in (
            (A, 0, "a"), (A, 1, "b"), (A, 0, "c"), (B, 0, "d"), (A, 0, "e"),
        ):  # fmt: skip
            desk.log.append_raw(topic, partition, "k", "{}", b"", name)


def ids(entries: object) -> str:
    assert isinstance(entries, Iterator | list)
    return "".join(entry.id for entry in entries)


def test_a_partition_is_read_from_an_offset_on_and_no_further_than_asked(desk: Desk) -> None:
    filled(desk)
    assert ids(desk.log.read(A, 0, 0, 9)) == "ace"
    assert ids(desk.log.read(A, 0, 1, 9)) == "ce"
    assert ids(desk.log.read(A, 0, 0, 2)) == "ac"
    assert ids(desk.log.read(A, 1, 0, 9)) == "b"
    assert ids(desk.log.read(A, 0, 3, 9)) == ids(desk.log.read(B, 1, 0, 9)) == ""


def test_a_partition_is_read_backwards(desk: Desk) -> None:
    filled(desk)
    assert ids(desk.log.backwards(A, 0)) == "eca"


def test_the_whole_log_or_a_topic_is_read_in_the_order_of_appending(desk: Desk) -> None:
    filled(desk)
    assert ids(desk.log.scan()) == "abcde"
    assert [entry.seq for entry in desk.log.scan()] == [1, 2, 3, 4, 5]
    assert ids(desk.log.scan(3)) == "de"
    assert ids(desk.log.scan(topic=A)) == "abce"
    assert ids(desk.log.scan(1, A)) == "bce"


def test_the_ends_are_those_of_the_partitions_that_hold_something(desk: Desk) -> None:
    assert desk.log.ends() == {}
    filled(desk)
    assert desk.log.ends() == {(A, 0): 3, (A, 1): 1, (B, 0): 1}
    assert (desk.log.end(A, 0), desk.log.end(B, 1)) == (3, 0)


def test_a_place_in_the_log_that_nothing_lies_at_is_the_beginning(desk: Desk) -> None:
    assert desk.log.last_seq() == 0
    filled(desk)
    assert desk.log.last_seq() == 5


def test_an_id_is_found_where_it_came_first(desk: Desk) -> None:
    filled(desk)
    with desk.database.transaction():
        desk.log.append_raw(B, 3, None, "{}", b"", "c")
    found = desk.log.find("c")
    assert found is not None
    assert (found.topic, found.partition, found.offset, found.seq) == (A, 0, 1, 3)
    assert desk.log.find("z") is None
    assert (desk.log.has("c"), desk.log.has("z")) == (True, False)


def test_bytes_lie_as_they_were_given(desk: Desk) -> None:
    with desk.database.transaction():
        assert desk.log.append_raw(A, 4, None, '{"x": "y"}', b"\0\xff", "n") == 0
    (entry,) = desk.log.scan()
    assert entry[:7] == (1, A, 4, 0, None, '{"x": "y"}', b"\0\xff")
    assert (entry.id, entry.known) == ("n", None)


def test_records_lie_on_their_keys_partitions_and_come_back_as_they_were(desk: Desk) -> None:
    records = [signal(derived_id(str(n)), key) for n, key in enumerate(("ann", "bo", "ann"))]
    with desk.database.transaction():
        appended = desk.log.append(records)
        appended += desk.log.append([])
    stored = list(desk.log.scan())
    assert [entry[:9] for entry in appended] == [entry[:9] for entry in stored]
    assert [(e.seq, e.partition, e.offset) for e in stored] == [
        (1, partition_of("ann"), 0), (2, partition_of("bo"), 0), (3, partition_of("ann"), 1),
    ]  # fmt: skip
    for record, mine, theirs in zip(records, appended, stored, strict=True):
        placed = msgspec.structs.replace(record, partition=mine.partition, offset=mine.offset)
        assert mine.known == mine.record() == theirs.record() == placed
        assert mine.headers == codec.headers(record).decode()


def test_what_followed_from_a_record_is_told_without_it_and_without_a_stranger(desk: Desk) -> None:
    """Ids that begin alike by chance lie between them."""
    root = derived_id("root")
    answers = [answer_id(root, str(n)) for n in range(3)]
    stranger = root[:8] + "f" * 24
    others = derived_id("other")
    with desk.database.transaction():
        desk.log.append([signal(answers[2], correlation=root), signal(root)])
        desk.log.append([signal(stranger), signal(others), signal(answers[0], correlation=root)])
        desk.log.append([signal(answers[1], correlation=root), signal(root)])
    assert [entry.id for entry in desk.log.family(root)] == [answers[2], answers[0], answers[1]]
    assert desk.log.family(stranger) == desk.log.family(others) == []


def test_what_another_process_appends_is_seen_outside_of_transactions(
    desk: Desk, tmp_path: Path
) -> None:
    desk.log.append_raw(A, 0, None, "{}", b"", "a")
    with a_desk(tmp_path) as other:
        for end in (1, 2):
            assert (desk.log.end(A, 0), desk.log.last_seq()) == (end, end)
            other.log.append_raw(A, 0, None, "{}", b"", str(end))
        desk.log.append_raw(A, 0, None, "{}", b"", "z")
        assert [entry.offset for entry in desk.log.read(A, 0, 0, 9)] == [0, 1, 2, 3]


def test_a_transaction_asks_for_an_end_once_for_nobody_else_can_write(desk: Desk) -> None:
    filled(desk)
    asked: list[str] = []
    desk.database.connection.set_trace_callback(asked.append)
    with desk.database.transaction():
        for _ in range(2):
            assert (desk.log.end(A, 0), desk.log.last_seq()) == (3, 5)
    desk.database.connection.set_trace_callback(None)
    assert len([one for one in asked if one.startswith("SELECT")]) == 2


def test_a_mark_of_the_topics_that_grew_differs_after_an_append(desk: Desk) -> None:
    before = desk.database.changes(A), desk.database.changes(B)
    desk.log.append_raw(A, 0, None, "{}", b"", "a")
    after = desk.database.changes(A), desk.database.changes(B)
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_before_a_moment_lies_what_was_appended_until_then(desk: Desk) -> None:
    assert desk.log.last_before(START) == 0
    filled(desk)
    for seq in range(1, 6):
        at = rfc3339(START + timedelta(days=seq))
        desk.database.execute("UPDATE log SET appended_at = ? WHERE seq = ?", (at, seq))
    assert desk.log.last_before(START) == 0
    assert desk.log.last_before(START + timedelta(days=3)) == 2
    assert desk.log.last_before(START + timedelta(days=3, seconds=1)) == 3
    assert desk.log.last_before(START + timedelta(days=9)) == 5
