"""The rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import re
import tokenize
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import pactdesk
from streams import errors
from tests.documents import ROOT

ROOMS = pactdesk.ROOMS
LONGEST = 400
REAL = ROOT / "tests" / "real"
"""The launchers of real components: a package, for every test folder imports them."""


NOT_OURS = {"__pycache__", "build", "dist"}


def files(*patterns: str) -> list[Path]:
    """The project's own files: all but environments, caches, builds and a desk's data."""
    found = []
    for top in sorted(ROOT.iterdir()):
        if top.name in NOT_OURS or (top.name.startswith(".") and top.name != ".ci"):
            continue
        inside = sorted(top.rglob("*")) if top.is_dir() else [top]
        found += [path for path in inside if path.is_file() and not NOT_OURS & {*path.parts}]
    return [path for path in found if not patterns or path.match(*patterns)]


MODULES = files("*.py")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


FOLDERS = {"bench", "docs", "requirements", "tests", "training", *ROOMS}


def test_no_folder_but_those_of_the_house_stands_at_the_top() -> None:
    """A desk's own data that somebody tried something with would be committed with the rest."""
    found = {path.relative_to(ROOT).parts[0] for path in files() if path.parent != ROOT}
    assert {name for name in found if not name.endswith(".egg-info")} - {".ci"} == FOLDERS


def comments(path: Path) -> list[tuple[int, str]]:
    with path.open("rb") as source:
        return [
            (token.start[0], token.string)
            for token in tokenize.tokenize(source.readline)
            if token.type == tokenize.COMMENT
        ]


