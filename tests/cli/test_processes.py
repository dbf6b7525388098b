"""What only shows when the command is a process of its own: pipes, terminals, signals, locales."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import LAUNCHER, Shell, ndjson, started
from tests.documents import ROOT

HELLO = {"channel": "email", "handle": "zoë@example.org", "message": "Où est mon colis ? ✓"}


def finished(process: subprocess.Popen[bytes], given: bytes = b"") -> tuple[int, bytes, str]:
    out, err = process.communicate(given)
    return process.returncode, out, err.decode()


def on_terminal(*arguments: str, data: Path) -> tuple[int, str]:
    """Run a command whose output and errors are a terminal; its status and what was shown."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "--data", str(data), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=there,
        stderr=there,
    )
    os.close(there)
    shown = b""
    while True:
        try:
            part = os.read(here, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(here)
    return process.wait(), shown.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=["C", "C without coercion", "latin-1"],
)
def test_output_is_utf_8_in_every_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    data = tmp_path / "data"
    line = json.dumps(HELLO, ensure_ascii=False).encode() + b"\n"
    status, _, err = finished(started("produce", data=data, env=locale), line)
    assert status == 0, err
    status, out, err = finished(started("events", data=data, env=locale))
    assert status == 0, err
    assert json.loads(out)["event"]["message"] == HELLO["message"]
    assert "Où est".encode() in out


@pytest.mark.parametrize("arguments", [["events"], ["tickets"], ["--help"]], ids=" ".join)
def test_a_reader_that_went_away_is_no_error(week: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "--data", str(week), *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, err = process.communicate()
    assert process.returncode == 0
    assert err == b""


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_is_closed_is_no_defect(tmp_path: Path, closed: str) -> None:
    command = [sys.executable, str(LAUNCHER), "--data", str(tmp_path / "data"), "produce"]
    told = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command],  # noqa: S607  # any shell will do
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert b"error" not in told.stderr


def test_parquet_is_not_poured_over_a_terminal(week: Path) -> None:
    status, shown = on_terminal(
        "query", "SELECT * FROM v1_tickets", "--format", "parquet", data=week
    )
    assert status == 3
    assert "> rows.parquet" in shown
    assert "PAR1" not in shown


def test_progress_is_drawn_for_whoever_looks_on_and_for_nobody_else(week: Path) -> None:
    status, shown = on_terminal("verify", data=week)
    assert status == 0
    assert "records" in shown
    assert "\x1b[" in shown
    status, out, err = finished(started("verify", data=week))
    assert status == 0
    assert b"\x1b[" not in out
    assert err == ""
    assert "\x1b[" not in on_terminal("--quiet", "verify", data=week)[1]


def test_up_works_until_it_is_told_to_stop_and_leaves_nothing_waiting(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shell = Shell(data)
    shell("migrate")
    desk = started("up", "--port", "0", "--json", data=data)
    follower = started("events", "--follow", "--type", "TicketOpened", data=data)
    try:
        assert desk.stderr is not None
        assert follower.stdout is not None
        assert b"pactdesk is up" in desk.stderr.readline()
        assert shell("run").status == 3, "a second worker is refused"
        assert shell("produce", stdin=ndjson(HELLO)).status == 0
        opened = json.loads(follower.stdout.readline())
        assert opened["event"]["description"] == HELLO["message"]
        follower.send_signal(signal.SIGINT)
        assert finished(follower)[0] == 130
        desk.send_signal(signal.SIGTERM)
        status, out, err = finished(desk)
    finally:
        desk.kill()
        follower.kill()
    assert status == 0, err
    assert json.loads(out)["turns"] > 0
    rows = shell("tickets", "--json").json
    assert [row["description"] for row in rows] == [HELLO["message"]]
    assert shell("verify").status == 0


TOLD_TWICE = """
import signal
from streams.cli.working import told_to_stop

with told_to_stop() as stop:
    with stop._cond:  # as whoever waits for it, or sets it, holds it for a moment
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    print(stop.wait(60))
"""


def test_who_is_told_to_stop_twice_or_while_it_waits_stops() -> None:
    told = subprocess.run(
        [sys.executable, "-c", TOLD_TWICE], cwd=ROOT, capture_output=True, check=True, timeout=120
    )
    assert told.stdout == b"True\n"


def test_help_imports_nothing_heavy() -> None:
    heavy = [
        "numpy",
        "pydantic",
        "fastavro",
        "avro",
        "faust",
        "kafka",
        "aiohttp",
        "rich",
        "pyarrow",
    ]
    program = (
        "import sys, pactdesk\n"
        "try:\n pactdesk.main(['--help'])\nexcept SystemExit: pass\n"
        f"print([one for one in {heavy!r} if one in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], cwd=LAUNCHER.parent, check=True, capture_output=True
    ).stdout.decode()
    assert out.splitlines()[-1] == "[]"
    assert "understand" in out
