"""The embedded log's ends: known within a transaction, and never longer than they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.desk import Desk
from streams.embedded.database import Database
from streams.embedded.rebuild import rebuild, verify
from tests.stores import a_desk

TOPIC = "support.contacts.v1"


class Undone(Exception):
    """What a transaction or an attempt fails with here."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


def put(desk: Desk, name: str) -> int:
    return desk.log.append_raw(TOPIC, 0, None, "{}", b"", name)


def put_and_fail(desk: Desk, name: str) -> None:
    put(desk, name)
    raise Undone


def known(database: Database) -> tuple[dict[tuple[str, int], int], int | None]:
    return dict(database.ends), database.newest


def test_appends_of_one_transaction_follow_each_other(desk: Desk) -> None:
    with desk.database.transaction():
        assert [put(desk, name) for name in "abc"] == [0, 1, 2]
        assert desk.log.end(TOPIC, 0) == desk.log.last_seq() == 3
    assert [entry.id for entry in desk.log.read(TOPIC, 0, 0, 9)] == ["a", "b", "c"]


def test_a_transaction_that_is_undone_leaves_no_end_behind(desk: Desk) -> None:
    with pytest.raises(Undone), desk.database.transaction():
        put_and_fail(desk, "a")
    assert known(desk.database) == ({}, None)
    with desk.database.transaction():
        assert put(desk, "b") == 0
    assert desk.log.last_seq() == 1


def test_an_attempt_that_is_undone_leaves_no_end_behind_and_the_rest_is_kept(desk: Desk) -> None:
    with desk.database.transaction():
        put(desk, "a")
        with pytest.raises(Undone), desk.database.attempt():
            put_and_fail(desk, "b")
        assert put(desk, "c") == 1
    assert [(entry.seq, entry.id) for entry in desk.log.scan()] == [(1, "a"), (2, "c")]


def test_what_another_process_appends_between_two_transactions_is_seen(
    desk: Desk, tmp_path: Path
) -> None:
    with desk.database.transaction():
        put(desk, "a")
    with a_desk(tmp_path) as other, other.database.transaction():
        put(other, "b")
    with desk.database.transaction():
        assert put(desk, "c") == 2


def test_a_value_that_a_hand_made_text_is_read_as_its_bytes(desk: Desk) -> None:
    """`UPDATE log SET value = replace(value, ...)` leaves a text, and no reader stumbles on it."""
    desk.produce({"channel": "email", "handle": "ann", "message": "Hello"})
    desk.run()
    desk.seal()
    desk.database.execute("UPDATE log SET value = replace(value, 'Hello', 'Hallo')")
    values = [
        *(entry.value for entry in desk.log.scan()),
        *(entry.value for entry in desk.log.read(TOPIC, 0, 0, 100)),
    ]
    assert values
    assert {type(value) for value in values} == {bytes}
    assert rebuild(desk.database, [])
    found = verify(desk.database)["findings"]
    assert "changed" in {one["kind"] for one in found}
