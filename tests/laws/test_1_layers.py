"""Law 1. Layers: streams > agents > projections > schemas, and only streams touches the outside."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schemas", "projections", "agents", "streams")


def _checked(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The rooms' code with its contracts, to be spoilt."""
    for room in ROOMS:
        shutil.copytree(
            ROOT / room,
            tmp_path / room,
            ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_rooms_import_only_to_their_left() -> None:
    found = _checked(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "2 kept, 0 broken" in found.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("schemas/topics.py", "import projections.lines"),
        ("projections/lines.py", "import agents.policy"),
        ("agents/policy.py", "import streams.errors"),
        ("schemas/record.py", "import uuid"),
        ("projections/desk.py", "import sqlite3"),
        ("agents/triage.py", "import random"),
        ("agents/world.py", "import logging"),
    ],
)
def test_a_forbidden_import_is_found(copy: Path, module: str, line: str) -> None:
    path = copy / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    found = _checked(copy)
    assert found.returncode != 0
    assert " 0 broken" not in found.stdout
    assert line.removeprefix("import ") in found.stdout
