"""A real PostgreSQL server with its own folder and port."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from pathlib import Path
from signal import SIGINT

import psycopg

from tests.real.process import Missing, Process, run_as
from tests.real.server import Server
from tests.real.waiting import free_port, until

START_SECONDS = 60
USER = "pact"
_USUAL = (
    *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),  # Debian
    *sorted(Path("/usr").glob("pgsql-*/bin"), reverse=True),  # Red Hat
    *sorted(Path("/opt/homebrew/opt").glob("postgresql*/bin"), reverse=True),  # Homebrew
)


def programs() -> Path:
    """The folder with `initdb` and `postgres`.

    Raises:
        Missing: There is none.
    """
    found = shutil.which("initdb")
    for folder in (*([Path(found).resolve().parent] if found else []), *_USUAL):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Missing("PostgreSQL's server is not here: install it, e.g. apt-get install postgresql")


class Postgres(Server):
    """A server; as root it runs as somebody else, for PostgreSQL refuses root.

    Args:
        folder: Where its data lie; made if it is not there.
        fsync: Whether a commit waits for the disk; without, it is quicker and no crash test.
        bound: Whether it dies with this process, however that ends.

    Attributes:
        port: Its port on loopback.
    """

    def __init__(self, folder: Path, *, fsync: bool = True, bound: bool = False) -> None:
        self.folder = folder.absolute()
        self._programs = programs()
        self._fsync = fsync
        self._user = _somebody() if os.geteuid() == 0 else None
        self._make_folder()
        path = self.folder / "postgres.json"
        if not path.exists():
            path.write_text(json.dumps({"port": free_port()}))
        self.port = int(json.loads(path.read_text())["port"])
        self._data = self.folder / "data"
        self._process = Process("postgres", self.folder, self._command(), self._user, bound=bound)

    def _make_folder(self) -> None:
        new = not self.folder.exists()
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user is None:
            return
        if new:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        closed = [one for one in self.folder.parents if not one.stat().st_mode & stat.S_IXOTH]
        assert not closed, (
            f"as root, PostgreSQL runs as {self._user}, who may not enter {closed[-1]};"
            " choose a folder elsewhere"
        )

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "100",
            "log_line_prefix": "%m [%p] ",
        }
        if not self._fsync:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [
            str(self._programs / "postgres"),
            "-D",
            str(self._data),
            "-p",
            str(self.port),
            *flags,
        ]

    @property
    def process(self) -> Process:
        """Its process."""
        return self._process

    @property
    def url(self) -> str:
        """The address of the server's own database, for making others."""
        return self.url_of("postgres")

    def url_of(self, name: str, port: int | None = None) -> str:
        """The address of a database; through another port where a proxy stands before it."""
        return f"postgresql://{USER}@127.0.0.1:{port or self.port}/{name}"

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        if not self._data.exists():
            self._initialise()
        self.process.start()
        until(self._ready, START_SECONDS, lambda: f"PostgreSQL starts: {self.process.tail()}")

    def _initialise(self) -> None:
        done = subprocess.run(
            [
                str(self._programs / "initdb"),
                *("-D", str(self._data)),
                *("-U", USER),
                "--auth=trust",
                *("-E", "UTF8"),
                "--locale=C",
                "--no-sync",
            ],
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
            **run_as(self._user),
        )
        assert done.returncode == 0, f"initdb: {done.stdout}{done.stderr}"

    def _ready(self) -> bool:
        assert self.process.alive(), f"PostgreSQL ended while it started: {self.process.tail()}"
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def fresh_database(self) -> str:
        """Make an empty database; returns its address."""
        name = f"desk_{secrets.token_hex(6)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Drop a database that `fresh_database` made, whoever is still connected to it."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """Stop it as an operator does (a fast shutdown: connections are cut)."""
        self.process.stop(SIGINT)


def _somebody() -> str:
    """Who runs the server where we are root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Missing("PostgreSQL refuses root, and there is no user postgres: add one")
