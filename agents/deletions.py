"""Deletions: a message that its writer took back stays, and its ticket says that it was deleted.

A contact whose metadata say `deleted` tells that the message which it answers was taken back. It is
inert: it opens, reopens and answers nothing, and no model reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agents.moves import Moves
from agents.world import World
from projections.case import Case
from schemas.event import Event
from schemas.events.tickets import MessageAdded

DELETED = "deleted"
"""Why such a contact is accepted without being understood, or rejected; and how it is marked."""


def is_deletion(metadata: Mapping[str, object]) -> bool:
    """Whether a contact with these metadata tells of a deletion."""
    return metadata.get(DELETED) is True


def ticket_of(case: Case) -> str | None:
    """The ticket that has the message which the contact at hand answers; None of none at hand."""
    answered = case.contact.in_reply_to if case.contact is not None else None
    return next(
        (
            ticket.id
            for ticket in case.tickets.values()
            if answered and answered in ticket.threads and ticket.merged_into is None
        ),
        None,
    )


def told(case: Case, world: World) -> Iterator[Event]:
    """The ticket is told of the deletion at hand, and stays as it is."""
    contact, ticket_id = case.contact, ticket_of(case)
    if contact is None or ticket_id is None:
        return
    moves = Moves(case, ticket_id, world)
    moves.say(
        MessageAdded,
        interaction_id=contact.id,
        direction="none",
        interaction_type="note",
        message_channel=contact.channel,
        author="customer",
        kind="note",
    )
    yield from moves.events
