"""A broker's disk that can be filled: a small file system of its own, where mounting is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.broker import Broker
from tests.real.waiting import until

SPARE_MEGABYTES = 64
"""What is free on the small disk before it is filled."""

FULL_SECONDS = 300


def may_mount() -> bool:
    """Whether this process may mount a file system: as root, outside of most containers."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        mounted = _mount(Path(folder), 1)
        if mounted:
            _unmount(Path(folder))
    return mounted


def _mount(folder: Path, megabytes: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607  # wherever this system has it


@contextmanager
def small_disk(broker: Broker) -> Iterator[None]:
    """The broker's log lies on a small disk meanwhile; the broker is restarted for it, twice."""
    broker.stop()
    data = broker.folder / "data"
    aside = broker.folder / "aside"
    data.rename(aside)
    data.mkdir()
    used = sum(path.stat().st_size for path in aside.rglob("*") if path.is_file())
    assert _mount(data, used // 2**20 + SPARE_MEGABYTES), "the small disk cannot be mounted"
    try:
        shutil.copytree(aside, data, dirs_exist_ok=True)
        broker.start()
        yield
        broker.stop()
        shutil.rmtree(aside)
        shutil.copytree(data, aside)
    finally:
        broker.kill()
        _unmount(data)
        data.rmdir()
        aside.rename(data)
    broker.start()


def fill(broker: Broker) -> Path:
    """Fill the broker's disk, and return when that has ended the broker; give the file back."""
    ballast = broker.folder / "data" / "ballast"
    with ballast.open("wb", buffering=0) as file:
        block = bytes(64 * 1024)
        try:
            while True:
                file.write(block)
        except OSError:
            pass  # full
    until(lambda: not broker.process.alive(), FULL_SECONDS, "the full disk ends the broker")
    return ballast
