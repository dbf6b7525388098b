"""A private cluster from the shell.

    eval "$(python -m tests.real up FOLDER)"      # starts it, or finds the running one
    python -m tests.real down FOLDER              # stops it; its data stay

FOLDER lies where every user may enter: as root, PostgreSQL runs as somebody else.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from tests.real.broker import Broker
from tests.real.cluster import Cluster
from tests.real.postgres import Postgres
from tests.real.process import Missing

USAGE = "usage: python -m tests.real up|down FOLDER"


def up(folder: Path) -> str:
    """Start what does not run; returns the shell's commands that make a desk of it."""
    broker, postgres = Broker(folder / "kafka"), Postgres(folder / "postgres")
    for one in (broker, postgres):
        if not one.process.alive():
            one.start()
    path = folder / "database"
    if not path.exists():
        path.write_text(postgres.fresh_database())
    environment = Cluster(broker, postgres, path.read_text()).environment
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def down(folder: Path) -> None:
    """Stop what runs."""
    for one in (Broker(folder / "kafka"), Postgres(folder / "postgres")):
        one.stop()


def main(arguments: list[str]) -> int:
    """The command; returns its exit status."""
    if len(arguments) != 2 or arguments[0] not in {"up", "down"}:
        sys.stderr.write(USAGE + "\n")
        return 2
    folder = Path(arguments[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if arguments[0] == "up":
            sys.stdout.write(up(folder) + "\n")
        else:
            down(folder)
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return 69
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
