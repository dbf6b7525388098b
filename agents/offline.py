"""Channel: what was said in a chat and not read in time goes by e-mail, in one mail, once.

It goes to the address that was left for this conversation, else to one that is known of a customer
for whom the chat's site vouches. An address that was left is a claim: it gets what was said in that
chat, and makes nobody anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.addressing import Place, latest_handle
from agents.agent import Agent
from agents.saying import Message
from agents.saying import said as to_customer
from agents.ways import Way, straight
from agents.wording import words
from agents.words import Words
from agents.world import World
from projections.case import Case, Ticket
from projections.case.bounds import MAILED
from projections.case.state import Unread
from projections.case.talk import BY_PEOPLE
from schemas.event import Event
from schemas.events.contacts import TimerDue
from schemas.events.decisions import ReplyRequested, ReplyShaped
from schemas.platforms import MAIL
from schemas.record import Record


def due(record: Record, case: Case, world: World) -> Iterator[Event]:
    """The time of a mail has come: what is still unread goes, if there is an address."""
    event = record.event
    assert isinstance(event, TimerDue)
    ticket = case.ticket(event.ticket_id)
    if event.kind != "offline" or case.fired != record.id or ticket is None:
        return
    unread = ticket.unread[:MAILED]
    address = _address(ticket, unread, case)
    if not unread or address is None:
        return
    message = _mail(unread, words(ticket.id, case, world))
    place = Place(ticket.id, MAIL, address, ticket.subject)
    how = straight(message.kind, place, case, world.policy, world.now)
    if isinstance(how, Way):
        yield from to_customer(message, ticket.id, how, case, world)


def _address(ticket: Ticket, unread: Sequence[Unread], case: Case) -> str | None:
    """Where to: what was left for this conversation comes before what is known otherwise."""
    if ticket.left is not None:
        return ticket.left
    return latest_handle(case, MAIL) or case.email if any(one.known for one in unread) else None


def _mail(unread: Sequence[Unread], own: Words) -> Message:
    """The mail: a person's if a person wrote any of it, else the desk's own."""
    by_people = [one for one in unread if one.kind in BY_PEOPLE]
    speaks = (by_people or unread)[-1]
    return Message(
        kind=speaks.kind,
        author=speaks.author,
        text="\n\n".join((own.away, *(one.text for one in unread), own.come_back)),
        instead_of=unread[0].request_id,
        unread=tuple(one.request_id for one in unread),
    )


UNREAD = Agent(
    name="channel",
    domain="customer",
    reads=frozenset({TimerDue}),
    writes=frozenset({ReplyShaped, ReplyRequested}),
    decide=due,
)
