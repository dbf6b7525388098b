"""A mutant within a process that has loaded everything: its functions get other code."""

from __future__ import annotations

import ast
import functools
import gc
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType
from typing import Any

import pactdesk
from tests.mutation.mutants import Mutant

Place = tuple[str, int]
"""Where code comes from: its qualified name and first line."""


def change(mutant: Mutant, tree: ast.Module, file: str, functions: list[FunctionType]) -> None:
    """Give every living function that the mutant changes the changed code.

    Args:
        mutant: A mutant of a function.
        tree: The module's tree; it is changed.
        file: The module's file, as its code names it.
        functions: Every function of the module that there is.
    """
    mutant.apply()
    changed = {
        _place(code): code
        for code in _codes(compile(tree, file, "exec", dont_inherit=True))
        if _within(code.co_qualname, mutant.function)
    }
    for function in functions:
        code = changed.get(_place(function.__code__))
        if code is None:
            continue
        free = function.__code__.co_freevars
        if not code.co_freevars:
            # What is left out may have been all that was of the surroundings, such as `super`.
            code = code.replace(co_freevars=free)
        if code.co_freevars == free:
            function.__code__ = code


def _within(name: str, function: str | None) -> bool:
    return name == function or name.startswith(f"{function}.<locals>.")


def _place(code: CodeType) -> Place:
    return code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def functions_of(files: Iterable[str]) -> dict[str, list[FunctionType]]:
    """Every living function that comes from these files, by file."""
    found: dict[str, list[FunctionType]] = {file: [] for file in files}
    for one in gc.get_objects():
        # By its type alone: what is asked for its class may stand for something that is gone.
        if type(one) is FunctionType and one.__code__.co_filename in found:
            found[one.__code__.co_filename].append(one)
    return found


def caches() -> list[Any]:
    """Every cache of a function of ours, in any room: what is known hides what would be."""
    tops = {*pactdesk.ROOMS, "tests"}
    return [
        one
        for one in gc.get_objects()
        if type(one) is functools._lru_cache_wrapper  # noqa: SLF001 - it has no public name
        and one.__module__.split(".")[0] in tops
    ]
