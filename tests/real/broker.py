"""A real Kafka of one node: broker and controller in one Java process."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from signal import SIGTERM
from string import Template

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.real.jars import RECIPES, jars, java, release
from tests.real.process import Process
from tests.real.server import Server
from tests.real.waiting import free_port, until

CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
START_SECONDS = 120
_QUICK_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms128m", "-Xmx512m"]


class Broker(Server):
    """A broker with its own folder and ports.

    Args:
        folder: Where its log and configuration lie; made if it is not there.
        version: Which release; by default the one under test.
        bound: Whether it dies with this process, however that ends.

    Attributes:
        version: Its release.
        bootstrap: Its address, `host:port`.
        behind: The port behind a proxy: what goes to `proxied` must be led here.
        proxied: The port that it tells clients who come through the proxy.
    """

    def __init__(self, folder: Path, version: str | None = None, *, bound: bool = False) -> None:
        self._bound = bound
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        ports = self._chosen(version or release())
        self.version = str(ports["version"])
        self.port, self.behind, self.proxied = (
            int(ports[name]) for name in ("port", "behind", "proxied")
        )
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._data = self.folder / "data"
        self._properties = self.folder / "server.properties"
        text = Template((RECIPES / "server.properties").read_text())
        self._properties.write_text(text.substitute(ports, data=self._data))
        self._process: Process | None = None

    def _chosen(self, version: str) -> dict[str, str | int]:
        """The ports and the release, chosen once for a folder."""
        path = self.folder / "broker.json"
        if not path.exists():
            names = ("port", "behind", "proxied", "controller")
            path.write_text(
                json.dumps({"version": version, **{name: free_port() for name in names}})
            )
        chosen: dict[str, str | int] = json.loads(path.read_text())
        return chosen

    @property
    def process(self) -> Process:
        """Its process.

        Raises:
            Missing: Kafka cannot be had on this machine.
        """
        if self._process is None:
            command = self._java("kafka.Kafka", str(self._properties))
            self._process = Process("kafka", self.folder, command, bound=self._bound)
        return self._process

    def _java(self, *arguments: str) -> list[str]:
        recipe = RECIPES / self.version
        logging = (
            f"-Dlog4j2.configurationFile={recipe / 'log4j2.properties'}"
            if (recipe / "log4j2.properties").exists()
            else f"-Dlog4j.configuration=file:{recipe / 'log4j.properties'}"
        )
        return [java(), *_QUICK_START, logging, "-cp", f"{jars(self.version)}/*", *arguments]

    def start(self) -> None:
        """Start it, and return when it takes records.

        Raises:
            Missing: Kafka cannot be had on this machine.
        """
        if not self._data.exists():
            self._format()
        self.process.start()
        until(self._ready, START_SECONDS, lambda: f"Kafka starts: {self.process.tail()}")

    def _format(self) -> None:
        done = subprocess.run(
            self._java(
                "kafka.tools.StorageTool",
                "format",
                "-t",
                CLUSTER_ID,
                "-c",
                str(self._properties),
            ),
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, f"Kafka's log cannot be formatted: {done.stdout}{done.stderr}"

    def _ready(self) -> bool:
        assert self.process.alive(), f"Kafka ended while it started: {self.process.tail()}"
        try:  # before there is a listener, a client would only fill the test's log
            socket.create_connection(("127.0.0.1", self.port)).close()
            admin = KafkaAdminClient(
                bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=1000, request_timeout_ms=2000
            )
        except (OSError, KafkaError):
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            admin.close()

    def stop(self) -> None:
        """Stop it as an operator does (SIGTERM); its log stays."""
        self.process.stop(SIGTERM)
