"""What these tests begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.subscribers import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A store on which nothing has happened yet."""
    return Folder(tmp_path / "data")
