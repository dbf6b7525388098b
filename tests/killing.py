"""A desk that is killed at random moments: a program of its own, so that it may fork.

    python -m tests.killing FOLDER KILLS SEED

It plays a small week through the command line's own functions in a child process, kills the child
(SIGKILL) at a moment drawn by chance, and starts another one over the same store from the first
command on, until the week is played; then the next week begins in a new folder. It prints the
digests of the undisturbed week and of every killed one as one JSON object.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from pathlib import Path
from signal import SIGKILL

from schemas.record import contact_id, ticket_id
from streams.cli.main import status_of
from streams.understanding import light, tiers
from tests.commands import ndjson
from tests.stores import SECRET, a_desk, everything

CHANNELS = ("email", "slack", "whatsapp", "chat_widget")
WORDS = ("charged twice", "password forgotten", "parcel lost", "please call a person")


def _contact(number: int, hour: int) -> dict[str, object]:
    return {
        "channel": CHANNELS[number % len(CHANNELS)],
        "handle": f"customer{number % 5}",
        "subject": WORDS[number % len(WORDS)],
        "message": f"Hello, {WORDS[number % len(WORDS)]}, this is number {number}",
        "provider_id": f"m{number}",
        "at": f"2026-03-02T{hour:02}:{number % 60:02}:00Z",
    }


def _ticket(number: int) -> str:
    return ticket_id(contact_id(CHANNELS[number % len(CHANNELS)], f"m{number}"))


def week() -> list[tuple[str, str]]:
    """What is produced, and until when it is worked off, step by step."""
    start = "2026-03-02T08:00:00Z"
    world = [
        {"type": "specialist", "specialist_id": "sam", "name": "Sam", "capacity": 4, "at": start},
        {
            "type": "customer",
            "customer_id": "ann",
            "lifetime_value": 20000.0,
            "handles": {"email": ["customer0"]},
            "at": start,
        },
    ]
    first = [*world, *(_contact(number, 9) for number in range(12)), {"channel": "fax"}]
    asked = "2026-03-02T11:00:00Z"
    second = [
        {"type": "resolve", "ticket_id": _ticket(0), "at": asked},
        {"type": "escalate", "ticket_id": _ticket(1), "at": asked},
        {"type": "reply", "ticket_id": _ticket(2), "text": "It is on its way.", "at": asked},
        {
            "type": "link",
            "customer_id": "ann",
            "channel": "slack",
            "handle": "customer1",
            "at": asked,
        },
        *(_contact(number, 12) for number in range(12, 20)),
    ]
    return [
        (ndjson(*first), "2026-03-02T10:00:00Z"),
        (ndjson(*second), "2026-03-02T13:00:00Z"),
        ("", "2026-03-09T10:00:00Z"),
    ]


def play(data: Path, inputs: list[tuple[str, str]]) -> None:
    """Every command of the week from the first one on; what was done already changes nothing."""
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        for file, until in inputs:
            for command in (["produce", file], ["run", "--now", until]):
                status = status_of(["--data", str(data), "--quiet", *command])
                if status not in {0, 65}:
                    os._exit(status)


def digests(data: Path) -> dict[str, str]:
    """All that a store holds."""
    with a_desk(data) as desk:
        return everything(desk, letters=False)


def main(folder: Path, kills: int, seed: int) -> dict[str, object]:
    """Play weeks until so many kills hit; returns their digests."""
    os.environ["PACTDESK_IDENTITY__SECRET"] = SECRET
    once = light.load()
    tiers.load = lambda *_: once  # for all children
    inputs = []
    for number, (lines, until) in enumerate(week()):
        path = folder / f"{number}.ndjson"
        path.write_text(lines, encoding="utf-8")
        inputs.append((str(path), until))
    chance, fork = random.Random(seed), multiprocessing.get_context("fork")  # noqa: S311  # no secret
    began = time.perf_counter()
    first = fork.Process(target=play, args=(folder / "undisturbed", inputs))
    first.start()
    first.join()
    span = time.perf_counter() - began
    killed: list[dict[str, str]] = []
    hits = starts = 0
    while hits < kills:
        data = folder / f"week{len(killed)}"
        while True:
            child = fork.Process(target=play, args=(data, inputs))
            child.start()
            starts += 1
            child.join(timeout=chance.uniform(0, span) if hits < kills else None)
            if child.is_alive() and child.pid is not None:
                os.kill(child.pid, SIGKILL)
            child.join()
            if child.exitcode != -SIGKILL:
                break
            hits += 1
        if child.exitcode:
            raise SystemExit(f"the week ended with {child.exitcode}")
        killed.append(digests(data))
    return {
        "hits": hits,
        "starts": starts,
        "undisturbed": digests(folder / "undisturbed"),
        "killed": killed,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
