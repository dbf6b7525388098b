"""The world is made once; each test gets a copy of its store, so that none sees another's calls."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.desk import Desk
from streams.understanding.light import LightModels
from tests.pact_world import build, open_world, ticket_of


@pytest.fixture(scope="session")
def light() -> LightModels:
    return LightModels.load()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, light: LightModels) -> Path:
    folder = tmp_path_factory.mktemp("world") / "data"
    build(folder, light)
    return folder


@pytest.fixture
def desk(tmp_path: Path, made: Path, light: LightModels) -> Iterator[Desk]:
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    with open_world(folder, light) as opened:
        yield opened


@pytest.fixture
def empty(tmp_path: Path, light: LightModels) -> Iterator[Desk]:
    with open_world(tmp_path / "empty", light) as opened:
        yield opened


@pytest.fixture
def ann(desk: Desk) -> str:
    """Ann's ticket: billing, a VIP's, escalated."""
    return ticket_of(desk, "ann")


@pytest.fixture
def ben(desk: Desk) -> str:
    """Ben's ticket: access, nothing special."""
    return ticket_of(desk, "ben")
