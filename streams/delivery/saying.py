"""What is said of a request on its way: of replies each step, of alerts only how they ended.

Of a draft it is said that it is tried, and how that ended.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.event import Event
from schemas.events.contacts import (
    AlertFailed,
    AlertSent,
    ReplyAccepted,
    ReplyAttempted,
    ReplyDelayed,
    ReplyFailed,
    ReplyUnconfirmed,
)
from schemas.events.decisions import ReplyRequested
from schemas.events.drafts import DraftAttempted, DraftFailed, DraftRequested
from schemas.record import Record
from streams.delivery.errand import Errand, Said
from streams.drafting.prompt import messages
from streams.effects import OUTCOME, attempt_step, end_step, failure_step


def attempted(errand: Errand, record: Record) -> Said:
    """A try is about to be made."""
    if isinstance(record.event, DraftRequested):
        prompt = msgspec.json.encode(messages(record.event)).decode()
        tried = DraftAttempted(**_about(record), prompt=prompt)
        return ((attempt_step(errand.part, errand.attempt), tried),)
    if not _is_reply(record):
        return ()
    said = ReplyAttempted(
        **_about(record), attempt=errand.attempt, transport=errand.channel, part=errand.part
    )
    return ((attempt_step(errand.part, errand.attempt), said),)


def delayed(errand: Errand, record: Record, until: float, reason: str) -> Said:
    """The platform takes no more until a time."""
    if not _is_reply(record):
        return ()
    said = ReplyDelayed(**_about(record), until=time_of(until), reason=reason)
    return ((f"delayed {errand.part}.{errand.attempt + 1}", said),)


def accepted(errand: Errand, record: Record, number: str) -> Said:
    """The platform took all of it."""
    if not _is_reply(record):
        return ((end_step(errand.channel), AlertSent(**_alert(errand, record))),)
    said = ReplyAccepted(**_about(record), transport=errand.channel, provider_message_id=number)
    return ((OUTCOME, said),)


def again(errand: Errand, record: Record, error: str, at: float) -> Said:
    """It did not go through, and is tried again at a time."""
    if not _is_reply(record):
        return ()
    said = ReplyFailed(
        **_about(record),
        attempt=errand.attempt,
        error=error,
        final=False,
        part=errand.part,
        retry_at=time_of(at),
    )
    return ((failure_step(errand.part, errand.attempt), said),)


def failed(errand: Errand, record: Record, error: str) -> Said:
    """It did not go through, and is not tried again."""
    if isinstance(record.event, DraftRequested):
        return ((OUTCOME, DraftFailed(**_about(record), error=error)),)
    if not _is_reply(record):
        said = AlertFailed(**_alert(errand, record), error=error)
        return ((end_step(errand.channel), said),)
    final = ReplyFailed(
        **_about(record), attempt=max(1, errand.attempt), error=error, final=True, part=errand.part
    )
    return ((OUTCOME, final),)


def unconfirmed(errand: Errand, record: Record) -> Said:
    """Nobody can tell whether it went through."""
    if not _is_reply(record):
        return failed(errand, record, "nobody can tell whether it arrived")
    return ((OUTCOME, ReplyUnconfirmed(**_about(record), attempt=errand.attempt)),)


def time_of(seconds: float) -> datetime:
    """A time, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def _is_reply(record: Record) -> bool:
    return isinstance(record.event, ReplyRequested)


def _about(record: Record) -> dict[str, Any]:  # Any: fields that all of these events have
    return {**_of(record.event, record.key), "request_id": record.id}


def _alert(errand: Errand, record: Record) -> dict[str, Any]:  # Any: as above
    return {**_of(record.event, record.key), "alert_id": record.id, "place": errand.channel}


def _of(event: Event, key: str) -> dict[str, Any]:  # Any: as above
    customer = getattr(event, "customer_id", None)
    return {"customer_id": customer or key, "ticket_id": getattr(event, "ticket_id", None)}
