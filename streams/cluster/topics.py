"""The contract's topics on Kafka: made, compared with what is there, and described.

Kafka makes topics with whatever its operators set as default, and Faust neither notices a wrong
partition count nor a missing topic. So topics are made here, and compared before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.topics import DEAD_LETTERS, PARTITIONS, TOPICS, Topic
from streams.cluster.kafka import greet, of_kafka, options
from streams.cluster.rights import NOT_ALLOWED, refused
from streams.errors import Misconfigured, PactdeskError, Refused
from streams.settings import Settings

OURS = "support."
"""What the names of our topics begin with."""

MESSAGE_BYTES = 4 * 1024 * 1024
"""A topic's `max.message.bytes`: a line of 1 MiB, forwarded in base64, with room to spare."""

DEAD_LETTER_BYTES = 3 * MESSAGE_BYTES
"""The dead letters' `max.message.bytes`: the largest record whole, its headers quoted, and why."""

_SPARE = 64 * 1024  # headers of other lengths than were thought, and what surrounds a record
_DAY = 24 * 60 * 60 * 1000
_UNKNOWN = 3  # Kafka's code: there is no such topic


def message_bytes(topic: str) -> int:
    """The `max.message.bytes` of a topic."""
    return DEAD_LETTER_BYTES if topic == DEAD_LETTERS.name else MESSAGE_BYTES


def largest_record(topic: str) -> int:
    """Bytes of key, value and headers that a record of a topic may have.

    It lies below what the broker takes, so that no record of ours is refused there: one refusal
    ends a producer.
    """
    return message_bytes(topic) - _SPARE


def wanted(topic: Topic, replicas: int) -> dict[str, str]:
    """How a topic is set up.

    Args:
        topic: Which.
        replicas: Copies of each partition; a majority must have a record before it counts.
    """
    kept = -1 if topic.retention_days is None else topic.retention_days * _DAY
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(kept),
        "retention.bytes": "-1",
        "max.message.bytes": str(message_bytes(topic.name)),
        "message.timestamp.type": "CreateTime",
        "min.insync.replicas": str(replicas // 2 + 1),
    }


_COMPARED = (
    "cleanup.policy",
    "retention.ms",
    "retention.bytes",
    "max.message.bytes",
    "message.timestamp.type",  # ids derive from when a producer sent what brings no time
)


@contextmanager
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """A client for administration; the errors of what is done with it are ours.

    Raises:
        Misconfigured: The settings are not complete, or Kafka does not let us in.
        Unavailable: No broker answers.
    """
    from kafka.errors import KafkaError

    given = options(settings)
    greet(settings)
    try:
        client = KafkaAdminClient(**given)
        try:
            yield client
        finally:
            client.close()
    except (KafkaError, OSError) as error:
        raise of_kafka(error, settings) from error


def create(settings: Settings) -> list[str]:
    """Make the topics that are not there; returns their names.

    Raises:
        Refused: One that is there is not as the contract says; nothing is made.
        Misconfigured: There are fewer brokers than copies are wanted.
    """
    from kafka.errors import (
        AuthorizationError,
        InvalidReplicationFactorError,
        TopicAlreadyExistsError,
    )

    with admin(settings) as client:
        there = _there(client, settings, TOPICS, unseen_is_absent=True)
        wrong = [
            line
            for topic in TOPICS.values()
            if topic.name in there
            for line in _deviations(client, settings, topic)
        ]
        if wrong:
            raise Refused(
                "topics that are there are not as the contract says: " + "; ".join(wrong),
                "mend them first; none was made",
            )
        missing = [topic for topic in TOPICS.values() if topic.name not in there]
        made = []
        replicas = settings.kafka.replication_factor
        for topic in missing:
            plan = {
                "num_partitions": PARTITIONS,
                "replication_factor": replicas,
                "configs": wanted(topic, replicas),
            }
            try:
                client.create_topics({topic.name: plan})
            except TopicAlreadyExistsError:  # somebody else makes them too
                continue
            except AuthorizationError as error:
                wanted_for = {f"topic {topic.name}": ["CREATE", "DESCRIBE", "DESCRIBE_CONFIGS"]}
                raise refused(settings, wanted_for) from error
            except InvalidReplicationFactorError as error:
                raise Misconfigured(
                    f"kafka.replication_factor is {replicas}, and there are fewer brokers",
                    "start more brokers, or set PACTDESK_KAFKA__REPLICATION_FACTOR lower",
                ) from error
            made.append(topic.name)
        _there(client, settings, TOPICS)  # who may make them and not see them would wait in vain
        client.wait_for_topics([topic.name for topic in TOPICS.values()])
        return made


