"""A desk on a cluster as people use it: the commands, with workers that are other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.structs import OffsetAndMetadata

from schemas.topics import CONTACTS, DECISIONS
from streams.settings import Settings
from tests import eightchannels
from tests.commands import LAUNCHER, ndjson
from tests.real import Cluster, invariants, until
from tests.real.cast import Cast
from tests.real.log import ends

PATIENCE = 90


class Shell:
    """Calls commands on a cluster, each a process of its own.

    Args:
        cluster: Which.
        folder: The data directory.
    """

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.environment = {**os.environ, **cluster.environment, "PACTDESK_DATA": str(folder)}

    def __call__(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Call a command."""
        return subprocess.run(
            [sys.executable, str(LAUNCHER), *arguments],
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            check=False,
            text=True,
        )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        done = self("query", sql, "--format", "json")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


@pytest.fixture
def shell(cluster: Cluster, settings: Settings, tmp_path: Path) -> Shell:
    del settings  # what it stands for: topics and tables
    return Shell(cluster, tmp_path / "data")


def contact(number: int, **fields: object) -> dict[str, object]:
    return {
        "channel": "email",
        "handle": "ann@example.org",
        "message": f"My card was charged twice, for the {number}. time",
        "provider_id": f"m{number}",
        **fields,
    }


def test_people_work_a_day_on_a_cluster(
    cluster: Cluster, shell: Shell, cast: Cast, tmp_path: Path
) -> None:
    cast.add("desk", "up", "--port", "0")
    assert shell("teach", "--starter").returncode == 0
    made = shell(
        "produce",
        stdin=ndjson(
            contact(1), contact(1), contact(1, message="another"), {"channel": "fax"}, contact(2)
        ),
    )
    assert made.returncode == 65
    assert [line.split()[2] for line in made.stdout.splitlines()] == [
        "accepted",
        "repeat",
        "unreadable",
        "unreadable",
        "accepted",
    ]
    until(lambda: shell.rows("SELECT ticket_id FROM v1_tickets"), PATIENCE, "a ticket")
    again = shell("produce", stdin=ndjson(contact(2)))
    assert (again.returncode, again.stdout.split()[2]) == (0, "repeat")
    (ticket,) = shell.rows("SELECT ticket_id, status FROM v1_tickets")
    name = ticket["ticket_id"]

    ruled = shell("--json", "reply", name, "We look into it.", "--as", "bo")
    assert ruled.returncode == 0, ruled.stderr
    assert "ReplyRequested" in json.loads(ruled.stdout)["events"]
    refused = shell("unmerge", name)
    assert refused.returncode == 3
    assert shell("resolve", "TICK_NONE").returncode == 4

    soon = datetime.now(UTC) + timedelta(seconds=15)  # a slow machine must have it done before
    assert shell("snooze", name, soon.isoformat()).returncode == 0
    until(
        lambda: shell.rows(f"SELECT 1 AS one FROM v1_decisions WHERE ticket_id = '{name}'"
                           " AND type = 'InteractionTracked'") and not shell.rows(
            f"SELECT 1 AS one FROM v1_tickets WHERE ticket_id = '{name}'"
            " AND snoozed_until IS NOT NULL"
        ),
        PATIENCE,
        "the ticket is woken by its timer",
    )  # fmt: skip

    invariants.quiet(cluster)
    sent = shell.rows("SELECT request_id, state, attempts FROM v1_deliveries")
    assert {(one["state"], one["attempts"]) for one in sent} == {("sent", 1)}
    letters = list((tmp_path / "data" / "mailbox").rglob("*.txt"))
    assert sorted(one.stem for one in letters) == sorted(one["request_id"] for one in sent)

    waiting = json.loads(shell("--json", "deadletters", "list").stdout)
    assert len(waiting) == 2
    assert shell("deadletters", "redrive", "--all").returncode == 65
    status = json.loads(shell("--json", "status").stdout)
    assert (status["waiting"], status["unpublished"], status["gaps"]) == (0, 0, 0)
    assert shell("doctor").returncode == 0
    assert shell("verify").returncode == 0
    assert shell("run").returncode == 3
    why_on_a_cluster(shell, name)
    a_bundle_of_a_cluster(shell, name, tmp_path)
    cast.leave()


def why_on_a_cluster(shell: Shell, ticket: str) -> None:
    """Everything that happened to the ticket of a day leads back to what came from outside."""
    told = shell("why", ticket)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"ticket {ticket}\n  TicketOpened by lifecycle at ")
    tree = json.loads(shell("--json", "why", ticket).stdout)
    chains = {change["type"]: [*_along(change)] for change in tree["changes"]}
    assert [one["type"] for one in chains["TicketOpened"]][-1] == "ContactReceived"
    assert [one["type"] for one in chains["TicketWoken"]][:3] == [
        "TicketWoken",
        "TimerDue",
        "TicketSnoozed",
    ]
    assert all("unknown" not in {one["type"] for one in chain} for chain in chains.values())
    (reply,) = (one for one in chains["MessageAdded"] if one["type"] == "ReplyWritten")
    assert (reply["person"], reply["text"]) == ("bo", "We look into it.")
    found = json.loads(shell("--json", "why", ticket, "--field", "status").stdout)
    (row,) = shell.rows(f"SELECT status FROM v1_tickets WHERE ticket_id = '{ticket}'")
    assert found["value"] == row["status"]
    triaged = next(one for one in tree["changes"] if one["type"] == "TicketTriaged")
    route = triaged["cause"]
    assert (route["type"], route["policy_known"]) == ("RouteChosen", True)
    assert "otherwise" in route
    assert shell("why", "no-such-record").returncode == 4


