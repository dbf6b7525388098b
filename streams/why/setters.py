"""Which fact sets a timer: a timer that runs out says of itself only what it was for."""

from __future__ import annotations

from schemas.event import Event
from schemas.events.contacts import SpecialistUnavailable
from schemas.events.decisions import FollowUpScheduled, ReplyRequested
from schemas.events.tickets import (
    SlaStarted,
    TicketAwaitsCustomer,
    TicketResolved,
    TicketSnoozed,
)

SET_BY: dict[str, type[Event]] = {
    "follow_up": FollowUpScheduled,
    "first_reply_warning": SlaStarted,
    "first_reply_breach": SlaStarted,
    "resolution_warning": SlaStarted,
    "resolution_breach": SlaStarted,
    "wake": TicketSnoozed,
    "assume_resolved": TicketAwaitsCustomer,
    "close": TicketResolved,
    "ask_again": SpecialistUnavailable,
    "offline": ReplyRequested,
}
"""By the timer's kind."""
