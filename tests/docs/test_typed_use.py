"""What `pactdesk` offers from Python has the types that it says: mypy reads this, and it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import pytest

import pactdesk
from agents.lifecycle import AGENTS
from schemas.event import Event
from schemas.events.contacts import CustomerDescribed
from schemas.record import Record
from streams.desk import Desk
from streams.query import Found
from streams.testing import Scene
from tests.documents import ROOT
from tests.owned import THANKS


def test_a_desk_is_used_as_its_types_say(tmp_path: Path) -> None:
    clock = pactdesk.ManualClock("2026-03-02T08:00:00Z")
    with pactdesk.open(tmp_path, clock=clock) as desk:
        assert_type(desk, Desk)
        line = {"channel": "email", "handle": "ann", "message": "I was charged twice"}
        (record_id,) = assert_type(desk.produce(line), list[str])
        assert_type(desk.run(), int)
        rows = assert_type(desk.query("SELECT status FROM v1_tickets"), Found)
        assert len(rows) == 1
        records = [assert_type(record, Record) for record in desk.events()]
        assert record_id in [record.id for record in records]
        done = desk.pact("channel.validate_message", {"channel": "email", "message": "hello"})
        assert assert_type(done, dict[str, Any])["success"]


def test_what_a_desk_raises_is_caught_by_its_public_name(tmp_path: Path) -> None:
    with pactdesk.open(tmp_path) as desk:
        with pytest.raises(pactdesk.errors.Unreadable) as unreadable:
            desk.produce({"channel": "fax", "handle": "5", "message": "Hello?"})
        assert assert_type(unreadable.value.remedy, str).startswith("use one of email, ")
        with pytest.raises(pactdesk.errors.NotFound):
            desk.why("nothing")
        with pytest.raises(pactdesk.errors.PactdeskError) as refused:
            desk.query("DELETE FROM v1_tickets")
    assert isinstance(refused.value, pactdesk.errors.Refused)
    assert assert_type(refused.value.status, int) == 3


def test_rules_are_tested_as_their_types_say() -> None:
    scene = assert_type(pactdesk.testing.given(agents=AGENTS), Scene)
    scene = scene.when(CustomerDescribed(customer_id="ann", name="Ann")).then()
    assert assert_type(scene.events, list[Event]) == []


class Letters(pactdesk.projections.Row, frozen=True):
    customer_id: str
    letters: int = 0


def _letters(row: Letters | None, record: pactdesk.projections.Record) -> Letters:
    row = row or Letters(record.key)
    return pactdesk.projections.replace(row, letters=row.letters + 1)


def test_a_projection_is_written_as_its_types_say() -> None:
    one = pactdesk.projections.Projection(
        "letters", ["ContactReceived"], Letters, _letters, key="customer_id"
    )
    assert assert_type(one.name, str) == "letters"


def test_a_projection_takes_ten_lines() -> None:
    """Those that the page shows, and that the tests of such projections fold."""
    page = (ROOT / "docs" / "how-to" / "your-own-projection.md").read_text("utf-8")
    file = page.partition("my_tables.py <<'END'\n")[2].partition("END\n")[0]
    assert file == THANKS.lstrip("\n")
    assert len([line for line in file.splitlines() if line.strip()]) <= 10


def test_the_public_names_are_these() -> None:
    assert {*dir(pactdesk)} == {
        "ManualClock",
        "__version__",
        "errors",
        "execute_pact_action",
        "main",
        "open",
        "projections",
        "testing",
    }
