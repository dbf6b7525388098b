"""What appending actions share: an intent goes to an inbox, and its ruling is read.

The id of what is appended derives from the action, who asks and their key: the same request again
is the same record, and nothing happens twice. Without a key each request is one of its own. The
answer is made of the records that followed, so that a repeat gets the same answer too.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from schemas.event import Event, TicketEvent
from schemas.record import Record, derived_id
from schemas.topics import key_of
from streams.directory import Directory
from streams.errors import NotFound, Refused
from streams.intake import OWN_KEY, same_request
from streams.pact.action import Asking, Call, Declined, failed
from streams.rulings import Outcome

_E = TypeVar("_E", bound=Event)

_canonical = msgspec.json.Encoder(order="sorted")

QUEUED = "queued"
"""How a message stands before anything is known of its delivery."""


def owner(call: Call, ticket_id: str) -> str:
    """On whose line a ticket is.

    Raises:
        NotFound: There is no such ticket.
    """
    found = Directory(call.desk.database).owner_of(ticket_id)
    if found is None:
        raise NotFound(
            f"{call.action}: ticket_id: there is no ticket {ticket_id}",
            "give the id of a ticket that `pactdesk tickets` shows",
        )
    return found


def about(call: Call, params: Asking, ticket_id: str) -> dict[str, Any]:
    """The fields that every intent on a ticket has; raises `NotFound` as `owner` does."""
    return {
        "ticket_id": ticket_id,
        "customer_id": owner(call, ticket_id),
        "by": params.by,
        "idempotency_key": params.idempotency_key,
    }


def asked(call: Call, params: Asking, event: Event, step: str = "") -> Outcome:
    """Append what is asked for and see what became of it, whatever that was.

    Args:
        call: The call.
        params: Its parameters: what makes the request this one and no other.
        event: The intent.
        step: Tells the several requests of one call apart.

    Raises:
        Refused: The idempotency key was another request's: that one happened, and not this one.
    """
    mark: tuple[str, ...]
    if params.idempotency_key is not None:
        mark = (params.by, params.idempotency_key)
    else:
        content = params.model_dump(mode="json", exclude_none=True)
        place = call.desk.place()
        mark = (_canonical.encode(content).decode(), call.now.isoformat(), place)
    record_id = derived_id("pact", call.action, *mark, step)
    record = Record(
        id=record_id,
        key=key_of(event, ""),
        at=call.now,
        by=f"pact/{params.by}",
        event=event,
        correlation=record_id,
    )
    outcome = call.desk.carry_out(record)
    if outcome.repeat and not same_request(outcome.record.event, event):
        raise Refused(f"{call.action}: {params.idempotency_key} is another request's key", OWN_KEY)
    return outcome


def done(call: Call, outcome: Outcome, *, but: frozenset[str] = frozenset()) -> Outcome:
    """The same outcome, if no rule said no and no agent failed.

    Args:
        call: The call.
        outcome: What became of the request.
        but: Rules that may say no, for what was asked for holds already.

    Raises:
        Declined: The desk ruled against it.
    """
    ids = tuple(outcome.record_ids)
    refusal, failure = outcome.refusal, outcome.failure
    if refusal is not None and refusal.reason not in but:
        raise Declined(call.action, refusal.reason, refusal.remedy, ids)
    if failure is not None:
        raise failed(call.action, failure, ids)
    return outcome


def first(
    outcome: Outcome, kind: type[_E], ticket_id: str | None = None
) -> tuple[str | None, _E | None]:
    """The first record of a type that followed: its id and its event; Nones without one.

    Args:
        outcome: What became of the request.
        kind: The type.
        ticket_id: Only of this ticket: what happens to one may free somebody for another.
    """
    for record in outcome.followed:
        event = record.event
        if isinstance(event, kind) and ticket_id in {None, getattr(event, "ticket_id", None)}:
            return record.id, event
    return None, None


def event_of(outcome: Outcome, kind: type[_E], ticket_id: str | None = None) -> _E | None:
    """The first event of a type that followed, as `first` finds it."""
    return first(outcome, kind, ticket_id)[1]


def ticket_after(outcome: Outcome, ticket_id: str | None) -> TicketEvent | None:
    """The last change of a ticket among what followed: it carries status, priority and the rest."""
    changes = [
        record.event
        for record in outcome.followed
        if isinstance(record.event, TicketEvent) and record.event.ticket_id == ticket_id
    ]
    return changes[-1] if changes else None


def delivery(call: Call, message_id: str | None) -> str:
    """How far a message has come on its way to the customer."""
    rows = call.rows("SELECT delivery FROM v1_interactions WHERE interaction_id = ?", message_id)
    return str(rows[0]["delivery"] or QUEUED) if rows else QUEUED
