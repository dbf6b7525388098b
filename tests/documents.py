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
        kind: `console` for the shell, `python` for Python, `worker` for a process that stays.
        text: What is run.
        shown: Lines that the page shows of its output; `...` stands for any number of lines.
        status: The exit status that the page announces.
        soon: Whether it is shown after a while only, as what workers do is.
    """

    kind: str
    text: str
    shown: list[str]
    status: int
    soon: bool = False


def pages() -> list[Path]:
    """Every page that people write: the reference is written by the code."""
    written = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in written if "reference" not in page.parts]


def steps_of(page: Path) -> list[Step]:
    """What a reader of a page would run on one machine, in order."""
    steps = []
    for block in _BLOCK.finditer(page.read_text("utf-8")):
        notes = block["notes"].split()
        if block["kind"] == "console" and "cluster" not in notes:
            steps += _session(block["body"], _status(notes))
        elif block["kind"] == "python":
            steps.append(Step("python", block["body"], [], _status(notes)))
    return steps


def cluster_steps_of(page: Path) -> list[Step]:
    """What a reader of a page would run on a cluster, in order.

    Blocks that say `cluster`: sessions, `sh` with a worker on each line, `text` with what the
    program before it printed. Python is `py` here; parts without anything between are one program.
    """
    steps: list[Step] = []
    for block in _BLOCK.finditer(page.read_text("utf-8")):
        kind, notes, body = block["kind"], block["notes"].split(), block["body"]
        if kind == "py" and steps and steps[-1].kind == "python":
            steps[-1] = steps[-1]._replace(text=steps[-1].text + body)
        elif kind == "py":
            steps.append(Step("python", body, [], 0))
        elif "cluster" in notes and kind == "console":
            steps += [one._replace(soon="soon" in notes) for one in _session(body, _status(notes))]
        elif "cluster" in notes and kind == "sh":
            steps += [Step("worker", line, [], 0) for line in body.splitlines()]
        elif "cluster" in notes and kind == "text":
            steps[-1].shown.extend(body.splitlines())
    return steps


def _status(notes: list[str]) -> int:
    return next((int(one.removeprefix("exit=")) for one in notes if one.startswith("exit=")), 0)


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
