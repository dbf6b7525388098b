"""Walks through the code: the tables of a page that name functions, and the calls of a real run."""

from __future__ import annotations

import ast
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from tests.documents import ROOT

PAGE = ROOT / "docs" / "explanation" / "life-of-a-contact.md"

_HOME = f"{ROOT}/"
_ROW = re.compile(r"^\| .+ \| `(?P<file>[^`]+)` \| `(?P<function>[^`]+)` \|$")


class Call(NamedTuple):
    """A function in a file, as a row names it and as a run calls it.

    Attributes:
        file: From the root of the project.
        function: Its name within the module, with its class's where it has one.
    """

    file: str
    function: str


def walks() -> dict[str, list[Call]]:
    """What the page's tables name, in their order, by the heading above."""
    found: dict[str, list[Call]] = {}
    heading = ""
    for line in PAGE.read_text("utf-8").splitlines():
        row = _ROW.match(line)
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif row is not None:
            found.setdefault(heading, []).append(Call(row["file"], row["function"]))
    return found


def walk(beginning: str) -> list[Call]:
    """What the table under one heading names."""
    (found,) = [calls for heading, calls in walks().items() if heading.startswith(beginning)]
    return found


def functions_of(file: str) -> set[str]:
    """The functions and methods of a module, by their names within it."""
    found = set()
    for node in ast.parse((ROOT / file).read_bytes()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{m.name}" for m in node.body if isinstance(m, ast.FunctionDef)}
    return found


class Trace:
    """Which functions of the project a run calls, in the order of their first calls."""

    def __init__(self) -> None:
        self.calls: dict[Call, None] = {}

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """Note a call; what the interpreter calls."""
        del argument
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_HOME):
            self.calls.setdefault(Call(code.co_filename.removeprefix(_HOME), code.co_qualname))

    def out_of_order(self, walk: list[Call]) -> list[str]:
        """What of a walk was not called, or first called before what stands above it."""
        order = {call: place for place, call in enumerate(self.calls)}
        wrong, last = [], -1
        for call in walk:
            place = order.get(call)
            if place is None or place < last:
                wrong.append(
                    f"{call.function} in {call.file}" + (" is not called" * (place is None))
                )
            else:
                last = place
        return wrong


@contextmanager
def traced() -> Iterator[Trace]:
    """Note what this thread, and every thread that it starts, calls."""
    trace = Trace()
    threading.setprofile(trace)
    sys.setprofile(trace)
    try:
        yield trace
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
