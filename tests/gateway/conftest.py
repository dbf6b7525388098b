"""Gateways for these tests: one that stays, with a worker, and others with what they need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateways import Client, gateway, worker


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway with a worker on the same store; one for the tests of a file."""
    data = tmp_path_factory.mktemp("desk")
    with gateway(data) as client, worker(data):
        yield client
