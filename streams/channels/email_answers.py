"""A mail that answers what was said in a chat: it belongs there, whoever else its sender may be.

The token of our mail says what it answers, and its sender is whom that mail went to. The address is
no contact point by that, so that the mail is taken in without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.platforms import CHAT, MAIL

if TYPE_CHECKING:
    from streams.engines import AnyDesk

_WENT_TO = (
    "SELECT m.handle, t.customer_id FROM v1_messages m"
    " JOIN v1_deliveries d ON d.request_id = m.message_id"
    " JOIN v1_tickets t ON t.ticket_id = d.ticket_id"
    " WHERE m.message_id = ? AND m.channel = ? AND t.channel = ?"
)


def in_its_chat(desk: AnyDesk, contact: dict[str, Any]) -> dict[str, Any]:
    """A mail's contact, on the line of the customer whose chat it answers.

    Args:
        desk: The desk.
        contact: The contact, as input has it.
    """
    answered, sender = contact.get("in_reply_to"), contact["handle"]
    rows = desk.query(_WENT_TO, (answered, MAIL, CHAT)) if answered is not None else []
    if not rows or str(rows[0]["handle"]).lower() != str(sender).lower():
        return contact
    customer = rows[0]["customer_id"]
    if desk.intake.resolver.customer_of(MAIL, sender) == customer:
        return contact
    rest = {name: value for name, value in contact.items() if name != "handle"}
    return {**rest, "customer_id": customer}
