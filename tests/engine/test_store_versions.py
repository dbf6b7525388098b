"""The embedded store's versions: an older one is brought forward when it is opened."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from streams.embedded import opening
from streams.embedded.database import Database
from streams.embedded.opening import FILE, STEPS, VERSION, open_database
from streams.errors import Misconfigured, Unavailable
from tests.commands import Shell, ndjson

CONTACT = {"channel": "email", "handle": "ann@example.org", "message": "I was charged twice"}

SHAPE = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"


def back_to_the_first(folder: Path) -> None:
    """Make a store what it was in the first version."""
    database = open_database(folder)
    database.execute("DROP TABLE api_keys")
    for index in ("claims_due", "claims_conversation"):
        database.execute(f"DROP INDEX {index}")
    for name in [row[1] for row in database.execute("PRAGMA table_info(claims)")]:
        if name not in {"request_id", "attempt", "outcome"}:
            database.execute(f"ALTER TABLE claims DROP COLUMN {name}")
    for table in ("subscriptions", "shadows", "shadowed", "shadow_positions"):
        database.execute(f"DROP TABLE {table}")
    database.execute("PRAGMA user_version = 1")
    database.close()


def shape(database: Database) -> list[tuple[str, str, str]]:
    return database.execute(SHAPE).fetchall()


def test_each_version_has_a_step(tmp_path: Path) -> None:
    assert len(STEPS) == VERSION
    for number, step in enumerate(STEPS[1:], 2):
        assert step.startswith(f"v{number:04}_")
        assert resources.files("streams.embedded").joinpath(step).is_file()
    database = open_database(tmp_path)
    assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)
    database.close()


def test_an_older_store_becomes_like_a_new_one_and_keeps_what_it_holds(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "old")
    assert shell("produce", stdin=ndjson(CONTACT)).status == 0
    assert shell("run").status == 0
    before = shell("tickets", "--json").json, shell("events").out
    secret = open_database(shell.data).meta("identity.secret")
    back_to_the_first(shell.data)
    assert shell("migrate", "--json").json == {"version": VERSION}
    assert (shell("tickets", "--json").json, shell("events").out) == before
    assert shell("verify").status == 0
    old, new = open_database(shell.data), open_database(tmp_path / "new")
    assert shape(old) == shape(new)
    assert old.meta("identity.secret") == secret
    old.close()
    new.close()


def test_of_some_that_open_an_older_store_at_once_one_brings_it_forward(tmp_path: Path) -> None:
    back_to_the_first(tmp_path)
    gate = threading.Barrier(4)
    failed: list[BaseException] = []

    def opens() -> None:
        gate.wait()
        try:
            open_database(tmp_path).close()
        except BaseException as error:  # noqa: BLE001  # the test is told
            failed.append(error)

    threads = [threading.Thread(target=opens) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_step_that_fails_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_to_the_first(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(opening, "statements", lambda _: ["CREATE TABLE half (n)", "NONSENSE"])
        with pytest.raises(Misconfigured):
            open_database(tmp_path)
    database = open_database(tmp_path)
    assert "half" not in {name for _, name, _ in shape(database)}
    assert database.execute("SELECT count(*) FROM api_keys").fetchone() == (0,)
    database.close()


def test_a_new_store_that_another_process_is_opening_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waits: list[float] = []

        def paused(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                other.execute("COMMIT")

        monkeypatch.setattr(opening, "sleep", paused)
        open_database(tmp_path).close()
    assert len(waits) == 3


def test_a_store_that_stays_another_process_own_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.0)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="another process holds the store"):
            open_database(tmp_path)
