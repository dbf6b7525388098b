"""Asking for something and reading the ruling: an intent in, what the desk made of it out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.events.decisions import IntentRefused, MessageUnderstood, WorkflowFailed
from schemas.record import Record
from schemas.topics import DECISIONS, TICKETS
from streams import inputs
from streams.entry import Entry
from streams.intake import OWN_KEY, same_request
from streams.strangers import stranger

if TYPE_CHECKING:
    from streams.engines import AnyDesk

OUTPUTS = frozenset({TICKETS.name, DECISIONS.name})

KEY_USED = "key_used"
"""Why a request is refused whose idempotency key another request had."""

PATIENCE = 2.0
"""Seconds for which another worker's ruling is waited for."""


class Ruling(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an intent was ruled on.

    Attributes:
        status: done, repeat, refused, or accepted when the ruling is still to come.
        record_id: The intent's record.
        accepted: Whether no rule said no.
        events: Types of the events that followed, in order.
        record_ids: Their records, after the intent's own.
        reason: Why it was refused.
        remedy: What would do.
        remark: What whoever asked may not have meant; it is done all the same.
    """

    status: str
    record_id: str
    accepted: bool = True
    events: list[str] = []
    record_ids: list[str] = []
    reason: str = ""
    remedy: str = ""
    remark: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a record that was put in.

    Attributes:
        record: The record as it lies in the log: of a repeat, the first one.
        followed: What followed from it on all lines, in the order of appending.
        settled: Whether it, and all that followed, is worked off.
        repeat: Whether it had been there before.
    """

    record: Record
    followed: list[Record]
    settled: bool
    repeat: bool

    @property
    def record_ids(self) -> list[str]:
        """The record's id, and those of the decisions and changes that followed."""
        return [self.record.id, *(r.id for r in self.followed if r.topic in OUTPUTS)]

    @property
    def refusal(self) -> IntentRefused | None:
        """The rule that said no, if one did."""
        return next((r.event for r in self.followed if isinstance(r.event, IntentRefused)), None)

    @property
    def failure(self) -> WorkflowFailed | None:
        """The failure of an agent on the record itself, if one failed."""
        for one in self.followed:
            if isinstance(one.event, WorkflowFailed) and one.cause == self.record.id:
                return one.event
        return None


def ask(desk: AnyDesk, document: dict[str, Any]) -> Ruling:
    """Append an intent, work off what waits, and read what followed from it.

    Nothing is appended where its key was another intent's: that one happened, and not this one.

    Raises:
        NotFound: It names a ticket that is not there.
        Unreadable: It cannot be understood.
    """
    given = inputs.read_document(document)
    record = desk.intake.resolver.record(given, desk.clock.now())
    remark = stranger(desk, record.event)
    outcome = desk.carry_out(record)
    if outcome.repeat and not same_request(outcome.record.event, record.event):
        return Ruling(
            status="refused",
            record_id=outcome.record.id,
            accepted=False,
            reason=KEY_USED,
            remedy=OWN_KEY,
        )
    return msgspec.structs.replace(ruling_of(outcome), remark=remark)


def put(desk: AnyDesk, record: Record) -> Ruling:
    """Append a ready intent and read its ruling."""
    return ruling_of(desk.carry_out(record))


def understood_in(entries: Iterable[Entry], contact_id: str) -> Record | None:
    """What was understood of a contact, among the entries that may hold it."""
    mark = f'"ce_correlationid":{msgspec.json.encode(contact_id).decode()}'
    for entry in entries:
        if mark in entry.headers:
            record = entry.record()
            if isinstance(record.event, MessageUnderstood):
                return record
    return None


def ruling_of(outcome: Outcome) -> Ruling:
    """The ruling in what became of an intent."""
    refusal, failure = outcome.refusal, outcome.failure
    said = [r.type for r in outcome.followed if r.topic in OUTPUTS]
    status = "accepted" if not outcome.settled else "repeat" if outcome.repeat else "done"
    no = refusal is not None or failure is not None
    reason = remedy = ""
    if refusal is not None:
        reason, remedy = refusal.reason, refusal.remedy
    elif failure is not None:
        reason = f"the agent {failure.failed_agent} failed on it ({failure.error})"
        remedy = "a person was called; see `pactdesk why` of the record"
    return Ruling(
        status="refused" if no else status,
        record_id=outcome.record.id,
        accepted=not no,
        events=said,
        record_ids=outcome.record_ids,
        reason=reason,
        remedy=remedy,
    )
