"""What providers say became of messages of ours, as records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from schemas.event import Event
from schemas.events.contacts import ReplyAccepted, ReplyDelivered, ReplyFailed, ReplyRead
from schemas.record import Record, derived_id
from schemas.vocabulary import rfc3339
from streams.channels.channel import Receipt, part_of

if TYPE_CHECKING:
    from streams.engines import AnyDesk

_DELIVERIES = (
    "SELECT request_id, customer_id, ticket_id, attempts, state, accepted_at FROM v1_deliveries"
    " WHERE channel = ?"
)


def noted(desk: AnyDesk, channel: str, receipts: Sequence[Receipt], at: datetime) -> None:
    """Append what became of messages of ours; of a message that is not ours, nothing.

    Args:
        desk: The desk.
        channel: On which channel they went out.
        receipts: What became of them.
        at: When that was said.
    """
    desk.intake.records(
        [
            record_of(channel, one, found, at)
            for one in receipts
            for found in _sent(desk, channel, one)
        ]
    )


def record_of(channel: str, receipt: Receipt, found: dict[str, Any], at: datetime) -> Record:
    """What became of a message of ours, as a record; the same, whoever says it and how often.

    Args:
        channel: On which channel it went out.
        receipt: What became of it.
        found: The message: request_id, customer_id, ticket_id; attempts, where it failed.
        at: When that was said.
    """
    about = {
        "customer_id": found["customer_id"],
        "ticket_id": found["ticket_id"],
        "request_id": found["request_id"],
    }
    event: Event
    match receipt.state:
        case "sent":
            number = receipt.provider_message_id or found["request_id"]
            more = {"transport": channel, "provider_message_id": number}
            event = ReplyAccepted.model_validate({**about, **more})
        case "delivered":
            event = ReplyDelivered.model_validate(about)
        case "read":
            event = ReplyRead.model_validate(about)
        case "failed":
            error = receipt.error or "the provider does not say why"
            attempt = max(1, found["attempts"])
            more = {"attempt": attempt, "error": error, "final": True}
            event = ReplyFailed.model_validate({**about, **more})
    record_id = derived_id("receipt", channel, found["request_id"], receipt.state)
    return Record(
        id=record_id,
        key=found["customer_id"],
        at=at,
        by=f"gateway/{channel}",
        event=event,
        correlation=record_id,
    )


def _sent(desk: AnyDesk, channel: str, receipt: Receipt) -> list[dict[str, Any]]:
    """The messages of ours that a receipt is about."""
    if receipt.handle is not None and receipt.until is not None:
        return _sent_until(desk, channel, receipt.handle, receipt.until)
    request_id, before_the_last = part_of(receipt.request_id)
    if before_the_last and receipt.state != "failed":
        return []  # the last of a reply's messages speaks for all of them, but for failures
    for column, value in (
        ("request_id", request_id),
        ("provider_message_id", receipt.provider_message_id),
    ):
        if value is not None:
            rows = desk.query(f"{_DELIVERIES} AND {column} = ?", (channel, value))
            if rows:
                return [row for row in rows[:1] if receipt.state != "sent" or _is_news(row)]
    return []


def _is_news(row: dict[str, Any]) -> bool:
    """Whether it was not known that a message was sent."""
    return row["accepted_at"] is None and row["attempts"] > 0


def _sent_until(desk: AnyDesk, channel: str, handle: str, until: datetime) -> list[dict[str, Any]]:
    """What was sent to a handle up to a time, and is not known to be read.

    A provider's time of a message lies between our attempt and our knowing of its answer.
    """
    customer = desk.intake.resolver.customer_of(channel, handle)
    return desk.query(
        f"{_DELIVERIES} AND customer_id = ? AND attempted_at <= ?"
        " AND state IN ('sent', 'delivered')",
        (channel, customer, rfc3339(until)),
    )
