"""A compose file as `docker compose` reads it, by the library that it reads it with."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.real.jars import ROOT
from tests.real.process import Missing

SOURCE = Path(__file__).resolve().parent / "composecheck"
CACHE = ROOT / ".go"


class Wrong(Exception):
    """`docker compose` would refuse this file; the message says why."""


def checker() -> Path:
    """The program that reads compose files; built by the first who asks.

    Raises:
        Missing: There is no Go to build it with, or its modules cannot be had.
    """
    go = shutil.which("go")
    if go is None:
        raise Missing("docker-compose.yml is checked by a Go program: install Go 1.24 or newer")
    CACHE.mkdir(exist_ok=True)
    program = CACHE / "composecheck"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [go, "build", "-mod=readonly", "-modcacherw", "-o", str(program), "."],
            cwd=SOURCE,
            env={
                **os.environ,
                "GOPATH": str(CACHE / "path"),
                "GOCACHE": str(CACHE / "cache"),
                "GOFLAGS": "-buildvcs=false",
            },
            capture_output=True,
            check=False,
            text=True,
        )
    if done.returncode:
        raise Missing(f"the check of docker-compose.yml cannot be built: {done.stderr[-2000:]}")
    return program


def read(program: Path, file: Path, environment: Path) -> dict[str, Any]:
    """A compose file with every variable filled in.

    Args:
        program: What `checker` gave.
        file: The compose file.
        environment: The `.env` beside it.

    Raises:
        Wrong: The file is not right.
    """
    done = subprocess.run(
        [str(program), str(file), str(environment)],
        env={"HOME": str(file.parent)},  # nothing of the caller's fills a variable
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise Wrong(done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document
