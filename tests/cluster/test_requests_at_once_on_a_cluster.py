"""Requests with one idempotency key that come at the same moment, through different gateways."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from streams import rulings
from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.cluster.producer import Producer
from streams.cluster.wire import Outgoing
from streams.rulings import KEY_USED, Ruling, ask
from streams.settings import Settings
from tests.real import Cluster, until

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def asked(settings: Settings, handle: str) -> Ruling:
    """What becomes of a link that is asked for."""
    wish = {"type": "link", "customer_id": "ann", "channel": "email", "handle": handle}
    with ClusterDesk(settings, WallClock()) as desk:
        return ask(desk, {**wish, "by": "bo", "idempotency_key": "k"})


@pytest.mark.parametrize("handle", ["ann@example.org", "ann@example.net"], ids=["same", "other"])
def test_the_second_hears_of_the_first(
    cluster: Cluster, settings: Settings, handle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulings, "PATIENCE", 0.0)
    send, second = Producer.send, list[Future[Ruling]]()

    with ThreadPoolExecutor(1) as pool, psycopg.connect(cluster.url, autocommit=True) as looking:

        def overtaken() -> bool:
            return second[0].done() or looking.execute(_WAITING).fetchall() != [(0,)]

        def sending(producer: Producer, ready: Sequence[Outgoing]) -> list[int]:
            if not second:  # the first one is about to be sent: now comes the other
                second.append(pool.submit(asked, settings, handle))
                until(overtaken, 60, "the second request did not come")
            return send(producer, ready)

        monkeypatch.setattr(Producer, "send", sending)
        first = asked(settings, "ann@example.org")
        then = second[0].result()
    assert (first.status, first.accepted) == ("accepted", True)
    assert then.record_id == first.record_id
    if handle == "ann@example.org":
        assert then.accepted
    else:
        assert (then.status, then.reason) == ("refused", KEY_USED)
