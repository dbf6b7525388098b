"""Killed right after the platform saw a request: never seen twice, in order, and told as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from streams.clock import WallClock
from streams.desk import Desk
from streams.embedded.shift import Shift
from streams.simulating.provider import StandIn
from streams.simulating.serving import Served
from tests.commands import LAUNCHER
from tests.outgoing import reaching, wrote
from tests.providers import PROVIDERS
from tests.real.waiting import until
from tests.stores import a_desk

KILLS = 20
PEOPLE, REPLIES = 4, 30


def asked_for(desk: Desk, channel: str) -> None:
    """Some people wrote, and each is to get many replies; nothing is carried out yet."""
    (line,) = wrote(PROVIDERS[channel], desk.settings)
    for n in range(PEOPLE):
        number = f"{line['provider_id']}{n}"
        desk.produce({**line, "handle": f"{line['handle']}{n}", "provider_id": number})
    shift = Shift(desk, effects=False)
    shift.run()
    tickets = [row["ticket_id"] for row in desk.query("SELECT ticket_id FROM v1_tickets")]
    for n in range(REPLIES):
        for one in tickets:
            desk.produce({"type": "reply", "ticket_id": one, "by": "sam", "text": f"{one} {n:02}"})
    shift.run()


@pytest.mark.parametrize("channel", ["facebook", "discord"])
def test_nothing_is_sent_twice_by_a_courier_that_is_killed_again_and_again(
    channel: str, tmp_path: Path
) -> None:
    stand_in, provider, data = StandIn(), PROVIDERS[channel], tmp_path / "data"
    children: list[int] = []
    kills: dict[int, str] = {}

    def seen(line: dict[str, Any]) -> None:
        """It has come to the platform, and is not answered yet."""
        if len(kills) < KILLS and children[-1] not in kills and line["text"] not in kills.values():
            os.kill(children[-1], SIGKILL)
            kills[children[-1]] = line["text"]

    with Served(stand_in, port=0) as served:
        settings = reaching(served.address, data, provider)
        with a_desk(data, WallClock(), settings=settings) as desk:
            asked_for(desk, channel)
            stand_in.tell = seen
            program = subprocess.Popen(
                [sys.executable, "-m", "tests.courier_killing", data, served.address, channel],
                cwd=LAUNCHER.parent,
                stdout=subprocess.PIPE,
            )
            assert program.stdout is not None
            out = program.stdout
            os.set_blocking(out.fileno(), False)

            def all_told() -> bool:
                printed = out.read() or b""  # none where nothing new is
                children.extend(map(int, printed.split()))
                rows = desk.query("SELECT count(*) AS n FROM v1_deliveries WHERE state = 'queued'")
                return program.poll() is not None or rows[0]["n"] == 0

            until(all_told, 120.0, lambda: f"{len(kills)} kills of {children}")
            os.kill(children[-1], SIGTERM)
            assert program.wait(60) == 0
            out.close()
            states = Counter(row["state"] for row in desk.query("SELECT * FROM v1_deliveries"))
    texts = [one.text for one in stand_in.messages]
    assert len(kills) == KILLS
    assert len(children) == KILLS + 1
    assert max(Counter(texts).values()) == 1
    replies = [text for text in texts if text.startswith("TICK")]
    for ticket in {text.partition(" ")[0] for text in replies}:
        mine = [text for text in replies if text.startswith(ticket)]
        assert mine == sorted(mine)
    assert set(states) <= {"sent", "unconfirmed"}
    if channel == "discord":  # it knows by its nonce what comes again
        assert states["unconfirmed"] == 0
        assert len(replies) == PEOPLE * REPLIES
    else:
        assert KILLS <= states["unconfirmed"] <= KILLS * PEOPLE
