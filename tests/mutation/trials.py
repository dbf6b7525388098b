"""Each trial is a process of its own, forked from one that has everything loaded."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

KILLED, SURVIVED, ENDLESS = "killed", "survived", "endless"

Trial = tuple[str, Callable[[], bool], float]
"""A mutant's name, what says whether its tests fail, and the processor seconds it may take."""

BROKEN = 70
"""How a trial ends that could not be held."""

SPACE = 8 << 30
"""Bytes of address space of a trial: a mutant that fills the memory fails, and nothing else."""


class Broken(Exception):
    """A trial failed by itself, not by a test."""


def held(trials: Iterable[Trial], at_once: int) -> Iterator[tuple[str, str]]:
    """Hold trials, several at once.

    Yields:
        Names and what became of them, as they end.

    Raises:
        Broken: A trial could not be held.
    """
    running: dict[int, str] = {}
    gc.freeze()
    for name, fails, seconds in trials:
        if len(running) >= at_once:
            yield _next(running)
        child = os.fork()
        if not child:
            _hold(fails, seconds)
        running[child] = name
    while running:
        yield _next(running)


def _next(running: dict[int, str]) -> tuple[str, str]:
    child, status = os.wait()
    name = running.pop(child)
    if os.WIFSIGNALED(status):
        # Any other signal than the limit's is a crash, which a test run would show.
        ended = os.WTERMSIG(status) in {signal.SIGPROF, signal.SIGALRM}
        return name, ENDLESS if ended else KILLED
    code = os.WEXITSTATUS(status)
    if code == BROKEN:
        raise Broken(name)
    return name, KILLED if code else SURVIVED


def _hold(fails: Callable[[], bool], seconds: float) -> NoReturn:
    try:
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        # Processor time, for the machine may be busy; and a clock, for a trial may wait for good.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * 10)
        resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))
        os._exit(1 if fails() else 0)
    except BaseException:  # noqa: BLE001 - whatever it was, the parent must hear of it
        traceback.print_exc(file=sys.__stderr__)
        os._exit(BROKEN)
