"""The projector's consumer: one of a group that share the partitions, or alone with all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition

from schemas.topics import PARTITIONS
from streams.cluster.kafka import reading_options
from streams.entry import Place
from streams.settings import Settings

GROUP = "pactdesk.projections"


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Notes what was assigned and taken away, to be acted upon between two polls."""

    def __init__(self) -> None:
        self._given: set[Place] = set()
        self._lost: set[Place] = set()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """These are ours from now on."""
        self._given.update((tp.topic, tp.partition) for tp in assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """These are no longer ours, unless they are assigned again."""
        gone = {(tp.topic, tp.partition) for tp in revoked}
        self._given -= gone
        self._lost |= gone

    def changes(self) -> tuple[set[Place], set[Place]]:
        """What was taken away and then what was assigned since one asked last."""
        lost, given = self._lost, self._given
        self._lost, self._given = set(), set()
        return lost, given


def places_of(consumer: KafkaConsumer, topics: Iterable[str]) -> list[TopicPartition]:
    """The partitions of some topics: those of the contract, and what was added to them."""
    return [
        TopicPartition(topic, partition)
        for topic in topics
        for partition in sorted({*range(PARTITIONS), *(consumer.partitions_for_topic(topic) or ())})
    ]


def consumer(
    settings: Settings, topics: Collection[str], assignment: Assignment, *, grouped: bool, most: int
) -> KafkaConsumer:
    """A consumer of some topics.

    Args:
        settings: Where Kafka is.
        topics: Which topics.
        assignment: Is told which partitions it has.
        grouped: Share the partitions with the others of the group.
        most: Records of one poll at most.
    """
    given: dict[str, Any] = {
        **reading_options(settings),
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "allow_auto_create_topics": False,
        "max_poll_records": most,
        "metrics_enabled": False,
    }
    if not grouped:
        alone = KafkaConsumer(**given)
        places = places_of(alone, topics)
        alone.assign(places)
        assignment.on_partitions_assigned(places)
        return alone
    milliseconds = round(settings.kafka.session_timeout_seconds * 1000)
    member = KafkaConsumer(
        **given,
        group_id=GROUP,
        group_instance_id=settings.kafka.instance_id,
        session_timeout_ms=milliseconds,
        heartbeat_interval_ms=milliseconds // 5,
    )
    # One that leads the group shares out what it knows of: if it joined before it had heard of the
    # topics' partitions, kafka-python (3.0.12) would at times give everybody none, and leave it so.
    for topic in topics:
        member.partitions_for_topic(topic)
    member.subscribe(list(topics), listener=assignment)
    return member


def keep_joining(member: KafkaConsumer) -> None:
    """Go on with a join that was begun; to be called before each poll of a group's member.

    kafka-python (3.0.12) begins to join when the topics' partitions look other than when it shared
    them out. If the join outlasts the poll and they look as before by the next one, it forgets the
    join, with its heartbeats off: the group goes on without it, and nothing brings it back.
    """
    coordinator = member._coordinator  # noqa: SLF001  # there is no public way; see above
    if coordinator.rejoining:
        coordinator.request_rejoin()
