"""Kill -9 at any moment: the same tables, log and case store as without."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

from tests.commands import LAUNCHER

KILLS = int(os.environ.get("PACTDESK_TEST_KILLS", "20"))


def test_kills_at_random_moments_leave_what_an_undisturbed_week_leaves(tmp_path: Path) -> None:
    seed = secrets.randbelow(2**32)
    print(f"seed {seed}")  # noqa: T201  # shown when the test fails, to play it again
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(tmp_path), str(KILLS), str(seed)],
        cwd=LAUNCHER.parent,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["hits"] == KILLS
    assert told["killed"]
    for number, one in enumerate(told["killed"]):
        assert one == told["undisturbed"], f"week {number}"
