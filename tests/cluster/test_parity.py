"""Law 5: given the same inbox bytes, both engines write the same bytes, and show the same rows."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from schemas.topics import DECISIONS, TICKETS
from streams.cluster import migrating, topics
from streams.cluster.copying import INBOX, copy
from streams.cluster.query import PgReader
from streams.desk import open_desk
from streams.entry import Entry
from tests.both import differences
from tests.commands import started
from tests.real import Cluster, invariants
from tests.real.cast import Cast
from tests.real.log import entries

DIALOGUES = int(os.environ.get("PACTDESK_TEST_DIALOGUES", "40"))
"""Of the demo; `make chaos` takes all of them."""

RECORDS = (DECISIONS.name, TICKETS.name)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded store on which a part of the demo was worked off, by a process of its own.

    In this one numpy may have been loaded before anybody said how many threads it has.
    """
    folder = tmp_path_factory.mktemp("played")
    process = started("demo", "--limit", str(DIALOGUES), data=folder)
    _, told = process.communicate()
    assert process.returncode == 0, told
    return folder


def by_source(log: Iterable[Entry]) -> dict[tuple[str, int, str, int], list[bytes]]:
    """Outputs by topic, partition and source partition, each list in the order of its source."""
    found = defaultdict(list)
    for entry in log:
        fields = json.loads(entry.headers)
        place = (fields["ce_sourcetopic"], int(fields["ce_sourcepartition"]))
        whole = f"{entry.key}\n{entry.headers}\n".encode() + entry.value
        found[entry.topic, entry.partition, *place].append(whole)
    return dict(found)


def test_two_workers_write_what_the_embedded_engine_wrote_byte_for_byte(
    cluster: Cluster, played: Path, tmp_path: Path
) -> None:
    settings = cluster.settings(tmp_path)
    topics.create(settings)
    migrating.migrate(cluster.url)
    with open_desk(played) as desk:
        copy(desk.log, settings, INBOX)
        cast = Cast(tmp_path, cluster.environment)
        try:
            for name in ("one", "two"):
                cast.add(name, "up", "--roles", "agents", "--clock", "recorded")
            cast.add("tables", "up", "--roles", "projections")
            cast.add("effects", "up", "--roles", "effects", "--clock", "recorded")
            invariants.quiet(cluster)
            cast.leave()
            cast.well()
        finally:
            cast.close()
        theirs = by_source(
            invariants.without_repeats(list(entries(cluster.broker.bootstrap, RECORDS)))
        )
        ours = by_source(entry for topic in RECORDS for entry in desk.log.scan(topic=topic))
        assert theirs.keys() == ours.keys()
        for place, wrote in ours.items():
            assert theirs[place] == wrote, place
        reader = PgReader(cluster.url)
        try:
            # How far a reader has come differs by what was sent twice.
            assert differences(desk, reader, frozenset({"v1_positions"})) == []
        finally:
            reader.close()
