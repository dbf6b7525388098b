"""An issue as the agents would weigh it: what they would see, and what they would propose."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from pydantic import model_validator

from agents import triage
from agents.channel import understood
from agents.customer import is_vip
from agents.triage import Proposed, Route
from agents.world import CategoryRule
from projections.case import Case, Ticket, evolve
from projections.case.state import Contact, Seen
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import MessageUnderstood
from schemas.record import Record
from schemas.vocabulary import Channel, Priority
from streams.inputs import Name, Text
from streams.pact.action import Call, Params, named
from streams.pact.reading import case_of, ticket_of

NOWHERE: Channel = "email"
"""The channel of a message that names none; the models do not look at it."""


class Issue(Params):
    """An issue: its text, or the ticket that it has; and what is known of it besides."""

    ENOUGH: ClassVar[tuple[str, ...]] = ("text", "subject", "ticket_id")

    text: Text | None = named(
        "description", "message", "content", "text", "query", "issue", default=None
    )
    subject: Text | None = None
    channel: Channel | None = None
    language: Name | None = None
    customer_id: Name | None = None
    ticket_id: Name | None = None
    category: Name | None = None
    sentiment_score: float | None = None
    urgency_indicators: tuple[Name, ...] | None = None
    vip_status: bool | None = named("vip_status", "is_vip", default=None)
    lifetime_value: float | None = None
    priority: Priority | None = None

    @model_validator(mode="after")
    def _something(self) -> Issue:
        if all(getattr(self, name) is None for name in self.ENOUGH):
            raise ValueError("description is missing: say what it is about, or give ticket_id")
        return self


class Known(Issue):
    """An issue of which what is known besides its text is enough."""

    ENOUGH = (
        *Issue.ENOUGH,
        "customer_id",
        "category",
        "sentiment_score",
        "urgency_indicators",
        "vip_status",
        "lifetime_value",
        "priority",
    )


class Weighed(msgspec.Struct, frozen=True):
    """An issue as the agents would weigh it now.

    Attributes:
        seen: What they would see of its message.
        case: Whose it is; a fresh case for a stranger.
        ticket: Its ticket, if it has one.
        vip: Whether it is a VIP's.
        category: What it is about: as it says, else as its ticket has it, else as classified.
        rule: What the desk taught of the category.
        proposals: Every proposal for its priority, the highest first.
    """

    seen: Seen
    case: Case
    ticket: Ticket | None
    vip: bool
    category: str | None
    rule: CategoryRule | None
    proposals: list[Proposed]

    @property
    def priority(self) -> str:
        """The priority that wins."""
        return self.proposals[0].priority

    @property
    def language(self) -> str | None:
        """The language to answer in."""
        return self.seen.language or self.case.language


def weighed(call: Call, issue: Issue, *, latest: bool = False) -> Weighed:
    """Weigh an issue by the agents' own functions.

    A ticket is judged by what was understood of its message when it came, as in the workflow.

    Args:
        call: The call.
        issue: The issue.
        latest: Whether a ticket is judged by its latest message rather than its first.

    Raises:
        NotFound: There is no such ticket.
    """
    ticket = None
    case = Case(customer_id="")
    if issue.ticket_id is not None:
        case, ticket = ticket_of(call, issue.ticket_id)
    elif issue.customer_id is not None:
        case = case_of(call, issue.customer_id)
    seen = _seen(call, issue, case, latest=latest)
    vip = _is_vip(call, issue, case)
    category = issue.category or (ticket.category if ticket is not None else None)
    if category is None:
        category = triage.classify(seen, call.policy).category
    rule = None if category is None else call.models.category(category)
    return Weighed(
        seen=seen,
        case=case,
        ticket=ticket,
        vip=vip,
        category=category,
        rule=rule,
        proposals=triage.proposals(
            seen,
            rule=rule,
            vip=vip,
            origin="contact" if ticket is None else ticket.origin,
            policy=call.policy,
        ),
    )


def route_of(call: Call, found: Weighed) -> Route:
    """Who should have a weighed issue, by Triage's own table."""
    return triage.route(
        found.seen,
        category=found.category,
        rule=found.rule,
        vip=found.vip,
        language=found.language,
        policy=call.policy,
    )


def _seen(call: Call, issue: Issue, case: Case, *, latest: bool) -> Seen:
    if issue.text is not None or issue.subject is not None:
        seen = _understood_now(call, issue, case)
    elif issue.ticket_id is not None:
        seen = _understood_then(call, issue.ticket_id, latest=latest)
    else:
        seen = Seen()
    changes: dict[str, Any] = {}
    if issue.sentiment_score is not None:
        changes["sentiment"] = issue.sentiment_score
    if issue.urgency_indicators is not None:
        changes["urgency"] = issue.urgency_indicators
    return msgspec.structs.replace(seen, **changes)


def _understood_now(call: Call, issue: Issue, case: Case) -> Seen:
    """What the agents would see of a text if it came in now, by the turn's own functions."""
    event = ContactReceived(
        channel=issue.channel or NOWHERE,
        customer_id=case.customer_id,
        message=issue.text or "",
        subject=issue.subject,
        provider_id=call.action,
        language=issue.language,
    )
    record = Record(
        id=call.action,
        key=case.customer_id,
        at=call.now,
        by=call.action,
        event=event,
        correlation=call.action,
    )
    case = evolve(case, record)
    says = understood(record.id, event, case, call.world(record))
    return _at_hand(evolve(case, msgspec.structs.replace(record, event=says)))


def _understood_then(call: Call, ticket_id: str, *, latest: bool) -> Seen:
    """What was understood of a ticket's message when it came; of none, nothing."""
    which = "max" if latest else "min"
    rows = call.rows(
        "SELECT interaction_id FROM v1_interactions WHERE ticket_id = ?1 AND direction = 'in'"
        f" AND timestamp = (SELECT {which}(timestamp) FROM v1_interactions"
        " WHERE ticket_id = ?1 AND direction = 'in')",
        ticket_id,
    )
    contacts = [str(row["interaction_id"]) for row in rows]
    record = call.desk.understood_of(contacts, latest=latest)
    if record is None:
        return Seen()
    assert isinstance(record.event, MessageUnderstood)
    at_hand = Contact(record.correlation, record.event.channel, record.at.timestamp())
    return _at_hand(evolve(Case(customer_id=record.key, contact=at_hand), record))


def _at_hand(case: Case) -> Seen:
    contact = case.contact
    return Seen() if contact is None or contact.seen is None else contact.seen


def _is_vip(call: Call, issue: Issue, case: Case) -> bool:
    """As the issue says, else by the lifetime value that is known."""
    if issue.vip_status is not None:
        return issue.vip_status
    value = case.lifetime_value if issue.lifetime_value is None else issue.lifetime_value
    return is_vip(value, call.policy)
