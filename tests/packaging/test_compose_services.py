"""What docker-compose.yml starts, started natively against the real Kafka and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest

from tests.commands import LAUNCHER, beside_others
from tests.documents import ROOT
from tests.real import Cluster, compose, until

MINUTE = 60
ONCE = ("topics", "migrate")

Service = dict[str, Any]


@pytest.fixture
def services(composecheck: Path, tmp_path: Path) -> dict[str, Service]:
    """The services that run our image, in the file's own words."""
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=p\nPACTDESK_IDENTITY_SECRET=s\n", "utf-8")
    document = compose.read(composecheck, tmp_path / "docker-compose.yml", tmp_path / ".env")
    return {
        name: service
        for name, service in document["services"].items()
        if service["image"].startswith("pactdesk:")
    }


def environment(service: Service, cluster: Cluster, data: Path) -> dict[str, str]:
    """A service's environment; only the addresses are the test's own."""
    theirs = dict(service["environment"])
    assert theirs.pop("PACTDESK_KAFKA__BOOTSTRAP_SERVERS") == "kafka:19092"
    assert theirs.pop("PACTDESK_DATABASE__URL").endswith("@postgres:5432/pactdesk")
    return {
        **os.environ,
        **theirs,
        "PACTDESK_KAFKA__BOOTSTRAP_SERVERS": cluster.broker.bootstrap,
        "PACTDESK_DATABASE__URL": cluster.url,
        "PACTDESK_DATA": str(data),
    }


def command(service: Service) -> list[str]:
    """What its container runs: the image's entry point, then the service's words."""
    assert service.get("entrypoint") is None
    return [sys.executable, str(LAUNCHER), *beside_others(service["command"])]


def health_check(service: Service) -> list[str]:
    """Its health check, as a command of this machine."""
    kind, program, *arguments = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "pactdesk")
    return [sys.executable, str(LAUNCHER), *arguments]


class Running:
    """A service that was started, with its log."""

    def __init__(self, name: str, service: Service, cluster: Cluster, folder: Path) -> None:
        folder.mkdir()
        self.name = name
        self._service = service
        self._folder = folder
        self._environment = environment(service, cluster, folder / "data")
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command(service),
                cwd=folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def told(self) -> str:
        return f"{self.name}: {self.log.read_text('utf-8', 'replace')[-3000:]}"

    def up(self) -> bool:
        assert self.process.poll() is None, self.told()
        return "pactdesk is up" in self.log.read_text("utf-8", "replace")

    def gone(self) -> bool:
        return self.process.poll() is not None

    def healthy(self) -> bool:
        with self.log.open("ab") as log:
            done = subprocess.run(
                health_check(self._service),
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        return done.returncode == 0


@contextmanager
def all_of_them(
    services: dict[str, Service], cluster: Cluster, folder: Path
) -> Iterator[list[Running]]:
    running = [
        Running(name, service, cluster, folder / name)
        for name, service in services.items()
        if name not in ONCE
    ]
    try:
        yield running
    finally:
        for one in running:
            one.process.kill()
            one.process.wait()


def run_once(services: dict[str, Service], cluster: Cluster, folder: Path) -> None:
    for name in ONCE:
        done = subprocess.run(
            command(services[name]),
            cwd=folder,
            env=environment(services[name], cluster, folder / name),
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


def test_each_service_becomes_healthy_and_stops_when_told(
    services: dict[str, Service], cluster: Cluster, tmp_path: Path
) -> None:
    run_once(services, cluster, tmp_path)
    run_once(services, cluster, tmp_path)  # every `docker compose up` runs them again
    with all_of_them(services, cluster, tmp_path) as running:
        assert len(running) == 7
        for one in running:
            until(one.up, 2 * MINUTE, one.told)
        for one in running:
            until(one.healthy, 2 * MINUTE, one.told)
        for one in running:
            one.process.send_signal(SIGTERM)
        for one in running:
            until(one.gone, MINUTE, one.told)
            assert one.process.returncode == 0, one.told()


def test_a_service_whose_database_is_away_is_not_healthy(
    services: dict[str, Service], cluster: Cluster, tmp_path: Path
) -> None:
    run_once(services, cluster, tmp_path)
    cluster.postgres.stop()
    service = services["projector"]
    done = subprocess.run(
        health_check(service),
        cwd=tmp_path,
        env=environment(service, cluster, tmp_path / "data"),
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
