"""What the embedded case store keeps at hand, and when it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from projections.case import Case, Ticket
from schemas.topics import CONTACTS
from streams.embedded import store as case_store
from streams.embedded.database import Database
from streams.embedded.opening import open_database
from streams.embedded.store import CaseStore
from streams.turn import Line

HELD = 3
"""So many lines are kept at hand here."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database, monkeypatch: pytest.MonkeyPatch) -> CaseStore:
    monkeypatch.setattr(case_store, "HELD", HELD)
    return CaseStore(database)


def save(store: CaseStore, key: str, number: int = 1) -> None:
    store.save("customer", key, Case(customer_id=key, name=f"{key} {number}"), Line(number, {}))


def stored(database: Database) -> dict[str, str]:
    """The names of the lines that are written, by key: what another process would find."""
    other = CaseStore(database)
    keys = database.execute("SELECT key FROM lines").fetchall()
    return {key: other.load("customer", key)[0].name for (key,) in keys}


@pytest.fixture
def reads(database: Database) -> Callable[[Callable[[], object]], int]:
    """How often something reads a line from the database."""

    def counted(does: Callable[[], object]) -> int:
        seen: list[str] = []
        database.connection.set_trace_callback(seen.append)
        does()
        database.connection.set_trace_callback(None)
        return len([one for one in seen if "FROM lines" in one])

    return counted


def test_a_line_and_a_position_are_written_by_the_flush_and_not_before(
    database: Database, store: CaseStore
) -> None:
    save(store, "ann", 1)
    save(store, "ann", 2)
    store.advance(CONTACTS.name, 3, 7, 1.5)
    store.advance(CONTACTS.name, 3, 8, 2.5)
    assert (stored(database), store.positions()) == ({}, {})
    store.flush()
    assert stored(database) == {"ann": "ann 2"}
    assert store.positions() == {(CONTACTS.name, 3): (8, 2.5)}
    save(store, "ann", 3)
    store.advance(CONTACTS.name, 3, 9, 2.5)
    store.flush()
    assert stored(database) == {"ann": "ann 3"}
    assert store.positions() == {(CONTACTS.name, 3): (9, 2.5)}


def test_a_flush_writes_only_what_changed_since_the_last(
    database: Database, store: CaseStore
) -> None:
    save(store, "ann")
    store.advance(CONTACTS.name, 3, 7, 1.5)
    store.flush()
    database.execute("DELETE FROM lines")
    database.execute("DELETE FROM positions")
    store.flush()
    assert (stored(database), store.positions()) == ({}, {})


def test_a_line_is_read_once_while_it_is_used(
    store: CaseStore, database: Database, reads: Callable[[Callable[[], object]], int]
) -> None:
    save(store, "ann")
    store.flush()
    fresh = CaseStore(database)
    assert reads(lambda: fresh.load("customer", "ann")) == 1
    assert reads(lambda: fresh.load("customer", "ann")) == 0


def test_so_many_lines_are_kept_and_the_one_used_longest_ago_is_let_go(
    store: CaseStore, reads: Callable[[Callable[[], object]], int]
) -> None:
    for number in range(HELD):
        save(store, str(number))
    store.flush()
    store.load("customer", "0")
    save(store, "one more")
    assert reads(lambda: store.load("customer", "0")) == 0
    assert reads(lambda: store.load("customer", "2")) == 0
    assert reads(lambda: store.load("customer", "1")) == 1


def test_a_line_that_is_saved_is_used(
    store: CaseStore, reads: Callable[[Callable[[], object]], int]
) -> None:
    for number in range(HELD):
        save(store, str(number))
    save(store, "0")
    save(store, "one more")
    assert reads(lambda: store.load("customer", "0")) == 0
    assert reads(lambda: store.load("customer", "1")) == 1


def test_a_line_that_is_let_go_is_written_first(database: Database, store: CaseStore) -> None:
    for number in range(HELD + 1):
        save(store, str(number))
    assert store.load("customer", "0")[0].name == "0 1"
    assert len(stored(database)) == HELD + 1


def test_an_inbox_record_is_seen_once(store: CaseStore) -> None:
    assert [store.see("a"), store.see("b"), store.see("a")] == [True, True, False]


def test_a_parked_ticket_may_be_looked_at_and_stays_parked(store: CaseStore) -> None:
    ticket = Ticket(
        id="T1", status="closed", priority="low", channel="email", opened_at=1.0, updated_at=1.0
    )
    assert store.peek("T1") is None
    store.park("ann", [ticket])
    assert store.peek("T1") == store.peek("T1") == ticket
    assert store.parked("ann", ["T1"]) == [ticket]
    assert store.peek("T1") is None
