"""The bases every event is built from: a fact, a decision, a change of a ticket."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.vocabulary import Channel, JsonText, Personal, Priority, TicketStatus, Time


class Part(BaseModel):
    """A value inside an event, such as one candidate of a decision."""

    # built when it is first validated: what only reads needs no validator and starts sooner
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Event(Part):
    """Something that happened, in the past tense, and never changes again.

    The docstring of each event says when it happens and who writes it. `TOPIC` names the one
    topic that it travels on.
    """

    TOPIC: ClassVar[str]


class Candidate(Part):
    """One of the possibilities that a decision weighed."""

    name: str
    score: float
    note: str | None = None


class Decision(Event):
    """What an agent decided, with everything needed to see why.

    Attributes:
        customer_id: Whom it concerns; None on lines that are not a customer's.
        ticket_id: Which ticket it concerns, if any.
        confidence: How sure the agent was, 0 to 1; None where a rule decided.
        threshold: What the confidence was held against, if anything.
        outcome: What came out, in one word or value.
        candidates: What was weighed, best first; what could not be had comes after what could, and
            its note says why.
        reasons: Why, as named rules.
        policy_version: The policy that was in force.
        model_versions: The models and the index that were asked, by name.
    """

    TOPIC: ClassVar[str] = "support.decisions.v1"
    ACTION: ClassVar[str]

    customer_id: str | None = None
    ticket_id: str | None = None
    confidence: float | None = None
    threshold: float | None = None
    outcome: str
    candidates: list[Candidate] = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
    policy_version: str
    model_versions: dict[str, str] = Field(default_factory=dict)


class TicketEvent(Event):
    """A change of one ticket, whole enough that a reader needs no other topic.

    Attributes:
        ticket_id: The ticket.
        customer_id: Whose line the ticket is on.
        revision: Which event of this ticket it is, from 1, over all lines that the ticket was on.
            A reader that meets another than the next one lacks one or has a repeat.
        status: The status after the change.
        priority: The priority after the change.
        channel: Where the ticket began.
        category: Its category after the change, if it has one.
        team: The team that it is with after the change, if any.
        opened_at: When the ticket was opened.
    """

    TOPIC: ClassVar[str] = "support.tickets.v1"

    ticket_id: str
    customer_id: str
    revision: int
    status: TicketStatus
    priority: Priority
    channel: Channel
    category: str | None = None
    team: str | None = None
    opened_at: Time


class Intent(Event):
    """What a person (or a program in a person's name) asks of a ticket; the lifecycle rules.

    Attributes:
        ticket_id: The ticket that is meant.
        customer_id: Whose line the ticket is on.
        by: Who asks.
        idempotency_key: The asker's own key: the same key is the same intent.
        expected_revision: The ticket's revision as the asker saw it; None where that is all one.
    """

    TOPIC: ClassVar[str] = "support.contacts.v1"

    ticket_id: str
    customer_id: str
    by: str
    idempotency_key: str | None = None
    expected_revision: int | None = None


class Attachment(Part):
    """What is known of a file that came with a message."""

    name: Personal
    media_type: str
    size: int
    sha256: str | None = None
    url: Personal | None = None


__all__ = [
    "Attachment",
    "Candidate",
    "Decision",
    "Event",
    "Intent",
    "JsonText",
    "Part",
    "TicketEvent",
]
