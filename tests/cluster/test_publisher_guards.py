"""The outbox and its publisher: what is sent when, what goes and what stays. Kafka is in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from structlog.testing import capture_logs

from streams.cluster import migrating, outbox, publisher
from streams.cluster.outbox import Batch
from streams.cluster.ownership import Owned
from streams.cluster.postgres import PgDatabase, connect
from streams.cluster.publisher import MOST_AT_ONCE, Publisher
from streams.cluster.wire import Outgoing
from streams.errors import Unavailable
from tests.inlets import MemoryLog
from tests.real import until
from tests.stepped import InlinePublisher

SECONDS = 20.0


class Broker(MemoryLog):
    """Notes the size of each call, and what the outbox held meanwhile.

    Args:
        database: The outbox.
    """

    def __init__(self, database: PgDatabase) -> None:
        super().__init__()
        self.calls: list[int] = []
        self.held: list[int] = []
        self._db = database

    def send(self, batch: Sequence[Outgoing]) -> None:
        """Take a batch."""
        self.calls.append(len(batch))
        self.held.append(rows(self._db))
        super().send(batch)

    def names(self) -> list[str]:
        """The ids of what was sent, in order."""
        return [one.id for one in self.sent]


@pytest.fixture
def decided(database: str) -> Iterator[PgDatabase]:
    """A worker's connection."""
    migrating.migrate(database)
    one = connect(database)
    yield one
    one.close()


@pytest.fixture
def broker(decided: PgDatabase) -> Broker:
    return Broker(decided)


@pytest.fixture
def inline(database: str, decided: PgDatabase, broker: Broker) -> Iterator[InlinePublisher]:
    """A publisher that works when it is told to."""
    del decided  # it made the tables
    connection = connect(database)
    yield InlinePublisher(connection, broker, _raise)
    connection.close()


@pytest.fixture
def failures() -> list[BaseException]:
    """What the publisher of a test could not go on after."""
    return []


@pytest.fixture
def threaded(
    database: str, decided: PgDatabase, broker: Broker, failures: list[BaseException]
) -> Iterator[Publisher]:
    """A publisher in a thread of its own."""
    del decided
    one = Publisher(connect(database), broker, failures.append)
    one.start()
    yield one
    one.stop(SECONDS)


def _raise(error: BaseException) -> None:
    raise error


def rows(database: PgDatabase) -> int:
    row = database.execute("SELECT count(*) FROM outbox").fetchone()
    assert row is not None
    return int(row[0])


def said(turn: int, partition: int = 0, count: int = 1) -> list[Outgoing]:
    return [
        Outgoing("support.decisions.v1", partition, "ann", "{}", b"", f"{partition}.{turn}.{n}")
        for n in range(count)
    ]


def decide(database: PgDatabase, turn: int, partition: int = 0, count: int = 1) -> Batch:
    """Commit a turn of a partition, with so many outputs."""
    owned = Owned("customer", partition, 1, 0, 0.0, turn - 1)
    return outbox.put(database, owned, said(turn, partition, count))


# --- the outbox -------------------------------------------------------------------------------


def test_what_waits_is_what_the_partitions_turns_said_in_their_order(decided: PgDatabase) -> None:
    second, first = decide(decided, 2, count=2), decide(decided, 1)
    beside = decide(decided, 1, partition=1)
    assert outbox.waiting(decided, "customer", 0) == [first, second]
    assert outbox.waiting(decided, "customer", 1) == [beside]
    assert outbox.waiting(decided, "desk", 0) == []
    assert (first.turn, second.turn) == (1, 2)
    assert second.records == said(2, count=2)


def test_what_was_sent_goes_with_all_before_it_and_nothing_else(decided: PgDatabase) -> None:
    first, second, third = [decide(decided, turn) for turn in (1, 2, 3)]
    beside = [decide(decided, turn, partition=1) for turn in (1, 2)]
    assert outbox.sent(decided, [first, beside[0], second])
    assert [one.turn for one in outbox.waiting(decided, "customer", 0)] == [3]
    assert [one.turn for one in outbox.waiting(decided, "customer", 1)] == [2]
    assert not outbox.sent(decided, [first, second]), "somebody let them go before"
    assert outbox.sent(decided, [third])


# --- sending ----------------------------------------------------------------------------------


def test_turns_that_wait_are_sent_together_in_their_order(
    inline: InlinePublisher, decided: PgDatabase, broker: Broker
) -> None:
    for turn in (1, 2, 3):
        inline.publish(decide(decided, turn, count=turn))
    inline.work()
    assert broker.sent == [*said(1), *said(2, count=2), *said(3, count=3)]
    assert broker.calls == [6]


def test_so_many_records_are_sent_before_acknowledgements_are_waited_for(
    inline: InlinePublisher, decided: PgDatabase, broker: Broker
) -> None:
    for turn, count in enumerate((MOST_AT_ONCE - 1, 1, 2, MOST_AT_ONCE, 3), 1):
        inline.publish(decide(decided, turn, count=count))
    inline.work()
    assert broker.calls == [MOST_AT_ONCE, MOST_AT_ONCE + 2, 3]


def test_rows_stay_until_the_log_has_them_and_go_with_the_next_batch(
    inline: InlinePublisher, decided: PgDatabase, broker: Broker
) -> None:
    for turn in (1, 2, 3):
        inline.publish(decide(decided, turn))
        inline.work()
    assert broker.held == [1, 1, 1], "each call found its own row, and none that was acknowledged"
    assert rows(decided) == 1


