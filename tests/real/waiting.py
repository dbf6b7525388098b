"""Waiting for what must come, and ports that nobody else takes."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TypeVar

T = TypeVar("T")

EVERY_SECONDS = 0.05
"""How often a condition is asked."""

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def until(
    condition: Callable[[], T],
    seconds: float,
    what: str | Callable[[], str],
    moving: Callable[[], object] = lambda: None,
) -> T:
    """Wait until a condition holds; returns what it gave.

    Args:
        condition: Asked again and again; what is true ends the waiting.
        seconds: How long it may take; give plenty, for a slow machine is no failure.
        what: What was waited for, for the message; a function is asked when the time is up.
        moving: How far that is, asked after the condition; whenever it changes, the time begins
            anew: much work is no failure either.

    Raises:
        AssertionError: The time is up.
    """
    deadline = time.monotonic() + seconds
    pause = Event()
    stood: object = None
    while True:
        if result := condition():
            return result
        stands = moving()
        if stands != stood:
            stood, deadline = stands, time.monotonic() + seconds
        if time.monotonic() > deadline:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"waited {seconds:g} s in vain: {told}")
        pause.wait(EVERY_SECONDS)


def free_port() -> int:
    """A port of loopback that nothing listens on, and that no outgoing connection gets.

    One that the system hands out itself would be lost to somebody's outgoing connection while a
    server is restarted; a client that calls it then could even reach itself.
    """
    lowest = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 32768
    while True:
        port = random.randrange(15000, lowest)  # noqa: S311  # no secret; each process its own
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
