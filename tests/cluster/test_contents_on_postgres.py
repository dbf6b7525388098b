"""Another message under the id of one that was taken is put aside, however it came."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest

from schemas.events.intents import NoteWritten
from schemas.record import Record, contact_id, partition_of
from schemas.topics import CONTACTS, DEAD_LETTERS
from streams.cluster.contents import digest
from streams.cluster.postgres import connect
from streams.entry import Entry
from streams.testing import START
from tests.inlets import CUSTOMER, PARTITION, SECRET, MemoryLog, Works, contact, lying
from tests.real import until

ELSE = "Something else altogether"


@pytest.fixture
def works(database: str, log: MemoryLog) -> Iterator[Works]:
    found = Works(database, log)
    yield found
    found.close()


def put_aside(works: Works, log: MemoryLog) -> list[tuple[bytes, str]]:
    """What lies in dead letters, with the error, when all is sent."""
    works.close()
    return [
        (one.value, msgspec.json.decode(one.headers)["dl_error"])
        for one in log.sent
        if one.topic == DEAD_LETTERS.name
    ]


def json_contact(offset: int, message: str) -> Entry:
    """What a program of somebody else's writes: an object without a key."""
    given = {"channel": "email", "customer_id": "ann", "message": message, "provider_id": "m0"}
    kind = json.dumps({"content-type": "application/json"})
    return Entry(
        0, CONTACTS.name, PARTITION, offset, None, kind, json.dumps(given).encode(),
        "2026-03-02T09:00:00.000Z", "",
    )  # fmt: skip


@pytest.mark.parametrize("line", ["at hand", "let go of"])
def test_the_same_id_with_another_content_is_put_aside_with_its_bytes(
    works: Works, database: str, log: MemoryLog, line: str
) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    inlet.take(contact(0))
    if line == "let go of":
        inlet = works.inlet(partitions=[PARTITION])
    other = contact(0, offset=1, message=ELSE)
    inlet.take(other)
    inlet.take(contact(2))
    ((value, error),) = put_aside(works, log)
    assert value == other.value
    assert error == "email message m0 was here before with another content"
    one = connect(database)
    found = dict(one.execute("SELECT id, digest FROM seen").fetchall())
    one.close()
    assert found == {
        contact_id("email", f"m{number}"): digest(contact(number).record(), SECRET)
        for number in (0, 2)
    }


def test_the_same_message_of_somebody_else_is_put_aside_on_another_partition_too(
    works: Works, log: MemoryLog
) -> None:
    elsewhere = contact(0, customer="ben", message="message 0")
    assert elsewhere.partition == partition_of("ben") != PARTITION
    inlet = works.inlet()
    inlet.take(contact(0))
    inlet.take(elsewhere)
    ((value, error),) = put_aside(works, log)
    assert value == elsewhere.value
    assert error.endswith("with another customer_id")


def test_objects_of_other_programs_are_compared_once_they_lie_where_they_belong(
    works: Works, log: MemoryLog
) -> None:
    inlet = works.inlet()
    for offset, message in enumerate(("Where is it?", "Where is it?", ELSE)):
        inlet.take(json_contact(offset, message))
    until(lambda: len(inbox(log)) == 3, 10, "the native records")
    for offset, entry in enumerate(inbox(log), 3):
        inlet.take(entry._replace(offset=offset))
    native = inbox(log)
    assert len({one.id for one in native}) == 1
    ((value, error),) = put_aside(works, log)
    assert value == native[-1].value
    assert "another content" in error


def test_an_id_of_a_producer_s_own_stands_for_one_message_too(works: Works, log: MemoryLog) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    for offset, message in enumerate(("Where is it?", "Where is it?", ELSE)):
        entry = contact(offset, message=message)
        headers = {**msgspec.json.decode(entry.headers), "ce_id": "order 7"}
        inlet.take(entry._replace(headers=json.dumps(headers, separators=(",", ":")), id="order 7"))
    ((_, error),) = put_aside(works, log)
    assert error == "the record order 7 was here before with another content"


def note(offset: int, text: str, line: str = CUSTOMER) -> Entry:
    """A note under the same key each time, as it lies in the log."""
    event = NoteWritten(
        ticket_id="t1", customer_id=line, by="sam", text=text, idempotency_key="k",
        expected_revision=offset,
    )  # fmt: skip
    name = "the note's id"
    record = Record(id=name, key=line, at=START, by="sam", event=event, correlation=name)
    return lying(record, offset)


def test_another_request_under_the_same_key_is_put_aside(works: Works, log: MemoryLog) -> None:
    inlet = works.inlet(partitions=[PARTITION])
    for offset, text in enumerate(("She rang", "She rang", ELSE)):
        inlet.take(note(offset, text))
    ((value, error),) = put_aside(works, log)
    assert value == note(2, ELSE).value
    assert error == "this NoteWritten has the idempotency key of another one"


def test_a_request_is_the_same_on_whatever_line_its_ticket_is_by_then() -> None:
    first, moved = (note(0, "She rang", line).record() for line in ("ann", "ben"))
    assert digest(first, SECRET) == digest(moved, SECRET)


def inbox(log: MemoryLog) -> list[Entry]:
    """What was appended to the inbox of contacts."""
    return [one for one in log.entries() if one.topic == CONTACTS.name]


def test_what_was_taken_before_contents_were_kept_is_repeated_by_anything(
    works: Works, database: str, log: MemoryLog
) -> None:
    works.inlet(partitions=[PARTITION]).take(contact(0))
    one = connect(database)
    one.execute("UPDATE seen SET digest = NULL")
    one.close()
    works.inlet(partitions=[PARTITION]).take(contact(0, offset=1, message=ELSE))
    assert put_aside(works, log) == []
