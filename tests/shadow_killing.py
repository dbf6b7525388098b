"""A desk whose shadow is killed before it keeps a turn: a program of its own.

    python -m tests.shadow_killing FOLDER

The worker has taken what was produced by then; the shadow has kept some of it. The process ends by
SIGKILL, at that very moment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from signal import SIGKILL
from typing import Any

from agents.policy import Policy, default_policy
from streams.shadowing import kept, running
from streams.whatif.candidate import Candidate
from tests.desks import Story, story

WORDS = ("I was charged twice", "Where is my parcel?")


def other() -> Policy:
    """A policy that sends everybody elsewhere."""
    document = default_policy().model_dump(mode="json")
    document["routing"]["default_team"] = "front"
    return Policy.model_validate(document)


def begin(told: Story) -> None:
    """Somebody is at the desk, and a candidate runs beside it."""
    told.give({"type": "specialist", "specialist_id": "bo", "name": "Bo", "languages": ["en"]})
    desk = told.desk
    kept.start(desk.database, Candidate(other()), "bo", desk.clock.now(), desk.taken)


def live(told: Story) -> None:
    """Some customers write, and one thing comes that cannot be read, and one twice."""
    documents: list[dict[str, object]] = [
        {"channel": "email", "handle": f"{n}@example.org", "message": text, "provider_id": f"m{n}"}
        for n, text in enumerate(WORDS)
    ]
    told.give(*documents)
    list(told.desk.intake.lines([b'{"type": "what?"}']))
    told.asks("reply", ticket_id=told.tickets[0], text="We look into it.")
    told.later(hours=3)


def main(folder: Path, most: int) -> None:
    """Live, until the shadow would keep one more batch of one turn."""
    plain, batches = kept.keep, 0

    def keep(*given: Any) -> None:
        nonlocal batches
        batches += 1
        if batches > most:
            os.kill(os.getpid(), SIGKILL)
        plain(*given)

    running.AT_ONCE = 1
    running.keep = keep  # type: ignore[attr-defined, assignment]  # what it imports, but for the kill
    with story(folder) as told:
        begin(told)
        live(told)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
