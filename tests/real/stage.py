"""The stage of a play on a real cluster: who acts, and on what."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

import psycopg

from schemas.topics import CONTACTS
from tests.real.cast import Cast
from tests.real.cluster import Cluster
from tests.real.foreign import Foreign
from tests.real.log import ends
from tests.real.proxy import Proxy
from tests.real.waiting import until

RECOVERED_SECONDS = 300
WORKERS = ("one", "two")
AGENTS = ("up", "--roles", "agents")


@dataclass(frozen=True)
class Stage:
    """What a fault may touch.

    Attributes:
        cluster: Kafka and PostgreSQL.
        cast: Two workers, `one` behind the proxies and `two` not, a projector and effects.
        traffic: The producer.
        to_broker: The proxy between worker `one` and the broker.
        to_database: The proxy between worker `one` and the database.
        chance: What is drawn, is drawn from here.
    """

    cluster: Cluster
    cast: Cast
    traffic: Foreign
    to_broker: Proxy
    to_database: Proxy
    chance: random.Random

    def begin(self) -> None:
        """Start the cast."""
        name = self.cluster.url.rpartition("/")[2]
        self.cast.add(
            "one",
            *AGENTS,
            PACTDESK_KAFKA__BOOTSTRAP_SERVERS=f"127.0.0.1:{self.to_broker.port}",
            PACTDESK_DATABASE__URL=self.cluster.postgres.url_of(name, self.to_database.port),
        )
        self.cast.add("two", *AGENTS)
        self.cast.add("projector", "up", "--roles", "projections")
        self.cast.add("effects", "up", "--roles", "effects")

    def a_while(self) -> None:
        """A moment drawn by chance, so that a fault meets the work anywhere."""
        threading.Event().wait(self.chance.uniform(0, 1))

    def recovered(self) -> None:
        """Return when every contact that lies in the log by now is worked off."""
        self.traffic.delivered()
        wanted = ends(self.cluster.broker.bootstrap, [CONTACTS.name])

        def behind() -> dict[tuple[str, int], int]:
            at = positions(self.cluster.url, "customer")
            return {
                place: end for place, end in wanted.items() if end and at.get(place[1], 0) < end
            }

        until(
            lambda: not behind(), RECOVERED_SECONDS, lambda: f"not worked off: {behind()}", behind
        )


def positions(url: str, domain: str) -> dict[int, int]:
    """How far a domain's inbox is worked off, by partition; empty while the database is away."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            rows = connection.execute(
                "SELECT partition, position FROM partitions WHERE domain = %s", (domain,)
            ).fetchall()
    except psycopg.OperationalError:
        return {}
    return {int(partition): int(position) for partition, position in rows}
