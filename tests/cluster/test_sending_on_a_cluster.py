"""Replies of a cluster reach their platforms once, whoever is killed while they are under way."""

from __future__ import annotations

from collections import Counter
from typing import Any

from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.settings import Settings
from streams.simulating.provider import StandIn
from streams.simulating.serving import Served
from tests.outgoing import wrote
from tests.providers import PROVIDERS
from tests.real import until
from tests.real.cast import Cast

PATIENCE = 180
PEOPLE, REPLIES, KILLS = 3, 6, 3


def named(channel: str, address: str) -> dict[str, str]:
    """The settings of one platform as the environment has them."""
    values = {**PROVIDERS[channel].settings, "api_base_url": address}
    return {
        **{f"PACTDESK_CHANNELS__{channel.upper()}__{n.upper()}": v for n, v in values.items()},
        "PACTDESK_DELIVERY__ANSWER_SECONDS": "2",
        "PACTDESK_DELIVERY__FIRST_WAIT_SECONDS": "0.1",
    }


def test_replies_of_a_cluster_arrive_once_and_in_order_whoever_is_killed(
    settings: Settings, cast: Cast
) -> None:
    stand_in, killed = StandIn(), dict[str, str]()

    def seen(line: dict[str, Any]) -> None:
        """It has come to the platform, and is not answered yet."""
        text = line["text"] or ""  # none where it knows the message already
        if text.startswith("TICK") and len(killed) < KILLS and text not in killed:
            killed[text] = name = ("one", "two")[len(killed) % 2]
            cast.kill(name)

    with Served(stand_in, port=0) as served, ClusterDesk(settings, WallClock()) as desk:
        for name in ("one", "two"):
            more = named("discord", served.address)
            cast.add(name, "up", "--port", "0", **more, PACTDESK_KAFKA__INSTANCE_ID=name)
        lines = wrote(PROVIDERS["discord"], settings)
        for n in range(PEOPLE):
            number = f"{lines[0]['provider_id']}{n}"
            desk.produce({**lines[0], "handle": f"{lines[0]['handle']}{n}", "provider_id": number})

        def tickets() -> list[str]:
            return [row["ticket_id"] for row in desk.query("SELECT ticket_id FROM v1_tickets")]

        until(lambda: len(tickets()) == PEOPLE, PATIENCE, "there are tickets")
        stand_in.tell = seen
        for n in range(REPLIES):
            for one in tickets():
                desk.produce(
                    {"type": "reply", "ticket_id": one, "by": "sam", "text": f"{one} {n:02}"}
                )

        def states() -> Counter[str]:
            rows = desk.query("SELECT state FROM v1_deliveries WHERE author = 'sam'")
            return Counter(row["state"] for row in rows)

        until(
            lambda: states() == {"sent": PEOPLE * REPLIES},
            PATIENCE,
            lambda: f"{states()} after {killed}",
        )
        assert {row["transport"] for row in desk.query("SELECT transport FROM v1_deliveries")} == {
            "discord"
        }
    texts = [one.text for one in stand_in.messages]
    assert len(killed) == KILLS
    assert max(Counter(texts).values()) == 1
    for ticket in {text.partition(" ")[0] for text in killed}:
        mine = [text for text in texts if text.startswith(f"{ticket} ")]
        assert mine == sorted(mine)
    cast.leave()
    cast.well()
