"""Where a reply goes: the channel, the address on it and the thread that it continues."""

from __future__ import annotations

import msgspec

from projections.case import Case, Ticket
from schemas.platforms import MAIL


class Place(msgspec.Struct, frozen=True):
    """Where a message goes.

    Attributes:
        about: The ticket.
        channel: The channel.
        handle: The address on it; None when none is known.
        subject: The ticket's subject.
        thread: The provider's thread that it continues.
        answers: The provider's id of the message that it answers.
    """

    about: str
    channel: str
    handle: str | None
    subject: str = ""
    thread: str | None = None
    answers: str | None = None


def place_of(ticket: Ticket, where: str, case: Case) -> Place:
    """Where a reply on a ticket goes: the thread is the one of the channel they wrote on last."""
    here = where == (ticket.last_channel or ticket.channel)
    return Place(
        about=ticket.id,
        channel=where,
        handle=_address(ticket, where, case),
        subject=ticket.subject,
        thread=ticket.thread if here else None,
        answers=ticket.message_id if here else None,
    )


def _address(ticket: Ticket, where: str, case: Case) -> str | None:
    """The address from which the customer wrote about the ticket, else the channel's latest.

    Where none is known, mail goes to the address that was left for this conversation.
    """
    contact, known = case.contact, case.handles.get(where, ())
    wrote = contact is not None and contact.ticket_id == ticket.id and contact.channel == where
    if wrote and contact is not None and contact.handle in known:
        return contact.handle
    if where == ticket.channel and ticket.handle in known:
        return ticket.handle
    return latest_handle(case, where) or (ticket.left if where == MAIL else None)


def latest_handle(case: Case, channel: str) -> str | None:
    """The address on a channel that the customer used last; None when none is known."""
    handles = case.handles.get(channel, ())
    return handles[-1] if handles else None
