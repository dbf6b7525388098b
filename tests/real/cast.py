"""The cast of a play: processes of ours that are started again when they end, as compose does.

Each member has its log in the folder; what a member's process ended with is kept.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM
from typing import NamedTuple

from tests.commands import LAUNCHER, beside_others
from tests.real.process import Guard
from tests.real.waiting import EVERY_SECONDS, until

UP = "pactdesk is up"
AGAIN_SECONDS = 0.5
"""How long a process that ended stays away; twice as long each time that it did not get to work."""

LONGEST_SECONDS = 8.0

UP_SECONDS = 120
STOP_SECONDS = 90
EXPECTED = frozenset({-SIGKILL, 69})
"""How a process may end that nobody told to: killed by us, or because something was not there."""


class Ended(NamedTuple):
    """How a process ended that nobody had told to stop."""

    name: str
    status: int


class Member:
    """A process that is started again whenever it ends, until it is told to stop.

    Args:
        name: Its name.
        arguments: What comes after `pactdesk`.
        environment: Its environment, all of it.
        folder: Its working directory, with its log.
    """

    def __init__(
        self, name: str, arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.log = folder / "log"
        self.wanted = True
        self._folder = folder
        self._arguments = arguments
        self._environment = dict(environment)
        self._guard: Guard | None = None
        self._pause = AGAIN_SECONDS
        self._again: float | None = None
        self.process = self.begun()

    def begun(self) -> subprocess.Popen[bytes]:
        """A new process."""
        self._folder.mkdir(exist_ok=True)
        self.release()
        self._seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(LAUNCHER), *beside_others(self._arguments)],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._guard = Guard(self.process.pid)
        self._again = None
        return self.process

    def noticed(self) -> bool:
        """Whether the process at hand ended, and nobody noticed before."""
        if self._again is not None or not self.gone():
            return False
        self._pause = AGAIN_SECONDS if self.up() else min(2 * self._pause, LONGEST_SECONDS)
        self._again = time.monotonic() + self._pause
        return True

    def may_begin(self) -> bool:
        """Whether the process ended and has been away for long enough."""
        return self._again is not None and time.monotonic() >= self._again

    def release(self) -> None:
        """Nobody needs to see to its end any more."""
        if self._guard is not None:
            self._guard.release()
            self._guard = None

    def up(self) -> bool:
        """Whether the process at hand has said that it is at work."""
        with self.log.open("rb") as log:
            log.seek(self._seen)
            return UP.encode() in log.read()

    def gone(self) -> bool:
        """Whether the process at hand ended."""
        return self.process.poll() is not None

    def told(self) -> str:
        """The end of its log."""
        return f"{self.name}: {self.log.read_text('utf-8', 'replace')[-4000:]}"


class Cast:
    """All members.

    Args:
        folder: Where their folders are made.
        environment: What makes `pactdesk` a desk of the cluster.

    Attributes:
        ended: How processes ended that nobody had told to.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.ended: list[Ended] = []
        self._folder = folder
        self._environment = {**os.environ, **environment}
        self._members: dict[str, Member] = {}
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._watch = threading.Thread(target=self._watching, name="cast", daemon=True)
        self._watch.start()

    def add(self, name: str, *arguments: str, **environment: str) -> None:
        """Start a member; returns when it is at work.

        Args:
            name: Its name.
            arguments: What comes after `pactdesk`.
            environment: What differs for this one.
        """
        with self._lock:
            self._members[name] = Member(
                name,
                arguments,
                {**self._environment, **environment, "PACTDESK_DATA": str(self._folder / "data")},
                self._folder / name,
            )
        self.at_work(name)

    def at_work(self, name: str) -> None:
        """Return when a member is at work, also after it ended and was started again."""
        member = self._members[name]

        def working() -> bool:
            self.well()
            return not member.gone() and member.up()

        until(working, UP_SECONDS, member.told)

    def kill(self, name: str) -> None:
        """Kill a member (SIGKILL); it is started again."""
        self._members[name].process.send_signal(SIGKILL)

    @contextmanager
    def stopped_still(self, name: str) -> Iterator[None]:
        """A member stands still (SIGSTOP) meanwhile, and then goes on as if nothing had been."""
        process = self._members[name].process
        process.send_signal(SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(SIGCONT)

    def leave(self, *names: str) -> None:
        """Tell members to stop (SIGTERM), all by default; returns when they did, in good order."""
        leaving = [self._members[name] for name in names or tuple(self._members)]
        for member in leaving:
            self.at_work(member.name)
        with self._lock:
            for member in leaving:
                member.wanted = False
        for member in leaving:
            if member.process.poll() is None:
                member.process.send_signal(SIGTERM)
        for member in leaving:
            until(member.gone, STOP_SECONDS, member.told)
            member.release()
            assert member.process.returncode == 0, member.told()
            with self._lock:
                del self._members[member.name]

    def well(self) -> None:
        """Nobody ended in a way that nobody may."""
        wrong = [one for one in self.ended if one.status not in EXPECTED]
        logs = [
            (self._folder / name / "log").read_text("utf-8", "replace")[-20_000:]
            for name in sorted({one.name for one in wrong})
        ]
        assert wrong == [], "\n".join([str(wrong), *logs])

    def close(self) -> None:
        """Kill whoever is left."""
        self._over.set()
        self._watch.join()
        for member in self._members.values():
            member.process.kill()
            member.process.wait()
            member.release()

    def _watching(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            with self._lock:
                for member in [one for one in self._members.values() if one.wanted]:
                    if member.noticed():
                        self.ended.append(Ended(member.name, member.process.returncode))
                    elif member.may_begin():
                        member.begun()
