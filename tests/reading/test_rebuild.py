"""Rebuild and verify: the tables are what the log says, and it shows where they are not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec
import pytest

from projections.tables import TABLES
from schemas.events.contacts import ContactReceived
from schemas.events.knowledge import ArticlePublished
from schemas.record import Record, contact_id
from streams.desk import Desk
from streams.embedded import rebuild
from streams.embedded.database import only_worker
from streams.embedded.opening import open_database
from streams.errors import NotFound
from streams.search import Wanted, terms_of
from tests.embedded import open_in, record_of, rows_of, somewhere, take


def _contact(number: int) -> Record:
    event = ContactReceived(
        channel="email", customer_id="ann", message=f"Hello {number}", provider_id=str(number)
    )
    given = contact_id("email", str(number))
    return msgspec.structs.replace(record_of(event), id=given, correlation=given)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as desk:
        article = ArticlePublished(article_id="a1", title="T", body="B")
        take(desk, [record_of(article), _contact(1), _contact(2)])
        yield desk


def test_an_untouched_store_is_clean(desk: Desk) -> None:
    report = rebuild.verify(desk.database)
    assert report["clean"]
    assert report["gaps"] == []
    assert set(report["tables"]) == {table.name for table in TABLES}
    assert report["tables"]["messages"]["rows"] >= 2


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE p_tickets SET status = 'closed'", "tickets"),
        ("DELETE FROM p_messages WHERE direction = 'in'", "messages"),
        ("UPDATE p_customers SET vip_status = 1", "customers"),
        ("INSERT INTO p_insights VALUES ('x', 'y', 'z', 'u', 'v')", "insights"),
        ("UPDATE p_texts SET text = text || '!'", "texts"),
    ],
)
def test_a_row_that_was_tampered_with_is_found_and_mended(
    desk: Desk, statement: str, table: str
) -> None:
    before = rows_of(desk)
    desk.database.execute(statement)
    report = rebuild.verify(desk.database)
    assert not report["clean"]
    assert [name for name, one in report["tables"].items() if not one["same"]] == [table]
    assert report["tables"][table]["differing"] >= 1
    mended = rebuild.rebuild(desk.database, [])
    assert not mended[table]["same"]
    assert rows_of(desk) == before
    assert rebuild.verify(desk.database)["clean"]


@pytest.mark.parametrize(
    "statement",
    [
        (
            "DELETE FROM log WHERE topic = 'support.tickets.v1' AND seq ="
            " (SELECT min(seq) FROM log WHERE topic = 'support.tickets.v1')"
        ),
        (
            "DELETE FROM log WHERE topic = 'support.decisions.v1' AND seq ="
            " (SELECT max(seq) FROM log WHERE topic = 'support.decisions.v1')"
        ),
        "DELETE FROM log WHERE topic = 'support.contacts.v1' AND offset = 0",
        (
            "UPDATE log SET value = x'00' WHERE seq ="
            " (SELECT max(seq) FROM log WHERE topic = 'support.decisions.v1')"
        ),
        (
            'UPDATE log SET headers = replace(headers, \'"ce_previous":"\', \'"ce_previous":"9\')'
            " WHERE topic = 'support.tickets.v1'"
        ),
    ],
)
def test_a_log_that_was_tampered_with_is_found(desk: Desk, statement: str) -> None:
    desk.database.execute(statement)
    report = rebuild.verify(desk.database)
    assert not report["clean"]
    assert report["gaps"]


def test_a_row_that_was_tampered_with_in_a_search_index_is_named_and_mended(desk: Desk) -> None:
    wanted = Wanted(terms=terms_of("Hello"), kinds=("messages",))
    found = desk.search(wanted)
    ids = sorted(one.id for one in found)
    assert len(ids) == 2
    desk.database.execute("DELETE FROM f_texts WHERE key = ?", (ids[0],))
    desk.database.execute("UPDATE f_texts SET text = 'Goodbye' WHERE key = ?", (ids[1],))
    report = rebuild.verify(desk.database)
    assert not report["clean"]
    assert all(one["same"] for one in report["tables"].values())
    assert [(one["kind"], one["where"]) for one in report["findings"]] == [
        ("row removed", f"search in texts/{ids[0]}"),
        ("row changed", f"search in texts/{ids[1]}"),
    ]
    assert rebuild.rebuild(desk.database, ["texts"])["texts"]["same"]
    assert rebuild.verify(desk.database)["clean"]
    assert desk.search(wanted) == found


def test_a_search_index_that_cannot_be_read_is_made_anew_by_a_rebuild(desk: Desk) -> None:
    wanted = Wanted(terms=terms_of("Hello"), kinds=("messages",))
    found = desk.search(wanted)
    desk.database.execute("DELETE FROM f_texts_data WHERE id > 10")
    with pytest.raises(sqlite3.DatabaseError):
        desk.search(wanted)
    rebuild.rebuild(desk.database, [])
    assert desk.search(wanted) == found


def test_one_projection_can_be_rebuilt_alone(desk: Desk) -> None:
    desk.database.execute("UPDATE p_tickets SET status = 'closed'")
    desk.database.execute("UPDATE p_texts SET text = ''")
    assert list(rebuild.rebuild(desk.database, ["tickets"])) == ["tickets"]
    report = rebuild.verify(desk.database)["tables"]
    assert report["tickets"]["same"]
    assert not report["texts"]["same"]


def test_a_projection_that_there_is_not_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no projection weather"):
        rebuild.rebuild(desk.database, ["weather"])


def test_a_rebuild_keeps_the_tables_as_they_are_made(desk: Desk) -> None:
    def made() -> list[tuple[str, str]]:
        return desk.database.execute(
            "SELECT type, name FROM sqlite_master WHERE name LIKE 'p\\_%' ESCAPE '\\'"
            " OR name LIKE 'n\\_%' ESCAPE '\\' OR name LIKE 'v1%' ORDER BY 1, 2"
        ).fetchall()

    before = made()
    rebuild.rebuild(desk.database, [])
    assert made() == before
    assert desk.query("SELECT count(*) AS n FROM v1_tickets") == [{"n": 1}]


def test_progress_is_told_by_records(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "FLUSH_EVERY", 5)
    told: list[int] = []
    rebuild.verify(desk.database, told.append)
    assert len(told) > 2
    assert all(count <= 5 for count in told)


def test_verifying_neither_needs_nor_holds_up_the_worker(desk: Desk) -> None:
    """It takes no lock: a worker may be in the middle of a turn."""
    other = open_database(desk.folder)
    try:
        with only_worker(desk.folder), other.transaction():
            other.execute("UPDATE p_tickets SET status = 'closed'")
            assert rebuild.verify(desk.database)["clean"], "it sees what was committed"
    finally:
        other.close()


def test_what_waits_for_the_worker_is_not_missed(desk: Desk) -> None:
    desk.intake.records([_contact(3)])
    assert rebuild.verify(desk.database)["clean"]
    assert all(one["same"] for one in rebuild.rebuild(desk.database, []).values())


def test_a_worker_goes_on_after_a_rebuild(desk: Desk) -> None:
    rebuild.rebuild(desk.database, [])
    take(desk, [_contact(3)])
    assert desk.query("SELECT count(*) AS n FROM v1_interactions WHERE direction = 'in'") == [
        {"n": 3}
    ]
    assert rebuild.verify(desk.database)["clean"]


def test_a_rebuild_takes_in_what_is_written_while_it_folds(desk: Desk) -> None:
    """Others go on meanwhile: nobody is held up, and nothing of theirs is missed."""
    desk.database.execute("UPDATE p_tickets SET subject = 'tampered with'")
    other = open_in(desk.folder)

    def meanwhile(_: int) -> None:
        take(other, [_contact(number) for number in (7, 8)])

    try:
        report = rebuild.rebuild(desk.database, [], meanwhile)
    finally:
        other.close()
    assert not report["tickets"]["same"]
    assert desk.query("SELECT count(*) AS n FROM v1_interactions WHERE direction = 'in'") == [
        {"n": 4}
    ]
    assert rebuild.verify(desk.database)["clean"]


def test_a_projector_at_work_lets_go_of_what_a_rebuild_mended(desk: Desk) -> None:
    with desk.shift() as shift:
        desk.database.execute("UPDATE p_tickets SET subject = 'tampered with'")
        desk.intake.records([_contact(3)])
        shift.run()
        rebuild.rebuild(desk.database, [])
        desk.intake.records([_contact(4)])
        shift.run()
    assert rebuild.verify(desk.database)["clean"]
