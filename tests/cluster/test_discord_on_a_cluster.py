"""Discord's session on a cluster: one gateway has it, and another one goes on behind it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog.testing

from schemas.events.contacts import ContactReceived
from streams.channels import sockets
from streams.engines import desk_of
from streams.filters import Filter
from streams.gateway import alone
from streams.gateway.serving import Gateway
from streams.settings import Settings, load
from tests.discords import DiscordServer, message
from tests.real import Cluster, until


def messages(settings: Settings) -> list[str]:
    """What came in, in its order."""
    with desk_of(settings) as desk:
        found = [entry.record().event for entry, _ in desk.placed(Filter())]
    return [one.message for one in found if isinstance(one, ContactReceived)]


def test_of_two_gateways_one_has_the_session_and_the_other_follows(
    cluster: Cluster, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del settings  # what it stands for: topics and tables
    monkeypatch.setattr(sockets, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(alone, "LOOK_SECONDS", 0.1)
    with (
        DiscordServer() as server,
        ExitStack() as first,
        structlog.testing.capture_logs() as logs,
    ):
        environment = {
            **cluster.environment,
            **{f"PACTDESK_{name.upper()}": str(value) for name, value in server.settings.items()},
        }
        known, _ = load({}, environment, tmp_path)
        first.enter_context(Gateway(known, port=0))
        server.stood()
        server.happens("MESSAGE_CREATE", message(1))
        until(lambda: messages(known) == ["message 1"], 90, "the first message")
        with Gateway(known, port=0):
            until(lambda: [one for one in logs if one["event"] == "waits"], 60, "one waits")
            assert server.opened == 1
            # before: the other may follow while this one closes
            server.happens("MESSAGE_CREATE", message(2), quietly=True)
            first.close()
            until(lambda: messages(known) == ["message 1", "message 2"], 90, "the second message")
    assert (len(server.heard(2)), len(server.heard(6))) == (1, 1)
