"""A desk on which everything came that can come, and its history in Parquet; nobody writes here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.desk import Desk
from tests.embedded import open_in, take
from tests.full_life import WAYS, full_life
from tests.histories import play
from tests.replays import replayed


@pytest.fixture(scope="session")
def lived_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its data directory; a copy of it may be written to."""
    lines = play(full_life(), policy=WAYS)
    folder = tmp_path_factory.mktemp("lived") / "store"
    with open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        list(desk.intake.lines([b"not json"]))
    return folder


@pytest.fixture(scope="session")
def lived(lived_store: Path) -> Iterator[Desk]:
    """The desk."""
    with open_in(lived_store) as desk:
        yield desk


@pytest.fixture(scope="session")
def history(lived: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its history."""
    path = tmp_path_factory.mktemp("history") / "parquet"
    replayed(lived, path)
    return path
