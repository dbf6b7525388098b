"""The columns of every event type are a contract: what is committed stays, and is only added to.

After a new event or a new field: `python -m tests.columns` adds its lines, and changes none.
"""

from __future__ import annotations

import pytest

from schemas.events import EVENTS
from streams.history.columns import RECORD_COLUMNS, columns_of
from tests import columns


def test_every_column_that_was_promised_is_there_with_its_type() -> None:
    there = columns.there()
    assert [line for line in columns.promised() if line not in there] == []


def test_every_column_that_is_there_is_promised() -> None:
    promised = set(columns.promised())
    new = [line for line in columns.there() if line not in promised]
    assert new == [], "promise them: python -m tests.columns"


def test_a_column_that_goes_or_changes_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = columns.there()
    monkeypatch.setattr(columns, "there", lambda: now[:-1])
    assert [line for line in columns.promised() if line not in columns.there()] == [now[-1]]
    with pytest.raises(ValueError, match="are no longer there"):
        columns.added()


def test_a_new_field_only_adds_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    before = columns.there()
    monkeypatch.setattr(columns, "there", lambda: [*before, "TicketOpened.brand_new VARCHAR"])
    assert columns.added() == [*columns.promised(), "TicketOpened.brand_new VARCHAR"]


@pytest.mark.parametrize("name", EVENTS)
def test_no_field_has_the_name_of_a_column_of_the_record(name: str) -> None:
    names = columns_of(EVENTS[name]).names
    assert len(set(names)) == len(names)
    assert "type" not in names  # the folder's
    assert names[: len(RECORD_COLUMNS)] == RECORD_COLUMNS.names
