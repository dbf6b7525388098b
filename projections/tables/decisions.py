"""Tables folded from the decisions' topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from projections.tables.table import Json, Table
from schemas.event import Decision
from schemas.events import choices as chose
from schemas.events import decisions as says
from schemas.record import Record
from schemas.topics import DECISIONS
from schemas.vocabulary import rfc3339

_replace = msgspec.structs.replace


def _json(value: object) -> Json:
    return Json(msgspec.json.encode(value).decode())


class DecisionRow(msgspec.Struct, frozen=True):
    """One decision, with what it was made of."""

    record_id: str
    at: str
    agent: str
    action: str
    type: str
    customer_id: str | None
    ticket_id: str | None
    cause_id: str | None
    confidence: float | None
    threshold: float | None
    outcome: str
    candidates: Json
    reasons: Json
    policy_version: str
    model_versions: Json


_EMPTY = Json("[]")


def decision_row(row: DecisionRow | None, record: Record, key: str) -> DecisionRow | None:
    """A decision's row."""
    event = record.event
    if row is not None or not isinstance(event, Decision):
        return row
    return DecisionRow(
        record_id=key,
        at=rfc3339(record.at),
        agent=record.by,
        action=event.ACTION,
        type=record.type,
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        cause_id=record.cause,
        confidence=event.confidence,
        threshold=event.threshold,
        outcome=event.outcome,
        candidates=(
            _json([c.model_dump(exclude_none=True) for c in event.candidates])
            if event.candidates
            else _EMPTY
        ),
        reasons=_json(event.reasons) if event.reasons else _EMPTY,
        policy_version=event.policy_version,
        model_versions=_json(event.model_versions),
    )


class RulingRow(msgspec.Struct, frozen=True):
    """How a contact was ruled on, and what was understood of it."""

    contact_id: str
    customer_id: str
    ruling: str
    channel: str | None = None
    ruled_at: str | None = None
    reasons: Json = _EMPTY
    language: str | None = None
    sentiment_score: float | None = None


def ruling_row(row: RulingRow | None, record: Record, key: str) -> RulingRow | None:
    """A contact's row after the Channel agent said something about it."""
    event = record.event
    if not isinstance(event, _RULINGS):
        return row
    if row is None:
        row = RulingRow(contact_id=key, customer_id=event.customer_id or "", ruling="")
    match event:
        case says.MessageUnderstood():
            return _replace(
                row,
                channel=event.channel,
                language=event.language,
                sentiment_score=event.sentiment_score,
            )
        case says.ContactAccepted():
            return _replace(row, ruling="accepted", ruled_at=rfc3339(record.at))
        case says.ContactRejected() | says.ContactHeld():
            ruling = "held" if isinstance(event, says.ContactHeld) else "rejected"
            return _replace(
                row,
                ruling=ruling,
                channel=event.channel,
                ruled_at=rfc3339(record.at),
                reasons=_json(event.reasons),
            )


_RULINGS = (
    says.MessageUnderstood,
    says.ContactAccepted,
    says.ContactRejected,
    says.ContactHeld,
)


class ReplyRow(msgspec.Struct, frozen=True):
    """A message to a customer, as it was requested."""

    request_id: str
    customer_id: str
    ticket_id: str | None
    requested_at: str
    channel: str
    handle: str | None
    kind: str
    author: str
    text: str
    subject: str | None
    solution_id: str | None
    confidence: float | None


def reply_row(row: ReplyRow | None, record: Record, key: str) -> ReplyRow | None:
    """A requested message's row."""
    event = record.event
    if row is not None or not isinstance(event, says.ReplyRequested):
        return row
    return ReplyRow(
        request_id=key,
        customer_id=event.customer_id or "",
        ticket_id=event.ticket_id,
        requested_at=rfc3339(record.at),
        channel=event.channel,
        handle=event.handle,
        kind=event.kind,
        author=event.author,
        text="\n".join(event.parts),
        subject=event.subject,
        solution_id=event.solution_id,
        confidence=event.confidence,
    )


