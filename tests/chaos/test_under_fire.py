"""Chaos: two workers, a projector and effects, a foreign producer, and what goes wrong meanwhile.

On every run one play of 600 contacts with four faults. `make chaos` (PACTDESK_TEST_CHAOS=full)
plays each fault by itself, as often as `tests/real/faults.py` says, with 6,000 contacts each.
PACTDESK_TEST_SEED chooses other contacts and other moments.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.real import Cluster, Proxy, invariants
from tests.real.asking import command
from tests.real.cast import Cast
from tests.real.disk import may_mount
from tests.real.faults import FAULTS, MOUNTING
from tests.real.foreign import Foreign
from tests.real.stage import Stage

SEED = int(os.environ.get("PACTDESK_TEST_SEED", "1"))
FULL = os.environ.get("PACTDESK_TEST_CHAOS") == "full"
CONTACTS = 6000 if FULL else 600
RATE = 100.0 if FULL else 40.0

SHORT = (
    "a worker is killed",
    "the broker is killed",
    "a worker stands still and wakes as a zombie",
    "the database is killed",
)
PLAYS = [(name,) * times for name, (_, times) in FAULTS.items()] if FULL else [SHORT]
if FULL and not may_mount():
    PLAYS = [play for play in PLAYS if not MOUNTING & {*play}]


@pytest.fixture
def stage(cluster: Cluster, tmp_path: Path) -> Iterator[Stage]:
    command(cluster, "topics", "create")
    command(cluster, "migrate")
    cast = Cast(tmp_path, {**cluster.environment, "PACTDESK_KAFKA__SESSION_TIMEOUT_SECONDS": "4"})
    traffic = Foreign(cluster.broker.bootstrap, SEED, RATE)
    with (
        Proxy(cluster.broker.behind, cluster.broker.proxied) as to_broker,
        Proxy(cluster.postgres.port) as to_database,
    ):
        chance = random.Random(f"{SEED} on the stage")  # noqa: S311  # no secret
        yield Stage(cluster, cast, traffic, to_broker, to_database, chance)
        traffic.close()
        cast.close()


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: " and ".join(dict.fromkeys(play)))
def test_nothing_is_lost_and_nothing_doubled(stage: Stage, play: Sequence[str]) -> None:
    stage.begin()
    share = CONTACTS // (len(play) + 1)
    with stage.traffic.flowing(share):
        stage.a_while()
    for name in play:
        fault, _ = FAULTS[name]
        fault(stage, share)
        stage.recovered()
    stage.traffic.delivered()
    invariants.quiet(stage.cluster)
    stage.cast.leave()
    stage.cast.well()
    invariants.nothing_lost_and_nothing_doubled(stage.cluster, stage.traffic.ids)
