"""The Dockerfile, as hadolint reads it: every rule of its own and of the shell's."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.documents import ROOT

HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"
FILE = ROOT / "Dockerfile"


def complaints(text: str, folder: Path) -> list[str]:
    """What hadolint has to say of a Dockerfile; nobody's own configuration is read."""
    (folder / "Dockerfile").write_text(text, "utf-8")
    done = subprocess.run(
        [str(HADOLINT), "--no-fail", "--no-color", "--disable-ignore-pragma", "Dockerfile"],
        cwd=folder,
        env={"HOME": str(folder)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_hadolint_has_no_complaint(tmp_path: Path) -> None:
    assert complaints(FILE.read_text("utf-8"), tmp_path) == []


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        ("python:3.11.14-slim-bookworm\n", "python:latest\n", "DL3007"),
        ("ENV PIP_DISABLE", "ENTRYPOINT x\nENV PIP_DISABLE", "DL3025"),
        ("WORKDIR /source", "WORKDIR source", "DL3000"),
        ("RUN groupadd --gid", "RUN ls $(pwd) && groupadd --gid", "SC2046"),
    ],
)
def test_a_mistake_is_found(tmp_path: Path, there: str, instead: str, told: str) -> None:
    text = FILE.read_text("utf-8")
    assert there in text
    assert any(f" {told} " in one for one in complaints(text.replace(there, instead), tmp_path))
