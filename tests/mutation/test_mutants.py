"""What counts as a mutant, and what is left alone."""

from __future__ import annotations

import ast
import gc
import tomllib
import weakref
from collections import Counter
from pathlib import Path

import pytest

from streams.views import of_tables
from tests.documents import ROOT
from tests.mutation.__main__ import EQUIVALENT, interval, noticed, sample
from tests.mutation.loaded import caches, change, functions_of
from tests.mutation.mutants import mutants_of, tree_of
from tests.mutation.survey import UNREACHED
from tests.mutation.trials import ENDLESS, KILLED, SURVIVED

IN_A_FUNCTION = "def f(x, y):\n    "


def changes(source: str) -> list[str]:
    """The changes of a module, without the place that they are in."""
    return [one.name.split(": ", 1)[1] for one in mutants_of("m.py", ast.parse(source))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return x < y", ["return x < y -> return None", "x < y -> x <= y"]),
        ("x = x and y", ["x and y -> x or y"]),
        ("x = x + y", ["x + y -> x - y"]),
        ("x = x @ y", ["x @ y -> x * y"]),
        ("x = not y", ["not y -> y"]),
        ("x = 3", ["3 -> 4"]),
        ("x = 'a'", ["'a' -> 'XXa'"]),
        ("x = True", ["True -> False"]),
        ("x = min(y)", ["min(y) -> max(y)"]),
        ("x.append(y)", ["x.append(y) -> removed"]),
        ("x.z = y", ["x.z = y -> removed"]),
        ("x += y", ["x += y -> x -= y", "x += y -> removed"]),
        ("yield x", ["yield x -> removed"]),
        ("raise ValueError(f'{x} is wrong')", ["raise ValueError(f'{x} is wrong') -> removed"]),
        ("if x: pass", ["x -> not x"]),
        ("z = [one for one in x if one]", ["one -> not one"]),
    ],
)
def test_a_line_has_these_mutants(line: str, expected: list[str]) -> None:
    assert changes(IN_A_FUNCTION + line) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""What it is for."""',
        "import this",
        "__all__ = ['f']",
        "def f(x: 'int | None') -> 'str': ...",
        "class C(Struct, frozen=True): ...",
        "Names = str | None",
        "T = TypeVar('T', bound='C')",
        "def f(x):\n    assert x > 1",
        "def f(x):\n    return zip(x, strict=True)",
    ],
)
def test_what_says_nothing_of_behaviour_is_left_alone(source: str) -> None:
    assert [one for one in changes(source) if not one.startswith("return")] == []


def test_what_runs_at_import_is_told_from_what_a_function_does() -> None:
    source = (
        "A = 1\nclass C:\n    b: Annotated[int, Field(gt=0)] = 2\ndef f(x=3):\n    return x + 4"
    )
    found = mutants_of("m.py", ast.parse(source))
    assert {(one.function, *sorted(one.bound)) for one in found if one.function is None} == {
        (None, "A"), (None, "b"), (None, "f"),
    }  # fmt: skip
    assert {one.function for one in found} == {None, "f"}


def test_equal_changes_of_one_function_have_names_of_their_own() -> None:
    found = changes(IN_A_FUNCTION + "return (x + 1) * (y + 1)")
    assert [one for one in found if "1 -> 2" in one] == ["1 -> 2", "1 -> 2 #2"]


def test_a_mutant_is_applied_where_it_was_found() -> None:
    tree = ast.parse("def f(x):\n    return x < 1")
    found = {one.name.split(": ", 1)[1]: one for one in mutants_of("m.py", tree)}
    found["x < 1 -> x <= 1"].apply()
    assert ast.unparse(tree) == "def f(x):\n    return x <= 1"


class Told(Exception):
    """Something whose text its beginning makes."""

    def __init__(self, text: str) -> None:
        super().__init__(f"told: {text}")


def test_a_function_is_changed_also_where_nothing_of_its_surroundings_is_left() -> None:
    file, kept = __file__, Told.__init__.__code__
    tree = tree_of(Path(file))
    (mutant,) = (
        one
        for one in mutants_of("m.py", tree)
        if one.function == "Told.__init__" and one.name.endswith("removed")
    )
    try:
        change(mutant, tree, file, functions_of([file])[file])
        assert str(Told("x")) == "x"
    finally:
        Told.__init__.__code__ = kept
    assert str(Told("x")) == "told: x"


def test_functions_are_found_beside_what_stands_for_something_that_is_gone() -> None:
    gone = {1}
    proxy = weakref.proxy(gone)
    del gone
    assert any(one is proxy for one in gc.get_objects())
    assert functions_of([__file__])[__file__]
    assert caches()


def test_what_one_room_keeps_of_another_is_forgotten_for_each_mutant() -> None:
    assert of_tables in caches()


def test_a_sample_is_the_same_whatever_else_there_is() -> None:
    some = mutants_of("m.py", ast.parse("A = [1, 2, 3, 4, 5, 6, 7, 8, 9]"))
    chosen = sample(some, 4, 1)
    assert sample([*reversed(some)], 4, 1) == chosen != sample(some, 4, 2)
    assert [one for one in sample(some, 0, 1) if one in sample(some[:5], 0, 1)] == [
        *sample(some[:5], 0, 1)
    ]


def test_what_is_listed_as_nobodys_to_tell_can_still_be_changed() -> None:
    listed = [one["name"] for one in tomllib.loads(EQUIVALENT.read_text("utf-8"))["mutant"]]
    modules = sorted({name.split(" ")[0] for name in listed})
    names = {one.name for path in modules for one in mutants_of(path, tree_of(ROOT / path))}
    assert [name for name in listed if name not in names] == []


def test_a_mutant_is_noticed_by_tests_that_fail_and_by_tests_that_never_end() -> None:
    outcomes = {KILLED: 8, ENDLESS: 4, SURVIVED: 2, UNREACHED: 1}
    assert noticed(Counter(outcomes)) == 12


def test_tests_that_never_end_fail(pytestconfig: pytest.Config) -> None:
    assert 0 < float(pytestconfig.getini("faulthandler_timeout")) <= 3600
    assert pytestconfig.getini("faulthandler_exit_on_timeout")


def test_the_interval_of_a_share_holds_it_and_narrows_with_the_sample() -> None:
    low, high = interval(8, 10)
    narrow_low, narrow_high = interval(800, 1000)
    assert 0.0 < low < narrow_low < 0.8 < narrow_high < high < 1.0