class CustomerRow(msgspec.Struct, frozen=True):
    """A customer's profile as last recognised."""

    customer_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    preferred_channel: str | None = None
    vip_status: bool = False
    lifetime_value: float | None = None
    satisfaction_score: float | None = None
    first_interaction: str | None = None
    language: str | None = None
    account_manager: str | None = None
    handles: Json = Json("{}")
    merged_into: str | None = None


def customer_row(row: CustomerRow | None, record: Record, key: str) -> CustomerRow | None:
    """A customer's row after a decision about who they are."""
    event = record.event
    match event:
        case says.CustomerRecognised():
            first = event.first_interaction
            return CustomerRow(
                customer_id=key,
                name=event.name,
                email=event.email,
                phone=event.phone,
                preferred_channel=event.preferred_channel,
                vip_status=event.vip,
                lifetime_value=event.lifetime_value,
                satisfaction_score=event.satisfaction_score,
                first_interaction=None if first is None else rfc3339(first),
                language=event.language,
                account_manager=event.account_manager,
                handles=Json(event.handles),
                merged_into=event.merged_into,
            )
        case says.SatisfactionScored():
            row = row or CustomerRow(customer_id=key)
            return _replace(row, satisfaction_score=event.score)
        case says.CustomersMerged():
            return _replace(row or CustomerRow(customer_id=key), merged_into=event.into)
        case says.CustomersUnmerged():
            return _replace(row or CustomerRow(customer_id=key), merged_into=None)
        case _:
            return row


_ABOUT_CUSTOMERS = (
    says.CustomerRecognised,
    says.SatisfactionScored,
    says.CustomersMerged,
    says.CustomersUnmerged,
)


class ArticleUseRow(msgspec.Struct, frozen=True):
    """How an article serves."""

    article_id: str
    version: int = 0
    retired: bool = False
    learned: int = 0
    shown: int = 0
    accepted: int = 0
    rejected: int = 0


def article_use_row(row: ArticleUseRow | None, record: Record, key: str) -> ArticleUseRow | None:
    """An article's row after a decision about it."""
    row = row or ArticleUseRow(article_id=key)
    event = record.event
    match event:
        case chose.ArticleAdopted():
            return _replace(row, version=event.version, retired=event.outcome == "retired")
        case chose.ExampleLearned():
            return _replace(row, learned=row.learned + 1)
        case chose.SolutionTracked():
            return _replace(
                row, shown=event.shown, accepted=event.accepted, rejected=event.rejected
            )
        case _:
            return row


_ABOUT_ARTICLES = (chose.ArticleAdopted, chose.ExampleLearned, chose.SolutionTracked)


class InsightRow(msgspec.Struct, frozen=True):
    """Something that Analytics noticed."""

    insight_id: str
    at: str
    kind: str
    category: str
    text: str


def insight_row(row: InsightRow | None, record: Record, key: str) -> InsightRow | None:
    """An insight's row."""
    event = record.event
    match event:
        case chose.InsightRaised():
            kind, text = event.kind, event.text
        case chose.CommonIssueFound():
            kind = "common_issue"
            text = (
                f"{event.in_window} contacts about {event.category} in "
                f"{event.window_minutes} minutes, {event.expected:.1f} expected"
            )
        case _:
            return row
    return InsightRow(key, rfc3339(record.at), kind, event.category, text)


class AlertRow(msgspec.Struct, frozen=True):
    """Somebody at the desk was to be told something."""

    alert_id: str
    at: str
    alert_type: str
    recipient: str | None
    customer_id: str | None
    ticket_id: str | None
    priority: str | None
    text: str


