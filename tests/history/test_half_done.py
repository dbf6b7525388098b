"""Directories that are half done, damaged, another log's, a newer version's, or none of ours."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.events.contacts import CustomerDescribed
from schemas.record import Record
from streams.desk import Desk
from streams.errors import Misconfigured, Refused, of_the_disk
from streams.history.asking import ask
from tests.embedded import open_in, record_of, take
from tests.replays import brought, replayed, rows


class Killed(BaseException):
    """The process is gone at once."""


def described(name: str) -> Record:
    record = record_of(CustomerDescribed(customer_id=name, name=name))
    return msgspec.structs.replace(record, id=f"id-{name}", correlation=f"id-{name}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with some customers."""
    with open_in(tmp_path / "store") as desk:
        take(desk, [described("ann"), described("bob")])
        yield desk


def dying(monkeypatch: pytest.MonkeyPatch, after: int, error: BaseException) -> None:
    """From so many writes, renames and removals on, each of them fails."""
    done = [0]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def work(*values: Any, **named: Any) -> Any:
            if done[0] >= after:
                raise error
            done[0] += 1
            return real(*values, **named)

        return work

    for name in ("replace", "unlink", "mkdir", "write_bytes", "write_text"):
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))


def test_a_kill_at_any_moment_leaves_what_the_next_run_finishes(desk: Desk, tmp_path: Path) -> None:
    """Both of a first run and of one that adds, and writes small segments again."""
    path = tmp_path / "p"
    for number in range(2):
        replayed(desk, tmp_path / f"clean{number}")
        whole = rows(tmp_path / f"clean{number}")
        before = tmp_path / "before"
        if path.exists():
            shutil.copytree(path, before)
        kills = 0
        while _killed(desk, path, kills):
            kills += 1
            replayed(desk, path)
            assert rows(path) == whole, kills
            shutil.rmtree(path)
            if before.exists():
                shutil.copytree(before, path)
        assert kills > 10
        assert rows(path) == whole
        take(desk, [described("cy")])


def _killed(desk: Desk, path: Path, after: int) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        dying(patch, after, Killed())
        try:
            replayed(desk, path)
        except Killed:
            return True
        return False


def test_whoever_reads_beside_a_run_finds_whole_files_only(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p"
    seen = []
    real = Path.replace

    def looked(self: Path, target: Path) -> Path:
        seen.append(rows(path))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", looked)
    replayed(desk, path)
    final = rows(path)
    assert len(seen) > 3
    assert all(set(one) <= set(final) for one in seen)


def test_a_full_disk_is_said_and_what_was_there_stays(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "p"
    replayed(desk, path)
    before = rows(path)
    take(desk, [described("cy")])
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.MonkeyPatch.context() as patch:
        dying(patch, 2, full)
        with pytest.raises(OSError, match="No space left") as caught:
            replayed(desk, path)
    said = of_the_disk(caught.value)
    assert said is not None
    assert said.status == 69
    assert rows(path) == before
    replayed(desk, path)
    assert len(rows(path)["CustomerDescribed"]) == 3


def test_another_logs_directory_is_refused(desk: Desk, tmp_path: Path) -> None:
    replayed(desk, tmp_path / "p")
    with open_in(tmp_path / "other") as other:
        take(other, [described("eve")])
        with pytest.raises(Misconfigured, match="holds the history of another log"):
            replayed(other, tmp_path / "p")


def test_a_directory_of_an_empty_log_may_become_anyones(desk: Desk, tmp_path: Path) -> None:
    with open_in(tmp_path / "other") as other:
        replayed(other, tmp_path / "p")
    assert replayed(desk, tmp_path / "p").rows > 0


def test_a_log_that_was_set_back_is_found_out(desk: Desk, tmp_path: Path) -> None:
    replayed(desk, tmp_path / "p")
    with desk.database.transaction():
        desk.database.execute("UPDATE ends SET end_offset = end_offset - 1")
    with pytest.raises(Misconfigured, match="it is another log, or was set back"):
        replayed(desk, tmp_path / "p")


def test_what_a_newer_version_wrote_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    replayed(desk, tmp_path / "p")
    manifest = tmp_path / "p" / "_manifest.json"
    manifest.write_bytes(b'{"format": 2, "something": "else"}')
    with pytest.raises(Misconfigured, match="written by a newer version of pactdesk"):
        replayed(desk, tmp_path / "p")
    assert manifest.read_bytes() == b'{"format": 2, "something": "else"}'


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1, "segments": 3}'])
def test_a_manifest_that_cannot_be_read_is_said(content: bytes, desk: Desk, tmp_path: Path) -> None:
    replayed(desk, tmp_path / "p")
    (tmp_path / "p" / "_manifest.json").write_bytes(content)
    with pytest.raises(Misconfigured, match=r"_manifest\.json cannot be read"):
        replayed(desk, tmp_path / "p")


def test_a_directory_that_holds_something_else_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "letter.txt").write_text("dear")
    with pytest.raises(Misconfigured, match="holds something else than a history"):
        replayed(desk, tmp_path / "p")
    assert [one.name for one in (tmp_path / "p").iterdir()] == ["letter.txt"]


