"""A question of a newcomer leads to a place that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.documents import ROOT, pages

QUESTIONS = ROOT / "docs" / "explanation" / "questions.md"
_PLACED = re.compile(r"`(?P<name>\w+)`,? in\s+`(?P<file>[\w/]+\.py)`")
_ANCHOR = re.compile(r"\]\((?P<page>[^)#\s]*\.md)#(?P<anchor>[^)]+)\)")


def names_of(file: Path) -> set[str]:
    """What a module defines: functions and methods, classes, names of its own."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def anchors_of(page: Path) -> set[str]:
    """What a link into a page may end with."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


def test_every_name_that_a_page_finds_in_a_file_is_there() -> None:
    placed = [
        (page.name, found["name"], found["file"])
        for page in pages()
        for found in _PLACED.finditer(page.read_text("utf-8"))
    ]
    assert len(placed) > 15
    assert [one for one in placed if one[1] not in names_of(ROOT / one[2])] == []


def test_every_link_into_a_page_leads_to_a_heading() -> None:
    links = [
        (page, found["page"], found["anchor"])
        for page in pages()
        for found in _ANCHOR.finditer(page.read_text("utf-8"))
    ]
    assert len(links) > 3
    assert [
        (page.name, target, anchor)
        for page, target, anchor in links
        if anchor not in anchors_of(page.parent / target)
    ] == []


def test_every_question_is_answered_by_a_page_or_a_name() -> None:
    rows = re.findall(r"^\| (.+\?) \| (.+) \|$", QUESTIONS.read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 10
    assert [question for question, answer in rows if not re.search(r"\.md|\.py`", answer)] == []
