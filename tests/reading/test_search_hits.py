"""What a hit of a search shows, how many there are, and in which order they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from streams import search
from streams.clock import ManualClock
from streams.desk import Desk
from streams.search import KINDS, Hit, Wanted, kinds_of, terms_of
from streams.testing import START
from tests.stores import a_desk

CROWD = 25


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with many articles that say the same, one that says it twice, and one customer."""
    with a_desk(tmp_path_factory.mktemp("crowd")) as desk:
        desk.produce(
            *(
                {"type": "article", "article_id": f"a{n}", "title": "Kettle", "body": "…"}
                for n in range(CROWD)
            ),
            {"type": "article", "article_id": "twice", "title": "Kettle", "body": "Kettle"},
            {"type": "customer", "customer_id": "kim", "name": "Kettle", "phone": "0123"},
        )
        desk.run()
        yield desk


def found(desk: Desk, text: str, **more: object) -> list[Hit]:
    return desk.search(Wanted(terms_of(text), **more))  # type: ignore[arg-type]  # fields by name


def snippet(desk: Desk, text: str, body: str, title: str = "Title") -> str:
    """The snippet of an article in which something is found."""
    desk.produce({"type": "article", "article_id": "a", "title": title, "body": body})
    desk.run()
    (hit,) = found(desk, text)
    assert hit.title == title
    return hit.snippet


# --- accents ----------------------------------------------------------------------------------

