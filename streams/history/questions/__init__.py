"""Questions that are ready: SQL over the tables of a history, each with its definition."""

from __future__ import annotations

from functools import cache
from importlib import resources

from streams.errors import NotFound


@cache
def questions() -> dict[str, str]:
    """The SQL of every question, by name."""
    folder = resources.files("streams.history.questions")
    return {
        file.name.removesuffix(".sql"): file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".sql")
    }


def question(name: str) -> str:
    """The SQL of a question; raises `NotFound`."""
    if name not in questions():
        raise NotFound(f"there is no question {name}", f"take one of {', '.join(questions())}")
    return questions()[name]


def says(sql: str) -> str:
    """The definition of a question, which its comment begins with."""
    lines = [line.removeprefix("--").strip() for line in sql.splitlines() if line.startswith("--")]
    return "\n".join(lines)