def test_a_broker_that_is_away_is_tried_until_it_answers_and_told_of_once(
    inline: InlinePublisher, decided: PgDatabase, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "RETRY_SECONDS", 0.0)
    broker.away = 3
    inline.publish(decide(decided, 1, count=2))
    with capture_logs() as told:
        inline.work()
    assert broker.calls == [2] * 4
    assert broker.sent == said(1, count=2)
    assert [(one["log_level"], one["event"]) for one in told] == [
        ("warning", "kafka does not answer; what is decided waits"),
        ("info", "kafka answers again"),
    ]
    assert (told[0]["error"], told[1]["records"]) == ("no broker answers", 2)


def test_of_a_broker_that_answers_nothing_is_told(
    inline: InlinePublisher, decided: PgDatabase
) -> None:
    inline.publish(decide(decided, 1))
    with capture_logs() as told:
        inline.work()
    assert told == []


def test_while_many_turns_come_more_of_them_are_waited_for(
    database: str, decided: PgDatabase, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "MANY", 0.0)  # any are many
    monkeypatch.setattr(publisher, "LINGER_SECONDS", SECONDS)
    one = Publisher(connect(database), broker, _raise)
    one.start()
    one.publish(decide(decided, 1))
    until(lambda: rows(decided) == 0, SECONDS, "the first, which nobody knew to be one of many")
    second, third = decide(decided, 2), decide(decided, 3)
    one.publish(second)
    until(one._waiting.empty, SECONDS, "the second in the publisher's hand")  # noqa: SLF001 - nothing else shows it
    one.publish(third)
    one.stop(SECONDS)
    assert broker.calls == [1, 2]


# --- taking over ------------------------------------------------------------------------------


def test_a_take_over_sends_what_the_old_owner_left_and_lets_its_rows_go(
    inline: InlinePublisher, decided: PgDatabase, broker: Broker
) -> None:
    left = [decide(decided, turn) for turn in (1, 2)]
    decide(decided, 1, partition=1)
    inline.drain("customer", 0)
    assert broker.sent == [record for batch in left for record in batch.records]
    assert outbox.waiting(decided, "customer", 0) == []
    assert rows(decided) == 1, "another partition's row is its owner's"


def test_a_take_over_sends_nothing_again_that_this_publisher_has_sent(
    inline: InlinePublisher, decided: PgDatabase, broker: Broker
) -> None:
    inline.publish(decide(decided, 1))
    inline.drain("customer", 0)
    assert (broker.names(), rows(decided)) == (["0.1.0"], 0)
    inline.publish(decide(decided, 2))
    inline.work()
    inline.drain("customer", 0)
    assert (broker.names(), rows(decided)) == (["0.1.0", "0.2.0"], 0)


def test_a_take_over_of_what_is_empty_sends_nothing(
    inline: InlinePublisher, broker: Broker
) -> None:
    inline.drain("customer", 0)
    assert broker.calls == []


def test_a_take_over_returns_when_all_is_in_the_log(
    threaded: Publisher, decided: PgDatabase, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "RETRY_SECONDS", 0.01)
    broker.away = 20  # longer than a look whether the publisher lives
    decide(decided, 1)
    threaded.drain("customer", 0)
    assert (broker.names(), rows(decided)) == (["0.1.0"], 0)


# --- the end ----------------------------------------------------------------------------------


def test_who_stops_a_publisher_has_all_that_waits_sent_and_the_outbox_empty(
    threaded: Publisher, decided: PgDatabase, broker: Broker
) -> None:
    for turn in range(1, 6):
        threaded.publish(decide(decided, turn))
    threaded.stop(SECONDS)
    assert broker.names() == [f"0.{turn}.0" for turn in range(1, 6)]
    assert (rows(decided), broker.closed) == (0, True)


def test_rows_that_are_done_with_go_though_nothing_follows(
    threaded: Publisher, decided: PgDatabase, broker: Broker
) -> None:
    threaded.publish(decide(decided, 1))
    until(lambda: rows(decided) == 0, SECONDS, "an empty outbox")
    threaded.publish(decide(decided, 2))
    until(lambda: rows(decided) == 0, SECONDS, "an empty outbox again")
    assert broker.names() == ["0.1.0", "0.2.0"]


def test_who_stops_while_no_broker_answers_loses_nothing_and_hears_of_it(
    threaded: Publisher,
    decided: PgDatabase,
    broker: Broker,
    failures: list[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "RETRY_SECONDS", SECONDS)
    broker.away = 10**9
    threaded.publish(decide(decided, 1))
    until(lambda: bool(broker.calls), SECONDS, "a try")
    threaded.stop(0.0)
    assert broker.closed, "it has ended, and did not wait for its next try"
    assert [type(one) for one in failures] == [Unavailable]
    assert rows(decided) == 1


def test_a_take_over_fails_where_the_publisher_has_ended(
    threaded: Publisher, broker: Broker, failures: list[BaseException]
) -> None:
    threaded.stop(SECONDS)
    with pytest.raises(Unavailable, match="the publisher has stopped"):
        threaded.drain("customer", 0)
    assert (broker.closed, failures) == (True, [])
