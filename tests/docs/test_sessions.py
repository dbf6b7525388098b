"""What the pages tell a reader to run does what they show."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import ROOT, pages, shows, steps_of
from tests.real import until
from tests.sessions import Reader
from tests.warm import client

WITH_STEPS = [page for page in pages() if steps_of(page)]
_PORT = re.compile(r"""(?:--port |\("127\.0\.0\.1", )(\d+)""")


@pytest.fixture(scope="module")
def pactdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The text of a program that is `pactdesk`, without its start."""
    address = tmp_path_factory.mktemp("warm") / "socket"
    server = subprocess.Popen([sys.executable, "-m", "tests.warm", str(address)], cwd=ROOT)
    until(address.exists, 60, "it serves")
    yield client(address)
    server.kill()
    server.wait()


@pytest.mark.parametrize("page", WITH_STEPS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_page_works_as_printed(page: Path, tmp_path: Path, pactdesk: str) -> None:
    reader = Reader(tmp_path)
    if not any("pactdesk up" in step.text for step in steps_of(page)):
        # What stays up is ended by its number, which is that of the program itself.
        (reader.commands / "pactdesk").write_text(pactdesk)
    try:
        for step in steps_of(page):
            wrong = reader.differs(step)
            assert wrong is None, wrong
    finally:
        reader.leave()


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


def test_no_two_pages_listen_on_one_port() -> None:
    """They are tried side by side, and one would ask the other's desk."""
    ports = [
        (port, page.name)
        for page in WITH_STEPS
        for port in {found for step in steps_of(page) for found in _PORT.findall(step.text)}
    ]
    taken = Counter(port for port, _ in ports)
    assert [(port, page) for port, page in ports if taken[port] > 1] == []
