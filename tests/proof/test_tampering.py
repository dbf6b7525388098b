"""A sealed log is changed by hand, each time in one way, and `verify` names what was done."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from schemas.record import partition_of
from streams.embedded.log import SqliteLog
from streams.embedded.opening import open_database
from streams.embedded.sealing import control
from streams.tampering import seals_among
from tests.embedded import open_in
from tests.sealed import CONTACTS, CONTROL, by_hand, found, said, sealed_store

PLACE = f"{CONTACTS}/{partition_of('ann')}"
ANN = f"topic = '{CONTACTS}' AND partition = {partition_of('ann')}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed") / "data"
    sealed_store(folder)
    return folder


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


def _shift(store: Path, since: int, by: int) -> None:
    """Move the records of the partition from an offset on."""
    with by_hand(store) as database:
        database.execute(
            f"UPDATE log SET offset = -offset - 1 WHERE {ANN} AND offset >= ?", [since]
        )
        database.execute(
            f"UPDATE log SET offset = -offset - 1 + ? WHERE {ANN} AND offset < 0", [by]
        )


def _seals(store: Path, of: str) -> list[tuple[int, str, int]]:
    """The seals of a partition: seq, place, offset in control; in the order of appending."""
    with by_hand(store) as database:
        rows = database.execute(
            "SELECT seq, partition, offset FROM log WHERE topic = ? AND key = ? ORDER BY seq",
            (CONTROL, of),
        ).fetchall()
    return [(seq, f"{CONTROL}/{partition}/{offset}", offset) for seq, partition, offset in rows]


def _sealed(store: Path) -> list[int]:
    """Up to where each seal of the partition seals it."""
    database = open_database(store)
    try:
        seals, _ = seals_among(control(SqliteLog(database)))
    finally:
        database.close()
    return [seal.offset for seal in seals[CONTACTS, partition_of("ann")]]


def test_a_store_that_nobody_touched_is_clean_and_says_how_much_of_it_is_sealed(
    store: Path,
) -> None:
    report = said(store)
    assert report["clean"]
    assert report["findings"] == []
    assert report["seals"]["records"] > 60
    assert 0 < report["seals"]["unsealed"] < 60


def test_a_changed_byte_of_a_value_is_named(store: Path) -> None:
    with by_hand(store) as database:
        (value,) = database.execute(f"SELECT value FROM log WHERE {ANN} AND offset = 0").fetchone()
        assert b"Hello 0" in value
        database.execute(
            f"UPDATE log SET value = ? WHERE {ANN} AND offset = 0", [value.replace(b"o 0", b"o 9")]
        )
    assert found(store) == [("changed", f"{PLACE}/0")]
    (finding,) = (one for one in said(store)["findings"] if one["kind"] == "changed")
    assert "a record with the hash" in finding["expected"]
    assert "a record with the hash" in finding["found"]
    assert finding["expected"] != finding["found"]


@pytest.mark.parametrize(
    "change",
    [
        'headers = replace(headers, \'"ce_subject":"ann"\', \'"ce_subject": "ann"\')',
        "key = 'anna'",
        "key = NULL",
        "value = 'text'",
        "value = x''",
    ],
)
def test_a_change_of_key_headers_or_type_is_named(store: Path, change: str) -> None:
    with by_hand(store) as database:
        database.execute(f"UPDATE log SET {change} WHERE {ANN} AND offset = 3")
    assert found(store) == [("changed", f"{PLACE}/3")]


def test_a_record_that_is_found_by_another_id_is_named(store: Path) -> None:
    with by_hand(store) as database:
        database.execute(f"UPDATE log SET id = 'other' WHERE {ANN} AND offset = 3")
    assert found(store) == [("id changed", f"{PLACE}/3")]


def test_a_removed_record_is_named(store: Path) -> None:
    with by_hand(store) as database:
        database.execute(f"DELETE FROM log WHERE {ANN} AND offset = 4")
    assert found(store) == [("removed", f"{PLACE}/4")]


def test_removed_records_in_a_row_are_named_together(store: Path) -> None:
    with by_hand(store) as database:
        database.execute(f"DELETE FROM log WHERE {ANN} AND offset IN (1, 2, 4)")
    assert found(store) == [("removed", f"{PLACE}/1-2"), ("removed", f"{PLACE}/4")]


def test_a_removed_record_is_named_where_the_later_ones_were_moved_up(store: Path) -> None:
    with by_hand(store) as database:
        database.execute(f"DELETE FROM log WHERE {ANN} AND offset = 4")
    _shift(store, 5, -1)
    assert found(store)[0] == ("removed", f"{PLACE}/4")
    assert found(store, "moved") == [("moved", f"{PLACE}/5")]
    assert found(store, "changed", "inserted") == []


def test_an_inserted_record_is_named(store: Path) -> None:
    _shift(store, 6, 1)
    with by_hand(store) as database:
        database.execute(
            "INSERT INTO log SELECT (SELECT max(seq) + 1 FROM log), topic, partition, 6, key,"
            " replace(headers, id, 'forged'), value, appended_at, 'forged' FROM log"
            f" WHERE {ANN} AND offset = 1"
        )
        database.execute(f"UPDATE ends SET end_offset = end_offset + 1 WHERE {ANN}")
    assert found(store)[0] == ("inserted", f"{PLACE}/6")
    assert found(store, "moved") == [("moved", f"{PLACE}/6")]
    assert found(store, "changed", "removed") == []


def test_a_swapped_pair_is_named_with_both_places(store: Path) -> None:
    with by_hand(store) as database:
        database.execute(f"UPDATE log SET offset = -1 WHERE {ANN} AND offset = 2")
        database.execute(f"UPDATE log SET offset = 2 WHERE {ANN} AND offset = 7")
        database.execute(f"UPDATE log SET offset = 7 WHERE {ANN} AND offset = -1")
    assert found(store) == [("swapped", f"{PLACE}/2")]
    (finding,) = (one for one in said(store)["findings"] if one["kind"] == "swapped")
    assert f"{PLACE}/7" in finding["expected"]
    assert f"{PLACE}/7" in finding["found"]


def test_several_changes_of_one_partition_are_named_each(store: Path) -> None:
    with by_hand(store) as database:
        database.execute(f"UPDATE log SET key = 'x' WHERE {ANN} AND offset = 1")
        database.execute(f"DELETE FROM log WHERE {ANN} AND offset = 6")
        database.execute(f"UPDATE log SET key = 'x' WHERE {ANN} AND offset = 12")
    assert found(store) == [
        ("changed", f"{PLACE}/1"),
        ("removed", f"{PLACE}/6"),
        ("changed", f"{PLACE}/12"),
    ]


def test_a_log_that_was_cut_off_is_named_even_where_its_end_was_moved(store: Path) -> None:
    with by_hand(store) as database:
        (end,) = database.execute(f"SELECT end_offset FROM ends WHERE {ANN}").fetchone()
        database.execute(f"DELETE FROM log WHERE {ANN} AND offset >= 12")
        database.execute(f"UPDATE ends SET end_offset = 12 WHERE {ANN}")
    assert found(store) == [("removed", f"{PLACE}/12-{_sealed(store)[-1] - 1}")]
    assert end > _sealed(store)[-1]


def test_a_log_that_was_cut_off_behind_its_seals_is_named(store: Path) -> None:
    with by_hand(store) as database:
        (end,) = database.execute(f"SELECT end_offset FROM ends WHERE {ANN}").fetchone()
        removed = database.execute(
            f"DELETE FROM log WHERE {ANN} AND offset >= ?", [_sealed(store)[-1]]
        ).rowcount
    assert found(store) == [("removed", f"{PLACE}/{end - removed}-{end - 1}")]


def test_a_removed_seal_is_named_by_the_next_one_and_by_where_it_lay(store: Path) -> None:
    first, *_ = _seals(store, PLACE)
    up_to, *_ = _sealed(store)
    with by_hand(store) as database:
        database.execute("DELETE FROM log WHERE seq = ?", [first[0]])
    assert found(store) == [
        ("seal removed", f"{CONTROL} (of {PLACE} up to {up_to})"),
        ("removed", first[1]),
    ]


def test_the_last_seal_is_missed_where_it_lay(store: Path) -> None:
    *_, last = _seals(store, PLACE)
    with by_hand(store) as database:
        database.execute("DELETE FROM log WHERE seq = ?", [last[0]])
    assert found(store) == [("removed", last[1])]


def test_a_seal_that_says_another_hash_is_named(store: Path) -> None:
    _, middle, _ = _seals(store, PLACE)
    with by_hand(store) as database:
        (value,) = database.execute("SELECT value FROM log WHERE seq = ?", [middle[0]]).fetchone()
        at = value.index(CONTACTS.encode()) + len(CONTACTS) + 5
        other = b"0" if value[at : at + 1] != b"0" else b"1"
        database.execute(
            "UPDATE log SET value = ? WHERE seq = ?",
            [value[:at] + other + value[at + 1 :], middle[0]],
        )
    assert found(store) == [("seal changed", middle[1]), ("changed", middle[1])]


def test_a_seal_that_cannot_be_read_is_named(store: Path) -> None:
    _, _, last = _seals(store, PLACE)
    with by_hand(store) as database:
        database.execute("UPDATE log SET value = x'00' WHERE seq = ?", [last[0]])
    assert found(store) == [("unreadable", last[1]), ("changed", last[1])]


def test_records_that_were_changed_and_sealed_anew_show_in_the_seals_before(store: Path) -> None:
    with by_hand(store) as database:
        database.execute(f"UPDATE log SET key = 'x' WHERE {ANN} AND offset = 2")
        database.execute("DELETE FROM log WHERE topic = ? AND key = ?", [CONTROL, PLACE])
    with open_in(store) as desk:
        desk.seal()
    assert {kind for kind, _ in found(store)} == {"removed"}
    assert len(found(store)) == 3
