"""The shell around an inlet: membership of the group, assignment, fetching. All of Faust is here.

Faust 0.15.3 loses or doubles records in ways that ordinary code walks into, so it is used as a
thin runtime: one agent with one coroutine, a body that never raises into Faust, no tables, no
sends, no automatic topics, and start positions from the database and not from Kafka's commits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import faust
import faust.transport.drivers.aiokafka as driver
import structlog
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]  # it brings no types
from faust.types import TP

from schemas.topics import Domain
from streams.cluster.kafka import COMMITTED, answers, faust_broker, of_kafka
from streams.cluster.topics import absent
from streams.cluster.wire import entry_of
from streams.entry import Entry
from streams.errors import PactdeskError, Unavailable
from streams.reading_ahead import ToldToStop
from streams.settings import Settings

BUFFERED = 256
"""Records that are fetched ahead: what a worker must let go of when a partition moves."""

PASS_SECONDS = 1.0
"""How often it is looked whether a partition's last offsets hold no record."""

ALONE_SECONDS = 5.0
"""How long a worker may be without a partition before Kafka is asked why."""

SURPLUS_SECONDS = 30.0
"""How often it is asked again where others have all of them."""

_log = structlog.get_logger(__name__)


class Inbox(Protocol):
    """What the shell turns round: `streams.cluster.inlet.Inlet` is the real one."""

    domain: Domain
    topic: str

    def assigned(self, partitions: Iterable[int]) -> dict[int, int]:
        """Own these partitions and no other; returns where each is to be read from."""

    def revoked(self, partitions: Iterable[int]) -> None:
        """These partitions go to somebody else."""

    def prepare(self, entry: Entry) -> Iterator[int]:
        """Have ready what a record is read by, step by step, before it is taken."""

    def take(self, entry: Entry) -> None:
        """Take one record; it is decided and kept when this returns."""

    def pass_over(self, ends: Mapping[int, int]) -> None:
        """Partitions can be read up to these ends: what lies before may hold no record."""


class _Thread(driver.AIOKafkaConsumerThread):
    """Faust's client, which gives no record that its producer took back.

    Faust has it so only where it works in transactions of its own.
    """

    def _create_worker_consumer(self, transport: Any) -> Any:  # Any: of Faust, and of aiokafka
        client = super()._create_worker_consumer(transport)
        client._isolation_level = COMMITTED  # noqa: SLF001  # Faust hands nothing through to it
        return client

    async def readable(self) -> dict[TP, int]:
        """Up to where each partition at hand can be read, as the brokers said last."""

        async def found() -> dict[TP, int]:  # on the client's own thread
            client = self._consumer
            if client is None:  # it is starting
                return {}
            return {tp: client.last_stable_offset(tp) or 0 for tp in client.assignment()}

        return dict(await self.call_thread(found))

    async def at_work(self) -> bool:
        """Whether the group is led and has given us partitions; a surplus worker has none.

        Raises:
            aiokafka.errors.KafkaError: Kafka refused the group for good. Faust, which waits to be
                assigned something, would never hear of it.
        """

        async def asked() -> bool:  # on the client's own thread
            client = self._consumer
            coordinator = getattr(client, "_coordinator", None)
            if coordinator is None:  # it is starting
                return False
            try:
                coordinator.check_errors()
            except KafkaError as error:
                if not error.retriable:
                    raise
            led = getattr(coordinator, "coordinator_id", None) is not None
            return led and client is not None and bool(client.assignment())

        return bool(await self.call_thread(asked))


class _Consumer(driver.Consumer):
    """Faust's consumer, which begins where the database says.

    A seek in the signal of an assignment is undone by Faust afterwards; this is the place where
    it seeks itself. And where fetching fails, Faust would go on without fetching, for ever.
    """

    _thread: _Thread

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def readable(self) -> dict[int, int]:
        """Up to where each partition of the inbox at hand can be read."""
        app = self.app
        assert isinstance(app, App)
        found = await self._thread.readable()
        return {tp.partition: end for tp, end in found.items() if tp.topic == app.inbox.topic}

    async def at_work(self) -> bool:
        """Whether the group has given us partitions; raises where Kafka refused us for good."""
        return await self._thread.at_work()

    async def _drain_messages(self, fetcher: Any) -> None:  # Any: a service of Faust's
        """Fetch until told to stop; whatever the client raises ends the process."""
        app = self.app
        assert isinstance(app, App)
        try:
            await super()._drain_messages(fetcher)
        except Exception as error:
            app.failed(error)
            raise

    async def perform_seek(self) -> None:
        """Seek every assigned partition to the database's position, whatever Kafka has kept."""
        await super().perform_seek()
        app = self.app
        assert isinstance(app, App)
        partitions = {tp.partition for tp in self.assignment() if tp.topic == app.inbox.topic}
        positions = app.guarded(lambda: app.inbox.assigned(partitions))
        for tp in list(self.assignment()):
            if tp.topic == app.inbox.topic:
                position = positions[tp.partition]
                await self.seek(tp, position)
                self._committed_offset[tp] = position or None
        # Kafka's own note follows: where the database is lost, `recover` has that to go by.
        await self._commit(
            {tp: positions[tp.partition] for tp in self.assignment() if tp.topic == app.inbox.topic}
        )