def a_bundle_of_a_cluster(shell: Shell, ticket: str, folder: Path) -> None:
    """A ticket's bundle comes to the same on the embedded engine, without the cluster."""
    path = folder / "incident.bundle"
    made = shell("--json", "bundle", ticket, "--to", str(path))
    assert made.returncode == 0, made.stderr
    ran = shell("--json", "bundle", "run", str(path), "--data", str(folder / "again"))
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["differences"]) == (0, [])
    assert report["compared"] > 20


def _along(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    node: dict[str, Any] | None = tree
    while node is not None:
        yield node
        node = node.get("cause")


def test_a_person_on_eight_channels_has_one_ticket_and_is_confirmed_once(
    cluster: Cluster, shell: Shell, cast: Cast
) -> None:
    cast.add("desk", "up", "--port", "0")
    handles = eightchannels.handles()
    ann = {"type": "customer", "customer_id": "ann", "handles": {"email": [handles["email"]]}}
    links = (
        {"type": "link", "customer_id": "ann", "channel": channel, "handle": handle, "by": "bo"}
        for channel, handle in handles.items()
        if channel != "email"
    )
    yesterday = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    lines = ndjson(ann, *links, *eightchannels.day(yesterday))
    assert shell("produce", stdin=lines).returncode == 0
    invariants.quiet(cluster)
    (ticket,) = shell.rows("SELECT customer_id, channels, contacts FROM v1_tickets")
    channels = [channel for _, channel, _ in eightchannels.DAY]
    assert ticket == {"customer_id": "ann", "channels": channels, "contacts": 8}
    out = shell.rows("SELECT channel FROM v1_interactions WHERE direction = 'out'")
    assert out == [{"channel": "email"}]
    cast.leave()


def test_an_intent_on_a_ticket_that_comes_later_is_re_driven_into_a_ruling(
    cluster: Cluster, shell: Shell, cast: Cast
) -> None:
    cast.add("desk", "up", "--port", "0")
    early = {"type": "survey", "ticket_id": "TICK_NONE", "score": 5}
    assert shell("produce", stdin=ndjson(early, contact(1))).returncode == 65
    until(lambda: shell.rows("SELECT 1 AS one FROM v1_dead_letters"), PATIENCE, "the letter")
    (letter,) = json.loads(shell("--json", "deadletters", "list").stdout)
    assert shell("deadletters", "redrive", letter["id"]).returncode == 65
    assert shell("deadletters", "discard", letter["id"]).returncode == 0
    assert json.loads(shell("--json", "deadletters", "list").stdout) == []
    invariants.quiet(cluster)
    cast.leave()


def test_a_worker_begins_where_the_database_says_whatever_kafka_has_committed(
    cluster: Cluster, shell: Shell, cast: Cast
) -> None:
    cast.add("first", "up", "--port", "0")
    assert shell("produce", stdin=ndjson(*map(contact, range(5)))).returncode == 0
    invariants.quiet(cluster)
    cast.leave()
    assert shell("produce", stdin=ndjson(*map(contact, range(5, 8)))).returncode == 0
    admin = KafkaAdminClient(bootstrap_servers=cluster.broker.bootstrap)
    try:
        admin.alter_group_offsets(
            "pactdesk.customer",
            {
                TopicPartition(topic, partition): OffsetAndMetadata(end, "", -1)
                for (topic, partition), end in ends(
                    cluster.broker.bootstrap, [CONTACTS.name]
                ).items()
                if end
            },
        )
    finally:
        admin.close()
    cast.add("second", "up", "--port", "0")
    until(
        lambda: (
            shell.rows("SELECT count(*) AS n FROM v1_interactions WHERE direction = 'in'")
            == [{"n": 8}]
        ),
        PATIENCE,
        "the contacts that Kafka counts as read",
    )
    cast.leave()


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PACTDESK_IDENTITY__SECRET": ""}, "identity.secret"),
        ({"PACTDESK_DATABASE__URL": "mysql://here"}, "database.url"),
        ({"PACTDESK_KAFKA__BOOTSTRAP_SERVERS": "nowhere"}, "kafka.bootstrap_servers"),
        ({"PACTDESK_KAFKA__SECURITY_PROTOCOL": "SSL"}, "TLS"),
    ],
)
def test_settings_that_are_wrong_end_a_worker_with_a_sentence(
    shell: Shell, environment: dict[str, str], told: str
) -> None:
    ended = shell("up", "--port", "0", **environment)
    assert ended.returncode == 78
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_does_not_start_without_its_topics(cluster: Cluster, tmp_path: Path) -> None:
    ended = Shell(cluster, tmp_path)("up", "--port", "0")
    assert ended.returncode == 78
    assert "pactdesk topics create" in ended.stderr


def test_a_topic_that_is_deleted_under_a_worker_ends_it_with_a_sentence(
    cluster: Cluster, shell: Shell, tmp_path: Path
) -> None:
    cast = Cast(tmp_path, cluster.environment)
    try:
        cast.add("desk", "up", "--roles", "agents")
        admin = KafkaAdminClient(bootstrap_servers=cluster.broker.bootstrap)
        admin.delete_topics([DECISIONS.name])
        admin.close()
        assert shell("produce", stdin=ndjson(contact(1))).returncode == 0
        until(lambda: bool(cast.ended), PATIENCE, "the worker ends")
    finally:
        cast.close()
    assert cast.ended[0].status == 78
    log = (tmp_path / "desk" / "log").read_text("utf-8")
    assert DECISIONS.name in log
    assert "pactdesk topics create" in log
    assert "Traceback" not in log