def alert_row(row: AlertRow | None, record: Record, key: str) -> AlertRow | None:
    """An alert's row."""
    event = record.event
    match event:
        case says.TeamAlertRequested():
            kind, who, rank = event.alert_type, event.team, event.priority
        case says.AccountManagerNotified():
            kind, who, rank = "account_manager", event.account_manager, None
        case chose.EscalationNotified():
            kind, who, rank = "escalation", event.specialist_id or event.team, None
        case _:
            return row
    return AlertRow(
        alert_id=key,
        at=rfc3339(record.at),
        alert_type=kind,
        recipient=who,
        customer_id=event.customer_id,
        ticket_id=event.ticket_id,
        priority=rank,
        text=event.text,
    )


class FollowUpRow(msgspec.Struct, frozen=True):
    """A follow-up that was planned."""

    follow_up_id: str
    ticket_id: str | None
    customer_id: str | None
    scheduled_at: str
    due_at: str


def follow_up_row(row: FollowUpRow | None, record: Record, key: str) -> FollowUpRow | None:
    """A follow-up's row."""
    event = record.event
    if row is not None or not isinstance(event, says.FollowUpScheduled):
        return row
    return FollowUpRow(
        key, event.ticket_id, event.customer_id, rfc3339(record.at), rfc3339(event.due_at)
    )


class HandoverRow(msgspec.Struct, frozen=True):
    """A hand-over, and how many of the customer's facts came along."""

    transfer_id: str
    at: str
    ticket_id: str | None
    customer_id: str | None
    recipient: str | None
    given: int
    kept: int


def handover_row(row: HandoverRow | None, record: Record, key: str) -> HandoverRow | None:
    """A hand-over's row."""
    event = record.event
    if row is not None or not isinstance(event, chose.ContextTransferred):
        return row
    return HandoverRow(
        key,
        rfc3339(record.at),
        event.ticket_id,
        event.customer_id,
        event.to,
        event.facts_given,
        event.facts_kept,
    )


def _by_id(*kinds: type[Decision]) -> Callable[[Record], Sequence[str]]:
    def keys(record: Record) -> Sequence[str]:
        return (record.id,) if isinstance(record.event, kinds) else ()

    return keys


def _by(field: str, *kinds: type[Decision]) -> Callable[[Record], Sequence[str]]:
    def keys(record: Record) -> Sequence[str]:
        event = record.event
        return (str(getattr(event, field)),) if isinstance(event, kinds) else ()

    return keys


TABLES: tuple[Table, ...] = (
    Table(
        "decisions",
        DECISIONS.name,
        DecisionRow,
        _by_id(Decision),
        decision_row,
        (("ticket_id",), ("customer_id",), ("action",)),
    ),
    Table("rulings", DECISIONS.name, RulingRow, _by("contact_id", *_RULINGS), ruling_row),
    Table("replies", DECISIONS.name, ReplyRow, _by_id(says.ReplyRequested), reply_row),
    Table(
        "customers",
        DECISIONS.name,
        CustomerRow,
        _by("customer_id", *_ABOUT_CUSTOMERS),
        customer_row,
    ),
    Table(
        "article_use",
        DECISIONS.name,
        ArticleUseRow,
        _by("article_id", *_ABOUT_ARTICLES),
        article_use_row,
    ),
    Table(
        "insights",
        DECISIONS.name,
        InsightRow,
        _by_id(chose.InsightRaised, chose.CommonIssueFound),
        insight_row,
    ),
    Table(
        "alerts",
        DECISIONS.name,
        AlertRow,
        _by_id(says.TeamAlertRequested, says.AccountManagerNotified, chose.EscalationNotified),
        alert_row,
        (("ticket_id",),),
    ),
    Table(
        "follow_ups",
        DECISIONS.name,
        FollowUpRow,
        _by_id(says.FollowUpScheduled),
        follow_up_row,
        (("ticket_id",),),
    ),
    Table(
        "handovers",
        DECISIONS.name,
        HandoverRow,
        _by_id(chose.ContextTransferred),
        handover_row,
        (("ticket_id",),),
    ),
)
