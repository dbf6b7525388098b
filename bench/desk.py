"""How fast the whole desk is: `python bench/desk.py [CONTACTS]`.

A turn without models and without a store; the whole embedded chain (agents, effects, tables) with
models that cost nothing, with the light tier and with the encoder; and, in a desk that is up, the
time from `produce` to the visible row.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec

from agents.policy import default_policy
from agents.roster import ROSTERS
from agents.world import World
from bench.workload import (
    ROOT,
    SECRET,
    START,
    contacts,
    desk,
    questions,
    table,
    timed,
)
from projections.case import Case, evolve
from streams.clock import WallClock
from streams.desk import Desk
from streams.settings import TierName
from streams.starter import lines as starter_lines
from streams.testing import FakeModels
from streams.turn import turn

WARM = 100
"""Contacts that are worked off before the clock runs."""

PROBES = 100
"""Contacts that are followed from `produce` to their row."""


def turns(count: int) -> float:
    """Records a second of the pure turn: fold, agents, fold, without models and store."""
    with desk(tier=None) as found:
        found.intake.documents(contacts(count, customers=max(1, count // 2)))
        inbox = [e.record() for e in found.log.scan() if e.topic == "support.contacts.v1"]
    cases: dict[str, Case] = {}
    policy, models, said = default_policy(), FakeModels(), 0

    def work() -> None:
        nonlocal said
        for record in inbox:
            case = cases.get(record.key) or Case(customer_id=record.key)
            world = World(now=record.at, policy=policy, models=models, trigger=record)
            cases[record.key], outputs = turn(case, record, world, ROSTERS["customer"], evolve)
            said += len(outputs) + 1

    took = timed(work)
    return said / took.wall


class Chain(NamedTuple):
    """How fast contacts went through the whole desk.

    Attributes:
        wall: Contacts a second by the wall's clock.
        cpu: Contacts a second of processor time.
        records: How many records came of one contact.
    """

    wall: float
    cpu: float
    records: float

    def row(self, name: str, goal: str = "") -> tuple[str, str, str]:
        """A row of the table."""
        beside = f"{self.cpu:,.0f} by processor time; {self.records:.1f} records a contact"
        return f"whole chain {name}, contacts a second", f"{self.wall:,.0f}", beside + goal


def chain(count: int, *, tier: TierName | None, live: bool = False) -> Chain:
    """Work off contacts, from their records to the tables' rows.

    The clock stands at the last contact: what time brings to its ticket later is not its cost. A
    live desk goes by the wall's clock, and so commits more turns at once.
    """
    whole = timedelta(seconds=WARM + count)
    begin = datetime.now(UTC) - whole if live else START
    with desk(tier=tier, end=START + whole, live=live) as found:
        work = contacts(WARM + count, customers=max(1, count // 2), start=begin)
        found.intake.documents(work[:WARM])
        found.run()
        found.intake.documents(work[WARM:])
        before = found.log.last_seq()
        with found.shift() as shift:
            took = timed(shift.run)
        records = found.log.last_seq() - before
    return Chain(count / took.wall, count / took.cpu, records / count)


def visible() -> list[float]:
    """Milliseconds from `produce` to the row, for single contacts to a desk that is up."""
    with tempfile.TemporaryDirectory(prefix="pactdesk-bench-") as folder:
        here = Desk(Path(folder), WallClock(), secret=SECRET)
        here.produce(*[msgspec.json.decode(line) for line in starter_lines("categories")])
        here.run()
        program = [
            sys.executable,
            str(ROOT / "pactdesk.py"),
            "--data",
            folder,
            "--quiet",
            "up",
            "--roles",
            "agents,projections,effects",
            "--admin-port",
            "0",
        ]
        with subprocess.Popen(program, stdout=subprocess.DEVNULL) as up:
            try:
                return [_seen(here, text) for text in questions()[:PROBES]][10:]
            finally:
                up.terminate()
                up.wait(30)
                here.close()


def _seen(here: Desk, text: str) -> float:
    began = time.perf_counter()
    (contact,) = here.produce({"channel": "email", "handle": "a@example.org", "message": text})
    while not here.query(
        "SELECT 1 AS one FROM v1_interactions WHERE interaction_id = ?", [contact]
    ):
        if time.perf_counter() - began > 60:
            raise SystemExit("the desk that is up took nothing within a minute")
        time.sleep(0.0005)
    return 1000 * (time.perf_counter() - began)


def visible_at_once() -> list[float]:
    """The same without models, in one process: produced, worked off, and read."""
    taken = []
    with desk(tier=None) as here, here.shift() as shift:
        for number in range(PROBES):
            began = time.perf_counter()
            here.produce({"channel": "email", "handle": f"h{number}", "message": "Hello?"})
            shift.run()
            assert here.query("SELECT count(*) AS n FROM v1_tickets")[0]["n"] == number + 1
            taken.append(1000 * (time.perf_counter() - began))
    return taken[10:]


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rows = [
        chain(count, tier=None).row("without models"),
        chain(count, tier="light").row("with the light tier", "; goal: 400"),
        chain(count, tier="light", live=True).row("with it, by the wall's clock", "; goal: 400"),
        chain(count, tier="encoder", live=True).row("with the encoder, by the wall's clock"),
    ]
    latencies = sorted(visible())
    at_once = statistics.median(visible_at_once())
    table(
        f"the desk, {count} contacts",
        [
            ("pure turn, records a second", f"{turns(count):,.0f}", "goal: 8,000"),
            *rows,
            (
                "from produce to visible row with the encoder, p50 ms",
                f"{statistics.median(latencies):.1f}",
                f"p90 {latencies[int(len(latencies) * 0.9)]:.1f}; goal: under 15",
            ),
            ("the same without models, in one process, p50 ms", f"{at_once:.1f}", "goal: under 5"),
        ],
    )


if __name__ == "__main__":
    main()
