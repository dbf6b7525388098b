"""The same message gets the same numbers in a command, in a program, and on any number of cores."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.documents import ROOT

PROGRAM = """
import os, sys
import streams.understanding.tfidf
print("numpy" in sys.modules, os.environ["OPENBLAS_NUM_THREADS"])
"""


@pytest.mark.parametrize(
    ("given", "told"), [(None, "True 1"), ("3", "True 3")], ids=["unsaid", "said"]
)
def test_numpy_is_loaded_with_one_thread_unless_somebody_says_otherwise(
    given: str | None, told: str
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    if given is not None:
        environment["OPENBLAS_NUM_THREADS"] = given
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == told
