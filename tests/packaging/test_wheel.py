"""The built wheel, with the sources gone: what `pip install` gives works by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

import pactdesk
from streams.cluster.migrating import VERSION

ROOT = Path(__file__).resolve().parents[2]

HELLO = {"channel": "email", "handle": "bo@example.org", "message": "Where is my parcel?"}


class Installed(NamedTuple):
    """A wheel, and an environment that has it and our dependencies, but not this folder."""

    wheel: Path
    home: Path

    def run(self, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in an empty folder."""
        folder = self.home / "empty"
        folder.mkdir(exist_ok=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        return subprocess.run(
            [str(self.home / "bin" / command[0]), *command[1:]],
            cwd=folder,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, *command: str, stdin: str = "") -> str:
        """Standard output of a program that ends well."""
        done = self.run(*command, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def built(folder: Path) -> Path:
    """The wheel, built from the source archive, so that the archive is proved whole as well."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    wheel, home = built(folder), folder / "env"
    venv.create(home, with_pip=False, symlinks=True)
    place = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # Our dependencies, but not the editable install beside them: a path in a .pth file is put on
    # the path without its own .pth files being read.
    site = home / "lib" / place / "site-packages"
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = str(home / "bin" / "python")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"),
            *("install", "--quiet", "--no-deps", "--no-index", str(wheel)),
        ],
        check=True,
        capture_output=True,
    )
    return Installed(wheel, home)


def test_the_wheel_puts_two_names_into_site_packages_and_no_room(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"pactdesk.py", "_pactdesk", f"pactdesk-{pactdesk.__version__}.dist-info"}


def test_the_wheel_carries_every_file_of_the_rooms(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        carried = {
            name.removeprefix("_pactdesk/")
            for name in archive.namelist()
            if name.startswith("_pactdesk/")
        }
    there = {
        path.relative_to(ROOT).as_posix()
        for room in pactdesk.ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert carried == there
    for kind in (".avsc", ".sql", ".npz", ".toml", ".gz"):
        assert any(name.endswith(kind) for name in carried), kind


def test_the_licence_and_the_notice_travel(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = [name for name in archive.namelist() if "/licenses/" in name]
    assert {Path(name).name for name in names} == {"LICENSE", "NOTICE"}


def test_the_command_is_the_wheels_and_not_this_folders(installed: Installed) -> None:
    where = installed.told("python", "-c", "import pactdesk; print(pactdesk.__file__)")
    assert Path(where.strip()).is_relative_to(installed.home)
    assert installed.told("pactdesk", "--version") == f"pactdesk {pactdesk.__version__}\n"


def test_the_command_takes_a_message_to_a_ticket(installed: Installed) -> None:
    data = ["--data", "small", "--json"]
    assert installed.told("pactdesk", "teach", "--starter", *data)
    installed.told("pactdesk", "produce", *data, stdin=json.dumps(HELLO))
    installed.told("pactdesk", "run", *data)
    rows = json.loads(installed.told("pactdesk", "query", "SELECT * FROM v1_tickets", *data))
    assert [row["description"] for row in rows] == [HELLO["message"]]
    assert rows[0]["category"]
    assert json.loads(installed.told("pactdesk", "schemas", "check", *data)) == {"problems": []}
    assert json.loads(installed.told("pactdesk", "doctor", *data))["healthy"] is True


def test_the_command_plays_the_demo(installed: Installed) -> None:
    told = json.loads(
        installed.told("pactdesk", "demo", "--limit", "3", "--data", "played", "--json")
    )
    rows = json.loads(
        installed.told("pactdesk", "tickets", "--data", "played", "--json", "--limit", "1000")
    )
    assert told["digest"]
    assert rows


def test_the_command_migrates_a_database(
    installed: Installed, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACTDESK_DATABASE__URL", database)
    for _ in range(2):
        told = installed.told("pactdesk", "--engine", "cluster", "--json", "migrate")
        assert json.loads(told) == {"version": VERSION}


def test_the_module_works_from_python(installed: Installed) -> None:
    program = """
import pactdesk, pactdesk.testing
from pactdesk.testing import given
with pactdesk.open("python", clock=pactdesk.ManualClock("2026-03-02T08:00:00Z")) as desk:
    desk.produce({"channel": "email", "handle": "bo@example.org", "message": "Hello?"})
    desk.run()
    desk.clock.advance(hours=1)
    print(desk.query("SELECT count(*) AS n FROM v1_tickets"))
print(pactdesk.execute_pact_action("no.such_action", {})["success"])
import agents
print(agents.__file__)
"""
    told = installed.told("python", "-W", "error", "-c", program).splitlines()
    assert told[:2] == ["[{'n': 1}]", "False"]
    assert Path(told[2]).parts[-3:-1] == ("_pactdesk", "agents")


def test_another_agents_package_beside_ours_does_no_harm(installed: Installed) -> None:
    (site,) = installed.home.glob("lib/python*/site-packages")
    other = site / "agents"
    other.mkdir(exist_ok=True)
    (other / "__init__.py").write_text("raise RuntimeError('the other one')\n")
    assert "records:" in installed.told("pactdesk", "status", "--data", "beside")


def test_a_name_that_is_taken_already_is_told_plainly(installed: Installed) -> None:
    program = """
import sys, types
other = types.ModuleType("schemas"); other.__file__ = "/elsewhere/schemas/__init__.py"
sys.modules["schemas"] = other
import pactdesk
try:
    pactdesk.open
except ImportError as error:
    print(error)
"""
    told = installed.told("python", "-c", program)
    assert "another package named 'schemas' was imported before" in told
    assert "separate processes" in told
