"""The case of one customer: profile, counters, active tickets, the message at hand.

A case stays under 64 KiB whatever the history: all in it is bounded (`projections.case.bounds`),
and tickets beyond the bound are parked as rows of the store (`projections.case.parking`). Moments
are seconds since the epoch. The structs are msgspec's, not pydantic's, because a case is read and
written once a turn and msgspec does both several times faster.
"""

from __future__ import annotations

import msgspec

STATEMENT = "statement"
"""The kind of what the customer said beside what is a fact of any other kind."""

CRASH = "crash"
"""What the kind of a product's signal has in it if it tells of a crash."""

FROM_CONTACT = "contact"
"""How tickets come about that nobody says more of."""


class Fact(msgspec.Struct, frozen=True):
    """Something the customer said, with the contact that said it."""

    kind: str
    text: str
    contact_id: str


class Entry(msgspec.Struct, frozen=True):
    """One line of a ticket's timeline."""

    at: float
    kind: str
    who: str


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """One SLA target of a ticket.

    `due` and `warn` are None while the clock is paused; then `left` is what remains, in business
    minutes. `ended` says how it ended: met or breached. It had `granted` business minutes at the
    moment `since`; `calendar` is the version of the one that `due` was found with.
    """

    due: float | None = None
    warn: float | None = None
    target: int = 0
    left: float | None = None
    warned: bool = False
    ended: str | None = None
    since: float | None = None
    granted: float | None = None
    calendar: str | None = None


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What triage has decided of a ticket so far, until the lifecycle takes it over.

    `triggers` are those that fired meanwhile.
    """

    category: str | None = None
    category_confidence: float | None = None
    tags: tuple[str, ...] = ()
    minutes: int = 0
    priority: str | None = None
    skills: tuple[str, ...] = ()
    senior: bool = False
    triggers: tuple[str, ...] = ()


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reply that goes another way if it fails for good: which one, what it said, and where to.

    Attributes:
        request_id: The request.
        channel: Where it went first.
        other: Where it goes then.
        kind: A `ReplyKind`.
        author: Who wrote it.
        text: Its text, before it was shaped.
        solution_id: The article that it offers.
        confidence: How sure the offer is.
    """

    request_id: str
    channel: str
    other: str
    kind: str
    author: str
    text: str
    solution_id: str | None = None
    confidence: float | None = None


