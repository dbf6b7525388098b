"""When partitions are sealed, and that it changes nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from agents.policy import default_policy
from agents.policy_toml import parse, to_toml
from schemas.events.control import PartitionSealed, PolicyActivated
from schemas.record import Record, partition_of
from schemas.topics import CONTROL
from streams.clock import ManualClock
from streams.embedded.log import SqliteLog
from streams.embedded.running import run_roles
from streams.embedded.unsealed import Unsealed
from streams.entry import Entry
from streams.proof_settings import SealSettings
from streams.sealing import AT_ONCE, Sealing
from streams.seals import seal_in
from streams.testing import START
from tests.embedded import open_in, record_of, rows_of, take
from tests.real import until
from tests.sealed import CONTACTS, contact, found, said, sealed_store


def entry(offset: int, topic: str = "support.contacts.v1", key: str = "ann") -> Entry:
    kind = "PartitionSealed" if topic == CONTROL.name else "ContactReceived"
    headers = f'{{"ce_type":"{kind}","ce_time":"2026-03-02T08:00:00+00:00"}}'
    return Entry(0, topic, 0, offset, key, headers, b"%d" % offset, "", str(offset))


def sealed_by(records: list[Record]) -> list[tuple[int, int]]:
    events = [one.event for one in records]
    return [(e.start, e.offset) for e in events if isinstance(e, PartitionSealed)]


def test_a_partition_is_sealed_every_so_many_records() -> None:
    sealing = Sealing(3, 60.0)
    for offset in range(8):
        sealing.take(entry(offset))
    assert sealed_by(sealing.due()) == [(0, 3), (3, 6)]
    assert sealing.due() == []


def test_what_lies_unsealed_for_long_is_sealed_though_nothing_more_comes() -> None:
    sealing = Sealing(100, 60.0)
    sealing.take(entry(0), 10.0)
    sealing.take(entry(1), 65.0)
    assert sealing.due(69.9) == []
    assert sealed_by(sealing.due(70.0)) == [(0, 2)]
    assert sealing.due(500.0) == []


def test_where_partitions_are_sealed_makes_no_difference_to_their_hash() -> None:
    one, two = Sealing(2), Sealing(5)
    for offset in range(10):
        one.take(entry(offset))
        two.take(entry(offset))
    assert [r.event.digest for r in one.due()][-1] == [r.event.digest for r in two.due()][-1]  # type: ignore[attr-defined]  # they are seals


def test_a_sealer_that_starts_anew_goes_on_where_the_last_seal_ends() -> None:
    first, second, whole = Sealing(4, 60.0), Sealing(4, 60.0), Sealing(4, 60.0)
    for offset in range(6):
        first.take(entry(offset))
    (record,) = first.due()
    seal = seal_in(_in_the_log(record))
    second.resume({seal.place: [seal]})
    assert dict(second.positions()) == {("support.contacts.v1", 0): 4}
    for offset in range(8):
        second.take(entry(offset))
        whole.take(entry(offset))
    assert second.due() == whole.due()[1:]


def _in_the_log(record: Record) -> Entry:
    return Entry(1, record.topic, 0, 0, record.key, "{}", b"", "", record.id, record)


def test_seals_of_control_alone_make_no_other_one_due() -> None:
    sealing = Sealing(1, 0.0)
    for offset in range(AT_ONCE - 1):
        sealing.take(entry(offset, CONTROL.name, f"{CONTROL.name}/1"))
    assert sealing.due(1000.0, everything=True) == []
    sealing.take(entry(AT_ONCE - 1, CONTROL.name, f"{CONTROL.name}/1"))
    assert sealed_by(sealing.due(1000.0)) == [(0, AT_ONCE)]


def test_a_seal_of_another_topic_is_sealed_in_control() -> None:
    sealing = Sealing(100, 0.0)
    sealing.take(entry(0, CONTROL.name, "support.contacts.v1/1"))
    assert sealed_by(sealing.due()) == [(0, 1)]


def test_offsets_that_hold_no_record_are_no_difference() -> None:
    sealing = Sealing(100, 0.0)
    for offset in (0, 1, 4):
        sealing.take(entry(offset))
    (record,) = sealing.due()
    seal = seal_in(_in_the_log(record))
    assert seal.offset == 5
    assert seal.marks[16:32] == bytes(16)


def test_a_desk_at_rest_is_sealed_once(tmp_path: Path) -> None:
    with open_in(tmp_path) as desk:
        take(desk, [contact(1)])
        assert len(desk.seal()) > 3
        assert desk.seal() == []


def test_seals_change_no_table_and_no_decision(tmp_path: Path) -> None:
    with open_in(tmp_path / "plain") as plain, open_in(tmp_path / "sealed") as sealed:
        for number in range(6):
            take(plain, [contact(number, f"c{number % 3}")])
            take(sealed, [contact(number, f"c{number % 3}")])
            sealed.seal()
        assert rows_of(plain) == rows_of(sealed)


def test_a_seal_moves_no_clock_by_which_policies_are_in_force(tmp_path: Path) -> None:
    """It is as late as what it seals; what is activated after it may be of an earlier time."""
    with open_in(tmp_path) as desk:
        take(desk, [contact(1)])
        clock = ManualClock(START)
        clock.advance(hours=5)
        take(desk, [msgspec.structs.replace(contact(2), at=clock.now())])
        desk.seal()
        text = to_toml(default_policy()).replace("lifetime_value = 10000", "lifetime_value = 1")
        event = PolicyActivated(version="x", text=text, by="bo")
        place = f"{CONTACTS}/{partition_of('ann')}"  # so it comes to lie behind the seal
        desk.intake.records([msgspec.structs.replace(record_of(event), key=place)])
        desk.worlds.follow()
        assert desk.worlds.policy_at(START.timestamp()) == parse(text) != default_policy()


def test_up_seals_while_it_runs(tmp_path: Path) -> None:
    sealed_store(tmp_path, rounds=0)
    assert said(tmp_path)["seals"]["records"] == 0
    stop, failed = threading.Event(), []

    def work() -> None:
        with open_in(tmp_path) as desk:
            often = SealSettings(records=1000, seconds=0.01)
            desk.settings = desk.settings.model_copy(update={"seals": often})
            try:
                run_roles(
                    desk, frozenset({"projections"}), None, stop, recorded=False, ready=lambda: None
                )
            except BaseException as error:  # noqa: BLE001  # the test shall see it
                failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(lambda: said(tmp_path)["seals"]["records"] > 10, 60.0, "something is sealed")
    finally:
        stop.set()
        thread.join(60)
    assert failed == []
    assert found(tmp_path) == []


def test_up_seals_nothing_where_that_is_off(tmp_path: Path) -> None:
    sealed_store(tmp_path, rounds=0)
    stop = threading.Event()
    stop.set()
    with open_in(tmp_path) as desk:
        desk.settings = desk.settings.model_copy(update={"seals": SealSettings(on=False)})
        before = threading.active_count()
        counts = []
        run_roles(
            desk,
            frozenset({"projections"}),
            None,
            stop,
            recorded=False,
            ready=lambda: counts.append(threading.active_count()),
        )
        assert counts == [before]


def test_a_copy_of_the_inboxes_leaves_the_seals_behind(tmp_path: Path) -> None:
    with open_in(tmp_path) as desk:
        take(desk, [contact(1)])
        desk.seal()
        event = PolicyActivated(version="x", text=to_toml(default_policy()), by="bo")
        for number in range(20):
            desk.intake.records(
                [msgspec.structs.replace(record_of(event), id=f"p{number}", key=f"k{number}")]
            )
        log = Unsealed(SqliteLog(desk.database))
        kept = []
        for (topic, partition), end in log.ends().items():
            if topic == CONTROL.name:
                entries = log.read(topic, partition, 0, 100)
                assert [one.offset for one in entries] == list(range(end))
                kept += entries
        assert sorted(one.id for one in kept) == sorted(f"p{number}" for number in range(20))
        assert len(kept) < sum(1 for _ in desk.log.scan(topic=CONTROL.name))