def check(settings: Settings) -> list[str]:
    """Where Kafka's topics differ from the contract's: what was found, what is right, the mend."""
    with admin(settings) as client:
        found = _against_the_contract(client, settings, TOPICS) + _surplus(client, TOPICS)
        for name in sorted(client.list_topics()):
            if name.startswith(OURS) and name not in TOPICS:
                found.append(
                    f"{name} is not a topic of the contract; nobody reads it: delete it, or name it"
                    f" without {OURS}"
                )
        return found


def required(settings: Settings) -> list[str]:
    """See that every topic is there and right, before anything runs.

    Returns:
        What is not as the contract says and can be lived with.

    Raises:
        Misconfigured: With every topic that is not, and how to mend it.
        Unavailable: No broker answers.
    """
    with admin(settings) as client:
        found = _against_the_contract(client, settings, TOPICS)
        if found:
            raise Misconfigured(
                "Kafka's topics are not as the contract says: " + "; ".join(found),
                "mend them, and see `pactdesk topics check`",
            )
        return _surplus(client, TOPICS)


def wrong(settings: Settings, names: Iterable[str]) -> list[str]:
    """Where some topics are not as the contract says, each with its mend.

    Raises:
        Misconfigured: Kafka does not let us in.
        Unavailable: No broker answers.
    """
    with admin(settings) as client:
        return _against_the_contract(client, settings, names) + _surplus(client, names)


def surplus(settings: Settings) -> list[str]:
    """Which topics have more partitions than the contract says, which is no hindrance.

    Raises:
        Misconfigured: Kafka does not let us in.
        Unavailable: No broker answers.
    """
    with admin(settings) as client:
        return _surplus(client, TOPICS)


def absent(settings: Settings, names: Iterable[str]) -> PactdeskError | None:
    """What is to be said when some of these topics are not on Kafka; None when all are."""
    try:
        with admin(settings) as client:
            there = _there(client, settings, names)
    except PactdeskError as error:
        return error
    missing = sorted(set(names) - there)
    if not missing:
        return None
    return Misconfigured(f"Kafka has no topic {', '.join(missing)}", "run `pactdesk topics create`")


def describe(settings: Settings) -> list[dict[str, Any]]:
    """The contract's topics as they are on Kafka, with how many offsets they hold."""
    from kafka import TopicPartition
    from kafka.admin import OffsetSpec

    with admin(settings) as client:
        names = sorted(_there(client, settings, TOPICS))
        found = {one["name"]: one for one in client.describe_topics(names)}
        values = _configured(client, settings, names)
        rows = []
        for topic in TOPICS.values():
            one = found.get(topic.name)
            row: dict[str, Any] = {
                "topic": topic.name,
                "kind": topic.kind,
                "key": topic.key,
                "domain": topic.domain,
                "partitions": None,
                "replicas": None,
                "retention_days": topic.retention_days,
                "records": None,
            }
            if one is not None:
                places = [
                    TopicPartition(topic.name, p["partition_index"]) for p in one["partitions"]
                ]
                ends, starts = (
                    client.list_partition_offsets(dict.fromkeys(places, spec))
                    for spec in (OffsetSpec.LATEST, OffsetSpec.EARLIEST)
                )
                row |= {
                    "partitions": len(places),
                    "retention_days": _days(int(values[topic.name]["retention.ms"]["value"])),
                    "replicas": min(len(p["replica_nodes"]) for p in one["partitions"]),
                    "records": sum(ends[one].offset - starts[one].offset for one in places),
                }
            rows.append(row)
        return rows


