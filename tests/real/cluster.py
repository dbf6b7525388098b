"""A broker and a database server together, as a desk of the cluster needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError

from streams.settings import DatabaseSettings, Identity, KafkaSettings, ModelSettings, Settings
from tests.real.broker import Broker
from tests.real.postgres import Postgres
from tests.real.waiting import until

SECRET = "test-secret"  # noqa: S105  # it keeps nothing secret
GONE_SECONDS = 60


@dataclass(frozen=True)
class Cluster:
    """A clean cluster: no topics, no consumer groups, an empty database.

    Attributes:
        broker: Kafka.
        postgres: The server.
        url: The address of the empty database.
    """

    broker: Broker
    postgres: Postgres
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """What makes `pactdesk` a desk of this cluster."""
        return {
            "PACTDESK_KAFKA__BOOTSTRAP_SERVERS": self.broker.bootstrap,
            "PACTDESK_DATABASE__URL": self.url,
            "PACTDESK_IDENTITY__SECRET": SECRET,
            "PACTDESK_ENGINE": "cluster",
        }

    def settings(self, data: Path) -> Settings:
        """The same as settings, for calling ours in this process.

        Args:
            data: The data directory.
        """
        return Settings(
            data=data,
            engine="cluster",
            identity=Identity(secret=SECRET),
            kafka=KafkaSettings(bootstrap_servers=self.broker.bootstrap),
            database=DatabaseSettings(url=self.url),
            models=ModelSettings(tier="light"),
        )


def emptied(broker: Broker) -> None:
    """Delete every consumer group and every topic of a broker; returns when they are gone.

    Members that were killed are put out of their groups: Kafka would keep them for as long as a
    session lasts. Clients that live come back into theirs: stop them first.

    Raises:
        AssertionError: A client that lives keeps its group.
    """
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        until(lambda: _without_groups(admin), GONE_SECONDS, "the broker has no groups")
        topics = ours(admin)
        if topics:
            admin.delete_topics(topics)
        until(lambda: not ours(admin), GONE_SECONDS, "the topics are gone")
    finally:
        admin.close()


def _without_groups(admin: KafkaAdminClient) -> bool:
    """Delete the consumer groups of a broker, once; whether there are none."""
    try:
        names = [group["group_id"] for group in admin.list_groups()]
        if not names:
            return True
        for name, group in admin.describe_groups(names).items():
            members = [MemberToRemove(one["member_id"]) for one in group["members"]]
            admin.remove_group_members(name, members)
        admin.delete_groups(names)
    except (CoordinatorLoadInProgressError, CoordinatorNotAvailableError):
        pass  # a broker that was started again still reads its groups
    return False


def ours(admin: KafkaAdminClient) -> list[str]:
    """The topics of a broker, without Kafka's own."""
    return sorted(name for name in admin.list_topics() if not name.startswith("__"))
