"""A desk under simulated time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.desk import Desk
from tests.stores import a_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk
