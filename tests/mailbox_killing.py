"""A gateway that dies while it takes mails in: a program of its own.

    python -m tests.mailbox_killing FOLDER URL POINT

It fetches from a mailbox, and kills itself when it comes to the point for the first time: `take`,
before the mails of a group are durable; `told`, when they are and what came of their files is not;
`behind`, when all of them is durable and the mailbox's position is not.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from streams.embedded.database import Database
from streams.files import brought
from streams.gateway.taking import Taking
from tests.mailboxes import fetching


def _die(*_: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed, and here")


def _dying_at(point: str) -> None:
    set_meta = Database.set_meta

    def behind(database: Database, name: str, value: str) -> None:
        if name.startswith("mailbox.") and '"uid":0' not in value:
            _die()
        set_meta(database, name, value)

    where, name, instead = {
        "take": (Taking, "take", _die),
        "told": (brought, "told", _die),
        "behind": (Database, "set_meta", behind),
    }[point]
    setattr(where, name, instead)


if __name__ == "__main__":
    _dying_at(sys.argv[3])
    with fetching(Path(sys.argv[1]), sys.argv[2]):
        threading.Event().wait()