class App(faust.App):
    """One Faust app around one inbox.

    Attributes:
        inbox: What takes the records.
        failed: Told of an error after which the process must end at once.
        reached: Asks Kafka itself whether it lets us in and has the inbox; raises if not.
        meant: What a failure of Faust's client means to people.
        reads: Told how many steps are left until a record can be taken; ends that when told to.
    """

    inbox: Inbox
    failed: Callable[[BaseException], None]
    reached: Callable[[], None]
    meant: Callable[[KafkaError], PactdeskError]
    reads: Callable[[int], None]

    async def start(self) -> None:
        """Begin; raises `Unavailable` where Kafka has gone away since it was looked for."""
        try:
            await super().start()
        except KafkaError as error:
            raise self.meant(error) from error

    def guarded(self, call: Callable[[], Any]) -> Any:  # Any: what the call gives
        """The result of a call into the inbox; whatever it raises ends the process.

        An exception that reached Faust would count the record as done.
        """
        try:
            return call()
        except BaseException as error:
            self.failed(error)
            raise

    async def prepared(self, entry: Entry) -> bool:
        """Have ready what a record is read by; False when told to stop meanwhile.

        Much that was taught takes a minute to read: in a thread, so that timers, assignments and
        what others ask of this process need not wait as well.
        """
        steps = self.guarded(partial(self.inbox.prepare, entry))
        left = self.guarded(partial(next, steps, None))
        if left is None:
            return True

        def read() -> None:
            self.reads(left)
            for still in steps:
                self.reads(still)

        try:
            await asyncio.to_thread(read)
        except ToldToStop:
            return False
        except BaseException as error:
            self.failed(error)
            raise
        return True

    async def watch(self) -> None:
        """See every now and then that Kafka has work for us, until cancelled.

        Faust waits for ever and says nothing where it is refused, be it at the start or later, and
        where the topic is deleted.
        """
        ask_at, told = time.monotonic() + ALONE_SECONDS, False
        while True:
            await asyncio.sleep(PASS_SECONDS)
            consumer = self.consumer
            assert isinstance(consumer, _Consumer)
            try:
                if await consumer.at_work():
                    ask_at = time.monotonic() + ALONE_SECONDS
                elif time.monotonic() > ask_at:
                    ask_at = time.monotonic() + ALONE_SECONDS
                    await asyncio.to_thread(self.reached)
                    ask_at = time.monotonic() + SURPLUS_SECONDS  # all is well, without us
                else:
                    continue
                if told:
                    _log.info("kafka answers again", domain=self.inbox.domain)
                told = False
            except Unavailable as error:
                if not told:
                    _log.warning(
                        "kafka does not answer; the inbox waits",
                        domain=self.inbox.domain,
                        error=error.what,
                        remedy=error.remedy,
                    )
                told = True
            except Exception as error:
                self.failed(error)
                raise

    async def pass_over(self) -> None:
        """Tell the inbox every now and then how far its partitions go, until cancelled."""
        while True:
            await asyncio.sleep(PASS_SECONDS)
            consumer = self.consumer
            assert isinstance(consumer, _Consumer)
            try:
                ends = await consumer.readable()
            except Exception as error:
                self.failed(error)
                raise
            self.guarded(partial(self.inbox.pass_over, ends))


def app_of(
    inbox: Inbox,
    settings: Settings,
    data: Path,
    failed: Callable[[BaseException], None],
    reads: Callable[[int], None] = lambda _: None,
) -> App:
    """The app around an inbox; start it inside a running loop.

    Args:
        inbox: What takes the records.
        settings: Where Kafka is.
        data: A folder that Faust may call its own.
        failed: Told of an error after which the process must end at once; it does not return.
        reads: Told how many steps are left until a record can be taken; may raise `ToldToStop`.
    """
    session = settings.kafka.session_timeout_seconds
    app = App(
        f"pactdesk.{inbox.domain}",
        **faust_broker(settings),
        datadir=str(data / inbox.domain),
        autodiscover=False,
        broker_client_id=f"pactdesk-{inbox.domain}",
        broker_commit_interval=1.0,
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 4,
        broker_request_timeout=max(40.0, 2 * session),
        broker_max_poll_records=BUFFERED,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=_instance(settings, inbox.domain),
        key_serializer="raw",
        processing_guarantee="at_least_once",
        stream_buffer_maxsize=BUFFERED,
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        value_serializer="raw",
        web_enabled=False,
    )

    def told(error: BaseException) -> None:
        failed(app.meant(error) if isinstance(error, KafkaError) else error)

    def reached() -> None:
        answers(settings)
        fault = absent(settings, [inbox.topic])
        if fault is not None:
            raise fault

    app.inbox = inbox
    app.failed = told
    app.meant = partial(of_kafka, settings=settings)
    app.reached = reached
    app.reads = reads
    app.transport.Consumer = _Consumer  # type: ignore[misc]  # the way that Faust has for it
    topic = app.topic(inbox.topic, key_serializer="raw", value_serializer="raw", internal=True)

    @app.agent(topic, concurrency=1, name=f"pactdesk.{inbox.domain}")
    async def take(stream: Any) -> None:  # Any: faust's stream
        stopped = False
        async for event in stream.events():
            message = event.message
            place = (message.topic, message.partition, message.offset)
            entry = entry_of(
                place, message.key, message.value, message.headers, message.timestamp * 1000.0
            )
            # what is passed then is taken by the next owner, and nothing may be taken behind it
            stopped = stopped or not await app.prepared(entry)
            if not stopped:
                app.guarded(partial(inbox.take, entry))

    async def let_go(  # Any: faust's signal
        _app: Any, *given: Any, signal: Any, **_: Any
    ) -> None:
        del signal
        partitions = {tp.partition for tp in given[0] if tp.topic == inbox.topic}
        app.guarded(partial(inbox.revoked, partitions))

    app.on_partitions_revoked.connect(let_go)  # type: ignore[arg-type]  # mode's type fits none
    return app


def _instance(settings: Settings, domain: str) -> str | None:
    """The static member's name; each group's members need their own."""
    name = settings.kafka.instance_id
    return None if name is None else f"{name}-{domain}"
