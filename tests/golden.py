"""The bytes of a release, kept for ever: `python -m tests.golden VERSION` writes them once.

One line holds an event's type, its framed bytes and the event that they stand for. A release adds
a file under `tests/wire/golden`; what is there is never written again. It promises the columns of
new events in Parquet as well (`tests.columns`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from schemas.events import EVENTS
from schemas.record import Record, Source
from streams import codec
from tests import columns
from tests.anyevent import MOMENT, example

FOLDER = Path(__file__).parent / "wire" / "golden"


def lines() -> list[dict[str, Any]]:
    """Two events of every type as today's code writes them: with everything, with the least."""
    return [
        {"type": name, "value": codec.encode(event).hex(), "event": event.model_dump(mode="json")}
        for name, kind in EVENTS.items()
        for event in (example(kind, full=True), example(kind, full=False))
    ]


def envelope() -> Record:
    """A record whose envelope has everything."""
    return Record(
        id="00112233445566778899aabbccddeeff",
        key="c_größe",
        at=MOMENT,
        by="person/Ann Müller",
        event=example(EVENTS["TicketStarted"], full=True),
        correlation="ffeeddccbbaa99887766554433221100",
        cause="0f0e0d0c0b0a09080706050403020100",
        sequence=12,
        previous=9,
        source=Source("support.contacts.v1", 3, 41, 0, 2),
        trace="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


def files() -> list[Path]:
    """The golden files of all releases."""
    return sorted(FOLDER.glob("*.jsonl"))


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a golden file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(version: str) -> None:
    """Write the golden files of a release."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = [json.dumps(line, ensure_ascii=False) + "\n" for line in lines()]
    FOLDER.joinpath(f"{version}.jsonl").write_text("".join(texts), encoding="utf-8")
    whole = msgspec.json.format(codec.headers(envelope()), indent=1) + b"\n"
    FOLDER.joinpath(f"{version}-headers.json").write_bytes(whole)


if __name__ == "__main__":
    write(sys.argv[1])
    columns.write()
