"""The admin port on a cluster."""

from __future__ import annotations

from pathlib import Path

from streams.clock import WallClock
from streams.cluster import topics
from streams.cluster.desk import ClusterDesk
from tests.admins import watched
from tests.real import Cluster, until

PATIENCE = 60

CONTACT = {"channel": "email", "handle": "ann@example.org", "message": "I was charged twice"}


def test_what_waits_on_a_cluster_is_told(cluster: Cluster, tmp_path: Path) -> None:
    settings = cluster.settings(tmp_path)
    topics.create(settings)
    with ClusterDesk(settings, WallClock()) as desk:
        desk.produce(CONTACT)
    with watched(settings) as one:
        told = one.metrics
    assert told["pactdesk_waiting_records domain=customer"] == 1
    assert told["pactdesk_turns_total domain=customer"] == 0
    assert told["pactdesk_outbox_turns"] == 0
    assert told["pactdesk_outbox_oldest_seconds"] == 0
    assert told["pactdesk_sequence_gaps"] == 0


def test_without_its_database_or_kafka_it_is_not_ready_and_then_it_is_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = cluster.settings(tmp_path)
    topics.create(settings)
    with watched(settings) as one:

        def ready() -> bool:
            return one.asked("/readyz") == (200, "ready\n")

        until(ready, PATIENCE, "ready at first")
        cluster.postgres.stop()
        until(lambda: "the database does not answer" in one.asked("/readyz")[1], PATIENCE, "told")
        assert one.asked("/readyz")[0] == 503
        assert one.metrics["pactdesk_store_up"] == 0
        cluster.postgres.start()
        until(ready, PATIENCE, "ready with its database again")
        cluster.broker.stop()
        until(lambda: "no Kafka broker answers" in one.asked("/readyz")[1], PATIENCE, "told")
        assert one.asked("/readyz")[0] == 503
        cluster.broker.start()
        until(ready, PATIENCE, "ready with Kafka again")
        until(lambda: one.metrics["pactdesk_store_up"] == 1, PATIENCE, "all is told again")
