"""A desk on which every command has something to do, a copy of it for each test, and commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.commands import Shell, ndjson

LINES = ndjson(
    {
        "type": "customer",
        "customer_id": "ann",
        "name": "Ann",
        "handles": {"email": ["ann@example.org"]},
        "at": "2026-03-02T08:00:00Z",
    },
    {
        "type": "specialist",
        "specialist_id": "kim",
        "name": "Kim",
        "available": False,
        "at": "2026-03-02T08:00:00Z",
    },
    {
        "type": "article",
        "article_id": "reset",
        "title": "Reset your password",
        "body": "Press reset.",
        "at": "2026-03-02T08:00:00Z",
    },
    *(
        {
            "channel": "email",
            "handle": "ann@example.org",
            "message": text,
            "thread": "one",
            "provider_id": text,
            "at": "2026-03-02T09:00:00Z",
        }
        for text in ("My parcel is late", "And it came broken")
    ),
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The data directory of the desk, and what words in capitals on a command line mean."""
    shell = Shell(tmp_path_factory.mktemp("contract") / "data")
    shell("produce", stdin=LINES)
    shell("run", "--now", "2026-03-02T10:00:00Z")
    (first,) = shell("tickets", "--json").json
    (bad,) = shell("produce", "--json", stdin="no json\n").lines
    ids = {"OPEN": first["ticket_id"], "LETTER": bad["id"]}
    ids["MESSAGE"] = shell(
        "query", "--json", "SELECT interaction_id FROM v1_interactions WHERE direction = 'in'"
    ).json[-1]["interaction_id"]
    for name in ("OTHER", "CLOSED", "MERGED"):
        shell("start", "ann", "email", f"About your {name.lower()} order")
        ids[name] = shell("tickets", "--limit", "1", "--json").json[0]["ticket_id"]
    ids["KEY"] = shell("keys", "create", "one", "--scope", "read", "--json").json["id"]
    ids["SUBSCRIPTION"] = shell("subscriptions", "add", "https://shop.example/", "--json").json[
        "id"
    ]
    assert len({*ids.values()}) == 8
    for done in (
        ("close", ids["CLOSED"]),
        ("merge", ids["MERGED"], ids["OPEN"]),
        ("link", "ann", "whatsapp", "+33600000001"),
    ):
        assert shell(*done).status == 0
    return shell.data, ids


@pytest.fixture
def ids(made: tuple[Path, dict[str, str]]) -> dict[str, str]:
    """What words in capitals on a command line mean."""
    return made[1]


@pytest.fixture
def shell(made: tuple[Path, dict[str, str]], tmp_path: Path) -> Shell:
    """Commands on a copy of the desk."""
    shutil.copytree(made[0], tmp_path / "data")
    return Shell(tmp_path / "data")
