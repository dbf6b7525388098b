"""Which test reaches which line, learnt by running each test once."""

from __future__ import annotations

import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

Line = tuple[str, int]
Tracer = Callable[[FrameType, str, Any], Any]

ENOUGH = 100
"""How many calls of a function are watched within a test; following each line is slow."""


class Reach:
    """Lines of some files that were run, by what ran them.

    Attributes:
        tests: By line, the numbers of the tests that reach it.
        imported: Lines that run when modules are imported and tests are made.
        seconds: By test, how long it took.
    """

    def __init__(self, files: frozenset[str]) -> None:
        self._files = files
        self._run: set[Line] = set()
        self._calls: Counter[CodeType] = Counter()
        self.tests: dict[Line, list[int]] = defaultdict(list)
        self.imported: set[Line] = set()
        self.seconds: list[float] = []

    def _called(self, frame: FrameType, event: str, _: object) -> Tracer | None:
        if event != "call" or frame.f_code.co_filename not in self._files:
            return None
        file, run = frame.f_code.co_filename, self._run
        run.add((file, frame.f_lineno))
        self._calls[frame.f_code] += 1
        if self._calls[frame.f_code] > ENOUGH:
            return None

        def line(frame: FrameType, event: str, _: object) -> Tracer:
            if event == "line":
                run.add((file, frame.f_lineno))
            return line

        return line

    @contextmanager
    def watched(self) -> Iterator[set[Line]]:
        """Gather the lines that are run meanwhile, in threads that begin meanwhile as well."""
        run: set[Line] = set()
        self._run = run
        self._calls.clear()
        threading.settrace(self._called)
        sys.settrace(self._called)
        try:
            yield run
        finally:
            sys.settrace(None)
            threading.settrace(None)

    def reaching(self, file: str, first: int, last: int) -> list[int]:
        """Tests that run a line of a range, the quickest first."""
        found = {
            test for line in range(first, last + 1) for test in self.tests.get((file, line), ())
        }
        return sorted(found, key=lambda test: (self.seconds[test], test))
