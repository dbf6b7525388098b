"""Records that Kafka deleted, though topics are kept for ever: named, refused, and given up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from kafka import TopicPartition

from schemas.record import partition_of
from schemas.topics import CONTACTS, CONTROL, DECISIONS
from streams.clock import WallClock
from streams.cluster import topics
from streams.cluster.desk import ClusterDesk
from streams.cluster.health import examine
from streams.cluster.lost import found, give_up
from streams.cluster.postgres import connect
from streams.cluster.reading import ends
from streams.cluster.wire import Outgoing
from streams.settings import Settings
from tests.commands import Outcome, Shell, started
from tests.real import Cluster, invariants, until
from tests.real.cast import Cast

PATIENCE = 60
ANN = partition_of("ann")
GAPS = 'SELECT topic, partition, "offset" FROM gaps ORDER BY 1, 2, 3'


@pytest.fixture
def shell(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Calls commands on the cluster."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    return Shell(tmp_path / "data")


def writes(desk: ClusterDesk, text: str) -> None:
    """Ann writes."""
    desk.produce({"channel": "email", "customer_id": "ann", "message": text})


def deleted(settings: Settings, topic: str, before: int) -> None:
    """Delete the first records of Ann's partition, as retention does."""
    with topics.admin(settings) as admin:
        admin.delete_records({TopicPartition(topic, ANN): before})


def ended(cluster: Cluster, tmp_path: Path, *roles: str) -> Outcome:
    """What a process came to that may not go on."""
    process = started(
        *("up", "--roles", ",".join(roles)), data=tmp_path / "data", env=cluster.environment
    )
    out, err = process.communicate(timeout=PATIENCE)
    return Outcome(process.returncode, out, err.decode())


def lost(settings: Settings, *, give: bool = False) -> list[str]:
    """What is lost, in words; given up on demand."""
    with closing(connect(str(settings.database.url))) as database:
        return [str(one) for one in (give_up if give else found)(settings, database)]


def messages(desk: ClusterDesk) -> list[str]:
    """What the customers wrote, as the views show it."""
    sql = "SELECT message_content FROM v1_interactions WHERE direction = 'in' ORDER BY timestamp"
    return [row["message_content"] for row in desk.query(sql)]


def test_what_no_worker_took_is_named_until_it_is_given_up(
    cluster: Cluster, settings: Settings, cast: Cast, tmp_path: Path
) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        for text in ("One", "Two", "Three"):
            writes(desk, text)
        deleted(settings, CONTACTS.name, 2)
        refused = ended(cluster, tmp_path, "agents")
        assert refused.status == 78
        assert f"{CONTACTS.name}/{ANN} begins at offset 2, and 0 is asked for" in refused.err
        assert "pactdesk topics lost" in refused.err
        word = f"{CONTACTS.name}/{ANN}/0 to 1 is gone from Kafka, and was not taken by"
        words = [f"{word} the domain customer"]
        assert lost(settings) == words
        assert words[0] in {one["what"] for one in examine(settings) if not one["ok"]}
        assert desk.status()["waiting"] == 1
        assert lost(settings, give=True) == words
        assert lost(settings) == []
        cast.add("desk", "up")
        until(lambda: messages(desk) == ["Three"], PATIENCE, lambda: str(messages(desk)))
        cast.leave()
        assert invariants.rows(cluster.url, GAPS) == [(CONTACTS.name, ANN, 2)]


def test_the_command_names_what_is_lost_and_gives_it_up(settings: Settings, shell: Shell) -> None:
    assert shell("topics", "lost", "--json").json == {"lost": []}
    with ClusterDesk(settings, WallClock()) as desk:
        writes(desk, "One")
        deleted(settings, CONTACTS.name, 1)
        assert desk.status()["waiting"] == 0
    named = shell("topics", "lost")
    assert (named.status, named.out) == (
        5,
        f"{CONTACTS.name}/{ANN}/0 is gone from Kafka, and was not taken by the domain customer\n",
    )
    assert shell("topics", "lost", "--give-up").status == 0
    assert shell("topics", "lost").out == "nothing is lost\n"


def test_requests_that_no_effect_took_are_named_until_they_are_given_up(
    cluster: Cluster, settings: Settings, cast: Cast, tmp_path: Path
) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        writes(desk, "One")
        cast.add("agents", "up", "--roles", "agents")
        place = (DECISIONS.name, ANN)
        until(lambda: desk.status()["unpublished"] == 0 and end(settings) > 0, PATIENCE, "decided")
        cast.leave()
        gone = end(settings)
        deleted(settings, DECISIONS.name, gone)
        refused = ended(cluster, tmp_path, "effects")
        assert refused.status == 78
        assert f"{place[0]}/{ANN} begins at offset {gone}, and 0 is asked for" in refused.err
        assert len(lost(settings, give=True)) == 1
        cast.add("effects", "up", "--roles", "effects")
        cast.leave()
        cast.well()


def end(settings: Settings) -> int:
    """Where Ann's partition of the decisions ends."""
    return ends(settings, [DECISIONS.name])[DECISIONS.name, ANN]


def test_a_rebuild_keeps_what_only_the_tables_know_of_until_it_is_given_up(
    cluster: Cluster, settings: Settings, cast: Cast, shell: Shell
) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        writes(desk, "One")
        cast.add("desk", "up")
        invariants.quiet(cluster)
        cast.leave()
        deleted(settings, CONTACTS.name, 1)
        refused = shell("rebuild", "texts")
        assert refused.status == 3
        assert f"{CONTACTS.name}/{ANN} begins at offset 1" in refused.err
        assert messages(desk) == ["One"]
        assert shell("rebuild", "tickets").status == 0
        (given_up,) = shell("rebuild", "texts", "--give-up", "--json").json
        assert given_up["rows"] == 0


def test_a_worker_says_that_what_was_activated_at_first_is_gone(
    settings: Settings, cast: Cast, tmp_path: Path
) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        desk.producer.send([Outgoing(CONTROL.name, ANN, None, "{}", b"a policy", "")])
    deleted(settings, CONTROL.name, 1)
    cast.add("desk", "up", "--roles", "agents", "--domain", "desk")
    cast.leave()
    told = (tmp_path / "desk" / "log").read_text()
    assert f'"where": "{CONTROL.name}/{ANN}", "begins_at": 1' in told
