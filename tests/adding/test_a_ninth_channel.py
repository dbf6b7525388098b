"""A ninth channel is one row of the table, and everything that knows channels reads it there.

A row that is put there before anything else is imported is a channel like the eight; so each test
asks a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.documents import ROOT

ROW = """
from schemas.platforms import PLATFORMS, Platform

PLATFORMS["pigeon"] = Platform(
    characters=40, markup="plain", by_phone_number=True, called="pigeon pigeons"
)
"""


def told(program: str, *arguments: str) -> list[str]:
    """What a program says, line by line, in a process where pigeons carry messages."""
    done = subprocess.run(
        [sys.executable, "-c", ROW + program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_it_changes_no_schema_and_yesterdays_readers_read_it() -> None:
    program = """
import json
from pathlib import Path
from schemas.avro import schema_of
from schemas.events import EVENTS
from streams.compatibility import findings

for name, kind in EVENTS.items():
    if json.loads(Path("schemas/avro", name + ".avsc").read_text()) != schema_of(kind):
        print(name)
print(*findings(), sep="")
"""
    assert told(program) == [""]


def test_a_message_comes_on_it_and_the_answer_goes_out_on_it_within_its_limits(
    tmp_path: Path,
) -> None:
    program = """
import sys
import pactdesk
from streams.rulings import ask

with pactdesk.open(sys.argv[1], clock=pactdesk.ManualClock("2026-03-02T08:00:00Z")) as desk:
    desk.produce({"type": "customer", "customer_id": "ann", "phone": "+1"})
    desk.produce({"channel": "pigeon", "handle": "+1", "message": "I was charged twice."})
    desk.run()
    (row,) = desk.query("SELECT ticket_id, customer_id, channel FROM v1_tickets")
    print(row["customer_id"], row["channel"])
    ask(desk, {"type": "reply", "ticket_id": row["ticket_id"], "text": "Money. " * 10, "by": "bo"})
    said = desk.query("SELECT channel FROM v1_interactions WHERE direction = 'out'")
    print(*(one["channel"] for one in said))
"""
    assert told(program, str(tmp_path)) == ["ann pigeon", "pigeon"]
    (letter,) = tmp_path.rglob("pigeon/*.txt")
    parts = letter.read_text("utf-8").split("\n\n")[1:]
    assert len(parts) == 3
    assert all(len(part) <= 41 for part in parts)


def test_the_command_line_the_reference_and_errors_name_it() -> None:
    program = """
from agents.linking_terms import CHANNEL_WORDS
from streams.cli.looking import tickets_command
from streams.errors import Unreadable
from streams.inputs import read
from streams.reference.pages import pages

print("pigeon" in CHANNEL_WORDS.values())
print(*(p.type.choices[-1] for p in tickets_command.params if p.name == "channel"))
print("| `pigeon` | 40 | plain |" in pages()["channels.md"])
try:
    read(b'{"channel": "fax", "handle": "x", "message": "x"}')
except Unreadable as error:
    print(error.remedy.rpartition(", ")[2])
"""
    assert told(program) == ["True", "pigeon", "True", "pigeon"]
