"""A worker of the cluster reads what was taught beside its loop, and takes nothing when stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

from schemas.topics import CONTACTS, Domain
from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.cluster.shell import App, app_of
from streams.entry import Entry
from streams.reading_ahead import MANY, Reading
from streams.settings import KafkaSettings, Settings
from tests.real.cast import Cast


class Studious:
    """An inbox before whose records something is to be read.

    Args:
        texts: How many texts each record needs.

    Attributes:
        texts: The same.
        taken: Offsets of the records that it was given.
        release: The second text is read once this is set.
        reads: Set when it waits for that.
    """

    domain: Domain = "customer"
    topic = CONTACTS.name

    def __init__(self, texts: int) -> None:
        self.texts = texts
        self.taken: list[int] = []
        self.release = threading.Event()
        self.reads = threading.Event()

    def assigned(self, partitions: Iterable[int]) -> dict[int, int]:
        """From the beginning."""
        return dict.fromkeys(partitions, 0)

    def revoked(self, partitions: Iterable[int]) -> None:
        """Nothing to let go of."""

    def prepare(self, entry: Entry) -> Iterator[int]:
        """Read the texts, each but the first when it is time."""
        del entry
        for left in range(self.texts - 1, -1, -1):
            if left < self.texts - 1:
                self.reads.set()
                assert self.release.wait(60)
            yield left

    def take(self, entry: Entry) -> None:
        """Note it."""
        self.taken.append(entry.offset)

    def pass_over(self, ends: Mapping[int, int]) -> None:
        """Nothing is passed."""


class Given:
    """What Faust hands to an agent: some records of one partition."""

    def __init__(self, offsets: Sequence[int]) -> None:
        self._offsets = offsets

    async def events(self) -> AsyncIterator[SimpleNamespace]:
        """One after another."""
        for offset in self._offsets:
            place = {"topic": CONTACTS.name, "partition": 0, "offset": offset}
            rest = {"key": b"ann", "value": b"{}", "headers": [], "timestamp": 0.0}
            yield SimpleNamespace(message=SimpleNamespace(**place, **rest))


NOWHERE = Settings(kafka=KafkaSettings(bootstrap_servers="localhost:9"))
"""Faust is told of a broker; none is asked anything."""


def failed(error: BaseException) -> None:
    raise AssertionError from error


async def worked_off(app: App) -> None:
    """Let the agent take three records."""
    (agent,) = (one for name, one in app.agents.items() if name == "pactdesk.customer")
    await agent.fun(Given([0, 1, 2]))


def test_the_loop_goes_on_while_a_worker_reads_what_was_taught(tmp_path: Path) -> None:
    inbox = Studious(texts=2)

    async def beside() -> None:
        app = app_of(inbox, NOWHERE, tmp_path, failed)
        taking = asyncio.create_task(worked_off(app))
        await asyncio.to_thread(inbox.reads.wait, 60)
        assert inbox.taken == []  # the loop is here, and the record waits
        inbox.release.set()
        await taking

    asyncio.run(beside())
    assert inbox.taken == [0, 1, 2]


def test_what_needs_nothing_read_is_taken_at_once(tmp_path: Path) -> None:
    inbox = Studious(texts=0)

    async def taken() -> None:
        await worked_off(app_of(inbox, NOWHERE, tmp_path, failed))

    asyncio.run(taken())
    assert inbox.taken == [0, 1, 2]


def test_a_worker_that_is_told_to_stop_takes_nothing_behind_what_it_did_not_take(
    tmp_path: Path,
) -> None:
    """Of the second record all is read by then: it must wait for the first one all the same."""
    inbox = Studious(texts=2)
    stop = threading.Event()

    async def stopped() -> None:
        app = app_of(inbox, NOWHERE, tmp_path, failed, Reading(stop))
        taking = asyncio.create_task(worked_off(app))
        await asyncio.to_thread(inbox.reads.wait, 60)
        stop.set()
        inbox.texts = 0
        inbox.release.set()
        await taking

    asyncio.run(stopped())
    assert inbox.taken == []


def test_a_worker_reads_what_was_taught_before_it_takes_partitions(
    settings: Settings, cast: Cast, tmp_path: Path
) -> None:
    """Others serve them meanwhile."""
    articles = [
        {
            "type": "article",
            "article_id": f"a{number}",
            "title": f"How to mend number {number}",
            "body": f"Number {number} is mended by hand.",
            "examples": [f"mend {number}", f"what is wrong with {number}"],
        }
        for number in range(MANY // 3)
    ]
    with ClusterDesk(settings, WallClock()) as desk:
        desk.produce(articles)
    work = ("up", "--roles", "agents", "--admin-port", "0")
    cast.add("agents", *work, PACTDESK_MODELS__TIER="encoder")
    told = (tmp_path / "agents" / "log").read_text()
    assert "what was taught is read" in told
    assert told.index("what was taught is read") < told.index("partitions claimed")
