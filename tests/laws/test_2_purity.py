"""Law 2. Purity: the left three rooms do no input or output, and ask for no time and no chance."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    str(path.relative_to(ROOT))
    for room in ("schemas", "projections", "agents")
    for path in (ROOT / room).rglob("*.py")
)

LIBRARIES = frozenset(
    """
    __future__ bisect collections contextlib dataclasses datetime enum functools hashlib heapq
    html itertools json math operator re string textwrap types typing unicodedata zoneinfo tomllib
    base64 statistics zlib
    importlib.resources msgspec pydantic pydantic_core schemas projections agents
    """.split()  # noqa: SIM905  # a list of words reads best as words
)
"""What the left rooms may import; a new name here needs a reader's consent."""

CALLS = frozenset({"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"})

READINGS = frozenset({"now", "utcnow", "today", "fromtimestamp"})
"""Ways to ask for a time; `fromtimestamp` only with a zone, or it takes the machine's."""

SHIPPED = frozenset({"agents/policy.py"})
"""Who may read a file of the package: the shipped policy."""


def findings(path: str, tree: ast.Module) -> Iterator[str]:
    """What is impure in a module, in words."""
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names = [one.name for one in node.names]
            case ast.ImportFrom():
                names = [node.module or ""]
            case _:
                names = []
        for name in names:
            if name.split(".")[0] not in LIBRARIES and name not in LIBRARIES:
                yield f"{path}:{getattr(node, 'lineno', 0)} imports {name}"
            if name.startswith("importlib") and path not in SHIPPED:
                yield f"{path}:{getattr(node, 'lineno', 0)} reads a file"
        if isinstance(node, ast.Call):
            yield from (f"{path}:{node.lineno} {one}" for one in _impure_call(node))


def _impure_call(node: ast.Call) -> Iterator[str]:
    match node.func:
        case ast.Name(id=name) if name in CALLS:
            yield f"calls {name}"
        case ast.Attribute(attr=name) if name in READINGS:
            if name != "fromtimestamp" or len(node.args) + len(node.keywords) < 2:
                yield f"asks the machine for a time by {name}"
        case ast.Attribute(attr="astimezone") if not node.args:
            yield "takes the machine's time zone"
        case ast.Name(id="hash"):
            yield "takes a hash that differs from process to process"
        case _:
            return


@pytest.mark.parametrize("path", MODULES)
def test_a_module_of_the_left_rooms_is_pure(path: str) -> None:
    tree = ast.parse(ROOT.joinpath(path).read_text(encoding="utf-8"))
    assert list(findings(path, tree)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import random",
        "from time import monotonic",
        "import numpy.random",
        "from uuid import uuid4",
        "import logging",
        "import importlib.resources",
        "open('x')",
        "print('x')",
        "datetime.now(UTC)",
        "date.today()",
        "datetime.fromtimestamp(0)",
        "moment.astimezone()",
        "hash('x')",
    ],
)
def test_what_is_impure_is_found(line: str) -> None:
    assert list(findings("schemas/made_up.py", ast.parse(line)))


@pytest.mark.parametrize(
    "line", ["import math", "datetime.fromtimestamp(0, UTC)", "moment.astimezone(UTC)"]
)
def test_what_is_pure_is_not(line: str) -> None:
    assert not list(findings("schemas/made_up.py", ast.parse(line)))
