"""Full-text search finds the same on PostgreSQL as on the embedded store."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from projections.tables import TABLES
from streams.clock import ManualClock
from streams.cluster import migrating, search
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.tables import plain as plain_sql
from streams.cluster.tables import searched_text
from streams.demo.play import Play
from streams.demo.script import START
from streams.desk import Desk
from streams.search import MANY, Hit, Wanted, plain, terms_of
from tests.both import copied
from tests.real import Postgres

DIALOGUES = 25

TEXTS = next(table for table in TABLES if table.name == "texts")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with some of the demo's dialogues."""
    with Desk(tmp_path_factory.mktemp("demo"), ManualClock(START)) as one:
        Play(one, DIALOGUES).go(speed=None, tell=lambda _steps: None)
        yield one


@pytest.fixture(scope="module")
def database(running_postgres: Postgres, desk: Desk) -> Iterator[PgDatabase]:
    """The same tables in PostgreSQL."""
    url = running_postgres.fresh_database()
    migrating.migrate(url)
    copied(desk.database, url)
    one = connect(url)
    yield one
    one.close()
    running_postgres.drop(url)


def words(desk: Desk) -> list[str]:
    """The words of the desk's messages, the rare ones too."""
    rows = desk.query("SELECT message_content AS text FROM v1_interactions")
    return sorted({word for row in rows for word in re.findall(r"[^\W_]+", row["text"] or "")})


def keys(hits: list[Hit]) -> set[tuple[str, str]]:
    return {(hit.kind, hit.id) for hit in hits}


def test_every_word_is_found_in_the_same_places(desk: Desk, database: PgDatabase) -> None:
    tried = 0
    for word in words(desk)[::7]:
        wanted = Wanted(terms_of(f'"{word}"'), limit=MANY)
        here, there = desk.search(wanted), search.found(database, wanted)
        if len(here) < MANY:
            assert keys(there) == keys(here), word
            tried += 1
    assert tried > 50


def test_signs_beyond_ascii_part_words_whatever_the_locale(database: PgDatabase) -> None:
    for sign in "’‘“”„«»–—…•·\u00a0\u202f¿×→☺、。！🙂":
        (found,) = database.execute(
            f"SELECT {searched_text(TEXTS)} @@ to_tsquery('simple', 'user & s') FROM"
            f" (SELECT {', '.join(f'?::text AS {name}' for name in TEXTS.searched)}) AS one",
            [f"the user{sign}s card"] * len(TEXTS.searched),
        ).fetchone() or (None,)
        assert found, sign


SCRIPTS = [
    *range(0xA0, 0x250),
    *range(0x370, 0x530),
    *range(0x1E00, 0x2000),
    *range(0xAC00, 0xAE00),
]
"""Letters of Latin, Greek and Cyrillic, and some of Korean."""


def test_a_text_is_compared_alike_on_both_engines(database: PgDatabase) -> None:
    for mark in ("", "\u0301", "\u0327\u0308"):
        text = " ".join(chr(code) + mark for code in SCRIPTS)
        (there,) = database.execute(f"SELECT {plain_sql('?::text')}", [text]).fetchone() or (None,)
        assert there == plain(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("José Łopez", "jose lopez"),
        ("Jürgen Müller", "Mu\u0308ller"),
        ("Zoe\u0308 BRONTË", "zoë bronte"),
        ("Søren Đurić", "soren duric"),
        ("Élodie ÇELİK", "elodie celik"),
        ("한국어 プラグ नमस्ते", "한국어 プラグ"),
    ],
)
def test_accents_do_not_count(database: PgDatabase, text: str, asked: str) -> None:
    words = " & ".join(word for term in terms_of(f'"{asked}"') for word in term.words)
    (found,) = database.execute(
        f"SELECT {searched_text(TEXTS)} @@ to_tsquery('simple', ?) FROM"
        f" (SELECT {', '.join(f'?::text AS {name}' for name in TEXTS.searched)}) AS one",
        [words, *[text] * len(TEXTS.searched)],
    ).fetchone() or (None,)
    assert found


def test_phrases_beginnings_and_filters_narrow_alike(desk: Desk, database: PgDatabase) -> None:
    (row,) = desk.query("SELECT customer_id, channel, status FROM v1_tickets LIMIT 1")
    for text in ("help", "acc", '"i have"', "account card", '"my card" lost', "@example"):
        for more in (
            {},
            {"status": row["status"]},
            {"channel": row["channel"]},
            {"customer_id": row["customer_id"]},
            {"kinds": ("tickets", "articles")},
        ):
            wanted = Wanted(terms_of(text), limit=MANY, **more)
            here = desk.search(wanted)
            if len(here) < MANY:
                assert keys(search.found(database, wanted)) == keys(here), (text, more)


def test_the_index_is_used(database: PgDatabase) -> None:
    database.execute("SET enable_seqscan = off")
    statement = f"EXPLAIN {search.fitting(TEXTS)}"
    plan = "\n".join(str(row[0]) for row in database.execute(statement, ["'card'"]))
    assert "p_texts_search" in plan
