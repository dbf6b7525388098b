"""Records whose producers gave Kafka a time that cannot be meant: Kafka keeps them all the same."""

from __future__ import annotations

import json

from kafka import KafkaProducer

from schemas.topics import CONTACTS, DECISIONS
from streams.cluster.postgres import connect, url_of
from streams.cluster.reading import entries
from streams.settings import Settings
from tests.real import Cluster, invariants
from tests.real.cast import Cast

TIMES = (0, -1_000, -62_135_596_800_000, -62_135_596_800_001, -9_000_000_000_000_000_000)


def test_no_time_that_a_producer_gives_ends_a_process(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    cast.add("desk", "up")
    producer = KafkaProducer(bootstrap_servers=cluster.broker.bootstrap)
    for topic, headers in ((CONTACTS.name, [("content-type", b"application/json")]),
                           (DECISIONS.name, [])):  # fmt: skip
        for number, milliseconds in enumerate(TIMES):
            contact = {"channel": "email", "handle": f"{number}@example.org", "message": "Where?"}
            value = json.dumps(contact).encode() if headers else b"by nobody"
            producer.send(topic, value, headers=headers, timestamp_ms=milliseconds).get(30)
    producer.close()
    invariants.quiet(cluster)
    database = connect(url_of(settings))
    rows = database.execute("SELECT count(DISTINCT customer_id) FROM v1_tickets").fetchone()
    database.close()
    assert rows == (len(TIMES),)
    years = {one.appended_at[:4] for one in entries(settings, [CONTACTS.name])}
    assert {"0001", "1969", "1970"} <= years
    assert cast.ended == []
    cast.leave()
