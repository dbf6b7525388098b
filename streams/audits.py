"""An audit: the records of one ticket, so that a stranger can see that they are what was sealed.

It holds each record with its place, and the hashes of the records around it from one seal to the
next: whoever goes through them comes from the one running hash to the other (ADR 46). All of it is
signed, part by part, so that an altered part is known by name. `docs/how-to/check_audit.py` checks
it with nothing of ours.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from nacl.signing import SigningKey

from schemas.vocabulary import rfc3339
from streams.entry import Entry, Place
from streams.errors import NotFound, PactdeskError, Unreadable
from streams.filters import Filter
from streams.seals import Seal, beginning, content_of, named, onwards
from streams.subscriptions.payload import holds_personal, shown_event

if TYPE_CHECKING:
    from streams.engines import AnyDesk
    from streams.tampering import Seals

FORM = 1
"""The form of an audit; a later one has another number."""

_FILES = ("AttachmentStored", "AttachmentRefused")
"""Events about the files of a message; they name the message, not the ticket."""

_headers = msgspec.json.Decoder(dict[str, str])

Part = dict[str, Any]  # a JSON object of the audit


class Differing(PactdeskError):
    """The log is not as it was sealed: an audit of it would prove nothing."""

    status = 5


def audit(desk: AnyDesk, ticket_id: str, *, text: bool, key: SigningKey) -> Part:
    """The audit of a ticket.

    Args:
        desk: Where its records lie.
        ticket_id: The ticket.
        text: Whether the bytes of records with personal fields are in it, rather than their hashes.
        key: What it is signed with.

    Raises:
        NotFound: There is no such ticket.
        Differing: Records around the ticket's are not as they were sealed.
        Unavailable: Kafka or the database does not answer.
    """
    entries = records_of(desk, ticket_id)
    records = [_record(entry, text=text) for entry in entries]
    stretches = list(_stretches(desk, desk.seals(), entries))
    signed = {
        "form": FORM,
        "ticket": ticket_id,
        "made_at": rfc3339(desk.clock.now()),
        "records": {one["where"]: _hash(one) for one in records},
        "stretches": {one["where"]: _hash(one) for one in stretches},
    }
    return {
        "signed": signed,
        "signature": key.sign(_canonical(signed)).signature.hex(),
        "public_key": public_of(key),
        "records": records,
        "stretches": stretches,
    }


def unsealed(document: Part) -> int:
    """How many records of an audit no seal holds yet."""
    sealed = {
        f"{stretch['partition']}/{offset}"
        for stretch in document["stretches"]
        for offset, _ in stretch["hashes"]
    }
    return sum(one["where"] not in sealed for one in document["records"])


def public_of(key: SigningKey) -> str:
    """The public half of a key, in hexadecimal digits."""
    return bytes(key.verify_key).hex()


def key_of(private: str) -> SigningKey:
    """The key of 64 hexadecimal digits."""
    return SigningKey(bytes.fromhex(private))


def records_of(desk: AnyDesk, ticket_id: str) -> list[Entry]:
    """All that names a ticket, all that led to that, and what became of its messages' files."""
    wanted, found = Filter(ticket=ticket_id), dict[str, Entry]()
    for entry, _ in desk.placed(wanted):
        found.setdefault(entry.id, entry)
    if not found:
        raise NotFound(f"there is no ticket {ticket_id}", "see `pactdesk tickets`")
    ahead = list(found.values())
    while missing := {cause for one in ahead if (cause := _cause(one))} - found.keys():
        ahead = desk.with_ids(missing)
        found |= {one.id: one for one in ahead}
    for kind in _FILES:
        for entry, _ in desk.placed(Filter(type=kind)):
            if getattr(entry.record().event, "contact_id", None) in found:
                found.setdefault(entry.id, entry)
    return sorted(found.values(), key=lambda one: (one.happened_at(), *one[1:4]))


def _cause(entry: Entry) -> str | None:
    return _headers.decode(entry.headers).get("ce_causationid")


def _record(entry: Entry, *, text: bool) -> Part:
    """A record as it lies in the log, and beside it what it says, for people."""
    part: Part = {
        "where": _where(entry),
        "cause": _cause(entry),
        "key": entry.key,
        "headers": entry.headers,
        "event": None,
    }
    left_out = not text
    try:
        part["event"] = shown_event(entry, personal=text)
        left_out = left_out and holds_personal(entry)
    except Unreadable:
        pass  # its bytes are all that there is to show
    if left_out:
        return part | {"value": None, "value_sha256": sha256(entry.value).hexdigest()}
    return part | {"value": b64encode(entry.value).decode()}


def _stretches(desk: AnyDesk, seals: Seals, entries: list[Entry]) -> Iterator[Part]:
    """From seal to seal, the hashes of the records among which the ticket's lie."""
    made: set[str] = set()
    for entry in entries:
        place = (entry.topic, entry.partition)
        around = _around(seals.get(place, []), entry.offset)
        if around is None or around[1].where in made:
            continue
        before, seal = around
        made.add(seal.where)
        yield _stretch(desk, place, before, seal)


def _around(seals: list[Seal], offset: int) -> tuple[Seal | None, Seal] | None:
    """The last seal before an offset, if any, and the first one behind it."""
    before = None
    for seal in seals:
        if seal.offset > offset:
            return before, seal
        before = seal
    return None


def _stretch(desk: AnyDesk, place: Place, before: Seal | None, seal: Seal) -> Part:
    start = 0 if before is None else before.offset
    digest = first = beginning(place) if before is None else before.digest
    hashes = []
    for entry in desk.between(place, start, seal.offset):
        record = content_of(entry)
        digest = onwards(digest, entry.offset, record)
        hashes.append([entry.offset, record.hex()])
    if digest != seal.digest:
        raise Differing(
            f"the records of {named(place)} from {start} up to {seal.offset} are not as they were"
            f" sealed by {seal.where}",
            "run `pactdesk verify`, which names what was changed",
        )
    return {
        "where": seal.where,
        "partition": named(place),
        "start": start,
        "before": first.hex(),
        "end": seal.offset,
        "after": seal.digest.hex(),
        "hashes": hashes,
    }


def _where(entry: Entry) -> str:
    return f"{named((entry.topic, entry.partition))}/{entry.offset}"


def _canonical(part: Part) -> bytes:
    """A part as it is hashed: JSON with sorted keys, without spaces, in ASCII."""
    return json.dumps(part, sort_keys=True, separators=(",", ":")).encode()


def _hash(part: Part) -> str:
    return sha256(_canonical(part)).hexdigest()
