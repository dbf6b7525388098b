"""The world is made once; each test gets a copy of its store, so that none sees another's calls."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.desk import Desk
from streams.understanding import light
from streams.understanding.tier import Tier
from tests.pact_world import build, open_world, ticket_of


@pytest.fixture(scope="session")
def models() -> Tier:
    return light.load()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, models: Tier) -> Path:
    folder = tmp_path_factory.mktemp("world") / "data"
    build(folder, models)
    return folder


@pytest.fixture
def desk(tmp_path: Path, made: Path, models: Tier) -> Iterator[Desk]:
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    with open_world(folder, models) as opened:
        yield opened


@pytest.fixture
def empty(tmp_path: Path, models: Tier) -> Iterator[Desk]:
    with open_world(tmp_path / "empty", models) as opened:
        yield opened


@pytest.fixture
def ann(desk: Desk) -> str:
    """Ann's ticket: billing, a VIP's, escalated."""
    return ticket_of(desk, "ann")


@pytest.fixture
def ben(desk: Desk) -> str:
    """Ben's ticket: access, nothing special."""
    return ticket_of(desk, "ben")
