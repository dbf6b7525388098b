"""A worker that cannot fetch ends: it would look alive and take nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from schemas.topics import CONTACTS, Domain
from streams.cluster import topics
from streams.cluster.shell import app_of
from streams.entry import Entry
from streams.errors import Unavailable
from tests.kafkas import settings_of
from tests.real import Broker


class Emptied:
    """An inbox that owns what it is given, from its beginning, and is never given a record."""

    domain: Domain = "customer"
    topic = CONTACTS.name

    def assigned(self, partitions: Iterable[int]) -> dict[int, int]:
        """From the beginning."""
        return dict.fromkeys(partitions, 0)

    def revoked(self, partitions: Iterable[int]) -> None:
        """Nothing to let go of."""

    def prepare(self, entry: Entry) -> Iterator[int]:
        """Never called."""
        raise AssertionError(entry)

    def take(self, entry: Entry) -> None:
        """Never called."""
        raise AssertionError(entry)

    def pass_over(self, ends: Mapping[int, int]) -> None:
        """Nothing is passed."""


def test_an_error_of_the_client_while_it_fetches_is_told(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics.create(settings_of(broker))
    damaged = OSError("a batch's checksum is wrong")

    def unreadable(*_: object, **__: object) -> object:
        raise damaged

    async def told() -> BaseException:
        first: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

        def failed(error: BaseException) -> None:
            if not first.done():
                first.set_result(error)

        app = app_of(Emptied(), settings_of(broker), tmp_path, failed)
        monkeypatch.setattr(app.transport.Consumer, "getmany", unreadable)
        async with asyncio.timeout(60):
            await app.start()
            try:
                return await first
            finally:
                await app.stop()

    assert asyncio.run(told()) is damaged


def test_a_broker_that_goes_away_as_a_worker_begins_is_told_as_that(
    broker: Broker, tmp_path: Path
) -> None:
    """It was there when the process looked; by the time its client connects it is not."""
    settings = settings_of(broker)
    topics.create(settings)
    broker.kill()

    async def begun() -> None:
        app = app_of(Emptied(), settings, tmp_path, lambda _: None)
        async with asyncio.timeout(60):
            await app.start()

    with pytest.raises(Unavailable, match="no Kafka broker answers"):
        asyncio.run(begun())
