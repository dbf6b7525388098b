"""Sealing, verifying and auditing from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import Shell
from tests.sealed import by_hand


def test_seal_prints_the_running_hash_of_each_partition(desk: Shell) -> None:
    rows = desk("seal", "--json").json
    assert len(rows) > 3
    assert {*rows[0]} == {"topic", "partition", "offset", "digest"}
    assert all(len(bytes.fromhex(row["digest"])) == 32 for row in rows)
    assert desk("seal", "--json").json == []
    assert desk("verify", "--json").json["seals"]["records"] > 10


def test_verify_names_what_was_changed_and_says_how_much_is_sealed(desk: Shell) -> None:
    desk("seal")
    with by_hand(desk.data) as database:
        database.execute(
            "UPDATE log SET key = 'x' WHERE topic = 'support.tickets.v1' AND seq ="
            " (SELECT min(seq) FROM log WHERE topic = 'support.tickets.v1')"
        )
        database.execute("UPDATE p_tickets SET priority = 'odd'")
    told = desk("verify")
    assert told.status == 5
    (record, *rows) = [line for line in told.out.splitlines() if line.startswith("FOUND: ")]
    assert record.startswith("FOUND: support.tickets.v1/")
    assert ": changed; expected a record with the hash " in record
    assert all("priority = 'odd'" in row and "tickets/TICK_" in row for row in rows)
    assert rows
    assert " partitions are sealed, " in told.out


def test_an_audit_is_written_and_told_of(desk: Shell, tmp_path: Path) -> None:
    desk("seal")
    ticket = desk("tickets", "--json").json[0]["ticket_id"]
    path = tmp_path / "audit.json"
    told = desk("audit", ticket, "--to", str(path), "--json").json
    document = json.loads(path.read_text())
    assert told["records"] == len(document["records"]) > 5
    assert told["unsealed"] == 0
    assert told["public_key"] == desk("audit", "--public-key").out.strip()
    assert document["public_key"] == told["public_key"]
    assert "are not sealed yet" not in desk("audit", ticket, "--to", str(path)).out


def test_an_audit_needs_a_ticket_and_a_file_that_can_be_written(
    desk: Shell, tmp_path: Path
) -> None:
    assert desk("audit").status == 2
    assert desk("audit", "TICK_1").status == 2
    assert desk("audit", "TICK_1", "--public-key").status == 2
    ticket = desk("tickets", "--json").json[0]["ticket_id"]
    told = desk("audit", ticket, "--to", str(tmp_path))
    assert told.status == 2
    assert "cannot be written" in told.err
    full = desk("audit", ticket, "--to", "/dev/full")
    assert full.status == 69
    assert "the disk is full" in full.err