def _there(
    client: KafkaAdminClient,
    settings: Settings,
    names: Iterable[str],
    *,
    unseen_is_absent: bool = False,
) -> set[str]:
    """Which of some topics are there.

    A list of all topics would leave out those that this user may not see, as if they were not.

    Args:
        client: Asks.
        settings: Who asks.
        names: Which topics.
        unseen_is_absent: Take those that this user may not see for absent ones, to be made.

    Raises:
        Misconfigured: This user may not see one.
    """
    there, unseen = set(), []
    for one in client.describe_topics(sorted(names)) if names else ():
        if one["error_code"] == NOT_ALLOWED:
            unseen.append(one["name"])
        elif one["error_code"] != _UNKNOWN:
            there.add(one["name"])
    if unseen and not unseen_is_absent:
        raise refused(settings, {f"topic {name}": ["DESCRIBE"] for name in unseen})
    return there


def _configured(
    client: KafkaAdminClient, settings: Settings, names: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Every setting of some topics, by topic and name.

    Raises:
        Misconfigured: This user may not see them.
    """
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = client.describe_configs(wanted, config_filter="all") if wanted else {}
    values: dict[str, dict[str, Any]] = found.get("topic", {})
    closed = [one.name for one in wanted if not values.get(one.name)]
    if closed:
        raise refused(settings, {f"topic {name}": ["DESCRIBE_CONFIGS"] for name in closed})
    return values


def _days(milliseconds: int) -> float | None:
    """How many days records are kept; None for those that are kept for ever."""
    if milliseconds < 0:
        return None
    days = milliseconds / _DAY
    return int(days) if days.is_integer() else round(days, 3)


def _against_the_contract(
    client: KafkaAdminClient, settings: Settings, names: Iterable[str]
) -> list[str]:
    found: list[str] = []
    there = _there(client, settings, names)
    for topic in map(TOPICS.__getitem__, names):
        if topic.name in there:
            found += _deviations(client, settings, topic)
        else:
            found.append(f"{topic.name} is not there: run `pactdesk topics create`")
    return found


def _surplus(client: KafkaAdminClient, names: Iterable[str]) -> list[str]:
    """Which topics have more partitions than the contract says.

    Kafka takes no partition away, so that a desk which refused them could never work again. What
    comes to one of them lies on the wrong partition, and is brought to where it belongs.
    """
    found = []
    described = client.describe_topics(sorted(names)) if names else []
    for name, partitions in sorted((one["name"], one["partitions"]) for one in described):
        count = len(partitions)
        if count > PARTITIONS:
            found.append(
                f"{name} has {count} partitions, not {PARTITIONS}, and Kafka takes none"
                f" away: what comes to {PARTITIONS} and beyond is brought to where it belongs, and"
                f" nobody need do anything; let producers choose among {PARTITIONS}, and where the"
                " topic holds nothing delete it and run `pactdesk topics create`"
            )
    return found


def _deviations(client: KafkaAdminClient, settings: Settings, topic: Topic) -> list[str]:
    """What is wrong with a topic that is there."""
    name = topic.name
    (described,) = client.describe_topics([name])
    found = []
    count = len(described["partitions"])
    if count < PARTITIONS:
        found.append(
            f"{name} has {count} partitions, not {PARTITIONS}: this cannot be changed in place;"
            " if it holds nothing, delete it and run `pactdesk topics create`"
        )
    values = _configured(client, settings, [name])[name]
    right = wanted(topic, 1)
    servers = ",".join(client.config["bootstrap_servers"])
    mend = (
        f"kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics"
        f" --entity-name {name} --add-config "
    )
    for setting in _COMPARED:
        value = str(values[setting]["value"])
        if value == right[setting]:
            continue
        if setting == "max.message.bytes" and int(value) > int(right[setting]):
            continue
        found.append(
            f"{name} has {setting}={value}, not {right[setting]}: {mend}{setting}={right[setting]}"
        )
    copies = min(len(one["replica_nodes"]) for one in described["partitions"])
    least = int(values["min.insync.replicas"]["value"])
    if least > copies:
        right_one = wanted(topic, copies)["min.insync.replicas"]
        found.append(
            f"{name} has min.insync.replicas={least} and fewer copies ({copies}), so it is never"
            f" written to: {mend}min.insync.replicas={right_one}"
        )
    return found
