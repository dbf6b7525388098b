"""`pactdesk metrics --plot`: to a file, and to the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Shell


def test_without_a_file_it_plots_to_the_terminal(read: Shell) -> None:
    lines = read("metrics", "--plot").out.splitlines()
    assert lines[0].split() == ["2026-03-02", "to", "2026-03-02"]
    assert lines[1].split() == ["tickets", "█", "2", "to", "2"]
    figures = read("metrics", "--plot", "--json").json
    assert figures[0] == {"figure": "tickets", "days": ["2026-03-02"], "values": [2.0]}


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<svg"), ("b.PNG", b"\x89PNG")])
def test_a_file_is_what_its_name_says(
    name: str, begins: bytes, read: Shell, tmp_path: Path
) -> None:
    outcome = read("metrics", "--plot", str(tmp_path / name))
    assert (outcome.status, outcome.out) == (0, "")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_it_plots_what_was_known_then(read: Shell) -> None:
    then = read("metrics", "--plot", "--as-of", "2026-03-02T09:10:00Z", "--json").json
    assert then[0]["values"] == [1.0]


@pytest.mark.parametrize(("name", "status"), [("a.gif", 2), ("plot", 2), ("no/where/a.svg", 3)])
def test_what_cannot_be_written_is_said(
    name: str, status: int, read: Shell, tmp_path: Path
) -> None:
    assert read("metrics", "--plot", str(tmp_path / name)).status == status


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--metric", "reopen_rate"),
        ("--period", "2026-03-02"),
        ("--segment", "channel:email"),
        ("--definition", "v1,v2"),
        ("--explain", "reopen_rate"),
    ],
)
def test_what_a_plot_would_not_heed_is_refused(option: str, value: str, read: Shell) -> None:
    told = read("metrics", "--plot", option, value)
    assert (told.status, told.out) == (2, "")
    assert f"leave {option} out" in told.err
