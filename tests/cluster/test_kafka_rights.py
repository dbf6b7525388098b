"""Least privilege on Kafka: what the page grants is enough and is needed, and a lack is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from kafka.admin import ACLOperation, ResourceType

from schemas.topics import CONTACTS, CONTROL, DEAD_LETTERS, DOMAINS, TOPICS
from streams.cluster import rights, topics
from streams.cluster.producer import Producer
from streams.cluster.rights import ALL, Needs
from streams.engines import desk_of
from streams.roles import ROLES
from tests.commands import LAUNCHER, Outcome, ndjson
from tests.guarded import Guarded
from tests.kafkas import settings_of, some
from tests.real import Broker, Postgres, until
from tests.real.cast import Cast
from tests.real.cluster import Cluster, emptied

PAGE = Path(__file__).parents[2] / rights.PAGE
ALL_ROLES = sorted({*ROLES, "gateway"})
PATIENCE = 60
SOON = 40
"""Seconds within which a process that may not work must have ended, on a slow machine."""


@pytest.fixture(scope="module")
def guarded(components: Path, running_broker: Broker) -> Iterator[Guarded]:
    """A broker with ACLs and the contract's topics, where there can be one at all."""
    del running_broker  # asked for: where none can run, the tests are left out
    with Guarded(components / "guarded") as broker:
        topics.create(settings_of(broker))
        yield broker


@pytest.fixture
def cluster(guarded: Guarded, postgres: Postgres, database: str) -> Cluster:
    """That broker, and an empty database."""
    return Cluster(guarded, postgres, database)


@pytest.fixture
def fresh(cluster: Cluster) -> Cluster:
    """The same without a record, so that workers begin on it with an empty database."""
    emptied(cluster.broker)
    topics.create(settings_of(cluster.broker))
    return cluster


def environment(cluster: Cluster, user: str) -> dict[str, str]:
    """What makes `pactdesk` a desk of this cluster, by this user."""
    assert isinstance(cluster.broker, Guarded)
    return {
        **cluster.environment,
        **cluster.broker.environment(user),
        "PACTDESK_MODELS__TIER": "light",
    }


def called(cluster: Cluster, user: str, *arguments: str, given: str = "") -> Outcome:
    """What a command of this user came to, as a process of its own."""
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), *arguments],
        env={**os.environ, **environment(cluster, user)},
        input=given.encode(),
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    err = done.stderr.decode()
    assert "Traceback" not in err
    assert "sesame" not in err + done.stdout.decode()
    return Outcome(done.returncode, done.stdout, err)


def needs_of(role: str) -> Needs:
    """What a role needs, of all domains."""
    return rights.of_roles({role}, tuple(DOMAINS))


def test_with_what_the_page_grants_every_role_does_its_work(
    guarded: Guarded, fresh: Cluster, tmp_path: Path
) -> None:
    cast = Cast(tmp_path, fresh.environment)
    try:
        for role in ALL_ROLES:
            guarded.grant(role, needs_of(role))
            given = {**environment(fresh, role), "PACTDESK_GATEWAY__HOST": "127.0.0.1"}
            cast.add(role, "up", "--roles", role, "--port", "0", "--admin-port", "0", **given)
        message = {"channel": "email", "customer_id": "ann", "message": "I was charged twice"}
        guarded.grant("bare", Needs(write=frozenset({CONTACTS.name})))
        assert called(fresh, "bare", "produce", given=ndjson(message)).status == 0
        with closing(desk_of(fresh.settings(tmp_path))) as desk:
            sent = "SELECT count(*) AS n FROM v1_interactions WHERE delivery = 'sent'"
            until(lambda: desk.query(sent)[0]["n"], PATIENCE, "an answer is sent")
        cast.well()
        cast.leave()
    finally:
        cast.close()


@pytest.mark.parametrize("role", ALL_ROLES)
def test_a_role_that_lacks_a_right_says_which_and_ends(
    guarded: Guarded, cluster: Cluster, role: str
) -> None:
    whole = needs_of(role)
    for name in ("read", "write", "groups"):
        for one in getattr(whole, name):
            guarded.grant(role, replace(whole, **{name: getattr(whole, name) - {one}}))
            kind = "group" if name == "groups" else "topic"
            lacks = rights.lacking(guarded.settings_of(role), whole)
            operation = "WRITE" if name == "write" else "READ"
            assert lacks == {f"{kind} {one}": [operation]}
    guarded.grant(role, Needs(whole.read, whole.write))
    begun = time.monotonic()
    ended = called(cluster, role, "up", "--roles", role, "--port", "0", "--admin-port", "0")
    assert ended.status == 78
    assert "ACLs do not allow" in ended.err
    assert f"DESCRIBE_CONFIGS on topic {CONTACTS.name}" in ended.err
    assert rights.PAGE in ended.err
    assert time.monotonic() - begun < SOON


def test_who_may_not_see_a_topic_is_not_told_that_it_is_not_there(
    guarded: Guarded, cluster: Cluster
) -> None:
    guarded.grant("bare", Needs())
    for command in (["topics", "check"], ["topics", "list"], ["status"], ["verify"]):
        refused = called(cluster, "bare", *command)
        assert refused.status == 78, refused
        assert f"DESCRIBE on topic {CONTACTS.name}" in refused.err
        assert "topics create" not in refused.err
    doctor = called(cluster, "bare", "doctor")
    assert f"DESCRIBE on topic {CONTACTS.name}" in doctor.out


