"""Kafka's jars: fetched once from Maven Central into a folder that git ignores."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.real.process import Missing

ROOT = Path(__file__).resolve().parents[2]
RECIPES = Path(__file__).resolve().parent / "kafka"
CACHE = ROOT / ".kafka"
RELEASES = {"4.3": "4.3.1", "3.9": "3.9.1"}
"""Which release stands for each line that PACTDESK_TEST_KAFKA may name."""

OLDEST_JAVA = 17
# The version is part of the recipe: what it does to the jars must not change under us.
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"


def release() -> str:
    """The release under test; PACTDESK_TEST_KAFKA names another line than the newest."""
    line = os.environ.get("PACTDESK_TEST_KAFKA", "4.3")
    assert line in RELEASES, f"PACTDESK_TEST_KAFKA={line}: this is one of {', '.join(RELEASES)}"
    return RELEASES[line]


def java() -> str:
    """Where Java is.

    Raises:
        Missing: There is none, or one that is too old for Kafka.
    """
    how = f"install Java {OLDEST_JAVA} or newer, e.g. apt-get install openjdk-17-jdk-headless"
    found = shutil.which("java")
    if found is None:
        raise Missing(f"Kafka needs Java: {how}")
    told = subprocess.run([found, "-version"], capture_output=True, check=False, text=True).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise Missing(f"Kafka needs another Java than this one: {how}")
    return found


def jars(version: str) -> Path:
    """The folder with the jars of a release; fetched by the first who asks, others wait for it.

    Raises:
        Missing: They are not here and cannot be fetched.
        AssertionError: What was fetched is not what was fetched when the recipe was written.
    """
    folder = CACHE / version
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(version, folder)
    return folder


def _fetch(version: str, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("Kafka is fetched by Maven: install it, e.g. apt-get install maven")
    with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
        fetched = Path(unfinished) / version
        done = subprocess.run(
            [
                maven,
                "--quiet",
                "--batch-mode",
                "--file",
                str(RECIPES / version / "pom.xml"),
                f"-Dmaven.repo.local={CACHE / 'maven'}",
                _COPY,
                "-DincludeScope=runtime",
                f"-DoutputDirectory={fetched}",
            ],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            raise Missing(f"Kafka {version} cannot be fetched by Maven: {done.stdout[-2000:]}")
        expected = dict(
            line.split(maxsplit=1)[::-1]
            for line in (RECIPES / version / "jars.sha256").read_text().splitlines()
        )
        found = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in fetched.iterdir()
        }
        assert found == expected, f"the jars of Kafka {version} are not those of the recipe"
        fetched.rename(folder)
