"""What our own people write on a platform: for the desk alone, unless they say otherwise.

A note that reaches a customer cannot be taken back, and a reply that does not can still be sent. So
it is the reply that must be marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.record import contact_id
from streams.channels.channel import Remark
from streams.errors import Unreadable

if TYPE_CHECKING:
    from streams.engines import AnyDesk

_BEGAN = "SELECT ticket_id FROM v1_interactions WHERE interaction_id = ? AND ticket_id IS NOT NULL"
_BEGAN_HERE = (
    "SELECT ticket_id FROM v1_deliveries"
    " WHERE channel = ? AND provider_message_id = ? AND ticket_id IS NOT NULL"
)
_TICKET = "SELECT ticket_id, customer_id, merged_into FROM v1_tickets WHERE ticket_id = ?"


def line(desk: AnyDesk, remark: Remark) -> dict[str, Any]:
    """A remark as a line of input: a note or a reply on the conversation's ticket.

    In a conversation of their own whoever is at the desk is a customer, and writes as one.

    Args:
        desk: The desk.
        remark: The remark.

    Raises:
        Unreadable: The conversation belongs to no ticket.
    """
    contact = remark.contact
    ticket = _ticket_of(desk, remark)
    if ticket is None:
        raise Unreadable(
            f"{remark.by} wrote in a conversation that belongs to no ticket",
            "re-drive it when its ticket is there; discard it where there is none",
        )
    if ticket["customer_id"] == desk.intake.resolver.customer_of(
        contact["channel"], contact["handle"]
    ):
        return contact
    return {
        "type": "reply" if remark.goes_out else "note",
        "ticket_id": ticket["ticket_id"],
        "by": remark.by,
        "text": remark.text,
        "at": contact["at"],
        "idempotency_key": contact["provider_id"],
    }


def _ticket_of(desk: AnyDesk, remark: Remark) -> dict[str, Any] | None:
    """The ticket that has the conversation now."""
    channel = remark.contact["channel"]
    rows = desk.query(_BEGAN, (contact_id(channel, remark.began),)) or desk.query(
        _BEGAN_HERE, (channel, remark.began_here)
    )
    wanted = rows[0]["ticket_id"] if rows else None
    ticket = None
    while wanted is not None:
        ticket = next(iter(desk.query(_TICKET, (wanted,))), None)
        wanted = None if ticket is None else ticket["merged_into"]
    return ticket
