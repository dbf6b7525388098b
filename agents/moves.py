"""What the lifecycle says of one ticket in one go, each event told from the state before it.

A ticket's event carries the ticket's status, priority, category and team, so that a reader needs
no other topic. When one decision moves a ticket twice, the second event must tell of the state
after the first; the fold itself says what that is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agents.world import World
from projections.case import Case, Ticket
from projections.case.tickets import after
from schemas.event import Event, TicketEvent


class Moves:
    """Collects the events of one decision on one ticket.

    Args:
        case: The case that the decision is taken on.
        ticket_id: The ticket; it must be at hand, or be opened first.
        world: The turn's snapshot.

    Attributes:
        case: The case after all but the last event.
        events: What was said, in order.
    """

    def __init__(self, case: Case, ticket_id: str, world: World) -> None:
        self.case = case
        self.world = world
        self.events: list[Event] = []
        self._id = ticket_id
        self._last: TicketEvent | None = None

    @property
    def ticket(self) -> Ticket:
        """The ticket after everything that was said.

        Raises:
            KeyError: It is not at hand.
        """
        if self._last is not None:
            self.case = after(self.case, self._last, self.world.now.timestamp())
            self._last = None
        return self.case.tickets[self._id]

    def opened(self, event: TicketEvent) -> None:
        """The ticket begins with this."""
        self._say(event)

    def say(self, kind: type[TicketEvent], /, **fields: Any) -> None:  # Any: the event's fields
        """The ticket's next event; what `fields` leave out is as it stands."""
        ticket = self.ticket
        self._say(kind(**{**standing(self.case, ticket), **fields}))

    def add(self, *events: Event) -> None:
        """Events that change no ticket."""
        self.events += events

    def _say(self, event: TicketEvent) -> None:
        self.events.append(event)
        self._last = event


def standing(case: Case, ticket: Ticket) -> dict[str, Any]:  # Any: the event's fields
    """What the next event of a ticket carries, as it stands."""
    return {
        "ticket_id": ticket.id,
        "customer_id": case.customer_id,
        "revision": ticket.revision + 1,
        "status": ticket.status,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "category": ticket.category,
        "team": ticket.team,
        "opened_at": moment(ticket.opened_at),
    }


def beginning(text: str) -> str:
    """The first words of a text, on one line: the subject of what has none."""
    return " ".join(text.split())[:80].strip()


def moment(seconds: float) -> datetime:
    """A moment of a case as an event carries it."""
    return datetime.fromtimestamp(seconds, UTC)
