"""A sealed store, and hands that change it: what `tests/proof` finds them out by."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from schemas.events.contacts import ContactReceived
from schemas.record import Record, contact_id
from streams.embedded.opening import FILE, open_database
from streams.embedded.rebuild import verify
from tests.embedded import open_in, record_of, take

CONTACTS = "support.contacts.v1"
CONTROL = "support.control.v1"


def contact(number: int, customer: str = "ann") -> Record:
    """A contact of a customer."""
    event = ContactReceived(
        channel="email",
        customer_id=customer,
        message=f"Hello {number}",
        provider_id=f"{customer}-{number}",
    )
    given = contact_id("email", f"{customer}-{number}")
    return msgspec.structs.replace(record_of(event), id=given, correlation=given)


def sealed_store(folder: Path, rounds: int = 3) -> None:
    """Make a store with five contacts a round, sealed after each; two more are not sealed."""
    with open_in(folder) as desk:
        for number in range(rounds):
            take(desk, [contact(5 * number + one) for one in range(5)])
            desk.seal()
        take(desk, [contact(100), contact(101)])


@contextmanager
def by_hand(folder: Path) -> Iterator[sqlite3.Connection]:
    """The store as its owner may open it."""
    connection = sqlite3.connect(folder / FILE)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def said(folder: Path) -> dict[str, Any]:
    """What `verify` says of a store."""
    database = open_database(folder)
    try:
        return verify(database)
    finally:
        database.close()


def found(folder: Path, *kinds: str) -> list[tuple[str, str]]:
    """What `verify` names, by kind and place; all kinds but rows, or some."""
    report = said(folder)
    assert report["clean"] is not bool(report["findings"])
    return [
        (one["kind"], one["where"])
        for one in report["findings"]
        if (one["kind"] in kinds if kinds else not one["kind"].startswith("row"))
    ]
