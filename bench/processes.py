"""Processes that a bench starts, and what they take: not a bench itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.real import Cluster
from tests.real.process import children


@contextmanager
def process(cluster: Cluster, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has said it is at work."""
    environment = {**os.environ, **cluster.environment}
    environment["PACTDESK_DATA"] = str(cluster.broker.folder / "mailbox")
    started = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    while "pactdesk is up" not in (line := started.stdout.readline()):
        assert line, f"{arguments} ended before it was at work"
    try:
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            started.wait(60)


def resident(pid: int) -> float:
    """MB of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor(*pids: int | None) -> float:
    """Seconds of processor time that processes and what they started took so far."""
    ticks = 0
    for pid in [one for root in pids if root is not None for one in (root, *children(root))]:
        with suppress(OSError):  # it ended meanwhile
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
