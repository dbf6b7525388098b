"""A disk that is full or cannot be written, a store that is damaged or of another version."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streams.effects import LocalTransport
from streams.embedded import opening
from streams.embedded.opening import FILE, VERSION
from tests.commands import LAUNCHER, Shell, ndjson
from tests.stores import SECRET, a_desk, everything

ROOM = 40
"""Pages that are left on the full disk."""


def contact(number: int) -> dict[str, object]:
    return {
        "channel": "email",
        "handle": f"customer{number}@example.org",
        "message": f"Where is parcel {number}? " + "It is late. " * 50,
        "provider_id": str(number),
    }


MANY = ndjson(*(contact(number) for number in range(2000)))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A store with room for everything."""
    monkeypatch.setenv("PACTDESK_IDENTITY__SECRET", SECRET)
    shell = Shell(tmp_path / "data")
    assert shell("migrate").status == 0
    return shell


def fill_up(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Let every store have at most so many pages from now on: a disk that is full."""
    tune = opening._tune  # noqa: SLF001  # the one place through which every connection goes

    def tuned(connection: sqlite3.Connection) -> None:
        tune(connection)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(opening, "_tune", tuned)


def pages(shell: Shell) -> int:
    with sqlite3.connect(shell.data / FILE) as connection:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    return int(count)


def test_a_full_disk_stops_produce_with_69_and_keeps_all_that_was_acknowledged(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        fill_up(full, pages(shell) + 400)
        told = shell("produce", "--json", stdin=MANY)
    assert told.status == 69
    error = json.loads(told.err.splitlines()[-1])
    assert "the disk is full" in error["error"]
    assert "free space" in error["remedy"]
    acknowledged = {line["id"] for line in told.lines}
    assert 0 < len(acknowledged) < 2000
    assert {record["id"] for record in shell("events", "--json").lines} == acknowledged
    again = shell("produce", "--json", stdin=MANY)
    assert again.status == 0
    statuses = [line["status"] for line in again.lines]
    assert statuses == ["repeat"] * len(acknowledged) + ["accepted"] * (2000 - len(acknowledged))


def test_a_full_disk_stops_run_with_69_and_it_goes_on_where_it_was(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = ndjson(*({**contact(n), "at": "2026-03-02T09:00:00Z"} for n in range(40)))
    now = ("run", "--now", "2026-03-02T10:00:00Z")
    other = Shell(tmp_path / "other")
    for one in (shell, other):
        assert one("produce", stdin=lines).status == 0
    with monkeypatch.context() as full:
        for room in (10, 30, 60):
            fill_up(full, pages(shell) + room)
            told = shell(*now)
            assert told.status == 69
            assert "the disk is full" in told.err
            full.undo()
    assert shell(*now).status == other(*now).status == 0
    with a_desk(shell.data) as stopped, a_desk(other.data) as undisturbed:
        assert everything(stopped) == everything(undisturbed)


def test_python_goes_on_with_the_same_desk_after_space_was_freed(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        (count,) = desk.database.execute("PRAGMA page_count").fetchone()
        desk.database.execute(f"PRAGMA max_page_count = {count + 8}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            desk.produce([contact(number) for number in range(100)])
        assert desk.log.last_seq() == 0
        desk.database.execute("PRAGMA max_page_count = 1000000")
        assert len(desk.produce([contact(number) for number in range(100)])) == 100
        assert desk.run() > 100


def limited() -> None:
    """No file of this process may grow beyond a size: what a full disk looks like from outside."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))


def test_a_disk_that_takes_no_more_bytes_is_69_and_nothing_acknowledged_is_lost(
    shell: Shell,
) -> None:
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), "--data", str(shell.data), "--json", "produce"],
        input=MANY.encode(),
        capture_output=True,
        check=False,
        preexec_fn=limited,
    )
    assert done.returncode == 69, done.stderr
    acknowledged = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert len(acknowledged) < 2000
    kept = [record["id"] for record in shell("events", "--json").lines]
    assert kept[: len(acknowledged)] == acknowledged
    assert shell("doctor", "--json").status == 0


def test_a_mailbox_on_a_full_disk_is_tried_again_and_is_no_failed_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    with a_desk(tmp_path) as desk:
        desk.produce(contact(1))
        with monkeypatch.context() as patched:
            patched.setattr(LocalTransport, "deliver", full)
            with pytest.raises(OSError, match="No space"):
                desk.run()
        desk.run()
        (row,) = desk.query("SELECT * FROM v1_deliveries")
    assert row["state"] == "sent"
    assert row["attempts"] == 1


@pytest.mark.parametrize(
    "command", [("produce",), ("run",), ("tickets",), ("doctor",)], ids=lambda command: command[0]
)
def test_a_data_directory_that_is_a_file_is_a_matter_of_configuration(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("not a directory")
    told = Shell(tmp_path / "data")(*command)
    assert told.status == 78
    assert "--data" in told.err + told.out


def test_a_store_that_cannot_be_written_is_a_matter_of_configuration(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tune = opening._tune  # noqa: SLF001  # root writes into any directory; SQLite obeys this

    def tuned(connection: sqlite3.Connection) -> None:
        tune(connection)
        connection.execute("PRAGMA query_only = ON")

    monkeypatch.setattr(opening, "_tune", tuned)
    told = shell("produce", stdin=ndjson(contact(1)))
    assert told.status == 78
    assert "make the data directory writable" in told.err
    assert shell("tickets").status == 0


def test_a_store_of_a_newer_version_is_refused_and_left_alone(shell: Shell) -> None:
    connection = sqlite3.connect(shell.data / FILE)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = (shell.data / FILE).read_bytes()
    for command in ("produce", "run", "tickets", "migrate", "status"):
        told = shell(command)
        assert told.status == 78
        assert f"version {VERSION + 1}" in told.err
        assert "upgrade pactdesk" in told.err
    assert shell("doctor").status == 78
    assert (shell.data / FILE).read_bytes() == before


def test_a_file_that_is_no_store_is_unavailable(shell: Shell) -> None:
    (shell.data / FILE).write_bytes(b"this was a store once" * 500)
    told = shell("run")
    assert told.status == 69
    assert "restore it from a backup" in told.err
    assert shell("doctor").status == 78


def test_a_damaged_page_is_unavailable_and_the_doctor_says_so(shell: Shell) -> None:
    assert shell("produce", stdin=MANY).status == 0
    path = shell.data / FILE
    with path.open("r+b") as file:
        for page in range(20, 900, 3):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    told = shell("run")
    assert told.status == 69, told.err
    assert "damaged" in told.err
    examined = shell("doctor")
    assert examined.status == 78
    assert "damaged" in examined.out
