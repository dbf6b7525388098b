"""The way in, as both engines have it: what becomes of a line, and what a repeat must repeat.

Lines and objects become records, durable before they are acknowledged. Nothing is lost on bad
input: the other lines are kept, and what could not be read goes to dead letters with its bytes,
where it can be re-driven once the cause is mended: an intent on a ticket that is not there yet is
such a line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from schemas.event import Event, Intent
from schemas.events.contacts import ContactReceived
from schemas.record import Record, derived_id
from schemas.topics import CONTACTS
from schemas.vocabulary import rfc3339
from streams.deadletters import DeadLetter
from streams.errors import PactdeskError, Unreadable

BATCH = 500
"""Lines that are made durable together."""


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one line.

    Attributes:
        line: Its number, from 1.
        status: accepted, repeat or unreadable.
        id: The record's id, or the dead letter's.
        topic: Where it lies.
        partition: Where it lies.
        offset: Where it lies.
        error: What is wrong with it.
        remedy: What would be right.
    """

    line: int
    status: str
    id: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    error: str | None = None
    remedy: str | None = None


def firsts(records: Sequence[Record]) -> list[Record]:
    """The first record of each id, in their order: what comes together may say something twice."""
    found: dict[str, Record] = {}
    for record in records:
        found.setdefault(record.id, record)
    return [*found.values()]


def taken_well(taken: Taken) -> Taken:
    """A line that was taken; raises `Unreadable` for one that could not be."""
    if taken.error is not None:
        assert taken.remedy is not None
        raise Unreadable(taken.error, taken.remedy)
    return taken


def produced(
    documents: Sequence[object], take: Callable[[Sequence[object]], list[Taken]]
) -> list[str]:
    """The ids of input objects that were taken; a list among them stands for what it holds.

    Args:
        documents: The objects.
        take: Takes them, and makes them durable.

    Raises:
        Unreadable: One cannot be read; the others are kept, and it is in dead letters.
    """
    taken = take([d for one in documents for d in (one if isinstance(one, list) else [one])])
    bad = next((one for one in taken if one.status == "unreadable"), None)
    if bad is not None:
        assert bad.remedy is not None
        raise Unreadable(f"input {bad.line}: {bad.error}", bad.remedy)
    return [one.id for one in taken]


def unreadable(number: int, error: PactdeskError, letter_id: str = "") -> Taken:
    """What became of a line that cannot be understood; without a letter where it has one."""
    return Taken(number, "unreadable", letter_id, error=error.what, remedy=error.remedy)


def line_of(document: object) -> bytes:
    """An object as a line; what JSON cannot carry stays visible in it, and is refused as a line."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:  # half of a surrogate pair: as an escape it is ASCII
        return json.dumps(document).encode("ascii")


SAME = ("message", "subject", "thread", "in_reply_to", "attachments")
"""What a provider's repeat has in common with the first delivery, beside its sender."""


Sender = TypeVar("Sender", str, bytes)


class From(NamedTuple, Generic[Sender]):
    """Who sent a message: as they are, or as hashes of that.

    Attributes:
        handle: Under which handle; None without one.
        customer: Whose it is.
    """

    handle: Sender | None
    customer: Sender


def differing_sender(before: From[Sender], after: From[Sender]) -> str | None:
    """In what the sender of a provider's repeat differs from that of the first delivery.

    A handle may have become another customer's in between, so that handles are compared where both
    bring one, and customers where neither does.

    Returns:
        The field that differs; None for the same sender.
    """
    if before.handle is not None and after.handle is not None:
        return None if before.handle == after.handle else "handle"
    if before.handle is None and after.handle is None:
        return None if before.customer == after.customer else "customer_id"
    return None


def another(event: ContactReceived, field: str) -> Unreadable:
    """What is wrong with a message that comes under an id which another one has."""
    return Unreadable(
        f"{event.channel} message {event.provider_id} was here before with another {field}",
        "send a changed message under a provider_id of its own",
    )


OWN_KEY = "give each request an idempotency key of its own"
"""What would do where a key is another request's."""


def same_request(before: Event, after: Event) -> bool:
    """Whether two requests with one id ask for the same."""
    return asked_for(before) == asked_for(after)


def is_request(kind: type[Event]) -> bool:
    """Whether an event asks for something: whoever asks may give it a key."""
    return "idempotency_key" in kind.model_fields


def asked_for(event: Event) -> dict[str, Any]:  # Any: values of any field
    """What a request asks for, as JSON has it, without what a repeat may find otherwise by now.

    Those are the ticket's revision, whose line it or a handle is on, and whether files may go as
    links.
    """
    by_now = {"expected_revision", "links", "other_customer_id"}
    if isinstance(event, Intent):
        by_now.add("customer_id")
    return event.model_dump(mode="json", exclude=by_now)


def another_request(event: Event) -> Unreadable:
    """What is wrong with a request that comes under an id which another one has."""
    kind = type(event).__name__
    return Unreadable(f"this {kind} has the idempotency key of another one", OWN_KEY)


def bad_line(number: int, line: bytes, error: PactdeskError, now: datetime) -> DeadLetter:
    """The dead letter of a line that cannot be understood."""
    return DeadLetter(
        id=derived_id("bad-line", line.decode("latin-1")),
        topic=CONTACTS.name,
        origin=f"input/line {number}",
        handler="intake",
        error=error.what,
        remedy=error.remedy,
        attempts=1,
        at=rfc3339(now),
        value=line,
    )


def batches(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """NDJSON lines with their numbers, a batch at a time; empty lines are passed over."""
    batch: list[tuple[int, bytes]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        batch.append((number, line))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
