"""The page that follows a contact through the code says what the processes of a cluster do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from streams.clock import WallClock
from streams.cluster import migrating, topics
from streams.cluster.desk import ClusterDesk
from tests.documents import ROOT
from tests.real import Cluster, until
from tests.walks import Call, Trace, walk

PATIENCE = 90
UP = """
import json, pathlib, sys
from streams.cli.main import status_of
from tests.walks import traced
with traced() as trace:
    status = status_of(["up", "--port", "0", "--admin-port", "0"])
pathlib.Path(sys.argv[1]).write_text(json.dumps(list(trace.calls)))
sys.exit(status)
"""


def test_the_processes_of_a_cluster_do_what_the_page_says(cluster: Cluster, tmp_path: Path) -> None:
    settings = cluster.settings(tmp_path / "desk")
    topics.create(settings)
    migrating.migrate(cluster.url)
    with ClusterDesk(settings, WallClock()) as desk:
        desk.produce({"channel": "slack", "handle": "U1", "message": "I was charged twice."})
        up = subprocess.Popen(
            [sys.executable, "-c", UP, str(tmp_path / "calls")],
            cwd=ROOT,
            env={
                **os.environ,
                **cluster.environment,
                "PACTDESK_DATA": str(settings.data),
                "PACTDESK_SEALS__ON": "false",  # seals are sent too, and not on this walk
            },
        )
        try:
            until(
                lambda: bool(desk.query("SELECT 1 FROM v1_tickets")), PATIENCE, "the ticket's row"
            )
        finally:
            up.terminate()
        assert up.wait(PATIENCE) == 0
    trace = Trace()
    trace.calls = {Call(*call): None for call in json.loads((tmp_path / "calls").read_text())}
    assert trace.out_of_order(walk("The agents of a cluster")) == []
    assert trace.out_of_order(walk("The rows of a cluster")) == []
