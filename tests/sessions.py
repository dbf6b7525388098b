"""A reader who does what a page says, step by step, in a folder of his own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.documents import ROOT, Step, shows

CHECK_AUDIT = ROOT / "docs/how-to/check_audit.py"
"""What a page gives to whoever has nothing of ours."""


class Reader:
    """Runs steps, with `pactdesk` and `python` on the path; what one sets, the next one has.

    Args:
        folder: A folder of the test's own.
        environment: What is set from the beginning.

    Attributes:
        here: Where the steps are run; the script that checks audits lies there.
        commands: Commands that the pages name.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.here, self.commands, self._set = folder / "here", folder / "bin", folder / "set"
        self.here.mkdir(exist_ok=True)
        shutil.copy(CHECK_AUDIT, self.here)
        self.commands.mkdir()
        self._set.touch()
        self._environment = {
            **os.environ,
            "PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PACTDESK_MODELS__TIER": "encoder",  # as whoever reads the page has it
            **(environment or {}),
        }
        self.command("pactdesk", f'exec "{sys.executable}" "{ROOT / "pactdesk.py"}" "$@"')
        self.command("python", f'exec "{sys.executable}" "$@"')

    def command(self, name: str, script: str) -> None:
        """Put a command on the path."""
        path = self.commands / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def played(self, step: Step) -> subprocess.CompletedProcess[str]:
        """Run one step."""
        script = f"set -a; . {self._set}; {step.text}\ns=$?; export -p > {self._set}; exit $s"
        command = ["bash", "-c", script] if step.kind == "console" else [sys.executable, "-"]
        return subprocess.run(
            command,
            input=step.text if step.kind == "python" else "",
            cwd=self.here,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def leave(self) -> None:
        """End what a page left at work, where it did not come so far as to end it itself."""
        for file in self.here.glob("*.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGTERM)

    def differs(self, step: Step) -> str | None:
        """Run one step; what came, if the page shows something else."""
        done = self.played(step)
        told = f"{step.text}\n{done.stdout}\n{done.stderr}"
        if done.returncode != step.status:
            return f"it ended with {done.returncode}:\n{told}"
        missing = shows(done.stdout + done.stderr, step.shown)
        return None if missing is None else f"{missing}\n--- is not what came:\n{told}"
