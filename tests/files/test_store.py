"""A file is kept whole or not at all, once, under what is in it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.files.store import OLD_SECONDS, Files
from tests.embedded import somewhere


@given(st.lists(st.binary(max_size=20_000), max_size=4))
def test_what_is_kept_is_what_was_written(chunks: list[bytes]) -> None:
    with somewhere() as folder:
        files, whole = Files(folder), b"".join(chunks)
        with files.draft() as draft:
            for chunk in chunks:
                draft.write(chunk)
            name = files.keep(draft)
        assert name == sha256(whole).hexdigest()
        assert (draft.size, whole.startswith(draft.head)) == (len(whole), True)
        assert files.read(name, 0, len(whole) + 1) == whole
        assert files.read(name, 3, 5) == whole[3:8]
        assert [*folder.glob("attachments/unfinished/*")] == []


def test_a_file_lies_under_its_digest_for_its_owner_alone(tmp_path: Path) -> None:
    name = Files(tmp_path).put(b"hello").sha256
    path = tmp_path / "attachments" / name[:2] / name[2:]
    assert path.read_bytes() == b"hello"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_same_bytes_again_change_nothing(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.put(b"hello").sha256 == files.put(b"hello").sha256
    assert len([*tmp_path.glob("attachments/??/*")]) == 1


def test_what_is_not_kept_is_gone(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with suppress(KeyError), files.draft() as draft:
        draft.write(b"half")
        raise KeyError
    assert not [*tmp_path.glob("attachments/*/*")]
    assert not files.has(draft.sha256)


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    synced, renamed = os.fsync, Path.rename

    def fsync(number: int) -> None:
        done.append("synced")
        synced(number)

    def rename(path: Path, to: Path) -> Path:
        done.append("renamed")
        return renamed(path, to)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    Files(tmp_path).put(b"hello")
    assert done == ["synced", "renamed", "synced", "synced"]


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64])
def test_nothing_is_there_that_was_not_kept(tmp_path: Path, name: str) -> None:
    assert not Files(tmp_path).has(name)


def test_what_a_crash_left_is_taken_away_once_it_is_old(tmp_path: Path) -> None:
    files = Files(tmp_path)
    kept = files.put(b"hello").sha256
    old, new = (tmp_path / "attachments" / "unfinished" / one for one in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    then = new.stat().st_mtime - OLD_SECONDS - 1
    os.utime(old, (then, then))
    files.tidy()
    assert (old.exists(), new.exists(), files.has(kept)) == (False, True, True)
