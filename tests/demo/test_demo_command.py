"""The command `demo` from the outside: the summary, JSON, and the commands that it prints."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from streams.cli.called import called
from streams.demo.summary import WIDTH, commands
from tests.commands import LAUNCHER, Shell

FEW = 6
LINES = 24


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory in which the demo was played, with spaces in the store's name."""
    folder = tmp_path_factory.mktemp("home")
    done = shell(folder, "demo", "--limit", str(FEW))
    (folder / "screen.txt").write_text(done.stdout, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return folder


def shell(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(LAUNCHER), "--data", "my store", *arguments],
        capture_output=True, check=False, cwd=folder, text=True,
    )  # fmt: skip


def screen(home: Path) -> list[str]:
    return (home / "screen.txt").read_text(encoding="utf-8").splitlines()


def printed(home: Path) -> list[str]:
    lines = screen(home)
    return lines[lines.index("Try next:") + 1 :]


def test_the_summary_is_one_screen(home: Path) -> None:
    lines = screen(home)
    assert len(lines) <= LINES
    assert all(len(line) <= WIDTH for line in lines[: lines.index("Try next:")])


@pytest.mark.parametrize(
    "words",
    [
        "tickets by status", "contacts came by", "automatic answers", "escalated",
        "first-contact resolution", "median first reply", "decisions", "records in", "a second",
        "MB of memory", "digest",
    ],
)  # fmt: skip
def test_the_summary_tells(home: Path, words: str) -> None:
    assert words in "\n".join(screen(home))


def test_no_satisfaction_is_printed_for_answers_that_were_no_satisfaction_survey(
    home: Path,
) -> None:
    text = "\n".join(screen(home)).lower()
    assert "csat" not in text
    assert "satisf" not in text


def test_the_three_printed_commands_work_as_they_are_printed(home: Path) -> None:
    three = printed(home)
    assert len(three) == 3
    for line in three:
        done = subprocess.run(  # noqa: S602  # it is the shell's reading of the line that is tested
            line, shell=True, capture_output=True, check=False, cwd=home, text=True
        )
        assert done.returncode == 0, (line, done.stderr)
        assert len(done.stdout.splitlines()) > 3, line


def test_json_is_the_summary_and_a_second_play_adds_nothing(home: Path) -> None:
    done = shell(home, "demo", "--limit", str(FEW), "--json")
    summary = msgspec.json.decode(done.stdout)
    assert summary["records_added"] == 0
    assert summary["tickets"] == sum(summary["statuses"].values())
    assert summary["contacts"] == sum(summary["channels"].values())
    assert f"digest {summary['digest']}" in "\n".join(screen(home))
    again = shell(home, "demo", "--limit", str(FEW))
    assert "nothing was added" in again.stdout


def test_a_speed_that_is_no_speed_is_a_usage_error(tmp_path: Path) -> None:
    assert Shell(tmp_path)("demo", "--speed", "0").status == 2


def test_commands_without_a_ticket_to_show_are_three_as_well() -> None:
    assert len(commands({"ticket": None, "answer": None}, "pactdesk")) == 3


def test_the_command_is_named_by_its_name_only_where_the_shell_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "bin" / "pactdesk"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert called({}) == "bin/pactdesk"
    assert called({"data": "my store"}) == "bin/pactdesk --data 'my store'"
    monkeypatch.setenv("PATH", str(script.parent))
    assert shutil.which("pactdesk") == str(script)
    assert called({}) == "pactdesk"
