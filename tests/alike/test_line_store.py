"""What both case stores promise to whoever decides: `streams.store.LineStore`, in tests.

One suite, run on the embedded store and on the cluster's with a real database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from projections.case import Case, Ticket, Timer
from projections.desk import Desk
from schemas.topics import Domain
from streams.cluster import migrating, ownership
from streams.cluster import store as cluster
from streams.cluster.postgres import connect
from streams.embedded import store as embedded
from streams.embedded.opening import open_database
from streams.store import DueTimer, LineStore
from streams.turn import Line

Turn = Callable[[str], AbstractContextManager[LineStore]]
"""A turn on a customer's line, committed at its end; what raises in it undoes it."""

PARTITION = 3


class Undone(Exception):
    """Ends a turn before its commit."""


def on_sqlite(folder: Path) -> Iterator[Callable[[], Turn]]:
    database = open_database(folder)

    def opened() -> Turn:
        store = embedded.CaseStore(database)

        @contextmanager
        def turn(_key: str) -> Iterator[LineStore]:
            with database.transaction():
                yield store
                store.flush()

        return turn

    yield opened
    database.close()


def on_postgres(url: str) -> Iterator[Callable[[], Turn]]:
    migrating.migrate(url)
    database = connect(url)
    numbers = count()
    owned = ownership.claim(database, "customer", PARTITION, "the test")

    def opened() -> Turn:
        store = cluster.CaseStore(database)

        @contextmanager
        def turn(key: str) -> Iterator[LineStore]:
            store.begin("customer", key, f"record {next(numbers)}")
            yield store
            store.commit(owned, owned.position + 1, 0.0, seen=None, records=[])

        return turn

    yield opened
    database.close()


@pytest.fixture(name="opened", params=["embedded", "cluster"])
def _opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Turn]]:
    """Opens the store; each time it knows only what was committed."""
    if request.param == "embedded":
        yield from on_sqlite(tmp_path)
    else:
        yield from on_postgres(request.getfixturevalue("database"))


def ticket(number: int, status: str = "triaged") -> Ticket:
    at = float(number)
    return Ticket(
        id=f"T{number}",
        status=status,
        priority="low",
        channel="email",
        opened_at=at,
        updated_at=at,
    )


def timer(name: str, due_at: float) -> Timer:
    return Timer(name, "T1", "close", None, due_at)


def stored(name: str, due_at: float, key: str = "ann", partition: int = PARTITION) -> DueTimer:
    return DueTimer(name, key, partition, "T1", "close", None, due_at)


def loaded(turn: Turn, key: str, domain: Domain = "customer") -> tuple[object, Line]:
    with turn(key) as store:
        return store.load(domain, key)


def test_a_line_that_nothing_happened_on_is_fresh(opened: Callable[[], Turn]) -> None:
    assert loaded(opened(), "ann") == (Case(customer_id="ann"), Line())


def test_what_is_saved_is_what_is_loaded_from_then_on(opened: Callable[[], Turn]) -> None:
    turn = opened()
    case = Case(customer_id="ann", name="Ann ☂", tickets={"T1": ticket(1)})
    line = Line(7, {"support.tickets.v1": 7, "support.decisions.v1": 6})
    with turn("ann") as store:
        store.load("customer", "ann")
        store.save("customer", "ann", case, line)
    assert loaded(turn, "ann") == (case, line)
    assert loaded(opened(), "ann") == (case, line)
    assert loaded(opened(), "bo") == (Case(customer_id="bo"), Line())


def test_a_turn_that_is_undone_leaves_nothing_behind(opened: Callable[[], Turn]) -> None:
    def taken() -> None:
        with opened()("ann") as store:
            store.load("customer", "ann")
            store.save("customer", "ann", Case(customer_id="ann", name="Ann"), Line(1, {}))
            store.park("ann", [ticket(1)])
            store.retime("ann", PARTITION, {}, {"a": timer("a", 5.0)})
            raise Undone

    with pytest.raises(Undone):
        taken()
    assert loaded(opened(), "ann") == (Case(customer_id="ann"), Line())
    with opened()("ann") as store:
        assert store.parked_open("ann") == []
        assert store.next_due() == {}


