"""A courier that is killed again and again: a program of its own, so that it may fork.

    python -m tests.courier_killing FOLDER ADDRESS CHANNEL

It runs every role over the store in a child process, prints the child's number, and
begins another child when that one is killed. A child that is told to stop ends the program.
In place of a channel, `llm` asks a language model at the address.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from pathlib import Path

import streams.delivery.office  # noqa: F401  # what a child needs is loaded once
from streams.clock import WallClock
from streams.drafting.errands import LLM
from streams.embedded.running import run_roles
from streams.roles import ROLES
from tests.llms import asking
from tests.outgoing import reaching
from tests.providers import PROVIDERS
from tests.stores import a_desk


def _works(folder: Path, address: str, channel: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if channel == LLM:
        settings = asking(address, folder)
    else:
        settings = reaching(address, folder, PROVIDERS[channel])
    with a_desk(folder, WallClock(), settings=settings) as desk:
        run_roles(desk, ROLES, None, stop, recorded=False, ready=lambda: None)


def main(folder: Path, address: str, channel: str) -> int:
    """Keep one child at work until it ends by itself; returns its exit status."""
    forking = multiprocessing.get_context("fork")
    while True:
        child = forking.Process(target=_works, args=(folder, address, channel))
        child.start()
        print(child.pid, flush=True)  # noqa: T201  # whoever is to kill it reads it
        child.join()
        if child.exitcode != -signal.SIGKILL:
            return child.exitcode or 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
