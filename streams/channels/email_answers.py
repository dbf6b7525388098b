"""A mail that answers a mail of ours on another's line, as the token of ours says.

Where ours came out of a chat, its answer belongs there, if its sender is whom that mail went to.
The address is no contact point by that, so that the mail is taken in without one.

Otherwise it is its sender's own: whoever has our mail need not be our customer. But they may be, by
another address, or write for them, so that whoever waits on the ticket is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.automail import validate
from schemas.platforms import CHAT, MAIL
from schemas.record import derived_id

if TYPE_CHECKING:
    from streams.engines import AnyDesk

_WENT_TO = (
    "SELECT m.handle, t.customer_id, t.ticket_id, t.channel FROM v1_messages m"
    " JOIN v1_deliveries d ON d.request_id = m.message_id"
    " JOIN v1_tickets t ON t.ticket_id = d.ticket_id"
    " WHERE m.message_id = ? AND m.channel = ?"
)


def in_its_chat(desk: AnyDesk, contact: dict[str, Any]) -> dict[str, Any]:
    """A mail's contact, on the line of the customer whose chat it answers.

    Args:
        desk: The desk.
        contact: The contact, as input has it.
    """
    answered, sender = contact.get("in_reply_to"), contact["handle"]
    rows = desk.query(_WENT_TO, (answered, MAIL)) if answered is not None else []
    if not rows or rows[0]["channel"] != CHAT:
        return contact
    if str(rows[0]["handle"]).lower() != str(sender).lower():
        return contact
    customer = rows[0]["customer_id"]
    if desk.intake.resolver.customer_of(MAIL, sender) == customer:
        return contact
    rest = {name: value for name, value in contact.items() if name != "handle"}
    return {**rest, "customer_id": customer}


def by_another(desk: AnyDesk, contact: dict[str, Any]) -> dict[str, Any] | None:
    """A note on the ticket that a mail answers, where it is another's than its sender's.

    Args:
        desk: The desk.
        contact: The mail's contact, as input has it.

    Returns:
        A line of input; None where the ticket is the sender's own, or no person wrote.
    """
    answered, sender = contact.get("in_reply_to"), contact.get("handle")
    if answered is None or sender is None or not _by_a_person(contact):
        return None
    rows = desk.query(_WENT_TO, (answered, MAIL))
    whose = desk.intake.resolver.customer_of(MAIL, sender)
    if not rows or whose in {
        rows[0]["customer_id"],
        desk.intake.resolver.customer_of(MAIL, rows[0]["handle"]),
    }:
        return None
    ticket_id = rows[0]["ticket_id"]
    return {
        "type": "note",
        "ticket_id": ticket_id,
        "text": f"An answer to our mail to {rows[0]['handle']} came from {sender}, who is not known"
        f" as this customer: it stands on a ticket of {whose}. Where both are one person, link the"
        " address to this customer.",
        "by": MAIL,
        "idempotency_key": derived_id("mail-by-another", ticket_id, contact["provider_id"]),
    }


def _by_a_person(contact: dict[str, Any]) -> bool:
    return validate(
        MAIL,
        contact["message"],
        subject=contact["subject"],
        handle=contact["handle"],
        attachments=len(contact["attachments"]),
        metadata=contact["metadata"],
    ).is_valid
