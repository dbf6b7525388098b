"""What one would write with Faust alone, for `bench/cluster.py`: a table, and seven sends.

Per customer it counts, and says seven things of the size of a decision; it decides nothing. State
and outputs are Faust's own, as its documentation shows them.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import faust

OUTPUTS = 7
SIZE = 300

app = faust.App(
    "bench-idiomatic",
    broker=f"kafka://{os.environ['PACTDESK_KAFKA__BOOTSTRAP_SERVERS']}",
    datadir=sys.argv[1],
    store="memory://",
    topic_partitions=12,
    topic_disable_leader=True,
    web_enabled=False,
    producer_linger=0.005,
)
contacts = app.topic("bench.in", key_serializer="raw", value_serializer="raw")
said = app.topic("bench.out", key_serializer="raw", value_serializer="raw")
counts = app.Table("counts", default=int, partitions=12)
_TEXT = b"x" * SIZE


@app.agent(contacts)
async def work(stream: Any) -> None:  # Any: Faust's stream
    """Count, and say seven things."""
    async for event in stream.events():
        counts[event.key.decode()] += 1
        for _ in range(OUTPUTS):
            await said.send(key=event.key, value=event.value[:32] + _TEXT)


@app.task  # type: ignore[untyped-decorator]  # Faust's own
async def told() -> None:
    """Say that it is at work."""
    print("pactdesk is up", flush=True)


app.finalize()
worker = faust.Worker(app, loglevel="CRITICAL", redirect_stdouts=False)
worker.execute_from_commandline()
