"""What if, on Kafka and PostgreSQL: a backtest over Kafka's log, a shadow beside the agents."""

from __future__ import annotations

from agents.policy import Policy, default_policy
from streams.clock import WallClock
from streams.cluster.desk import ClusterDesk
from streams.settings import Settings
from streams.shadowing import kept
from streams.shadowing.promoting import promote
from streams.shadowing.report import report
from streams.whatif.backtest import Span
from streams.whatif.candidate import Candidate, tried
from streams.whatif.history import history_of
from tests.real import Cluster, invariants, until
from tests.real.cast import Cast


def work(cluster: Cluster, cast: Cast) -> None:
    """Let all roles work off what waits, and stop them."""
    cast.add("desk", "up", "--port", "0")
    invariants.quiet(cluster)
    cast.leave()
    cast.well()


def other() -> Policy:
    """A policy that sends everybody elsewhere."""
    document = default_policy().model_dump(mode="json")
    document["routing"]["default_team"] = "front"
    return Policy.model_validate(document)


def test_what_a_cluster_decided_by_the_walls_clock_is_decided_the_very_same(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        desk.produce(
            {"type": "specialist", "specialist_id": "bo", "name": "Bo", "languages": ["en"]},
            *(
                {"channel": "email", "handle": f"{name}@example.org", "message": "It is late!"}
                for name in ("ann", "ben", "cem", "dora")
            ),
        )
        work(cluster, cast)
        with history_of(desk) as history:
            same = tried(history, Candidate(default_policy()), Span())
        with history_of(desk) as history:
            elsewhere = tried(history, Candidate(other()), Span())
    assert same["contacts"] == 4
    assert same["differences"] == 0
    assert same["identical"] == same["outputs"] > 0
    assert elsewhere["routes"] == {"recorded": {"general": 4}, "again": {"front": 4}}


def test_a_shadow_runs_beside_the_agents_of_a_cluster_and_is_promoted(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    with ClusterDesk(settings, WallClock()) as desk:
        kept.start(desk.database, Candidate(other()), "bo", desk.clock.now(), desk.taken)
        for customer in ("ann", "ben"):
            desk.produce({"channel": "email", "customer_id": customer, "message": "It is late!"})
            work(cluster, cast)
        shadow = kept.required(desk.database)
        found = report(desk.database, shadow, desk.policy())
        assert (found["errors"], found["missed"], found["contacts"]) == ({}, 0, 2)
        assert found["routes"] == {"recorded": {"general": 2}, "again": {"front": 2}}
        with history_of(desk) as history:
            afterwards = tried(history, Candidate(other()), Span())
        assert {name: found[name] for name in afterwards} == afterwards
        promote(desk, "bo")
        assert desk.policy().version == other().version
        assert kept.running(desk.database) is None


def test_what_waited_for_a_shadow_at_a_kill_is_made_up_for_by_the_next_worker(
    cluster: Cluster, settings: Settings, cast: Cast
) -> None:
    rows = 'SELECT topic, partition, "offset", turn FROM shadowed ORDER BY 1, 2, 3'
    with ClusterDesk(settings, WallClock()) as desk:
        shadow = kept.start(desk.database, Candidate(other()), "bo", desk.clock.now(), desk.taken)

        def nothing_is_lacking() -> bool:
            return not kept.lacking(desk.database, shadow, desk.taken())

        for customer in ("ann", "ben"):
            desk.produce({"channel": "email", "customer_id": customer, "message": "It is late!"})
        work(cluster, cast)
        judged = desk.database.execute(rows).fetchall()
        assert nothing_is_lacking()
        desk.database.execute("DELETE FROM shadowed WHERE topic <> 'support.knowledge.v1'")
        assert not nothing_is_lacking(), "as a kill leaves it"
        cast.add("desk", "up", "--port", "0")
        until(nothing_is_lacking, 60, "it is made up for")
        cast.leave()
        cast.well()
        assert desk.database.execute(rows).fetchall() == judged
        found = report(desk.database, shadow, desk.policy())
        assert (found["errors"], found["missed"], found["contacts"]) == ({}, 0, 2)