def test_a_file_in_the_place_of_a_directory_is_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("dear")
    with pytest.raises(Misconfigured, match="is no directory"):
        replayed(desk, tmp_path / "p")


@pytest.mark.parametrize("where", ["file/p", "x" * 300])
def test_a_directory_that_cannot_be_made_is_said(desk: Desk, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("dear")
    with pytest.raises(Misconfigured, match="cannot be made"):
        replayed(desk, tmp_path / where)


@pytest.mark.parametrize("damage", ["gone", "short", "zeroed"])
def test_a_file_that_is_not_as_it_was_written_is_named(
    damage: str, desk: Desk, tmp_path: Path
) -> None:
    replayed(desk, tmp_path / "p")
    file = next((tmp_path / "p").glob("type=CustomerDescribed/*"))
    match damage:
        case "gone":
            file.unlink()
        case "short":
            file.write_bytes(file.read_bytes()[:-1])
        case _:
            file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(Misconfigured, match=f"{file.name} is missing or is not as it was written"):
        replayed(desk, tmp_path / "p")


def _altered(file: Path, text: bytes) -> None:
    """One bit of a text in a file, which stays as large as it was."""
    content = file.read_bytes()
    place = content.index(text)
    file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])


def test_a_value_that_was_altered_in_a_file_is_never_given(desk: Desk, tmp_path: Path) -> None:
    there, _ = brought(desk, tmp_path / "p")
    sql = "SELECT customer_id FROM CustomerDescribed ORDER BY 1"
    assert ask(there, sql, seconds=60.0, rows=10) == [{"customer_id": n} for n in ("ann", "bob")]
    _altered(next((tmp_path / "p").glob("type=CustomerDescribed/*")), b"ann")
    with pytest.raises(Misconfigured, match="CustomerDescribed is missing or is not as it was wri"):
        ask(there, sql, seconds=60.0, rows=10)
    assert ask(there, "SELECT count(*) AS n FROM TicketOpened", seconds=60.0, rows=10)


def test_a_value_that_was_altered_is_not_written_on_into_a_larger_file(
    desk: Desk, tmp_path: Path
) -> None:
    replayed(desk, tmp_path / "p")
    file = next((tmp_path / "p").glob("type=CustomerDescribed/*"))
    _altered(file, b"ann")
    take(desk, [described(name) for name in ("cy", "di", "eve")])
    with pytest.raises(Misconfigured, match=f"{file.name} is missing or is not as it was written"):
        replayed(desk, tmp_path / "p")


def test_files_of_others_are_left_where_they_are(desk: Desk, tmp_path: Path) -> None:
    replayed(desk, tmp_path / "p")
    mine = tmp_path / "p" / "type=CustomerDescribed" / "mine.parquet"
    mine.write_bytes(b"mine")
    replayed(desk, tmp_path / "p")
    assert mine.read_bytes() == b"mine"


def test_two_cannot_replay_into_one_directory(desk: Desk, tmp_path: Path) -> None:
    replayed(desk, tmp_path / "p")
    handle = os.open(tmp_path / "p" / "_lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(Refused, match="another process replays into"):
            replayed(desk, tmp_path / "p")
    finally:
        os.close(handle)
    replayed(desk, tmp_path / "p")
