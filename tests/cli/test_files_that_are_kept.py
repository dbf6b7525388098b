"""Files that commands write: whole, or as they were before."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from streams.cli.files import keep
from streams.errors import Misused


def test_a_file_is_written_in_the_place_of_what_was_there(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    linked = tmp_path / "link"
    linked.symlink_to(report)
    for path in (report, report, linked):
        keep(path, str(path).encode())
        assert report.read_bytes() == str(path).encode()
    assert linked.is_symlink()
    assert {one.name for one in tmp_path.iterdir()} == {"report.json", "link"}


def test_a_new_file_is_its_owner_s_alone_and_an_old_one_stays_whose_it_is(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    keep(report, b"new")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    report.chmod(0o640)
    keep(report, b"newer")
    assert stat.S_IMODE(report.stat().st_mode) == 0o640


def test_what_was_there_stays_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report.json"
    keep(report, b"yesterday's")
    real = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        real(path, content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        keep(report, b"today's")
    assert report.read_bytes() == b"yesterday's"
    assert [one.name for one in tmp_path.iterdir()] == ["report.json"]


def test_what_is_no_file_is_written_to_as_it_is_or_said_to_be_none(tmp_path: Path) -> None:
    keep(Path("/dev/null"), b"anything")
    with pytest.raises(OSError, match="No space left"):
        keep(Path("/dev/full"), b"anything")
    for path in (tmp_path, tmp_path / "nowhere" / "x"):
        with pytest.raises(Misused, match="cannot be written"):
            keep(path, b"anything")
