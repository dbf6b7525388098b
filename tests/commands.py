"""Calling `pactdesk` as a shell would: in this process, or as one of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from streams.cli.main import status_of

LAUNCHER = Path(__file__).resolve().parents[1] / "pactdesk.py"


class Outcome(NamedTuple):
    """What a call came to.

    Attributes:
        status: Its exit status.
        bytes: What it wrote to standard output.
        err: What it wrote to standard error.
    """

    status: int
    bytes: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.bytes.decode("utf-8")

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        assert self.bytes, self.err
        return json.loads(self.bytes)

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.bytes.splitlines()]


def ndjson(*documents: object) -> str:
    """Documents as lines of JSON."""
    return "".join(json.dumps(document) + "\n" for document in documents)


class Shell:
    """Calls commands on one store, in this process.

    Args:
        data: The data directory.
    """

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str, stdin: str | bytes = b"") -> Outcome:
        """Call a command; standard input is what is given, and empty otherwise."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        given = stdin.encode() if isinstance(stdin, str) else stdin
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(given), "utf-8")
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = status_of(["--data", str(self.data), *beside_others(arguments)])
        finally:
            sys.stdin = before
        out.flush()
        written = out.buffer
        assert isinstance(written, io.BytesIO)
        return Outcome(status, written.getvalue(), err.getvalue())


def beside_others(arguments: Sequence[str]) -> list[str]:
    """A command as tests start it: an `up` takes none of the usual ports, for others do."""
    if "up" not in arguments:
        return [*arguments]
    ports = (("--port", "0"), ("--admin-port", "0"))
    return [*arguments, *(word for pair in ports if pair[0] not in arguments for word in pair)]


def started(
    *arguments: str, data: Path, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A command as a process of its own, with pipes at all three ends."""
    return subprocess.Popen(
        [sys.executable, str(LAUNCHER), "--data", str(data), *beside_others(arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        cwd=data.parent,
    )
