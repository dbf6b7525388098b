"""What the benches share: the work, the desks that do it, and how figures are printed.

Not a bench itself. Figures of one run belong together: machines differ, and so does one machine
from hour to hour; what is compared is the ratio.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it, before numpy is loaded

import msgspec  # noqa: E402

from agents.policy import default_policy  # noqa: E402
from schemas.record import Record  # noqa: E402
from streams.clock import ManualClock, WallClock  # noqa: E402
from streams.desk import Desk  # noqa: E402
from streams.embedded.taught import Taught  # noqa: E402
from streams.garbage import collect_seldom  # noqa: E402
from streams.settings import ModelSettings, Settings, TierName  # noqa: E402
from streams.starter import lines as starter_lines  # noqa: E402
from streams.testing import FakeModels  # noqa: E402
from streams.worlds import Worlds  # noqa: E402

collect_seldom()  # as the command does

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

SECRET = "bench"  # noqa: S105  # fixed, so that runs name the same customers alike

CHANNELS = ("email", "chat_widget", "whatsapp", "slack")

Document = dict[str, object]


class NoModels:
    """Models that cost nothing: every message is a calm one about nothing in particular."""

    def __init__(self) -> None:
        self._models = FakeModels()

    def add(self, record: Record) -> None:
        """Nothing is learned."""

    def activate(self, tier: str, clock: float) -> None:
        """They stay the same."""

    def prepare(self, clock: float) -> Iterator[int]:
        """There is nothing to have ready."""
        del clock
        return iter(())

    def at(self, clock: float, index: str | None = None) -> FakeModels:
        """The same at every moment."""
        del clock, index
        return self._models


@contextmanager
def desk(
    *, tier: TierName | None, end: datetime | None = None, live: bool = False
) -> Iterator[Desk]:
    """A desk on a fresh store, with a clock that stands at the end of the work.

    Args:
        tier: The tier that understands messages, taught with the starter categories and
            articles; None for models that cost nothing.
        end: Where the clock stands.
        live: By the wall's clock instead, as a desk that is up.
    """
    folder = Path(tempfile.mkdtemp(prefix="pactdesk-bench-"))
    clock = WallClock() if live else ManualClock(end or START + timedelta(days=30))
    settings = Settings(models=ModelSettings(tier=tier or "light"))
    found = Desk(folder, clock, secret=SECRET, settings=settings)
    try:
        if tier is not None:
            found.intake.documents(
                [msgspec.json.decode(one) for kind in ("categories", "articles")
                 for one in starter_lines(kind)]
            )  # fmt: skip
        else:
            found.__dict__["worlds"] = Worlds(Taught(found.database), NoModels(), default_policy())
        found.intake.documents(team())
        found.run()
        yield found
    finally:
        found.close()
        shutil.rmtree(folder)


def team() -> list[Document]:
    """Somebody for every team of the starter taxonomy, with room for everything."""
    return [
        {
            "type": "specialist",
            "specialist_id": f"person-{name}",
            "name": name.title(),
            "team": name,
            "languages": ["en"],
            "capacity": 1000,
            "at": START.isoformat(),
        }
        for name in ("cards", "accounts", "payments", "transfers", "security", "general")
    ]


@cache
def questions() -> list[str]:
    """Customers' questions: the examples of the starter categories."""
    return [
        text
        for line in starter_lines("categories")
        for text in msgspec.json.decode(line)["examples"]
    ]


def contacts(count: int, *, customers: int, start: datetime = START) -> list[Document]:
    """Contacts, a second apart, the same for the same figures."""
    dice, texts = random.Random(count), questions()
    return [
        {
            "channel": dice.choice(CHANNELS),
            "customer_id": f"customer-{dice.randrange(customers)}",
            "message": dice.choice(texts),
            "provider_id": f"m{number}of{count}",
            "at": (start + timedelta(seconds=number)).isoformat(),
        }
        for number in range(count)
    ]


class Timed(msgspec.Struct, frozen=True):
    """How long something took, by the wall and by this process's own processor time."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Timed:
    """Do some work once and time it."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timed(time.perf_counter() - wall, time.process_time() - cpu)


_HELD = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def held_mb(*arguments: str) -> float:
    """The largest that a command of ours ever was, in MB.

    It is started from a small process, for on Linux a process begins with its parent's peak.
    """
    command = [sys.executable, "-c", _HELD, sys.executable, str(ROOT / "pactdesk.py"), *arguments]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout) / 1024


def peak_mb() -> float:
    """The largest this process has ever been, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table(title: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print figures: what, how much, and beside what."""
    print(f"\n{title}")
    wide = max(len(what) for what, _, _ in rows)
    for what, value, beside in rows:
        print(f"  {what:<{wide}}  {value:>14}  {beside}")
