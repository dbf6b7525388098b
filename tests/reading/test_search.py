"""Full-text search on an embedded store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.tables import TABLES
from streams.desk import Desk
from streams.embedded.indexes import name_of, place_of
from streams.embedded.rebuild import rebuild
from streams.errors import Refused
from streams.search import Hit, Wanted, kinds_of, plain, terms_of
from tests.embedded import open_in, somewhere, take
from tests.histories import History, histories, play
from tests.stores import a_desk

SEARCHED = [table for table in TABLES if table.searched]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with a few customers, messages and articles."""
    with a_desk(tmp_path_factory.mktemp("searched")) as one:
        one.produce(
            {"type": "article", "article_id": "a1", "title": "Refunds", "body": "Within a week."},
            {"type": "article", "article_id": "a2", "title": "Toasters", "body": "Never wet them."},
            {"type": "customer", "customer_id": "ann", "name": "Ann Ärmel", "email": "ann@ex.org"},
            {"channel": "email", "customer_id": "ann", "message": "My toaster is broken, refund?"},
            {"channel": "slack", "customer_id": "ben", "message": "The login page is white"},
            {"channel": "slack", "customer_id": "cem", "message": "page The login was red"},
        )
        one.run()
        yield one


def found(desk: Desk, text: str, **more: object) -> list[Hit]:
    """What is found."""
    return desk.search(Wanted(terms_of(text), **more))  # type: ignore[arg-type]  # fields by name


def places(hits: list[Hit]) -> list[tuple[str, str | None]]:
    """Where something was found, and whose it is."""
    return sorted((hit.kind, hit.customer_id) for hit in hits)


def test_a_word_is_found_wherever_it_stands(desk: Desk) -> None:
    assert places(found(desk, "toaster")) == [
        ("articles", None),
        ("messages", "ann"),
        ("tickets", "ann"),
    ]


def test_all_words_must_occur(desk: Desk) -> None:
    assert places(found(desk, "login white")) == [("messages", "ben"), ("tickets", "ben")]
    assert found(desk, "login toaster") == []


def test_words_in_quotes_stand_as_they_are(desk: Desk) -> None:
    assert places(found(desk, '"the login page"')) == [("messages", "ben"), ("tickets", "ben")]


def test_the_last_word_may_go_on_unless_it_is_quoted(desk: Desk) -> None:
    assert found(desk, "toast") != []
    assert found(desk, '"toast"') == []
    assert found(desk, "toast broken") == []


def test_capitals_do_not_count_and_addresses_are_found_by_their_parts(desk: Desk) -> None:
    assert places(found(desk, "ÄRMEL")) == [("customers", "ann")]
    assert places(found(desk, "ann@ex.org")) == [("customers", "ann")]
    assert places(found(desk, "ex.org")) == [("customers", "ann")]


def test_what_is_found_is_narrowed(desk: Desk) -> None:
    assert places(found(desk, "login", channel="email")) == []
    assert {hit.customer_id for hit in found(desk, "login", customer_id="cem")} == {"cem"}
    assert {hit.kind for hit in found(desk, "toaster", kinds=("articles",))} == {"articles"}
    (ticket,) = found(desk, "white", kinds=("tickets",))
    (row,) = desk.query("SELECT status FROM v1_tickets WHERE ticket_id = ?", [ticket.id])
    assert len(found(desk, "white", status=row["status"])) == 2
    assert found(desk, "white", status="closed") == []


def test_a_hit_leads_to_its_ticket_and_shows_the_place(desk: Desk) -> None:
    (message,) = found(desk, "white", kinds=("messages",))
    (ticket,) = found(desk, "white", kinds=("tickets",))
    assert message.ticket_id == ticket.ticket_id == ticket.id
    assert "white" in message.snippet
    assert message.score > 0


def test_an_article_that_is_retired_is_not_found(tmp_path: Path) -> None:
    article = {"type": "article", "article_id": "a", "title": "Old ways", "body": "…"}
    with a_desk(tmp_path) as desk:
        desk.produce(article)
        desk.run()
        assert [hit.id for hit in found(desk, "ways")] == ["a"]
        desk.produce({**article, "title": "New ways"})
        desk.run()
        assert [hit.title for hit in found(desk, "ways")] == ["New ways"]
        assert found(desk, "old") == []


@pytest.mark.parametrize("text", ["", "  ", "?!", '""'])
def test_without_a_word_nothing_is_looked_for(text: str) -> None:
    with pytest.raises(Refused, match="no word"):
        terms_of(text)


def test_a_place_that_there_is_not_is_refused() -> None:
    with pytest.raises(Refused, match="drawers"):
        kinds_of("tickets,drawers")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_any_text_is_a_search_or_is_refused(desk: Desk, text: str) -> None:
    try:
        terms = terms_of(text)
    except Refused:
        return
    desk.search(Wanted(terms))


def indexed(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """What the indexes hold."""
    return {
        table.name: sorted(
            desk.database.execute(
                f"SELECT rowid, key, {', '.join(table.searched)} FROM {name_of(table)}"
            ).fetchall()
        )
        for table in SEARCHED
    }


@settings(max_examples=15)
@given(history=histories(("ann", "ben"), most=10))
def test_the_indexes_hold_what_their_tables_hold_without_accents(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        for table in SEARCHED:
            columns = ", ".join([table.columns[0], *table.searched])
            rows = desk.database.execute(f"SELECT {columns} FROM {table.sql_name}").fetchall()
            assert indexed(desk)[table.name] == sorted(
                (place_of(key), key, *(one and plain(one) for one in texts)) for key, *texts in rows
            )


def test_a_rebuild_of_a_damaged_table_makes_its_index_anew(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.produce({"channel": "email", "customer_id": "ann", "message": "toaster"})
        desk.run()
        before = indexed(desk)
        desk.database.execute("UPDATE p_texts SET text = 'kettle'")
        desk.database.execute("DELETE FROM f_texts")
        assert not rebuild(desk.database, ["texts"])["texts"]["same"]
        assert indexed(desk) == before