NAMES = [
    "José Łopez",
    "Jürgen Müller",
    "Søren Đurić",
    "Zoe\u0308 Brontë",
    "Élodie ÇELİK",
    "Ёлкин Андрей",
]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with customers whose names have accents."""
    with a_desk(tmp_path_factory.mktemp("people")) as desk:
        desk.produce(
            *({"type": "customer", "customer_id": name, "name": name} for name in NAMES),
        )
        desk.run()
        yield desk


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lopez", NAMES[0]),
        ("Łopez jose", NAMES[0]),
        ('"José Lopez"', NAMES[0]),
        ("Lópe", NAMES[0]),
        ("muller", NAMES[1]),
        ("Mu\u0308ller", NAMES[1]),
        ("soren duric", NAMES[2]),
        ("zoe bronte", NAMES[3]),
        ("ZOË", NAMES[3]),
        ("elodie celik", NAMES[4]),
        ("елкин", NAMES[5]),
    ],
)
def test_accents_do_not_count(people: Desk, text: str, name: str) -> None:
    (hit,) = found(people, text)
    assert (hit.id, hit.title) == (name, name)


def test_the_snippet_is_cut_around_a_word_with_accents(desk: Desk) -> None:
    body = f"{'x ' * 100}der Müller mahlt {'y ' * 100}"
    cut = snippet(desk, "muller mahlt", body)
    assert "der Müller mahlt" in cut
    assert cut.startswith("…x")


# --- the snippet ------------------------------------------------------------------------------


def test_a_short_text_is_shown_whole(desk: Desk) -> None:
    assert snippet(desk, "wet", "Never wet them.") == "Never wet them."


def test_of_a_long_text_sixty_characters_on_each_side_of_the_word_are_shown(desk: Desk) -> None:
    before, after = "b" * 80 + " ", " " + "a" * 80
    body = f"{before}needle{after}"
    assert snippet(desk, "needle", body) == f"…{'b' * 59} needle {'a' * 53}…"


@pytest.mark.parametrize(("letters", "shown"), [(53, "a" * 53), (54, "a" * 53 + "…")])
def test_dots_stand_where_something_was_left_out_and_nowhere_else(
    desk: Desk, letters: int, shown: str
) -> None:
    assert snippet(desk, "needle", "needle " + "a" * letters) == f"needle {shown}"


def test_a_word_sixty_characters_from_the_beginning_needs_no_dots_before_it(desk: Desk) -> None:
    text = "b" * 59 + " needle"
    assert snippet(desk, "needle", text) == text


def test_the_first_of_several_words_is_shown_however_they_were_asked_for(desk: Desk) -> None:
    body = "Pins first" + " a" * 80 + " and then the NEEDLE"
    assert snippet(desk, "needle pins", body).startswith("Pins first")


def test_where_the_word_is_not_in_the_text_its_beginning_is_shown(desk: Desk) -> None:
    shown = snippet(desk, "needle", "x" + "y" * 99, title="The needle")
    assert shown == "x" + "y" * 59 + "…"


def test_a_snippet_is_one_line(desk: Desk) -> None:
    assert snippet(desk, "two", "one\n\ttwo  three\n") == "one two three"


# --- how many, and in which order -------------------------------------------------------------


def test_twenty_are_given_unless_more_or_fewer_are_asked_for(crowd: Desk) -> None:
    assert len(found(crowd, "kettle")) == 20
    assert len(found(crowd, "kettle", limit=200)) == CROWD + 2
    assert len(found(crowd, "kettle", limit=3)) == 3


def test_what_fits_best_comes_first_and_is_among_the_few_that_are_given(crowd: Desk) -> None:
    assert [hit.id for hit in found(crowd, "kettle", kinds=("articles",), limit=1)] == ["twice"]
    scores = [hit.score for hit in found(crowd, "kettle", limit=200)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] > 0


def test_among_equals_the_newer_comes_first(desk: Desk) -> None:
    assert isinstance(desk.clock, ManualClock)
    for name in ("ann", "bo", "cy"):
        desk.produce({"channel": "email", "customer_id": name, "message": "toaster"})
        desk.run()
        desk.clock.advance(minutes=1)
    hits = found(desk, "toaster", kinds=("messages",))
    assert [hit.customer_id for hit in hits] == ["cy", "bo", "ann"]
    assert len({hit.score for hit in hits}) == 1


def test_among_equals_what_has_no_time_comes_last() -> None:
    def fits_alike(sql: str, _values: Sequence[object]) -> list[tuple[object, ...]]:
        at = None if "p_articles" in sql else START.isoformat()
        return [("k", 1.0, "Title", "Text", None, None, at)]

    wanted = Wanted(terms_of("text"), kinds=("customers", "articles"))
    hits = search.found(fits_alike, wanted, lambda table: table.name, "text")
    assert [hit.kind for hit in hits] == ["customers", "articles"]


# --- what a hit says, by its place ------------------------------------------------------------


def test_a_customer_is_shown_by_name_with_what_one_knows_of_them(crowd: Desk) -> None:
    (hit,) = found(crowd, "0123")
    assert (hit.kind, hit.id, hit.title, hit.customer_id) == ("customers", "kim", "Kettle", "kim")
    assert hit.snippet == "Kettle 0123"
    assert hit.ticket_id is None


def test_a_message_and_its_ticket_say_whose_they_are_and_when_they_came(desk: Desk) -> None:
    desk.produce({"channel": "email", "customer_id": "ann", "message": "a broken toaster"})
    desk.run()
    message, ticket = sorted(found(desk, "toaster"), key=lambda hit: hit.kind)
    (row,) = desk.query("SELECT ticket_id, subject FROM v1_tickets")
    assert (message.kind, ticket.kind) == ("messages", "tickets")
    for hit in (message, ticket):
        assert (hit.ticket_id, hit.customer_id) == (row["ticket_id"], "ann")
        assert hit.title == row["subject"]
        assert hit.snippet == "a broken toaster"
        assert hit.at is not None
        assert hit.at[:16] == START.isoformat()[:16]


def test_a_reply_is_found_as_a_message(desk: Desk) -> None:
    desk.produce({"channel": "email", "customer_id": "ann", "message": "Hello"})
    desk.run()
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
    assert isinstance(desk.clock, ManualClock)
    desk.clock.set(START + timedelta(minutes=1))
    reply = {"type": "reply", "ticket_id": row["ticket_id"], "by": "bo", "text": "A new kettle"}
    desk.produce(reply)
    desk.run()
    (hit,) = found(desk, "kettle")
    assert (hit.kind, hit.ticket_id, hit.snippet) == ("messages", row["ticket_id"], "A new kettle")
    assert found(desk, "kettle", channel="email") == [hit]
    assert found(desk, "kettle", channel="slack") == []


# --- where is looked --------------------------------------------------------------------------


def test_a_filter_leaves_out_the_places_that_have_nothing_of_the_kind(crowd: Desk) -> None:
    assert {hit.kind for hit in found(crowd, "kettle", limit=200)} == {"articles", "customers"}
    assert [hit.id for hit in found(crowd, "kettle", customer_id="kim")] == ["kim"]
    assert found(crowd, "kettle", customer_id="bo") == []
    assert found(crowd, "kettle", channel="email") == []
    assert found(crowd, "kettle", status="new") == []


def test_each_filter_finds_the_tickets_and_the_messages_that_fit_it(desk: Desk) -> None:
    for name, channel in (("ann", "email"), ("bo", "slack")):
        desk.produce({"channel": channel, "customer_id": name, "message": "toaster"})
    desk.run()
    (row,) = desk.query("SELECT status FROM v1_tickets WHERE customer_id = 'bo'")
    for narrowed in ({"customer_id": "bo"}, {"channel": "slack"}, {"customer_id": "bo", **row}):
        hits = found(desk, "toaster", **narrowed)
        places = sorted((hit.kind, hit.customer_id) for hit in hits)
        assert places == [("messages", "bo"), ("tickets", "bo")], narrowed


def test_places_are_named_with_commas_in_any_order_and_none_is_all() -> None:
    assert kinds_of(None) == KINDS == ("tickets", "messages", "customers", "articles")
    assert kinds_of("articles, tickets") == ("tickets", "articles")
    assert kinds_of("messages") == ("messages",)
