"""The embedded projector: how far it reads, in which order, in how many transactions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from projections.tables import TABLES
from schemas.record import Record
from schemas.topics import CONTACTS, INBOX_NAMES, TICKETS
from streams.desk import Desk
from streams.embedded import projector, rebuild
from streams.embedded.projector import Projector, limits, replayed
from streams.embedded.shift import Shift
from tests.stores import a_desk, by_hand

NAMES = ("ann", "bo", "cy", "dora")
TOPICS = {table.topic for table in TABLES}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with some contacts that were taken, on several partitions; no table knows of them."""
    with a_desk(tmp_path) as desk:
        for number in range(2):
            desk.produce(*(contact(name, f"{number}") for name in NAMES))
        Shift(desk, projections=False).run()
        yield desk


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """What projectors fold from now on."""
    found: list[Record] = []
    apply = projector.Fold.apply

    def watched(self: projector.Fold, record: Record) -> None:
        found.append(record)
        apply(self, record)

    monkeypatch.setattr(projector.Fold, "apply", watched)
    return found


def contact(name: str, text: str) -> dict[str, str]:
    return {"channel": "email", "customer_id": name, "message": text, "provider_id": name + text}


def expected(desk: Desk) -> tuple[list[str], list[str]]:
    """The ids of what there is to fold: of the inboxes sorted, of the rest as appended."""
    entries = [entry for entry in desk.log.scan() if entry.topic in TOPICS]
    outputs = [entry.id for entry in entries if entry.topic not in INBOX_NAMES]
    return sorted(entry.id for entry in entries if entry.topic in INBOX_NAMES), outputs


def told_apart(folded: list[Record]) -> tuple[list[str], list[str]]:
    """The same of what was folded."""
    outputs = [one.id for one in folded if one.topic not in INBOX_NAMES]
    return sorted(one.id for one in folded if one.topic in INBOX_NAMES), outputs


def stands(desk: Desk) -> dict[tuple[str, int], tuple[int, int]]:
    rows = desk.database.execute(
        "SELECT topic, partition, position, end_position FROM read_positions"
    )
    return {(t, p): (position, end) for t, p, position, end in rows}


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 500])
def test_outputs_are_folded_once_in_the_order_of_appending_in_any_batches(
    desk: Desk, folded: list[Record], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "BATCH", batch)
    Projector(desk.database).catch_up()
    assert told_apart(folded) == expected(desk)
    folded.clear()
    Projector(desk.database).catch_up()
    assert folded == []


@pytest.mark.parametrize("batch", [4, 5])
def test_so_many_records_are_folded_in_one_transaction_at_most(
    desk: Desk, folded: list[Record], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "BATCH", batch)
    sizes = [0]

    def watched(statement: str) -> None:
        if statement == "COMMIT":
            sizes.append(len(folded))

    desk.database.connection.set_trace_callback(watched)
    Projector(desk.database).catch_up()
    desk.database.connection.set_trace_callback(None)
    done = [after - before for before, after in pairwise(sizes)]
    assert max(done) == batch
    assert sum(done) == len(folded)


def test_an_inbox_is_read_no_further_than_the_worker_has_taken_it(
    desk: Desk, folded: list[Record]
) -> None:
    waiting = desk.produce(contact("ann", "waits"), contact("eve", "waits"))
    Projector(desk.database).catch_up()
    assert not {one.id for one in folded} & set(waiting)
    behind = [end - position for position, end in stands(desk).values()]
    assert sum(behind) in {0, 1, 2}, "as far as the tables know of the partition"
    Shift(desk, projections=False).run()
    folded.clear()
    Projector(desk.database).catch_up()
    assert set(waiting) <= {one.id for one in folded}


def test_positions_are_written_with_the_rows_and_reach_the_ends(desk: Desk) -> None:
    Projector(desk.database).catch_up()
    found = stands(desk)
    ends = {place: end for place, end in desk.log.ends().items() if place[0] in TOPICS}
    assert {place: end for place, (_, end) in found.items()} == ends
    assert {place: position for place, (position, _) in found.items()} == ends


def test_what_waits_is_told_of_a_partition_that_no_batch_has_reached(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "BATCH", 1)
    told: list[dict[tuple[str, int], tuple[int, int]]] = []

    def watched(statement: str) -> None:
        if statement.startswith("BEGIN"):
            with a_desk(tmp_path) as other:
                told.append(stands(other))

    desk.database.connection.set_trace_callback(watched)
    Projector(desk.database).catch_up()
    desk.database.connection.set_trace_callback(None)
    before, first, *_ = told
    ends = {place: end for place, end in desk.log.ends().items() if place[0] in TOPICS}
    assert before == {}
    assert {place: end for place, (_, end) in first.items()} == ends
    assert sum(position for position, _ in first.values()) == 1


def test_a_repeat_and_what_was_put_aside_are_passed_over_and_counted(
    desk: Desk, folded: list[Record]
) -> None:
    (first, *_) = desk.log.scan(topic=CONTACTS.name)
    assert first.key is not None
    by_hand(desk, first.headers, first.value, key=first.key, number=first.id)
    by_hand(desk, "{}", b"nonsense", key=first.key)
    Shift(desk, projections=False).run()
    Projector(desk.database).catch_up()
    ids = [one.id for one in folded]
    assert ids.count(first.id) == 1
    assert len(set(ids)) == len(ids)
    assert all(position == end for position, end in stands(desk).values())
    folded.clear()
    assert all(one["same"] for one in rebuild.rebuild(desk.database, ()).values())
    assert [one.id for one in folded].count(first.id) == 1


def test_what_another_projector_folded_in_between_is_built_on(desk: Desk) -> None:
    mine, others = Projector(desk.database), Projector(desk.database)
    for number, one in enumerate((mine, others, mine, others)):
        desk.produce(contact("ann", f"again {number}"))
        Shift(desk, projections=False).run()
        one.catch_up()
    assert rebuild.verify(desk.database)["clean"]


def test_a_replay_is_the_log_in_its_order_up_to_the_bounds_of_each_partition(desk: Desk) -> None:
    bounds = limits(desk.database, TOPICS)
    every = [one.id for one in replayed(desk.database, frozenset(TOPICS), bounds)]
    assert every == [entry.id for entry in desk.log.scan() if entry.topic in TOPICS]
    less = {place: end - 1 for place, end in bounds.items()}
    some = {one.id for one in replayed(desk.database, frozenset(TOPICS), less)}
    assert len(some) == len(every) - len(bounds)
    assert list(replayed(desk.database, frozenset({CONTACTS.name}), {})) == []
    kinds = {type(record.event) for record in replayed(desk.database, frozenset(TOPICS), bounds)}
    assert len(kinds) > 5
    for kind in kinds:
        found = list(replayed(desk.database, frozenset(TOPICS), bounds, {kind}))
        assert found == [
            record
            for record in replayed(desk.database, frozenset(TOPICS), bounds)
            if type(record.event) is kind
        ]


def test_a_replay_passes_over_what_nobody_can_read(desk: Desk) -> None:
    with desk.database.transaction():
        desk.log.append_raw(TICKETS.name, 0, "ann", "{}", b"junk", "junk")
    desk.produce(contact("ann", "and again"))
    Shift(desk, projections=False).run()
    bounds = limits(desk.database, TOPICS)
    found = [record.id for record in replayed(desk.database, frozenset(TOPICS), bounds)]
    every = [entry.id for entry in desk.log.scan() if entry.topic in TOPICS]
    assert found == [one for one in every if one != "junk"]
    assert every.index("junk") < len(every) - 1
