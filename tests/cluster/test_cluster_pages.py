"""What the pages on clusters tell a reader to run does what they show, on Kafka and PostgreSQL."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from streams.cluster import migrating, topics
from streams.settings import load
from tests.documents import ROOT, Step, cluster_steps_of, pages
from tests.foreign_pages import blocks
from tests.real import Cluster, until
from tests.real.cast import Cast
from tests.sessions import Reader

PATIENCE = 120
HOW_TO = ROOT / "docs" / "how-to"
WITH_CLUSTERS = [HOW_TO / f"{name}.md" for name in (
    "run-a-cluster", "run-with-compose", "produce-from-anywhere", "read-the-log-from-anywhere"
)]  # fmt: skip
LAPTOP = HOW_TO / "from-laptop-to-cluster.md"

# A container is no more than its command here: `docker` runs that where the test runs.
DOCKER = 'while [ "$1" != customer ]; do shift; done; shift; exec "$@"'


def done_as_told(reader: Reader, cast: Cast, steps: list[Step]) -> None:
    """Do what a page says; what it shows soon is looked for until it comes."""
    for number, step in enumerate(steps):
        told: list[str] = []

        def right(step: Step = step, told: list[str] = told) -> bool:
            told[:] = filter(None, [reader.differs(step)])
            return not told

        if step.kind == "worker":
            program, *arguments = shlex.split(step.text)
            assert program == "pactdesk"
            cast.add(f"worker-{number}", *arguments)
        elif step.soon:
            until(right, PATIENCE, told.__str__)
        else:
            assert right(), told


@pytest.mark.parametrize("page", WITH_CLUSTERS, ids=lambda page: page.stem)
def test_the_page_works_as_printed(
    page: Path, cluster: Cluster, cast: Cast, tmp_path: Path
) -> None:
    steps = cluster_steps_of(page)
    assert steps
    environment = {**cluster.environment, "BOOTSTRAP": cluster.broker.bootstrap}
    reader = Reader(tmp_path, environment)
    reader.command("docker", DOCKER)
    if all(step.kind != "worker" for step in steps):  # the page begins where a cluster runs
        topics.create(cluster.settings(tmp_path))
        migrating.migrate(cluster.url)
        cast.add("desk", "up")
    done_as_told(reader, cast, steps)
    cast.leave()


def test_the_settings_that_the_pages_export_are_settings(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("export ").split("=", 1)
        for block in blocks(HOW_TO / "run-a-cluster.md", "sh")
        for line in block.splitlines()
    ]
    assert len(lines) == 4
    given = {}
    for name, value in lines:
        given[name] = value
        if name.endswith("_FILE"):
            secret = tmp_path / value.rpartition("/")[2]
            secret.write_text("postgresql://desk@localhost/desk")
            given[name] = str(secret)
    settings, _ = load({}, given, Path("nowhere"))
    assert settings.kafka.bootstrap_servers == "kafka1:9092,kafka2:9092"
    assert settings.database.url == settings.identity.secret == "postgresql://desk@localhost/desk"


def test_no_page_has_a_session_on_a_cluster_that_is_not_run() -> None:
    told = {
        page
        for page in pages()
        if re.search(r"^```(console|sh|text) cluster\b", page.read_text("utf-8"), re.MULTILINE)
    }
    assert told == {*WITH_CLUSTERS, LAPTOP}