class Unread(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reply in a chat that nobody is known to have read.

    Attributes:
        request_id: The request.
        kind: A `ReplyKind`.
        author: Who wrote it.
        text: What it says.
        due: When it is to go by e-mail; None once that time has passed.
        known: Whether an e-mail address of theirs was known when it was said, and the chat's site
            vouched for them.
    """

    request_id: str
    kind: str
    author: str
    text: str
    due: float | None = None
    known: bool = False


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """What deciding needs to know of one ticket.

    Attributes that do not say it themselves:
        channels: Everywhere the customer wrote, in the order of the first message.
        revision: How many events of its own it had so far.
        vip: Whether it counts as a VIP's, which follows the customer as long as it is open.
        last_channel: Where the customer wrote last.
        handle: The customer's address on `channel`.
        thread: The provider's thread of the customer's last message, on `last_channel`.
        message_id: The provider's id of the customer's last message.
        messages: Interaction ids with what they are (contact, answer by an agent, reply by a
            person, other), the latest last.
        spoken_on: The channels of these, or of the latest of them, in the same order.
        triggers: Every escalation trigger that fired, also before the escalation itself.
        request_id: The request for a person that is not answered yet.
        asked_for: Who it, or the last one, asks for by name; None once the desk has nobody.
        ask_again_at: When somebody comes on duty who may take the ticket that waits.
        home: The absorbed line that the ticket began on; None when it began here.
        threads: Provider threads and message ids, ours and the customer's.
        references: Order numbers and the like that the customer said.
        solutions: The articles that fit its first message with a matter.
        offer: The article that was offered and is not judged yet.
        offer_question: The contact that the offer answers.
        settled_with: The article with which somebody else than the customer resolved it, until
            the customer says whether it helped.
        awaiting: What the customer is waited for with; None when the ball is here.
        rating: The customer's answer to the survey, or what they rated before it.
        proposal: Triage's decisions until the ticket is triaged.
        kept: Replies that may have to go another way, the latest last.
        unread: Replies in a chat that were not read, the latest last.
        left: The e-mail address that was left for this conversation: a claim.
        mailed_at: When unread replies went by e-mail last.
    """

    id: str
    status: str
    priority: str
    channel: str
    opened_at: float
    updated_at: float
    revision: int = 0
    subject: str = ""
    channels: tuple[str, ...] = ()
    last_channel: str | None = None
    handle: str | None = None
    category: str | None = None
    category_confidence: float | None = None
    team: str | None = None
    skills: tuple[str, ...] = ()
    senior: bool = False
    tags: tuple[str, ...] = ()
    language: str | None = None
    sentiment: float | None = None
    vip: bool = False
    thread: str | None = None
    message_id: str | None = None
    contacts: int = 0
    replies: int = 0
    person_replies: int = 0
    reopened: int = 0
    last_customer_at: float = 0.0
    last_contact_id: str | None = None
    last_reply_at: float | None = None
    first_replied_at: float | None = None
    resolved_at: float | None = None
    closed_at: float | None = None
    triaged_at: float | None = None
    escalated_at: float | None = None
    triggers: tuple[str, ...] = ()
    specialist_id: str | None = None
    request_id: str | None = None
    asked_for: str | None = None
    ask_again_at: float | None = None
    snoozed_until: float | None = None
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    features: tuple[tuple[tuple[int, int], ...], ...] = ()
    meanings: tuple[str, ...] = ()
    solutions: tuple[tuple[str, float], ...] = ()
    messages: tuple[tuple[str, str], ...] = ()
    spoken_on: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    facts_given: int = 0
    timeline: tuple[Entry, ...] = ()
    offered: tuple[str, ...] = ()
    offer: str | None = None
    offer_question: str | None = None
    settled_with: str | None = None
    awaiting: str | None = None
    first_reply: Clock | None = None
    resolution: Clock | None = None
    follow_up_at: float | None = None
    assume_resolved_at: float | None = None
    close_at: float | None = None
    surveyed: bool = False
    rating: int | None = None
    confirmed: bool = False
    origin: str = FROM_CONTACT
    home: str | None = None
    proposal: Proposal | None = None
    kept: tuple[Kept, ...] = ()
    unread: tuple[Unread, ...] = ()
    left: str | None = None
    mailed_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has something to do or to wait for."""
        return self.status not in {"resolved", "closed"}

    @property
    def is_untold(self) -> bool:
        """Whether triage may still say what it is about: it has not, or no category fitted yet."""
        return self.triaged_at is None or (self.is_open and self.category is None)


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `MessageUnderstood` said of the contact at hand, as far as decisions need it."""

    language: str | None = None
    sentiment: float = 0.5
    urgency: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    categories: tuple[tuple[str, float], ...] = ()
    out_of_scope: float | None = None
    tags: tuple[str, ...] = ()
    solutions: tuple[tuple[str, float], ...] = ()
    clues: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    facts_given: int = 0
    features: tuple[tuple[int, int], ...] = ()
    unseen_priority: float | None = None
    meaning: str | None = None
    words: int = 0
    model_versions: tuple[tuple[str, str], ...] = ()


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """The contact at hand: what it is, what was understood, where it went.

    Attributes that do not say it themselves:
        drafted: Whether a draft was asked for, for whoever answers it.
    """

    id: str
    channel: str
    at: float
    handle: str | None = None
    handle_known: bool = False
    subject: str = ""
    thread: str | None = None
    in_reply_to: str | None = None
    provider_id: str = ""
    seen: Seen | None = None
    ticket_id: str | None = None
    is_new: bool = False
    drafted: bool = False


class Reach(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one address of the customer.

    Attributes:
        heard_at: When they wrote from it last, where the platform counts the hours since then.
        stopped: Whether they ended messages to it.
    """

    heard_at: float = 0.0
    stopped: bool = False


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything the agents know of one customer when they decide.

    Attributes that do not say it themselves:
        reaches: What is known of addresses, by channel and handle, where a platform minds.
        window: When the contacts of the last minute came, for telling a flood.
        rated: The tickets that the ratings are of, in their order; empty where of none.
        held_at: When a contact was last held for a flood.
        signals: The crashes that the product noticed and no ticket was about, with the moment.
        confirmations: When the customer was told lately that a ticket is in hand.
        fired: The timer's record that is being answered, if it still stood.
    """

    customer_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    preferred_channel: str | None = None
    language: str | None = None
    lifetime_value: float | None = None
    account_manager: str | None = None
    vip: bool = False
    handles: dict[str, tuple[str, ...]] = {}
    reaches: dict[str, dict[str, Reach]] = {}
    unannounced: bool = True
    first_at: float | None = None
    window: tuple[float, ...] = ()
    tones: tuple[float, ...] = ()
    ratings: tuple[int, ...] = ()
    rated: tuple[str, ...] = ()
    satisfaction: float | None = None
    held_at: float | None = None
    signals: tuple[tuple[str, float], ...] = ()
    confirmations: tuple[float, ...] = ()
    contacts: int = 0
    opened: int = 0
    resolved: int = 0
    escalations: int = 0
    tickets: dict[str, Ticket] = {}
    contact: Contact | None = None
    last_resolved: str | None = None
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    fired: str | None = None

    def ticket(self, ticket_id: str | None) -> Ticket | None:
        """The ticket of this id if it is at hand."""
        return self.tickets.get(ticket_id) if ticket_id else None
