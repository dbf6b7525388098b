"""The tests, run once as they are, then once for each mutant of a function."""

from __future__ import annotations

import ast
import os
import pickle
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings

from tests.documents import ROOT
from tests.mutation import loaded
from tests.mutation.mutants import FUNCTION, Mutant
from tests.mutation.reach import Reach
from tests.mutation.trials import Trial, held

OPTIONS = [
    *("-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "-q", "-s"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # plugins are loaded beforehand
]


ASKED = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps what a property asked for."""


class FewExamples:
    """A plugin: every property is tried on few examples, the same ones each time."""

    def __init__(self, examples: int) -> None:
        self._examples = examples

    def pytest_sessionstart(self) -> None:
        """After the project's own profile, before any test is made."""
        settings.register_profile(
            "mutation",
            deadline=None,
            derandomize=True,
            database=None,
            max_examples=self._examples,
            phases=(Phase.explicit, Phase.generate),  # a failure need not be made small
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutation")

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """A property that asks for a number of its own gets no more either."""
        own = getattr(getattr(item, "function", None), ASKED, None)
        if isinstance(own, settings) and own.max_examples > self._examples:
            fewer = settings(own, max_examples=self._examples)
            setattr(item.function, ASKED, fewer)  # type: ignore[attr-defined]  # it is a function


@dataclass
class Surveyed:
    """What the survey found.

    Attributes:
        outcomes: What became of mutants of functions, by name.
        imported: Tests of mutants of what runs at import, by name; the quickest first.
        seconds: How long each test took.
        modules: Every module that was loaded in the end.
        failed: Tests that fail as it is; nothing can be said with them.
    """

    outcomes: dict[str, str] = field(default_factory=dict)
    imported: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What is to be tried.

    Attributes:
        tests: Folders and files of tests.
        trees: Syntax trees of the modules, by path.
        mutants: What is tried.
        examples: How many examples a property gets.
        at_once: How many trials are held at the same time.
        told: Called with each mutant's name and what became of it.
    """

    tests: Sequence[str]
    trees: dict[str, ast.Module]
    mutants: Sequence[Mutant]
    examples: int
    at_once: int
    told: Callable[[str, str], None]


def survey(plan: Plan) -> Surveyed:
    """Run the survey in a process of its own, so that nothing stays loaded in this one."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            with open(writing, "wb") as pipe:  # noqa: PTH123 - a descriptor has no path
                pickle.dump(_Survey(plan).run(), pipe)
        except BaseException:  # noqa: BLE001 - whatever it was, somebody must hear of it
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor has no path
        text = pipe.read()
    os.waitpid(child, 0)
    if not text:
        raise SystemExit("the tests could not be collected; run them with pytest to see why")
    surveyed = pickle.loads(text)  # noqa: S301 - written by our own process
    assert isinstance(surveyed, Surveyed)
    return surveyed


class _Survey:
    """A plugin that runs the tests in its own way."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._files = {str(ROOT / path): path for path in plan.trees}
        self._reach = Reach(frozenset(self._files))
        self._found = Surveyed()
        self._caches: list[Any] = []

    def run(self) -> Surveyed:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        with self._reach.watched() as self._reach.imported:
            pytest.main([*OPTIONS, *self._plan.tests], [FewExamples(self._plan.examples), self])
        return self._found

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.settrace(None)
        if session.testsfailed:
            raise session.Interrupted("a test file cannot be read")
        self._caches = loaded.caches()
        self._look(session.items)
        self._found.modules = list(sys.modules)
        if not self._found.failed:
            self._try(session.items)
        return True

    def _forget(self) -> None:
        for one in self._caches:
            one.cache_clear()

    def _look(self, items: Sequence[pytest.Item]) -> None:
        for number, item in enumerate(items):
            self._forget()
            begin = process_time()
            with self._reach.watched() as lines:
                failed = fails(item, following(items, number))
            self._reach.seconds.append(process_time() - begin)
            self._found.seconds[item.nodeid] = self._reach.seconds[-1]
            if failed:
                self._found.failed.append(item.nodeid)
            for line in lines:
                self._reach.tests[line].append(number)

    def _try(self, items: Sequence[pytest.Item]) -> None:
        functions = loaded.functions_of(self._files)
        users = _Users(self._plan.trees, self._reach, items)
        trials: list[Trial] = [("", lambda: any_fails(items), 10_000.0)]
        for mutant in self._plan.mutants:
            file = str(ROOT / mutant.path)
            lines = {(file, line) for line in range(mutant.line, mutant.last + 1)}
            if mutant.function is None or lines & self._reach.imported:
                numbers = users.tests_of(mutant)
                self._found.imported[mutant.name] = [items[number].nodeid for number in numbers]
                continue
            numbers = self._reach.reaching(file, mutant.line, mutant.last)
            if not numbers:
                self._found.outcomes[mutant.name] = UNREACHED
                self._plan.told(mutant.name, UNREACHED)
                continue

            def fails(mutant: Mutant = mutant, numbers: list[int] = numbers) -> bool:
                file = str(ROOT / mutant.path)
                loaded.change(mutant, self._plan.trees[mutant.path], file, functions[file])
                self._forget()
                return any_fails([items[number] for number in numbers])

            seconds = sum(self._reach.seconds[number] for number in numbers)
            trials.append((mutant.name, fails, 10 + 2 * seconds))
        for name, outcome in held(trials, self._plan.at_once):
            if not name:
                assert outcome == "survived", "the tests fail when they are run again"
                continue
            self._found.outcomes[name] = outcome
            self._plan.told(name, outcome)


UNREACHED = "unreached"


def fails(item: pytest.Item, after: pytest.Item | None) -> bool:
    """Whether a test fails."""
    return any(one.failed for one in runtestprotocol(item, log=False, nextitem=after))


def following(items: Sequence[pytest.Item], number: int) -> pytest.Item | None:
    """The next test, for which fixtures may be kept."""
    return items[number + 1] if number + 1 < len(items) else None


def any_fails(items: Sequence[pytest.Item]) -> bool:
    """Whether one of some tests fails; the rest is not run then."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    return any(fails(item, following(items, number)) for number, item in enumerate(items))


class _Users:
    """In which order tests have to do with what is made when a module is imported.

    Any test may: what is made then is handed on in ways that no trace shows. First come those that
    use its name, or reach a function that does.
    """

    def __init__(
        self, trees: dict[str, ast.Module], reach: Reach, items: Sequence[pytest.Item]
    ) -> None:
        self._reach, self._items = reach, items
        self._functions: list[tuple[str, ast.AST, frozenset[str]]] = []
        self._makers: list[tuple[frozenset[str], frozenset[str]]] = []
        for path, tree in trees.items():
            for node in ast.walk(tree):
                if isinstance(node, FUNCTION):
                    self._functions.append((str(ROOT / path), node, frozenset(_names(node))))
            for node in tree.body:
                if isinstance(node, ast.Assign | ast.AnnAssign):
                    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                    if isinstance(target, ast.Name):
                        makes = frozenset({target.id})
                        self._makers.append((makes, frozenset(_names(node)) - makes))

    def tests_of(self, mutant: Mutant) -> list[int]:
        names = set(mutant.bound)
        while more := {name for makes, of in self._makers if of & names for name in makes - names}:
            names |= more
        found: set[int] = set()
        for file, node, used in self._functions:
            if used & names:
                assert isinstance(node, FUNCTION)
                body = node.body[0].lineno, node.end_lineno or node.lineno
                found.update(self._reach.reaching(file, *body))
        for number, item in enumerate(self._items):
            if _words(item.path) & names:
                found.add(number)
        seconds = self._reach.seconds
        every = range(len(self._items))
        return sorted(every, key=lambda number: (number not in found, seconds[number], number))


@cache
def _words(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", path.read_text("utf-8")))


def _names(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        match one:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                yield name
            case _:  # names nothing
                pass
