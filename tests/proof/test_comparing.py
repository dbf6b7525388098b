"""Live rows beside rows folded anew: what differs is counted, and named row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.comparing import NAMED, compared, digest_of_rows, replaced
from streams.embedded import numbering, rebuild, tables
from tests.embedded import open_in, take
from tests.sealed import by_hand, contact, said

COLUMNS = ("id", "text")
ANEW = [("b", "1"), ("c", "2"), ("e", None), ("f", "4")]


def test_rows_that_are_alike_are_the_same_and_hash_as_they_are() -> None:
    report, found = compared("t", COLUMNS, list(ANEW), list(ANEW))
    digest, rows = digest_of_rows(ANEW)
    assert report == {"rows": rows, "digest": digest[:16], "same": True, "differing": 0}
    assert rows == len(ANEW)
    assert found == []


def test_each_row_that_was_put_in_taken_out_or_changed_is_named_in_the_order_of_the_keys() -> None:
    live = [("a", "0"), ("b", "1"), ("d", "9"), ("e", "3"), ("g", "7")]
    report, found = compared("t", COLUMNS, live, ANEW)
    assert report == compared("t", COLUMNS, ANEW, ANEW)[0] | {"same": False, "differing": 6}
    assert [(one.kind, one.where, one.expected, one.found) for one in found] == [
        ("row inserted", "t/a", "no such row", "a row"),
        ("row removed", "t/c", "a row", "no such row"),
        ("row inserted", "t/d", "no such row", "a row"),
        ("row changed", "t/e", "text = None", "text = '3'"),
        ("row removed", "t/f", "a row", "no such row"),
        ("row inserted", "t/g", "no such row", "a row"),
    ]


def test_so_many_rows_are_named_and_all_are_counted() -> None:
    live = [(f"{number:04}", "") for number in range(NAMED + 50)]
    report, found = compared("t", COLUMNS, live, [])
    assert report["differing"] == NAMED + 50
    assert [one.where for one in found] == [f"t/{number:04}" for number in range(NAMED)]


def test_of_a_table_that_takes_another_ones_place_every_row_differs() -> None:
    digest, rows = digest_of_rows(ANEW)
    assert replaced(ANEW) == {
        "rows": rows, "digest": digest[:16], "same": False, "differing": rows
    }  # fmt: skip


def test_a_key_that_a_hand_made_bytes_of_is_a_row_more_and_a_row_less(tmp_path: Path) -> None:
    with open_in(tmp_path) as desk:
        take(desk, [contact(1)])
    with by_hand(tmp_path) as database:
        ((key,),) = database.execute("SELECT ticket_id FROM p_tickets").fetchall()
        database.execute("UPDATE p_tickets SET ticket_id = CAST(ticket_id AS BLOB)")
    assert [(one["kind"], one["where"]) for one in said(tmp_path)["findings"]] == [
        ("row removed", f"tickets/{key}"),
        ("row inserted", f"tickets/{key.encode()}"),
    ]


def test_however_little_is_kept_at_hand_the_proof_and_the_rebuild_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_in(tmp_path) as desk:
        take(desk, [contact(number, customer) for number in range(3) for customer in ("ann", "bo")])
        whole = rebuild.verify(desk.database)
        assert whole["clean"]
        monkeypatch.setattr(rebuild, "FLUSH_EVERY", 1)
        monkeypatch.setattr(tables, "GATHERED", 1)
        monkeypatch.setattr(tables, "HELD", 0)
        monkeypatch.setattr(numbering, "HELD", 1)
        assert rebuild.verify(desk.database) == whole
        assert rebuild.rebuild(desk.database, ()) == whole["tables"]
