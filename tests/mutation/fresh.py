"""A mutant of what runs at import: everything is loaded anew, the changed module among it."""

from __future__ import annotations

import ast
import importlib
import os
from collections.abc import Iterable, Sequence
from importlib.abc import SourceLoader
from importlib.machinery import SourceFileLoader
from types import CodeType

import pytest

import pactdesk
from tests.documents import ROOT
from tests.mutation.mutants import Mutant
from tests.mutation.survey import OPTIONS, FewExamples


class Only:
    """A plugin: only these tests, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._rank = {test: rank for rank, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what was not asked for."""
        wanted = [item for item in items if item.nodeid in self._rank]
        items[:] = sorted(wanted, key=lambda item: self._rank[item.nodeid])


def load(modules: Iterable[str]) -> None:
    """Load the libraries that the tests need, and nothing of ours."""
    for name in modules:
        if name.split(".")[0] not in {*pactdesk.ROOMS, "tests", "conftest"}:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - one that is made at run time is none to load
                continue


def fails(mutant: Mutant | None, tree: ast.Module, tests: Sequence[str], examples: int) -> bool:
    """Whether one of some tests fails on a mutant; on none, as it is."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    if mutant is not None:
        mutant.apply()
        _serve(str(ROOT / mutant.path), compile(tree, mutant.path, "exec", dont_inherit=True))
    # To read all files of tests takes longer than most mutants live.
    return any(_one_fails(some, examples) for some in (tests[:FIRST], tests[FIRST:]) if some)


FIRST = 100
"""How many tests are tried, the likeliest, before the files of all others are read."""


def _one_fails(tests: Sequence[str], examples: int) -> bool:
    files = list(dict.fromkeys(test.split("::")[0] for test in tests))
    ended = pytest.main([*OPTIONS, "-x", *files], [FewExamples(examples), Only(tests)])
    # Tests may be named after what was changed; that they have another name then is no failure.
    return ended not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}


def _serve(file: str, code: CodeType) -> None:
    """Have this code run when the module of a file is imported."""
    kept = SourceFileLoader.get_code

    def get_code(self: SourceLoader, fullname: str) -> CodeType | None:
        if isinstance(self, SourceFileLoader) and self.path == file:
            return code
        return kept(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment,method-assign]  # for this process alone
