"""What the pages tell a reader to run does what they show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import ROOT, Step, pages, shows, steps_of

WITH_STEPS = [page for page in pages() if steps_of(page)]


def played(step: Step, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one step in a folder, with `pactdesk` and `python` on the path."""
    # What a step of the shell sets, the next one has.
    script = f"set -a; . {folder}/set; {step.text}\ns=$?; export -p > {folder}/set; exit $s"
    command = ["bash", "-c", script] if step.kind == "console" else [sys.executable, "-"]
    return subprocess.run(
        command,
        input=step.text if step.kind == "python" else "",
        cwd=folder / "here",
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an empty one to work in, and one with the commands that the pages name."""
    (tmp_path / "here").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "set").touch()
    for name, arguments in (("pactdesk", f' "{ROOT / "pactdesk.py"}"'), ("python", "")):
        command = tmp_path / "bin" / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
        command.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("page", WITH_STEPS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_page_works_as_printed(page: Path, folder: Path) -> None:
    for step in steps_of(page):
        done = played(step, folder)
        told = f"{step.text}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == step.status, told
        missing = shows(done.stdout + done.stderr, step.shown)
        assert missing is None, f"{missing}\n--- is not what came:\n{told}"


def test_the_readme_and_the_tutorial_have_sessions() -> None:
    names = {page.relative_to(ROOT).as_posix() for page in WITH_STEPS}
    assert {"README.md", "docs/tutorials/first-desk.md"} <= names


def test_a_page_that_shows_something_else_is_found_out() -> None:
    assert shows("a\nb\nc", ["a", "...", "c"]) is None
    assert shows("a  b\n", ["a b"]) is None
    assert shows("id 4711 done", ["id … done"]) is None
    assert shows("a\nb", ["b"]) == "b"
    assert shows("a\nb", ["a", "c"]) == "c"
    assert shows("a\nb", ["a"]) is not None
    assert shows("a\nb", ["a", "..."]) is None
