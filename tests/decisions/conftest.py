"""What several tests of decisions begin with."""

from __future__ import annotations

import pytest

from tests.identities import two_lines
from tests.lines import Lines


@pytest.fixture(name="lines")
def _lines() -> Lines:
    """Two customers' lines, one of them unidentified."""
    return two_lines()
