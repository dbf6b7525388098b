"""The replies in a chat that nobody has read: kept until they are, or until they went by e-mail.

Their texts are kept as those are that may have to go another way: bounded, the oldest go first.
"""

from __future__ import annotations

import msgspec

from projections.case import tickets
from projections.case.bounds import MAIL_SECONDS, UNREAD, UNREAD_BYTES
from projections.case.mending import lineage
from projections.case.state import Case, Ticket, Unread
from projections.case.words import LONGEST_HANDLE, LONGEST_NAME, clip
from schemas.events.contacts import ReplyAddressLeft
from schemas.events.decisions import ReplyRequested
from schemas.platforms import MAIL, vouched
from schemas.record import Record

_replace = msgspec.structs.replace


def fits(text: str) -> bool:
    """Whether a text is short enough to be kept."""
    return _bytes(text) <= UNREAD_BYTES


def said(event: ReplyRequested) -> str:
    """What a reply says, as it is kept."""
    return "\n".join(event.parts)


def mail_due(ticket: Ticket) -> float | None:
    """When the unread replies of a ticket go by e-mail; None where they do not.

    They do where an address was left, or was known of somebody for whom the site vouched; never
    sooner after another mail than the conversation allows.
    """
    dues = [
        one.due
        for one in ticket.unread
        if one.due is not None and (ticket.left is not None or one.known)
    ]
    if not dues:
        return None
    return max(min(dues), (ticket.mailed_at or 0.0) + MAIL_SECONDS)


def requested(case: Case, event: ReplyRequested, record: Record) -> Case:
    """The case after a reply was requested: in a chat it is unread, by mail it says what was."""
    known = case.ticket(event.ticket_id)
    if known is None:
        return case
    gone = frozenset(event.unread or filter(None, (event.instead_of,)))
    if gone:
        known = _without(known, gone)
    if event.unread:
        known = _mailed(case, known, event, record.at.timestamp())
    text = said(event)
    if event.mail_at is not None and fits(text):
        known = _kept(known, _unread(case, event, record.id, text))
    return case if known is case.ticket(known.id) else tickets.put(case, known)


def _unread(case: Case, event: ReplyRequested, request_id: str, text: str) -> Unread:
    address = bool(case.handles.get(MAIL)) or case.email is not None
    assert event.mail_at is not None
    return Unread(
        request_id=request_id,
        kind=clip(event.kind, LONGEST_NAME),
        author=clip(event.author, LONGEST_NAME),
        text=clip(text, UNREAD_BYTES),
        due=event.mail_at.timestamp(),
        known=address and vouched(event.channel, event.handle),
    )


def _kept(known: Ticket, one: Unread) -> Ticket:
    unread = (*known.unread, one)[-UNREAD:]
    while sum(_bytes(each.text) for each in unread) > UNREAD_BYTES:
        unread = unread[1:]
    return _replace(known, unread=unread)


def _mailed(case: Case, known: Ticket, event: ReplyRequested, at: float) -> Ticket:
    """The ticket after a mail; what it did not hold any more goes with the next one.

    An address that is not known otherwise is kept, for that is where the answers come from.
    """
    address = event.handle or ""
    claimed = address not in case.handles.get(MAIL, ()) and _is_address(address)
    return _replace(
        known,
        unread=tuple(_replace(one, due=one.due or at) for one in known.unread),
        left=known.left or (address if claimed else None),
        mailed_at=at,
    )


def read(case: Case, ticket_id: str | None, request_id: str) -> Case:
    """The case after a reply was read."""
    known = case.ticket(ticket_id)
    if known is None or all(one.request_id != request_id for one in known.unread):
        return case
    return tickets.put(case, _without(known, frozenset({request_id})))


def left(case: Case, event: ReplyAddressLeft) -> Case:
    """The case after an address was left; one that is longer than any is not remembered."""
    if not _is_address(event.email):
        return case
    for known in lineage(case, event.ticket_id):
        case = tickets.put(case, _replace(known, left=event.email))
    return case


def passed(known: Ticket, at: float) -> Ticket:
    """The ticket after the time of a mail: what was due by then sets no timer again."""
    unread = tuple(
        _replace(one, due=None) if one.due is not None and one.due <= at else one
        for one in known.unread
    )
    return _replace(known, unread=unread)


def _without(known: Ticket, gone: frozenset[str]) -> Ticket:
    unread = tuple(one for one in known.unread if one.request_id not in gone)
    return known if len(unread) == len(known.unread) else _replace(known, unread=unread)


def _is_address(text: str) -> bool:
    return 0 < _bytes(text) <= LONGEST_HANDLE


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
