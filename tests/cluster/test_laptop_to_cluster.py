"""The way from a laptop to a cluster, as its page prints it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.settings import load
from tests.commands import LAUNCHER
from tests.documents import ROOT, cluster_steps_of
from tests.foreign_pages import blocks
from tests.real import Cluster, until
from tests.sessions import Reader
from tests.stores import a_desk

PAGE = ROOT / "docs" / "how-to" / "from-laptop-to-cluster.md"
FOLD_SECONDS = 120
VIEWS = ("v1_tickets", "v1_customers", "v1_interactions", "v1_decisions", "v1_articles")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a store."""
    with a_desk(tmp_path / "here" / ".pactdesk") as desk:
        desk.produce({"type": "article", "article_id": "a", "title": "T", "body": "Restart it."})
        for number in range(12):
            desk.produce(
                {"channel": "email", "handle": f"p{number % 5}@x.example", "message": "Help me"}
            )
        desk.run()
    return tmp_path / "here"


def asked(view: str, folder: Path, environment: dict[str, str]) -> str:
    """A view as the command gives it."""
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), "query", f"SELECT * FROM {view} ORDER BY 1, 2", "--json"],
        cwd=folder, env=environment, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_brings_every_table_over(here: Path, cluster: Cluster) -> None:
    """A worker takes once more what led to nothing at the end, as the log alone cannot tell it."""
    laptop = {name: value for name, value in os.environ.items() if name[:9] != "PACTDESK_"}
    given = {
        name: value
        for name, value in cluster.environment.items()
        if name in {"PACTDESK_KAFKA__BOOTSTRAP_SERVERS", "PACTDESK_DATABASE__URL"}
    }
    reader = Reader(here.parent, given)
    for step in cluster_steps_of(PAGE):
        wrong = reader.differs(step)
        assert wrong is None, wrong
    secret = here / "identity.secret"
    assert secret.stat().st_mode & 0o077 == 0
    there = {
        **laptop, **given,
        "PACTDESK_ENGINE": "cluster", "PACTDESK_IDENTITY__SECRET_FILE": str(secret),
    }  # fmt: skip
    mine = {view: asked(view, here, laptop) for view in VIEWS}
    assert all(len(rows) > len("[]\n") for rows in mine.values())
    worker = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "up", "--roles", "agents,projections",
         "--clock", "recorded", "--admin-port", "0"],
        cwd=here, env=there, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        until(
            lambda: {view: asked(view, here, there) for view in VIEWS} == mine,
            FOLD_SECONDS,
            lambda: "the same " + str([v for v in VIEWS if asked(v, here, there) != mine[v]]),
        )
    finally:
        worker.terminate()
        _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said


def test_the_settings_that_the_page_names_are_settings() -> None:
    lines = [
        (line.partition("=")[0], line.partition("=")[2])
        for block in blocks(PAGE, "env")
        for line in block.splitlines()
        if line.startswith("PACTDESK_")
    ]
    assert len(lines) == 2
    settings, _ = load({}, dict(lines), Path("nowhere"))
    assert settings.kafka.bootstrap_servers == "localhost:9092"
    assert settings.database.url is not None
