"""Folding whatever the tables lie in: which rows a record is folded onto, and which tables."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from projections.tables import TABLES, Table
from streams.errors import NotFound
from streams.folding import Fold, chosen_of
from tests.stores import a_desk


class Memory:
    """Rows in memory that remember which of them were asked for.

    Args:
        table: Their table.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.held: dict[str, msgspec.Struct | None] = {}
        self.asked: set[str] = set()

    def get(self, key: str) -> msgspec.Struct | None:
        """The row of a key."""
        self.asked.add(key)
        return self.held.get(key)

    def put(self, key: str, row: msgspec.Struct | None) -> None:
        """Hold a row."""
        self.held[key] = row


def test_the_rows_that_a_record_is_folded_onto_are_told_beforehand(tmp_path: Path) -> None:
    fold = Fold([Memory(table) for table in TABLES])
    rows = 0
    with a_desk(tmp_path) as desk:
        desk.produce({"channel": "email", "customer_id": "ann", "message": "Where is my parcel?"})
        desk.run()
        for record in desk.events():
            told = {(one.table.name, key) for one, key in fold.reads(record)}
            fold.apply(record)
            assert told == {(one.table.name, key) for one in fold.rows for key in one.asked}
            rows += len(told)
            for one in fold.rows:
                one.asked.clear()
    assert rows > 10


def test_tables_are_chosen_by_name_and_no_name_chooses_all() -> None:
    assert chosen_of([]) == TABLES
    assert [table.name for table in chosen_of(["texts", "tickets"])] == ["texts", "tickets"]


def test_a_table_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="no projection drawers") as caught:
        chosen_of(["tickets", "drawers"])
    names = sorted(table.name for table in TABLES)
    assert caught.value.remedy == "use some of " + ", ".join(names)
