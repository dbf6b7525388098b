"""The publisher: brings what was decided from the outbox to the log, in order.

A batch goes to Kafka only when the commit of its turn is on the database's disk, and its row goes
only when Kafka has acknowledged it and everything before it. So the log never knows of a turn that
the database could forget, and what a crash leaves unsent is sent by the partition's next owner.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from streams.cluster import outbox
from streams.cluster.outbox import Batch
from streams.cluster.pace import Pace
from streams.cluster.postgres import PgDatabase
from streams.cluster.wire import Outgoing
from streams.errors import Unavailable

MOST_WAITING = 2000
"""Batches that may wait to be sent; a worker that is further ahead waits for the publisher."""

MOST_AT_ONCE = 500
"""Records that are sent before acknowledgements are waited for."""

LINGER_SECONDS = 0.02
"""How long a round waits for more while many turns come."""

MANY = 150.0
"""Turns a second that are many: about what a process sends when it sends each by itself."""

IDLE_SECONDS = 0.05
"""How long rows that Kafka has acknowledged may lie for want of another batch."""

RETRY_SECONDS = 0.5
"""How long a publisher waits before it tries a broker again that did not answer."""

_log = structlog.get_logger(__name__)


class Sender(Protocol):
    """Sends records in order; `streams.cluster.producer.Producer` is the real one."""

    def send(self, batch: Sequence[Outgoing]) -> object:
        """Send, and return when all of them are acknowledged.

        Raises:
            Unavailable: Some may not have been; none of them counts as sent.
        """

    def close(self) -> None:
        """Let go of the brokers."""


class _Drain:
    """A request to send what an earlier owner of a partition left, and to say when it is done."""

    def __init__(self, domain: str, partition: int) -> None:
        self.domain = domain
        self.partition = partition
        self.done = threading.Event()


class Publisher:
    """Sends the outbox of every partition that this process owns, from a thread of its own.

    Args:
        database: A connection of its own; its commits will wait for the disk.
        sender: A producer of its own.
        failed: Told, in the publisher's thread, of an error that it cannot go on after.
    """

    def __init__(
        self, database: PgDatabase, sender: Sender, failed: Callable[[BaseException], None]
    ) -> None:
        database.execute("SET synchronous_commit = on")
        self._db = database
        self._sender = sender
        self._failed = failed
        self._acked: list[Batch] = []
        self._pace = Pace(MANY)
        self._waiting: queue.Queue[Batch | _Drain | None] = queue.Queue(MOST_WAITING)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def publish(self, batch: Batch) -> None:
        """Take a committed batch; waits while too many wait."""
        self._waiting.put(batch)

    def drain(self, domain: str, partition: int) -> None:
        """Send what the outbox holds of a partition; returns when all of it is in the log."""
        request = _Drain(domain, partition)
        self._waiting.put(request)
        while not request.done.wait(0.1):
            if not self._thread.is_alive():
                raise Unavailable(
                    "the publisher has stopped", "start the worker again; nothing is lost"
                )

    def stop(self, seconds: float) -> None:
        """Send what waits, for so long at most, and end; what is left stays in the outbox."""
        self._waiting.put(None)
        self._thread.join(seconds)
        self._stopping.set()
        self._thread.join(2 * RETRY_SECONDS)

    def _run(self) -> None:
        try:
            while self._round():
                pass
        except BaseException as error:  # noqa: BLE001  # whatever it is, the process must hear of it
            self._failed(error)
        finally:
            self._sender.close()
            self._db.close()

    def _round(self) -> bool:
        """Send what waits; False when that was the last."""
        taken, drained, last = self._gathered()
        if taken:
            self._publish(taken)
        if drained is not None:
            self._forget_sent()
            left = outbox.waiting(self._db, drained.domain, drained.partition)
            if left:
                self._publish(left)
                self._forget_sent()
            drained.done.set()
        if last:
            self._forget_sent()
        return not last

    def _next(self) -> Batch | _Drain | None:
        """What waits next; while nothing comes, the rows that are done with go by themselves.

        Mostly they go with the commit that the next batch needs anyway.
        """
        try:
            return self._waiting.get(timeout=IDLE_SECONDS if self._acked else None)
        except queue.Empty:
            self._forget_sent()
            return self._waiting.get()

    def _forget_sent(self) -> bool:
        """Let the rows go that Kafka has acknowledged; whether that made every commit durable.

        It does if there was a row to let go: else another owner's publisher was here before.
        """
        acked, self._acked = self._acked, []
        return bool(acked) and outbox.sent(self._db, acked)

    def _gathered(self) -> tuple[list[Batch], _Drain | None, bool]:
        """What waits, up to the bound; a drain ends it, for it looks into the outbox itself.

        While many turns come, more of them are waited for: a round costs a commit and a request
        for each partition, which is much for one turn and little for fifty.
        """
        taken: list[Batch] = []
        count = 0
        item = self._next()
        until = time.monotonic() + (LINGER_SECONDS if self._pace.fast else 0.0)
        while True:
            if item is None:
                return taken, None, True
            if isinstance(item, _Drain):
                return taken, item, False
            taken.append(item)
            count += len(item.records)
            if count >= MOST_AT_ONCE:
                break
            try:
                item = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
        self._pace.note(len(taken))
        return taken, None, False

    def _publish(self, batches: Sequence[Batch]) -> None:
        """Send batches until the log has them, the commits of their turns on the disk first."""
        records = [record for batch in batches for record in batch.records]
        if not self._forget_sent():
            outbox.make_durable(self._db)
        told = False
        while True:
            try:
                self._sender.send(records)
                break
            except Unavailable as error:
                if self._stopping.is_set():
                    raise
                if not told:
                    _log.warning("kafka does not answer; what is decided waits", error=error.what)
                    told = True
                self._stopping.wait(RETRY_SECONDS)
        if told:
            _log.info("kafka answers again", records=len(records))
        self._acked += batches
