"""The contract's topics on a real Kafka: made, compared, described, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.topics import CONTACTS, DEAD_LETTERS, PARTITIONS, TICKETS, TOPICS
from streams.cluster import topics
from streams.cluster.producer import Producer
from streams.errors import Misconfigured, Refused
from tests.commands import Outcome, Shell
from tests.kafkas import settings_of, some
from tests.real import Broker, free_port, until

PATIENCE = 30


def made(broker: Broker, name: str, *, partitions: int = PARTITIONS, **configs: str) -> None:
    """Make a topic by hand."""
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        admin.create_topics(
            {
                name: {
                    "num_partitions": partitions,
                    "replication_factor": 1,
                    "configs": {key.replace("_", "."): value for key, value in configs.items()},
                }
            }
        )
        admin.wait_for_topics([name])
    finally:
        admin.close()


def configs_of(broker: Broker, name: str) -> dict[str, str]:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        found = admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all"
        )["topic"][name]
        return {key: one["value"] for key, one in found.items()}
    finally:
        admin.close()


def test_topics_are_made_as_the_contract_says_and_making_them_again_changes_nothing(
    broker: Broker,
) -> None:
    settings = settings_of(broker)
    assert len(topics.check(settings)) == len(TOPICS)
    assert topics.create(settings) == list(TOPICS)
    assert topics.create(settings) == []
    assert topics.check(settings) == []
    topics.required(settings)
    for name in (CONTACTS.name, DEAD_LETTERS.name):
        found = configs_of(broker, name)
        assert {key: found[key] for key in topics.wanted(TOPICS[name], 1)} == topics.wanted(
            TOPICS[name], 1
        )
    assert configs_of(broker, CONTACTS.name)["retention.ms"] == "-1"
    assert configs_of(broker, DEAD_LETTERS.name)["retention.ms"] == str(30 * 24 * 3600 * 1000)
    assert configs_of(broker, CONTACTS.name)["max.message.bytes"] == str(topics.MESSAGE_BYTES)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"partitions": 8}, "has 8 partitions, not 12"),
    ({"retention_ms": "1000"}, "has retention.ms=1000, not -1"),
    ({"min_insync_replicas": "2"}, "has min.insync.replicas=2 and fewer copies (1)"),
    ({"retention_bytes": "1000"}, "has retention.bytes=1000, not -1"),
    ({"cleanup_policy": "compact"}, "has cleanup.policy=compact, not delete"),
    (
        {"message_timestamp_type": "LogAppendTime"},
        "has message.timestamp.type=LogAppendTime, not CreateTime",
    ),
    ({"max_message_bytes": "1000"}, f"has max.message.bytes=1000, not {topics.MESSAGE_BYTES}"),
]


@pytest.mark.parametrize(("how", "words"), WRONG, ids=[next(iter(how)) for how, _ in WRONG])
def test_a_wrong_topic_is_named_with_what_is_right_and_nothing_is_made(
    how: dict[str, Any], words: str, broker: Broker
) -> None:
    settings = settings_of(broker)
    made(broker, TICKETS.name, **{"retention_ms": "-1", "max_message_bytes": "4194304", **how})
    problems = [line for line in topics.check(settings) if "is not there" not in line]
    assert len(problems) == 1
    assert f"{TICKETS.name} {words}" in problems[0]
    with pytest.raises(Refused, match=f"{TICKETS.name} has"):
        topics.create(settings)
    assert sum("is not there" in line for line in topics.check(settings)) == len(TOPICS) - 1
    with pytest.raises(Misconfigured) as caught:
        topics.required(settings)
    assert f"{TICKETS.name} {words}" in caught.value.what
    assert f"{CONTACTS.name} is not there" in caught.value.what


def test_the_mend_that_is_named_mends_it(broker: Broker) -> None:
    settings = settings_of(broker)
    made(broker, TICKETS.name, retention_ms="1000", max_message_bytes="4194304")

    def problems() -> list[str]:
        return [line for line in topics.check(settings) if "is not there" not in line]

    (problem,) = problems()
    setting, value = problem.rsplit("--add-config ", 1)[1].split("=")
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TICKETS.name, {setting: value})])
    admin.close()
    # What the controller acknowledged the broker shows a moment later.
    until(lambda: not problems(), PATIENCE, "the mend is seen")
    assert TICKETS.name not in topics.create(settings)
    assert topics.check(settings) == []


def test_a_topic_that_takes_more_than_it_must_is_as_good(broker: Broker) -> None:
    settings = settings_of(broker)
    made(broker, TICKETS.name, retention_ms="-1", max_message_bytes="5000000")
    topics.create(settings)
    assert topics.check(settings) == []


def test_an_unknown_topic_of_our_name_is_told_but_stops_nobody(broker: Broker) -> None:
    settings = settings_of(broker)
    topics.create(settings)
    made(broker, "support.contacts.v2")
    made(broker, "shop.orders")
    (problem,) = topics.check(settings)
    assert problem.startswith("support.contacts.v2 is not a topic of the contract")
    topics.required(settings)
    assert topics.create(settings) == []


def test_more_copies_than_brokers_are_named(broker: Broker) -> None:
    with pytest.raises(Misconfigured, match="replication_factor is 3, and there are fewer brokers"):
        topics.create(settings_of(broker, replication_factor=3))


@pytest.mark.parametrize(("replicas", "majority"), [(1, "1"), (2, "2"), (3, "2"), (5, "3")])
def test_a_majority_of_the_copies_must_have_a_record(replicas: int, majority: str) -> None:
    assert topics.wanted(CONTACTS, replicas)["min.insync.replicas"] == majority


CLUSTER = ("--engine", "cluster")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def test_the_commands_say_it_with_their_exit_status(
    broker: Broker, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACTDESK_KAFKA__BOOTSTRAP_SERVERS", broker.bootstrap)

    def told(command: str) -> Outcome:
        return shell("topics", command, *CLUSTER, "--json")

    missing = told("check")
    assert missing.status == 5
    assert len(missing.json["problems"]) == len(TOPICS)
    first, second = told("create"), told("create")
    assert (first.status, first.json["topics"]) == (0, list(TOPICS))
    assert (second.status, second.json) == (0, {"created": 0, "topics": []})
    right = told("check")
    assert (right.status, right.json) == (0, {"problems": []})
    with Producer(settings_of(broker)) as sender:
        sender.send(some(CONTACTS.name, 30))
    rows = {row["topic"]: row for row in told("list").json}
    assert list(rows) == list(TOPICS)
    assert rows[CONTACTS.name] == {
        "topic": CONTACTS.name, "kind": "inbox", "key": "customer", "domain": "customer",
        "partitions": 12, "replicas": 1, "retention_days": None, "records": 30,
    }  # fmt: skip
    assert rows[DEAD_LETTERS.name]["retention_days"] == 30


def test_the_list_says_how_long_records_are_really_kept(broker: Broker) -> None:
    made(broker, CONTACTS.name, retention_ms="4320000")
    made(broker, TICKETS.name, retention_ms="172800000")
    made(broker, DEAD_LETTERS.name, retention_ms="-1")
    kept = {row["topic"]: row["retention_days"] for row in topics.describe(settings_of(broker))}
    assert (kept[CONTACTS.name], kept[TICKETS.name]) == (0.05, 2)
    assert kept[DEAD_LETTERS.name] is None


def test_a_wrong_topic_is_refused_by_the_command(
    broker: Broker, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(broker, TICKETS.name, partitions=3)
    monkeypatch.setenv("PACTDESK_KAFKA__BOOTSTRAP_SERVERS", broker.bootstrap)
    done = shell("topics", "create", *CLUSTER)
    assert done.status == 3
    assert "support.tickets.v1 has 3 partitions, not 12" in done.err
    assert done.out == ""


def test_without_brokers_the_commands_say_which_setting_is_missing_or_who_is_away(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset = shell("topics", "check", *CLUSTER)
    assert unset.status == 78
    assert "PACTDESK_KAFKA__BOOTSTRAP_SERVERS" in unset.err
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("PACTDESK_KAFKA__BOOTSTRAP_SERVERS", address)
    away = shell("topics", "check", *CLUSTER)
    assert away.status == 69
    assert away.out == ""
    assert f"no Kafka broker answers at {address}" in away.err
    assert len(away.err.splitlines()) == 2, away.err
