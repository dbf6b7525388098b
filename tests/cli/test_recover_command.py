"""`pactdesk recover`: the case store from the log, for people and for programs."""

from __future__ import annotations

import sqlite3

from streams.embedded.database import only_worker
from tests.commands import Shell


def changed(desk: Shell, *statements: str) -> None:
    """Somebody writes to the store by hand."""
    store = sqlite3.connect(desk.data / "pactdesk.db")
    for statement in statements:
        store.execute(statement)
    store.commit()
    store.close()


def test_recover_leaves_a_whole_store_as_it_is(desk: Shell) -> None:
    told = desk("recover", "--json")
    assert told.status == 0
    assert all(one["same"] for one in told.json["tables"].values())
    assert told.json["records"] > 0
    assert (told.json["left"], told.json["gaps"]) == ({}, [])


def test_recover_brings_back_what_was_lost_and_says_so(desk: Shell) -> None:
    changed(desk, "DELETE FROM lines", "DELETE FROM claims")
    told = desk("recover")
    assert told.status == 0
    lines = told.out.splitlines()
    assert any(line.startswith("lines: ") and line.endswith(" rows") for line in lines)
    assert any(line.startswith("timers: ") and line.endswith(" rows, as before") for line in lines)
    assert lines[-1].endswith("records folded")
    assert all(one["same"] for one in desk("recover", "--json").json["tables"].values())


def test_recover_beside_a_worker_is_refused(desk: Shell) -> None:
    with only_worker(desk.data):
        told = desk("recover")
    assert told.status == 3
    assert "stop it first" in told.err


def test_recover_of_what_the_log_lacks_ends_with_five_where_no_store_is_left(desk: Shell) -> None:
    lacking = (
        "UPDATE log SET headers = replace(headers, '\"ce_sourcetopic\"', '\"x\"') WHERE seq ="
        " (SELECT max(seq) FROM log WHERE topic = 'support.tickets.v1')"
    )
    changed(desk, lacking)
    assert desk("recover").status == 3
    changed(desk, "DELETE FROM lines")
    told = desk("recover")
    assert told.status == 5
    assert "GAP: support.contacts.v1/" in told.out
