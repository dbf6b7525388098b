"""Gateways for these tests: one that stays, with a worker, and others with what they need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chatting import FLAGS, Page
from tests.gateways import Client, gateway, worker


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway with a worker on the same store; one for the tests of a file."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data) as client, worker(data):
        yield client


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway with the chat on, and a worker."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data, **FLAGS) as client, worker(data):
        yield client


@pytest.fixture
def page(talking: Client) -> Page:
    """A visitor's page with a session."""
    one = Page(talking)
    one.begin()
    return one
