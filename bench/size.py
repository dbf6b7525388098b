"""What grows and what does not: `python bench/size.py [--contacts N] [--records N]`.

A long run's memory; a turn of a customer with very many tickets beside a fresh customer's; opening
a large store; the memory of a desk that is up and idle; how soon `--help` answers.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.workload import ROOT, START, contacts, desk, peak_mb, questions, table
from streams.clock import ManualClock
from streams.desk import Desk

PACTDESK = [sys.executable, str(ROOT / "pactdesk.py")]
ROUND = 2000
"""Contacts that are produced and worked off together in the long run."""


def long_run(total: int) -> list[tuple[int, float]]:
    """Memory after a tenth, and at the end, of a run with the light tier, in MB."""
    marks = []
    with desk(tier="light", end=START) as found:
        clock = found.clock
        assert isinstance(clock, ManualClock)
        for done in range(0, total, ROUND):
            start = START + timedelta(seconds=done)
            batch = contacts(ROUND, customers=total // 4, start=start)
            found.intake.documents(
                [{**one, "provider_id": f"{done}-{i}"} for i, one in enumerate(batch)]
            )
            clock.set(start + timedelta(seconds=ROUND))
            found.run()
            if done in {total // 10 // ROUND * ROUND, (total - 1) // ROUND * ROUND}:
                marks.append((done + ROUND, peak_mb()))
    return marks


def many_tickets(tickets: int) -> tuple[int, float, float]:
    """A customer's tickets, and median milliseconds of a contact's turns: fresh and busy.

    The busy customer writes every six hours for years, and time does to the tickets what it does.
    """
    with desk(tier=None, end=START) as found:
        clock = found.clock
        assert isinstance(clock, ManualClock)
        count, sent = 0, 0
        while count < tickets:
            start = clock.now()
            found.intake.documents(
                [_contact("busy", sent + i, start + timedelta(hours=6 * i)) for i in range(100)]
            )
            clock.advance(hours=600)
            found.run()
            sent += 100
            count = found.query("SELECT count(*) AS n FROM v1_tickets WHERE customer_id = 'busy'")[
                0
            ]["n"]
        times: dict[str, list[float]] = {"fresh": [], "busy": []}
        with found.shift() as shift:
            for number in range(200):
                for kind, taken in times.items():
                    clock.advance(hours=6)
                    who = "busy" if kind == "busy" else f"fresh-{number}"
                    shift.run()
                    found.intake.documents([_contact(who, sent + number, clock.now())])
                    began = time.perf_counter()
                    shift.run()
                    taken.append(1000 * (time.perf_counter() - began))
    return count, statistics.median(times["fresh"]), statistics.median(times["busy"])


def _contact(customer: str, number: int, at: datetime) -> dict[str, object]:
    texts = questions()
    return {
        "channel": "email",
        "customer_id": customer,
        "subject": f"Question {number}",
        "message": texts[number % len(texts)],
        "provider_id": f"{customer}-{number}",
        "at": at.isoformat(),
    }


def opening(records: int) -> float:
    """Seconds to open a store of so many records and read one ticket."""
    with desk(tier=None) as found:
        done = 0
        while found.log.last_seq() < records:
            batch = contacts(5000, customers=2000, start=START + timedelta(seconds=done))
            found.intake.documents(
                [{**one, "provider_id": f"{done}-{i}"} for i, one in enumerate(batch)]
            )
            found.run()
            done += 5000
        began = time.perf_counter()
        again = Desk(found.folder, ManualClock(START + timedelta(days=30)))
        again.query("SELECT ticket_id FROM v1_tickets LIMIT 1")
        took = time.perf_counter() - began
        again.close()
    return took


def idle() -> float:
    """Resident MB of a desk that is up and has nothing to do."""
    with tempfile.TemporaryDirectory(prefix="pactdesk-bench-") as folder:
        program = [
            *PACTDESK,
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
            time.sleep(3.0)
            status = Path(f"/proc/{up.pid}/status").read_text(encoding="ascii")
            up.terminate()
            up.wait(30)
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident.split()[1]) / 1024


def helped() -> float:
    """Median seconds until `--help` has answered."""
    times = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run([*PACTDESK, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--contacts", type=int, default=10_000, help="of the long run")
    parser.add_argument("--records", type=int, default=100_000, help="of the store to open")
    parser.add_argument("--tickets", type=int, default=10_000, help="of the busy customer")
    chosen = parser.parse_args()
    help_seconds, idle_mb = helped(), idle()
    memory = long_run(chosen.contacts)
    count, fresh, busy = many_tickets(chosen.tickets)
    seconds = opening(chosen.records)
    table(
        "sizes",
        [
            ("--help, seconds", f"{help_seconds:.2f}", "goal: under 0.3"),
            ("an idle desk that is up, MB", f"{idle_mb:.0f}", "goal: under 120"),
            *(
                (f"peak memory after {count} contacts, MB", f"{mb:.0f}", "goal: flat, under 300")
                for count, mb in memory
            ),
            (
                f"turns of a contact beside {count} tickets, ms",
                f"{busy:.2f}",
                f"{busy / fresh:.2f} of a fresh customer's {fresh:.2f}; goal: at most 1.5",
            ),
            (
                f"opening a store of {chosen.records} records, seconds",
                f"{seconds:.3f}",
                "goal: under 1",
            ),
        ],
    )


if __name__ == "__main__":
    main()