def test_a_parked_ticket_is_given_once_and_to_its_line_alone(opened: Callable[[], Turn]) -> None:
    turn = opened()
    with turn("ann") as store:
        store.park("ann", [ticket(1), ticket(2)])
    with turn("bo") as store:
        assert store.parked("bo", ["T1"]) == []
    with turn("ann") as store:
        assert store.parked("ann", ["T2", "T9", "T1"]) == [ticket(2), ticket(1)]
        assert store.parked("ann", ["T1"]) == []
    with opened()("ann") as store:
        assert store.parked("ann", ["T1", "T2"]) == []


def test_a_ticket_that_is_parked_again_stands_as_it_was_put_last(
    opened: Callable[[], Turn],
) -> None:
    turn = opened()
    with turn("ann") as store:
        store.park("ann", [ticket(1)])
    with turn("ann") as store:
        (known,) = store.parked("ann", ["T1"])
        assert known == ticket(1)
        store.park("bo", [ticket(1, "resolved")])
    with opened()("bo") as store:
        assert store.parked("ann", ["T1"]) == []
        assert store.parked("bo", ["T1"]) == [ticket(1, "resolved")]


def test_the_parked_tickets_that_are_not_closed_come_in_the_order_of_their_ids(
    opened: Callable[[], Turn],
) -> None:
    turn = opened()
    with turn("ann") as store:
        store.park("ann", [ticket(3), ticket(1, "closed"), ticket(2, "resolved")])
        store.park("bo", [ticket(4)])
    with turn("ann") as store:
        assert store.parked_open("ann") == [ticket(2, "resolved"), ticket(3)]
    with opened()("ann") as store:
        assert store.parked_open("ann") == []
        assert store.parked("ann", ["T1"]) == [ticket(1, "closed")]


def test_timers_appear_and_go_with_what_the_case_implies(opened: Callable[[], Turn]) -> None:
    turn = opened()
    first = {name: timer(name, at) for name, at in (("b", 5.0), ("a", 5.0), ("c", 4.0))}
    with turn("ann") as store:
        store.retime("ann", PARTITION, {}, first)
    with turn("ann") as store:
        assert store.due(PARTITION, 4.5) == [stored("c", 4.0)]
        assert store.due(PARTITION, 5.0) == [stored("c", 4.0), stored("a", 5.0), stored("b", 5.0)]
        assert store.due(PARTITION + 1, 5.0) == []
        assert store.earliest(PARTITION) == stored("c", 4.0)
        assert store.earliest(PARTITION + 1) is None
        store.retime("ann", PARTITION, first, {"b": first["b"], "d": timer("d", 9.0)})
    with opened()("ann") as store:
        assert store.due(PARTITION, 99.0) == [stored("b", 5.0), stored("d", 9.0)]
        store.fired("b")
    with opened()("ann") as store:
        assert store.due(PARTITION, 99.0) == [stored("d", 9.0)]


def test_a_timer_goes_with_its_ticket_to_another_line(opened: Callable[[], Turn]) -> None:
    turn = opened()
    with turn("ann") as store:
        store.retime("ann", PARTITION, {}, {"a": timer("a", 5.0)})
    with turn("bo") as store:
        store.retime("bo", PARTITION + 1, {}, {"a": timer("a", 5.0)})
    with opened()("ann") as store:
        assert store.earliest(PARTITION) is None
        assert store.earliest(PARTITION + 1) == stored("a", 5.0, "bo", PARTITION + 1)


def test_the_next_timer_of_each_partition_is_told(opened: Callable[[], Turn]) -> None:
    turn = opened()

    with turn("ann") as store:
        store.retime("ann", 1, {}, {"a": timer("a", 5.0), "b": timer("b", 3.0)})
        store.retime("bo", 2, {}, {"c": timer("c", 8.0)})
    with opened()("ann") as store:
        assert store.next_due() == {1: 3.0, 2: 8.0}
        assert store.next_due([2, 7]) == {2: 8.0}


def test_the_desks_line_is_kept_beside_a_customers_of_the_same_name(tmp_path: Path) -> None:
    """On the cluster each domain has a worker and a store of its own."""
    for opened in on_sqlite(tmp_path):
        with opened()("desk") as store:
            store.save("customer", "desk", Case(customer_id="desk"), Line(1, {}))
            store.save("desk", "desk", Desk(), Line(2, {}))
        assert loaded(opened(), "desk", "desk") == (Desk(), Line(2, {}))
        assert loaded(opened(), "desk") == (Case(customer_id="desk"), Line(1, {}))
