"""A worker of the cluster whose models cost nothing: for `bench/cluster.py`, not a bench itself."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.workload import NoModels
from streams import knowledge, logs
from streams.cluster.running import run_roles
from streams.settings import load
from streams.understanding import tiers


def main() -> None:
    """Run the roles that are named until told to stop."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    logs.configure(quiet=True)
    tiers.load = lambda *_: None  # type: ignore[assignment]  # none
    knowledge.KnowledgeHistory = lambda _: NoModels()  # type: ignore[misc,assignment]  # none either
    run_roles(
        load()[0],
        frozenset(sys.argv[1].split(",")),
        None,
        stop,
        recorded=False,
        ready=lambda: print("pactdesk is up", flush=True),
    )


main()