def test_no_module_is_longer_than_its_idea() -> None:
    long = {
        named(path): lines
        for path in MODULES
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        named(path)
        for path in MODULES
        if not named(path).startswith("tests/")  # a test's name is its sentence
        and path.read_text("utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert silent == []


_WAIVER = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?P<codes>[^#]*)(?:#\s*(?P<reason>.+))?")


def test_every_waiver_names_its_rule_and_its_reason() -> None:
    bare = []
    for path in MODULES:
        for line, comment in comments(path):
            waiver = _WAIVER.search(comment)
            if waiver is None or path.name == "test_house.py":
                continue
            codes = waiver["codes"].strip()
            late_import = "E402" in codes and named(path).startswith(("bench/", "training/"))
            told = waiver["reason"] or re.search(r"\s-\s\S", codes)
            if not codes or not (told or late_import):
                bare.append(f"{named(path)}:{line}: {comment}")
    assert bare == []


def test_every_rule_that_is_left_out_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    lint = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.pydocstyle]")]
    left_out = [line for line in lint.splitlines() if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert left_out
    assert [line for line in left_out if not re.search(r"#\s+\S", line)] == []
    overrides = text[text.index("[[tool.mypy.overrides]]") :]
    libraries = [line for line in overrides.splitlines() if re.match(r'\s+"\w+\.\*",', line)]
    assert [line for line in libraries if not re.search(r"#\s+\S", line)] == []


@pytest.mark.parametrize(
    "words",
    [
        r"/(?:wor[k]|roo[t])/|/home/\w",  # a path of some machine
        r"\b(pypi\.org|pythonhosted|registry\.npmjs|--index-url|--extra-index-url)",  # a registry
        r"\b(TO[D]O|FI[X]ME|XX[X]|NotImplemente[d]Error)\b",  # what is not finished
    ],
)
def test_nothing_of_a_machine_a_registry_or_a_draft_is_written_down(words: str) -> None:
    pattern = re.compile(words)
    texts = [path for path in files() if path.suffix in {"", ".py", ".md", ".toml", ".txt", ".in"}]
    found = [
        f"{named(path)}: {match[0]}"
        for path in texts
        if path.name != "test_house.py" and (match := pattern.search(path.read_text("utf-8")))
    ]
    assert found == []


def test_no_class_is_called_after_nothing() -> None:
    pattern = re.compile(r"(Manager|Helper|Handler|Util|Utils|Service)$")
    vague = [
        f"{named(path)}: {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ClassDef) and pattern.search(node.name)
    ]
    assert vague == []


FAMILIES = {kind.__name__ for kind in vars(errors).values() if isinstance(kind, type)}


def test_every_error_says_what_to_do_about_it() -> None:
    silent = [
        f"{named(path)}:{node.lineno}"
        for path in MODULES
        if named(path).startswith("streams/")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FAMILIES
        for given in (*node.args[1:], *(keyword.value for keyword in node.keywords))
        for part in ast.walk(given)
        if isinstance(part, ast.Constant) and part.value == ""
    ]
    assert silent == []


FIXTURES = "tests/real/fixtures.py"
"""Leaves tests out where this machine lacks what they need; in strict mode that fails."""


def test_no_test_sleeps_or_is_left_out() -> None:
    words = {"sleep", "skip", "skipif", "importorskip", "xfail"}
    wrong = [
        f"{named(path)}:{node.lineno}: {node.attr}"
        for path in MODULES
        if named(path).startswith("tests/")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute) and node.attr in words
    ]
    assert [one for one in wrong if not one.startswith(FIXTURES)] == []


def test_test_folders_are_no_packages() -> None:
    folders = [path for path in (ROOT / "tests").iterdir() if path.is_dir() and path != REAL]
    assert [path.name for path in folders if (path / "__init__.py").exists()] == []


def test_no_two_test_modules_have_one_name() -> None:
    names = Counter(path.name for path in MODULES if path.name.startswith("test_"))
    assert [name for name, times in names.items() if times > 1] == []


def test_every_test_is_named_by_a_sentence() -> None:
    short = [
        f"{named(path)}: {node.name}"
        for path in MODULES
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and node.name.count("_") < 3
    ]
    assert short == []


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def locked(name: str) -> dict[str, str]:
    """What a lock file pins: version by distribution."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^\s;\\]+)", text, re.MULTILINE))


def distributions(declared: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9_.-]", one)[0].lower().replace("_", "-") for one in declared}


def test_the_locks_hold_what_is_declared() -> None:
    project = pyproject()
    runtime = locked("runtime.txt")
    assert distributions(project["project"]["dependencies"]) <= set(runtime)
    dev = locked("dev.txt")
    assert distributions(project["dependency-groups"]["dev"]) <= set(dev)
    assert runtime.items() | locked("build.txt").items() <= dev.items()


def test_every_locked_distribution_has_hashes() -> None:
    for name in ("runtime.txt", "build.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text("utf-8")
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
        assert [one for one in entries if "==" in one and "--hash=sha256:" not in one] == []


OWNERS_CHOICE = {"aiohttp", "faust-streaming", "kafka-python", "slack-sdk", "structlog"}
"""Fixed by the project's owner; the cluster, the gateway, the channels and logging use them."""

THEIRS = {"cramjam"}
"""What a dependency imports only if it is there: Faust's client, for batches that are compressed."""

IMPORTED_AS = {
    "pillow": "PIL",
    "pyjwt": "jwt",
    "pynacl": "nacl",
    "tzdata": "zoneinfo",
    "vadersentiment": "vaderSentiment",
}


def test_every_declared_dependency_is_used_or_fixed() -> None:
    imported = {
        ((node.module or "") if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for path in MODULES
        if named(path).split("/")[0] in ROOMS
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    declared = distributions(pyproject()["project"]["dependencies"])
    unused = {
        name
        for name in declared - OWNERS_CHOICE - THEIRS
        if IMPORTED_AS.get(name, name.replace("-", "_")) not in imported
    }
    assert unused == set()


def test_the_version_is_told_in_the_changelog() -> None:
    assert f"## {pactdesk.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_page_of_laws_names_every_test_of_a_law_and_no_other_file() -> None:
    page = (ROOT / "docs" / "explanation" / "laws.md").read_text("utf-8")
    named = set(re.findall(r"`(tests/[^`]+)`", page))
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert named >= {f"tests/laws/{path.name}" for path in ROOT.glob("tests/laws/test_*.py")}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 200
