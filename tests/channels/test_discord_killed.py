"""A gateway that is killed between what Discord sends and its becoming durable: nothing is lost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.events.contacts import ContactReceived
from streams.embedded.opening import open_database
from tests.commands import Shell, started
from tests.discords import APPLICATION, DiscordServer, message
from tests.real import until
from tests.stores import a_desk


@contextmanager
def up(data: Path, server: DiscordServer) -> Iterator[subprocess.Popen[bytes]]:
    """A gateway in a process of its own, which is killed in the end."""
    environment = {
        f"PACTDESK_{name.upper()}": str(value) for name, value in server.settings.items()
    }
    words = ("up", "--roles", "gateway", "--port", "0", "--admin-port", "0")
    process = started(*words, data=data, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def kept(data: Path) -> int:
    """How far the session is kept."""
    with a_desk(data) as desk:
        found = desk.database.meta(f"discord.session.{APPLICATION}")
    return int(json.loads(found)["seq"]) if found else 0


def contacts(data: Path) -> list[str]:
    with a_desk(data) as desk:
        found = (one.event for one in desk.events())
        return [one.message for one in found if isinstance(one, ContactReceived)]


@pytest.mark.parametrize("durable", [0, 2])
def test_what_was_not_durable_is_sent_again(tmp_path: Path, durable: int) -> None:
    data = tmp_path / "desk"
    Shell(data)("migrate")
    with DiscordServer() as server:
        with up(data, server) as process:
            server.stood()
            for number in range(durable):
                server.happens("MESSAGE_CREATE", message(number))
            until(lambda: len(contacts(data)) == durable, 60, "what comes first")
            behind = 1 + durable
            until(lambda: kept(data) == behind, 60, "Discord is told how far that is")
            database = open_database(data)
            with database.transaction():  # nothing becomes durable any more
                for number in range(durable, durable + 3):
                    server.happens("MESSAGE_CREATE", message(number))
                server.say({"op": 1, "d": None, "s": None, "t": None})
                until(lambda: server.heard(1), 60, "all of it has come")
                process.kill()  # SIGKILL
                process.wait(60)
            database.close()
        assert server.heard(1) == [behind]
        assert len(contacts(data)) == durable
        with up(data, server):
            until(lambda: len(contacts(data)) == durable + 3, 60, "what was missed")
        assert contacts(data) == [f"message {number}" for number in range(durable + 3)]
        assert [one["seq"] for one in server.heard(6)] == [behind]
        assert len(server.heard(2)) == 1
