"""The project's own pages, and the sessions in them, as tests see them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

_BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?P<notes>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_HEREDOC = re.compile(r"<<'(\w+)'")


class Step(NamedTuple):
    """Something that a reader would run.

    Attributes:
        kind: `console` for the shell, `python` for Python.
        text: What is run.
        shown: Lines that the page shows of its output; `...` stands for any number of lines.
        status: The exit status that the page announces.
    """

    kind: str
    text: str
    shown: list[str]
    status: int


def pages() -> list[Path]:
    """Every page that people write: the reference is written by the code."""
    written = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in written if "reference" not in page.parts]


def steps_of(page: Path) -> list[Step]:
    """What a reader of a page would run, in order."""
    steps = []
    for block in _BLOCK.finditer(page.read_text("utf-8")):
        status = re.search(r"exit=(\d+)", block["notes"])
        announced = int(status[1]) if status else 0
        if block["kind"] == "console":
            steps += _session(block["body"], announced)
        elif block["kind"] == "python":
            steps.append(Step("python", block["body"], [], announced))
    return steps


def _session(body: str, status: int) -> list[Step]:
    steps: list[Step] = []
    lines = iter(body.splitlines())
    for line in lines:
        if not line.startswith("$ "):
            if not steps:
                raise ValueError(f"a console block begins with a command, not with {line!r}")
            steps[-1].shown.append(line)
            continue
        text = line.removeprefix("$ ")
        while text.endswith("\\"):
            text += "\n" + next(lines)
        end = _HEREDOC.search(text)
        while end and not text.endswith("\n" + end[1]):
            text += "\n" + next(lines)
        steps.append(Step("console", text, [], status))
    return steps


def shows(output: str, expected: list[str]) -> str | None:
    """What is missing from an output that a page shows, or None.

    Lines are compared without their trailing blanks and with runs of blanks as one, for the width
    of a column depends on the values in it. An ellipsis within a line stands for any text.
    """
    lines = [_plain(line) for line in output.splitlines()]
    at, free = 0, False
    for shown in expected:
        if shown.strip() == "...":
            free = True
            continue
        pattern = re.compile(".*".join(map(re.escape, _plain(shown).split("…"))))
        place = at
        while place < len(lines) and not pattern.fullmatch(lines[place]):
            if not free:
                return shown
            place += 1
        if place == len(lines):
            return shown
        at, free = place + 1, False
    if not free and at < len(lines) and expected:
        return f"(the page ends before {lines[at]!r})"
    return None


def _plain(line: str) -> str:
    return " ".join(line.split())
