"""What a manifest names is on the disk before it does, whatever a power cut takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from streams.desk import Desk
from tests.embedded import open_in, take
from tests.history.test_half_done import described
from tests.replays import replayed


class Step(NamedTuple):
    """Something that was done to the disk.

    Attributes:
        what: forced, named or gone.
        inode: To which file or folder.
        path: Its new name, or the one that it had.
    """

    what: str
    inode: int
    path: Path | None = None


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """What is done to the disk, in its order."""
    done: list[Step] = []
    force, name, take_away = os.fsync, Path.replace, Path.unlink

    def forced(handle: int) -> None:
        force(handle)
        done.append(Step("forced", os.fstat(handle).st_ino))

    def named(self: Path, target: Path) -> Path:
        done.append(Step("named", self.stat().st_ino, target))
        return name(self, target)

    def gone(self: Path, **how: Any) -> None:
        done.append(Step("gone", self.stat().st_ino, self))
        take_away(self, **how)

    monkeypatch.setattr(os, "fsync", forced)
    monkeypatch.setattr(Path, "replace", named)
    monkeypatch.setattr(Path, "unlink", gone)
    return done


def forced(steps: list[Step], inode: int) -> bool:
    """Whether something is among what was forced onto the disk."""
    return any(step.what == "forced" and step.inode == inode for step in steps)


def inode(path: Path) -> int:
    return path.stat().st_ino


def grown(folder: Path) -> tuple[Desk, Path]:
    """A desk, and a directory into which it was replayed before something else came."""
    desk = open_in(folder / "store")
    take(desk, [described("ann"), described("bob")])
    replayed(desk, folder / "p")
    take(desk, [described(f"c{number}") for number in range(12)])
    return desk, folder / "p"


def test_whatever_gets_a_name_was_forced_onto_the_disk_before(
    tmp_path: Path, steps: list[Step]
) -> None:
    desk, path = grown(tmp_path)
    replayed(desk, path)
    desk.close()
    names = [
        (place, step)
        for place, step in enumerate(steps)
        if step.what == "named" and step.path is not None and step.path.suffix != ".sql"
    ]
    assert {step.path.suffix for _, step in names if step.path} == {".parquet", ".json"}
    for place, step in names:
        assert forced(steps[:place], step.inode), step.path


def test_the_names_of_a_segment_are_on_the_disk_before_the_manifest_has_its_own(
    tmp_path: Path, steps: list[Step]
) -> None:
    desk, path = grown(tmp_path)
    replayed(desk, path)
    desk.close()
    since: list[Path] = []
    last, segments = 0, 0
    for place, step in enumerate(steps):
        if step.what != "named" or step.path is None:
            continue
        if step.path.suffix == ".parquet":
            since.append(step.path)
            last = place
        elif step.path.name == "_manifest.json":
            for folder in {file.parent for file in since}:
                named = max(
                    n for n, s in enumerate(steps[:place]) if s.path and s.path.parent == folder
                )
                assert forced(steps[named:place], inode(folder)), folder
            if since:
                assert forced(steps[last:place], inode(path)), "a new folder is a name as well"
                segments += 1
            since = []
    assert segments > 1
    assert since == []


def test_what_was_written_again_goes_only_when_the_new_manifest_is_on_the_disk(
    tmp_path: Path, steps: list[Step]
) -> None:
    desk, path = grown(tmp_path)
    replayed(desk, path)
    desk.close()
    goes = [
        place
        for place, step in enumerate(steps)
        if step.what == "gone" and step.path and step.path.suffix == ".parquet"
    ]
    assert goes
    for place in goes:
        manifests = [
            n
            for n, step in enumerate(steps[:place])
            if step.what == "named" and step.path and step.path.name == "_manifest.json"
        ]
        assert forced(steps[manifests[-1] : place], inode(path))
