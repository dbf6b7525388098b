"""A small desk that the tests of reading commands share, and a copy for each test that writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.commands import Shell, ndjson

MORNING = "2026-03-02T08:00:00Z"

WEEK = ndjson(
    {
        "type": "customer",
        "customer_id": "ann",
        "name": "Ann Moreau",
        "lifetime_value": 12500,
        "handles": {"email": ["ann@example.org"], "slack": ["U1"]},
        "at": MORNING,
    },
    {
        "type": "specialist",
        "specialist_id": "sam",
        "name": "Sam",
        "team": "billing",
        "skills": ["billing"],
        "languages": ["en"],
        "senior": True,
        "capacity": 3,
        "at": MORNING,
    },
    {
        "channel": "email",
        "handle": "ann@example.org",
        "subject": "Charged twice",
        "message": "I was charged twice for my subscription this month, please refund one.",
        "provider_id": "m1",
        "at": "2026-03-02T09:00:00Z",
    },
    {
        "channel": "whatsapp",
        "handle": "+33600000001",
        "message": "How do I reset my password?",
        "provider_id": "m2",
        "at": "2026-03-02T09:30:00Z",
    },
)


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a desk with two customers and a ticket each; nobody writes to it."""
    shell = Shell(tmp_path_factory.mktemp("week") / "data")
    assert shell("produce", stdin=WEEK).status == 0
    assert shell("run", "--now", "2026-03-02T10:00:00Z").status == 0
    return shell.data


@pytest.fixture
def read(week: Path) -> Shell:
    """Commands that only read the shared desk."""
    return Shell(week)


@pytest.fixture
def desk(week: Path, tmp_path: Path) -> Shell:
    """Commands on a copy of the shared desk."""
    shutil.copytree(week, tmp_path / "data")
    return Shell(tmp_path / "data")


@pytest.fixture
def empty(tmp_path: Path) -> Shell:
    """Commands on a desk that does not exist yet."""
    return Shell(tmp_path / "data")


@pytest.fixture
def ticket(read: Shell) -> str:
    """The ticket of the VIP."""
    rows = read("tickets", "--customer", "ann", "--json").json
    return str(rows[0]["ticket_id"])
