"""What became of a ticket. Every event here is written by the Lifecycle alone.

One that concerns two tickets (a merge, its undoing, a split) is an event of its `ticket_id`; the
other ticket counts no revision for it.
"""

from __future__ import annotations

from pydantic import Field

from schemas.event import TicketEvent
from schemas.vocabulary import (
    Channel,
    Direction,
    InteractionType,
    Personal,
    PersonalJson,
    Priority,
    SlaTarget,
    TicketStatus,
    Time,
    Trigger,
)


class TicketOpened(TicketEvent):
    """A new issue began, with the customer's first message or with ours.

    `origin` is contact, person (somebody here wrote first), signal (the product noticed), split,
    or failure (an agent failed on the contact). `handle` is the address on `channel`.
    """

    contact_id: str
    subject: Personal
    description: Personal
    origin: str = "contact"
    handle: Personal | None = None
    language: str | None = None
    sentiment_score: float | None = None
    vip: bool = False
    metadata: PersonalJson = "{}"


class TicketTriaged(TicketEvent):
    """Triage is done: what it is about, how pressing, who should have it.

    Said anew when a later message tells what the first ones did not; `previous` is then the
    priority that the ticket had.
    """

    category_confidence: float | None = None
    tags: list[str] = Field(default_factory=list)
    estimated_resolution_minutes: int
    language: str | None = None
    sentiment_score: float | None = None
    vip: bool = False
    previous: Priority | None = None


class MessageAdded(TicketEvent):
    """A message, reply or note became part of the ticket.

    `interaction_id` is the id of the record that holds the text. `author` is the agent or the
    person; `solution_id` the article that it offers; `instead_of` the message of ours that it says
    again, which did not get through and is counted already.
    """

    interaction_id: str
    direction: Direction
    interaction_type: InteractionType
    message_channel: Channel
    author: str | None = None
    sentiment_score: float | None = None
    solution_id: str | None = None
    confidence: float | None = None
    kind: str
    auto_resolution_candidate: bool = False
    instead_of: str | None = None


class TicketStarted(TicketEvent):
    """Somebody works on it: the ticket is in progress."""

    reason: str


class TicketAwaitsCustomer(TicketEvent):
    """The ball is with the customer; the SLA clocks pause.

    `reason` is the kind of the reply that waits for an answer, or thanked, or woken where silence
    that ran out under a snooze counts anew. Without an answer the ticket counts as resolved at
    `assume_resolved_at`. `resolution_left_minutes` is what remained of the resolution target, in
    business minutes, when the clock paused.
    """

    reason: str
    assume_resolved_at: Time | None = None
    resolution_left_minutes: float | None = None


class TicketEscalated(TicketEvent):
    """The ticket is escalated; that it was stays, also when the status moves on."""

    triggers: list[Trigger]
    reason: Personal | None = None


class TicketAssigned(TicketEvent):
    """The ticket has a person."""

    specialist_id: str
    reason: str


class TicketPrioritised(TicketEvent):
    """The priority was set anew, by a person, or because the customer is a VIP now.

    `vip` says whether they are one, where that is what changed: what a VIP has is no less than
    urgent, and stays so when they are one no more.
    """

    previous: Priority
    by: str
    vip: bool | None = None


class TicketCategorised(TicketEvent):
    """The category was corrected."""

    previous: str | None
    by: str


class TicketTagged(TicketEvent):
    """Tags were added or removed; `tags` is what there is now."""

    tags: list[str]
    by: str


class TicketTransferred(TicketEvent):
    """The ticket went to another team."""

    previous: str | None
    by: str
    reason: Personal | None = None


class TicketSnoozed(TicketEvent):
    """The ticket is out of sight until a moment."""

    until: Time
    by: str


class TicketWoken(TicketEvent):
    """The ticket is back in sight: its time came, or the customer wrote."""

    reason: str


class TicketResolved(TicketEvent):
    """The issue is solved, as somebody said or silence let assume.

    `contacts` counts the customer's contacts and `person_replies` the people's replies up to
    now. `resolution_minutes` runs from the opening. The ticket is closed at `close_at`.
    """

    by: str
    reason: str
    resolution_minutes: float
    contacts: int
    person_replies: int
    escalated: bool
    solution_id: str | None = None
    close_at: Time | None = None


class TicketClosed(TicketEvent):
    """The ticket is done with; only a reopening brings it back."""

    by: str
    reason: str


class TicketReopened(TicketEvent):
    """A resolved or closed ticket is open again."""

    by: str
    reason: str
    previous: TicketStatus
    reopened: int


class TicketsMerged(TicketEvent):
    """This ticket's issue is another's: it points there and is closed."""

    into: str
    by: str


class TicketsUnmerged(TicketEvent):
    """A merge was taken back: the ticket stands on its own again."""

    from_ticket_id: str
    by: str


class TicketSplit(TicketEvent):
    """Messages of this ticket became a ticket of their own.

    `contacts`, `replies` and `person_replies` say how many of each went along.
    """

    into: str
    messages: list[str]
    by: str
    contacts: int
    replies: int
    person_replies: int


class TicketMoved(TicketEvent):
    """The ticket is on this line now: two customers were merged, or a merge was taken back."""

    from_customer_id: str


class TicketRated(TicketEvent):
    """The customer rated the ticket, 1 (bad) to 5 (good).

    `contact_id` is the message that was the rating, where it was one and no survey form.
    """

    score: int
    comment: Personal | None = None
    contact_id: str | None = None


class SlaStarted(TicketEvent):
    """A target began to run, or runs on after a pause, under a calendar and policy version."""

    target: SlaTarget
    due_at: Time
    warn_at: Time
    target_minutes: int
    calendar_version: str
    policy_version: str
    resumed: bool = False


class SlaWarned(TicketEvent):
    """A target is close."""

    target: SlaTarget
    due_at: Time


class SlaBreached(TicketEvent):
    """A target was missed."""

    target: SlaTarget
    due_at: Time


class SlaMet(TicketEvent):
    """A target was reached in time."""

    target: SlaTarget
    due_at: Time
