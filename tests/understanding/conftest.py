"""The shipped models, loaded once a process."""

from __future__ import annotations

import pytest

from streams.starter import lines
from streams.understanding import encoded as encoder_tier
from streams.understanding import light
from streams.understanding.index import KnowledgeIndex
from streams.understanding.tier import Tier
from tests.understood import category


@pytest.fixture(scope="session")
def models() -> Tier:
    return light.load()


@pytest.fixture(scope="session")
def encoded() -> Tier:
    """The encoder tier."""
    return encoder_tier.load()


@pytest.fixture(scope="session")
def starter() -> KnowledgeIndex:
    """An index that was taught the starter categories and nothing else."""
    taught = tuple(category(line) for line in lines("categories"))
    return KnowledgeIndex((), taught, (), (), "starter")
