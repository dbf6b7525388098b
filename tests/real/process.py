"""A server as a process of its own, which another call of ours can find again and stop."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import TypedDict

from tests.real.waiting import until

STOP_SECONDS = 30


class Missing(Exception):
    """A component that this machine does not have, and how to get it."""


class Guard:
    """Kills a process as soon as this one is gone, however it went (SIGKILL included).

    Args:
        pid: Which process.
    """

    def __init__(self, pid: int) -> None:
        # A shell that reads from us comes to the end when we do.
        self._shell = subprocess.Popen(
            ["sh", "-c", f"read line; kill -9 {pid}"],  # noqa: S607  # every system has it
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Let the process be: it is gone, or may outlive us."""
        self._shell.kill()
        self._shell.wait()
        assert self._shell.stdin is not None
        self._shell.stdin.close()


class Process:
    """A server process with its log; `FOLDER/NAME.pid` says which one it is.

    Args:
        name: What it is called in messages; also of its files.
        folder: Where its files lie. Its command must name this folder: that is how a process is
            known to be ours and not a later one with the same number.
        command: What is run.
        user: As whom; None is the caller.
        bound: Whether it dies with this process; else it outlives us unless it is stopped.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        command: Sequence[str],
        user: str | None = None,
        *,
        bound: bool = False,
    ) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / f"{name}.log"
        self._pid_file = folder / f"{name}.pid"
        self._command = list(command)
        self._user = user
        self._bound = bound
        self._guard: Guard | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        assert not self.alive(), f"{self.name} runs already"
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                **run_as(self._user),
            )
        self._pid_file.write_text(str(self._child.pid))
        self._release()
        if self._bound:
            self._guard = Guard(self._child.pid)

    def _release(self) -> None:
        if self._guard is not None:
            self._guard.release()
            self._guard = None

    @property
    def pid(self) -> int | None:
        """Its number, while there is one."""
        with suppress(OSError, ValueError):
            return int(self._pid_file.read_text())
        return None

    def alive(self) -> bool:
        """Whether it runs; a stopped one (SIGSTOP) does."""
        if self._child is not None:
            return self._child.poll() is None
        return (pid := self.pid) is not None and _runs(pid, self.folder)

    def signal(self, number: int) -> None:
        """Send it a signal; one that is gone gets none."""
        pid = self.pid
        if pid is not None and self.alive():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self, number: int = SIGTERM) -> None:
        """Ask it to stop and wait until it did; one that does not is killed, and that is told.

        Raises:
            AssertionError: It had to be killed.
        """
        self.signal(number)
        try:
            until(lambda: not self.alive(), STOP_SECONDS, f"{self.name} stops: {self.tail()}")
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill it (SIGKILL) with all its children; returns when they are gone."""
        pid = self.pid
        if pid is not None and self.alive():
            family = [pid, *children(pid)]
            for one in family:
                with suppress(ProcessLookupError):
                    os.kill(one, SIGKILL)
            until(lambda: not self.alive(), STOP_SECONDS, f"{self.name} is gone")
            orphans = family[1:]
            until(
                lambda: not any(_runs(one, None) for one in orphans),
                STOP_SECONDS,
                f"the children of {self.name} are gone",
            )
        self._release()
        self._pid_file.unlink(missing_ok=True)
        self._child = None

    def tail(self, lines: int = 30) -> str:
        """The end of its log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


def children(pid: int) -> list[int]:
    """The processes that a process started and that run, and theirs."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],  # noqa: S607  # wherever this system has it
        capture_output=True,
        check=True,
        text=True,
    )
    parents = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    found = [pid]
    for one in found:
        found += [child for child, parent in parents if parent == one]
    return found[1:]


class Identity(TypedDict, total=False):
    """As whom a process runs, as `subprocess` takes it."""

    user: str
    group: int
    extra_groups: list[int]


def run_as(user: str | None) -> Identity:
    """What makes a process run as this user; nothing for None."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _runs(pid: int, folder: Path | None) -> bool:
    """Whether a process runs (a zombie does not), and has this folder in its command."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "stat=,args=", "-p", str(pid)],  # noqa: S607  # wherever it is
        capture_output=True,
        check=False,
        text=True,
    ).stdout.strip()
    return bool(listed) and listed[0] != "Z" and (folder is None or str(folder) in listed)