def test_who_may_not_write_is_told_the_topic(guarded: Guarded, cluster: Cluster) -> None:
    guarded.grant("bare", Needs(read=ALL, compares=True))
    line = ndjson({"channel": "email", "customer_id": "ann", "message": "Hello"})
    refused = called(cluster, "bare", "produce", given=line)
    assert refused.status == 78
    assert f"do not allow bare: WRITE on topic {CONTACTS.name}" in refused.err


def test_who_may_read_only_some_topics_is_told_the_others(
    guarded: Guarded, cluster: Cluster
) -> None:
    name = DEAD_LETTERS.name
    with Producer(settings_of(guarded)) as sender:
        sender.send(some(name, 1))
    guarded.grant("bare", Needs(read=ALL - {name}, write=frozenset({name})))
    refused = called(cluster, "bare", "events", "--topic", name)
    assert refused.status == 78
    assert f"do not allow bare: READ on topic {name}" in refused.err


def test_who_makes_topics_needs_to_make_and_to_see_them(guarded: Guarded, cluster: Cluster) -> None:
    name = CONTROL.name
    seen = [
        (ACLOperation[one], ResourceType.TOPIC, topic)
        for one in ("DESCRIBE", "DESCRIBE_CONFIGS")
        for topic in TOPICS
    ]
    guarded.grant("maker", Needs(), *seen)
    with topics.admin(settings_of(guarded)) as admin:
        admin.delete_topics([name])
        until(lambda: name not in admin.list_topics(), PATIENCE, "the topic is gone")
    try:
        refused = called(cluster, "maker", "topics", "create")
        assert refused.status == 78
        assert f"CREATE, DESCRIBE, DESCRIBE_CONFIGS on topic {name}" in refused.err
        guarded.grant("maker", Needs(), *seen, (ACLOperation.CREATE, ResourceType.TOPIC, name))
        assert called(cluster, "maker", "topics", "create").out == f"made {name}\n"
    finally:
        topics.create(settings_of(guarded))


def test_who_recovers_must_see_the_groups_that_tell_how_far_the_workers_were(
    guarded: Guarded, cluster: Cluster
) -> None:
    guarded.grant("bare", Needs(read=ALL, write=ALL, compares=True))
    refused = called(cluster, "bare", "recover")
    assert refused.status == 78
    assert "READ on group pactdesk.customer" in refused.err


def test_a_worker_that_is_put_out_of_its_group_says_so_and_ends(
    guarded: Guarded, fresh: Cluster, tmp_path: Path
) -> None:
    guarded.grant("agents", needs_of("agents"))
    cast = Cast(tmp_path, fresh.environment)
    try:
        cast.add(
            "agents", "up", "--roles", "agents", "--domain", "desk", "--admin-port", "0",
            **environment(fresh, "agents"),
        )  # fmt: skip
        guarded.grant("agents", replace(needs_of("agents"), groups=frozenset()))
        until(lambda: cast.ended, PATIENCE, "the worker ends")
        assert cast.ended[0].status == 78
        told = (tmp_path / "agents" / "log").read_text()
        assert "do not allow agents: READ on group pactdesk.desk" in told
        assert "Traceback" not in told
    finally:
        cast.close()


def test_a_worker_whose_password_is_changed_says_so_and_ends(
    guarded: Guarded, fresh: Cluster, tmp_path: Path
) -> None:
    roles = ("agents", "effects", "projections")
    cast = Cast(tmp_path, fresh.environment)
    try:
        for role in roles:
            guarded.grant(role, needs_of(role))
            cast.add(role, "up", "--roles", role, "--admin-port", "0", **environment(fresh, role))
        guarded.with_other_passwords_of(roles)
        until(lambda: {one.name for one in cast.ended} >= set(roles), PATIENCE, "all of them end")
        assert {one.status for one in cast.ended} == {78}
        for role in roles:
            told = (tmp_path / role / "log").read_text()
            assert f"not let {role} in" in told
            assert "sesame" not in told
            assert "Traceback" not in told
    finally:
        cast.close()


def rows() -> dict[str, list[str]]:
    """The page's table of roles: what each reads, writes and joins."""
    lines = re.findall(r"^\| `up --roles (\w+)` \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    return {role: cells.split(" | ") for role, cells in lines}


def in_words(names: frozenset[str], whole: frozenset[str] = ALL) -> str:
    """Topics as the page names them."""
    missing = sorted(whole - names)
    if not missing:
        return "all"
    shorter, words = (missing, "all but ") if len(missing) < 3 else (sorted(names), "")
    return words + ", ".join(f"`{name}`" for name in shorter)


def test_the_page_says_what_each_role_asks_of_kafka() -> None:
    told = rows()
    assert sorted(told) == ALL_ROLES
    for role, (read, write, group) in told.items():
        needs = rights.of_roles({role}, ("customer",))
        assert [read, write] == [
            "its inbox, " + in_words(needs.read - {CONTACTS.name})
            if role == "agents"
            else in_words(needs.read),
            in_words(needs.write),
        ]
        groups = {g.replace("customer", "DOMAIN") for g in needs.groups} or {"-"}
        assert group.strip("`") in groups
