"""Work that one process does at a time: on one machine by a locked file."""

from __future__ import annotations

from pathlib import Path

from streams.embedded.alone import Alone


def test_one_does_the_work_until_it_lets_go(tmp_path: Path) -> None:
    first, second = Alone(tmp_path), Alone(tmp_path)
    assert first.does("discord")
    assert first.does("discord")
    assert not second.does("discord")
    assert second.does("something else")
    first.close()
    assert second.does("discord")
    assert not first.does("discord")
    second.close()
