"""Seals stand in nobody's way: a case store that was lost is folded anew, and the desk goes on."""

from __future__ import annotations

from pathlib import Path

from streams.embedded.recover import recover
from tests.embedded import open_in, take
from tests.sealed import by_hand, contact, said, sealed_store


def test_a_lost_case_store_of_a_sealed_log_is_folded_anew(tmp_path: Path) -> None:
    sealed_store(tmp_path)
    with open_in(tmp_path) as desk:
        assert all(one["same"] for one in recover(desk.database)["tables"].values())
    with by_hand(tmp_path) as database:
        for table in ("lines", "parked", "timers"):
            database.execute(f"DELETE FROM {table}")
    with open_in(tmp_path) as desk:
        report = recover(desk.database)
        assert report["gaps"] == []
        assert not report["tables"]["lines"]["same"]
        assert all(one["same"] for one in recover(desk.database)["tables"].values())
        take(desk, [contact(200)])
        desk.seal()
    report = said(tmp_path)
    assert report["clean"]
    assert report["seals"]["records"] > 60


def test_recovering_appends_nothing_so_that_seals_hold(tmp_path: Path) -> None:
    sealed_store(tmp_path)
    before = said(tmp_path)["seals"]
    with open_in(tmp_path) as desk:
        recover(desk.database)
    assert said(tmp_path)["seals"] == before
