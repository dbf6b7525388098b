"""A member of a group whose join takes longer than a poll: it goes on joining, and comes back.

The leader of a group is made to see its topics' partitions otherwise for one poll, as it may while
metadata are fetched anew, and the other member does not answer meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from kafka import KafkaConsumer

from schemas.topics import DECISIONS, PARTITIONS
from streams.cluster.effects import Effects
from streams.cluster.membership import GROUP
from streams.cluster.session import Session
from streams.settings import Settings
from tests.real import Cluster, until

SECONDS = 60.0
MILLISECONDS = 100

LATER = 3
"""Polls after which a join that was forgotten would stay so."""


class Disturbed:
    """Lets a member's polls see other partitions until one of them began to join.

    Args:
        member: A consumer that is polled by somebody else.

    Attributes:
        polls: How many polls ended after the one that began to join.
    """

    def __init__(self, member: Any) -> None:
        self.polls = 0
        self._coordinator = member._coordinator  # noqa: SLF001  # nothing else can disturb it
        self._poll = member.poll
        member.poll = self.poll

    @property
    def joining(self) -> bool:
        """Whether it is between two assignments: revoked, silent, and in nobody's group."""
        return bool(self._coordinator.rejoining)

    def poll(self, **how: float) -> Any:
        """A poll; the join that it begins outlasts it, for the other member does not answer."""
        if self.polls:
            self.polls += 1
            return self._poll(**how)
        coordinator = self._coordinator
        seen, coordinator._metadata_snapshot = coordinator._metadata_snapshot, {}  # noqa: SLF001  # as above
        found = self._poll(**how)
        coordinator._metadata_snapshot = seen  # noqa: SLF001  # as above
        self.polls += self.joining
        return found


@contextmanager
def at_work(run: Callable[[threading.Event], object]) -> Iterator[None]:
    """Something that runs until it is told to stop, in a thread of its own."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SECONDS)


@contextmanager
def projector(settings: Settings) -> Iterator[Callable[[], Any]]:
    """A projector's session at work; gives its consumer."""
    with closing(Session(settings, grouped=True)) as session:

        def run(stop: threading.Event) -> None:
            while not stop.is_set():
                session.step(MILLISECONDS)

        with at_work(run):
            yield lambda: session._consumer  # noqa: SLF001  # the test looks into its coordinator


@contextmanager
def effects(settings: Settings) -> Iterator[Callable[[], Any]]:
    """Effects at work; gives their consumer, None before there is one."""
    failed: list[BaseException] = []
    member = Effects(settings, failed.append)
    with at_work(member.run):
        yield lambda: member._consumer  # noqa: SLF001  # the test looks into its coordinator
    assert failed == []


@pytest.mark.parametrize(
    ("member", "group"),
    [(projector, GROUP), (effects, "pactdesk.effects")],
    ids=["tables", "effects"],
)
def test_a_member_whose_join_outlasts_a_poll_comes_back(
    member: Any, group: str, settings: Settings, cluster: Cluster
) -> None:
    def partitions(consumer: Any) -> set[int]:
        assigned = [] if consumer is None else consumer.assignment()
        return {where.partition for where in assigned if where.topic == DECISIONS.name}

    with member(settings) as ours:
        until(lambda: len(partitions(ours())) == PARTITIONS, SECONDS, "it has every partition")
        other = KafkaConsumer(
            bootstrap_servers=cluster.broker.bootstrap, group_id=group, enable_auto_commit=False
        )
        with closing(other):
            other.subscribe([DECISIONS.name])

            def shared() -> bool:
                other.poll(timeout_ms=MILLISECONDS)
                both = [partitions(ours()), partitions(other)]
                return all(both) and not both[0] & both[1] and len(both[0] | both[1]) == PARTITIONS

            until(shared, SECONDS, "both have some")
            disturbed = Disturbed(ours())
            until(lambda: disturbed.polls > LATER, SECONDS, "it joins anew, and polls again")
            until(lambda: shared() and not disturbed.joining, SECONDS, "it has joined again")
