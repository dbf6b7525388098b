"""What may be changed in a module: one small change of its syntax tree each.

Left alone is what says nothing of behaviour: annotations, docstrings, `assert`, the prose of an
error, and the options that only guard against a programmer (`frozen`, `strict` and their like).
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip

COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.MatMult: ast.Mult,
}  # fmt: skip

CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}

GUARDS = frozenset({"frozen", "slots", "kw_only", "strict", "repr", "maxsize"})
"""Keywords that no behaviour hangs on."""

TYPE = re.compile(r"_?[A-Z]\w*[a-z]\w*|str|int|float|bool|bytes")
"""Names of types: their union is an annotation, wherever it stands."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module.

    Attributes:
        name: Unique, and the same as long as the changed code and its function are.
        path: The module's file, relative to the project.
        line: Where the changed statement begins.
        last: Where it ends; for a compound statement the end of its head.
        function: Qualified name of the outermost function that is changed; None for what runs
            when the module is imported.
        bound: Names that the changed statement gives a meaning to, when imported.
    """

    name: str
    path: str
    line: int
    last: int
    function: str | None
    bound: frozenset[str]
    _holder: ast.AST
    _field: str
    _index: int | None
    _new: ast.AST

    def apply(self) -> None:
        """Change the tree that the mutant was found in, for good."""
        ast.copy_location(self._new, self._old())
        if self._index is None:
            setattr(self._holder, self._field, self._new)
        else:
            getattr(self._holder, self._field)[self._index] = self._new
        ast.fix_missing_locations(self._new)

    def _old(self) -> ast.AST:
        old = getattr(self._holder, self._field)
        found: ast.AST = old if self._index is None else old[self._index]
        return found


@dataclass(frozen=True)
class Place:
    """Where in a module the walk is."""

    qualified: str = ""
    function: str | None = None
    line: int = 0
    last: int = 0
    bound: frozenset[str] = frozenset()
    owner: str | None = None

    def inside(self, node: ast.AST) -> Place:
        """The place within a node that stands at this one."""
        if not isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
            return self
        line, last = _head(node)
        if isinstance(node, ast.ClassDef):
            name = f"{self.qualified}{node.name}"
            return Place(f"{name}.", self.function, line, last, frozenset({node.name}), node.name)
        if isinstance(node, FUNCTION):
            name = f"{self.qualified}{node.name}"
            bound = frozenset({node.name, self.owner or node.name})
            return Place(f"{name}.<locals>.", self.function or name, line, last, bound)
        bound = _targets(node) or self.bound if self.function is None else frozenset()
        return Place(self.qualified, self.function, line, last, bound, self.owner)


def _head(node: ast.AST) -> tuple[int, int]:
    """First and last line of a statement without the block below it."""
    first = min(
        [getattr(node, "lineno", 0), *(one.lineno for one in getattr(node, "decorator_list", ()))]
    )
    parts = [
        part.end_lineno or part.lineno
        for name in ("test", "iter", "subject", "guard", "value", "exc", "type")
        if isinstance(part := getattr(node, name, None), ast.expr)
    ]
    if isinstance(node, ast.match_case):
        first = node.pattern.lineno
        parts.append(node.pattern.end_lineno)
    whole = getattr(node, "end_lineno", first) if not hasattr(node, "body") else first
    return first, max([first, whole, *parts])


def _targets(node: ast.AST) -> frozenset[str]:
    match node:
        case ast.Assign(targets=targets):
            found = [one for target in targets for one in ast.walk(target)]
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            found = [target]
        case _:  # binds nothing
            found = []
    return frozenset(one.id for one in found if isinstance(one, ast.Name))


def tree_of(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_bytes(), str(path))


def mutants_of(path: str, tree: ast.Module) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    seen: Counter[str] = Counter()
    found = []
    for holder, field, index, old, new, place in _changes(tree, Place()):
        where = place.qualified.replace("<locals>.", "").rstrip(".") or "<module>"
        name = f"{path} {where}: {_told(old)} -> {_told(new)}"
        seen[name] += 1
        if seen[name] > 1:
            name += f" #{seen[name]}"
        found.append(
            Mutant(
                name, path, place.line, place.last, place.function, place.bound,
                holder, field, index, new,
            )
        )  # fmt: skip
    return found


def _told(node: ast.AST) -> str:
    text = "removed" if isinstance(node, ast.Pass | ast.If) else ast.unparse(node)
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:110]} ... {text[-45:]}"


Change = tuple[ast.AST, str, int | None, ast.AST, ast.AST, Place]


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    for holder, field, index, child in _children(node):
        if field == "annotation":
            # Only bounds, as in `Annotated[int, Field(gt=0)]`, are more than a type.
            for call in (one for one in ast.walk(child) if isinstance(one, ast.Call)):
                yield from _changes(call, place)
            continue
        if _left_alone(holder, field, child):
            continue
        inner = place.inside(child)
        if isinstance(child, FUNCTION):
            # Defaults are worked out where the function is made.
            made = replace(inner, qualified=place.qualified, function=place.function)
            yield from _changes(child.args, made)
            yield from _changes(ast.Module(child.body, []), inner)
            continue
        for new in _instead(holder, field, child):
            yield holder, field, index, child, new, inner
        yield from _changes(child, inner)


def _children(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield node, field, None, value
        elif isinstance(value, list):
            for index, one in enumerate(value):
                if isinstance(one, ast.AST):
                    yield node, field, index, one


def _left_alone(holder: ast.AST, field: str, child: ast.AST) -> bool:
    if field in {"returns", "decorator_list", "type_params"}:
        return True
    if field == "keywords" and isinstance(holder, ast.ClassDef):
        return True
    match child:
        case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.Import() | ast.ImportFrom():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]):
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            return True
        case ast.keyword(arg=str(name)):
            return name in GUARDS
        case ast.Call(func=ast.Name(id="assert_never")):
            return True
        case _:  # everything else says something
            # The prose of an error: what it says may be told better at any time.
            return isinstance(holder, ast.Raise) and isinstance(child, ast.Call)


def _instead(holder: ast.AST, field: str, node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    match node:
        case ast.Compare():
            for at, op in enumerate(node.ops):
                ops: list[ast.cmpop] = list(node.ops)
                ops[at] = COMPARED[type(op)]()
                yield ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.BinOp() if not _types(node):
            yield ast.BinOp(node.left, COUNTED[type(node.op)](), node.right)
        case ast.AugAssign():
            yield ast.AugAssign(node.target, COUNTED[type(node.op)](), node.value)
            yield ast.Pass()
        case ast.Constant() if not isinstance(holder, ast.FormattedValue):
            yield from _other(node.value)
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            yield ast.Call(ast.Name(CALLED[name], ast.Load()), node.args, node.keywords)
        case ast.Return(value=value) if not isinstance(value, ast.Constant | None):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            # Silent, and still a generator.
            yield ast.If(ast.Constant(value=False), [ast.Expr(ast.Yield())], [])
        case ast.Expr() | ast.Raise() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case _:  # nothing of its own may be changed
            pass
    if isinstance(node, BARE) and _condition(holder, field):
        yield ast.UnaryOp(ast.Not(), node)


BARE = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.NamedExpr)
"""Conditions that are no comparison."""


def _condition(holder: ast.AST, field: str) -> bool:
    match holder:
        case ast.If() | ast.IfExp() | ast.While():
            return field == "test"
        case ast.comprehension():
            return field == "ifs"
        case ast.match_case():
            return field == "guard"
        case _:  # no condition
            return False


def _types(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return isinstance(node.op, ast.BitOr) and any(
        _none(side) or (isinstance(side, ast.Name) and TYPE.fullmatch(side.id)) for side in sides
    )


def _none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _other(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int() | float():
            yield ast.Constant(value + 1)
        case str():
            yield ast.Constant(f"XX{value}")
        case bytes():
            yield ast.Constant(b"XX" + value)
        case _:  # None and ... have no other
            return
