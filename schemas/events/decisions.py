"""What the agents decided about contacts and tickets; the other agents' share is in `choices`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Attachment, Decision, Part
from schemas.vocabulary import Channel, Personal, PersonalJson, Priority, Time, Trigger, Within


class Score(Part):
    """A name with a calibrated probability."""

    name: str
    confidence: float


class Span(Part):
    """Something said in the message, with its place (character offsets)."""

    kind: str
    text: Personal
    start: int
    end: int


class MessageUnderstood(Decision):
    """What the models made of a message: the first output of a contact's turn.

    Written by the Channel agent. Every other decision reads this, never the text. A field that
    the tier at hand cannot fill is null. `feature_terms`, `feature_weights` and `meaning` are for
    linking: hashed terms with weights in hundredths, and the signs of the sentence encoder's
    vector in hexadecimal; where somebody comes back to something, of what they name alone.
    """

    ACTION: ClassVar[str] = "channel.receive_message"

    contact_id: str
    channel: Channel
    language: str | None
    language_confidence: float | None
    sentiment_score: float
    urgency_indicators: list[str]
    deadlines: list[Personal]
    cues: list[str]
    categories: list[Score]
    out_of_scope: float | None
    tags: list[str]
    solutions: list[Score]
    clues: list[Span]
    facts: list[Span]
    feature_terms: list[int]
    feature_weights: list[int]
    unseen_priority: float | None
    words: int
    meaning: Personal | None = None


class ContactAccepted(Decision):
    """The contact is a message to work on. Written by the Channel agent."""

    ACTION: ClassVar[str] = "channel.validate_message"

    contact_id: str
    warnings: list[str] = Field(default_factory=list)


class ContactRejected(Decision):
    """The contact is recorded but inert: empty, auto-reply, loop, bounce or spam. By Channel."""

    ACTION: ClassVar[str] = "channel.validate_message"

    contact_id: str
    channel: Channel


class ContactHeld(Decision):
    """The line is flooded; the contact waits for a person, unread by any model. By Channel."""

    ACTION: ClassVar[str] = "channel.validate_message"

    contact_id: str
    channel: Channel
    contacts_in_window: int


class ConsentStated(Decision):
    """The customer ended messages to an address, or allowed them: the `outcome`. By Channel."""

    ACTION: ClassVar[str] = "channel.validate_message"

    contact_id: str
    channel: Channel
    handle: Personal


class CustomerRecognised(Decision):
    """Who this is: the whole profile. Written by the Customer agent when it is new or differs."""

    ACTION: ClassVar[str] = "customer.get_profile"

    name: Personal | None = None
    email: Personal | None = None
    phone: Personal | None = None
    preferred_channel: Channel | None = None
    language: str | None = None
    lifetime_value: float | None = None
    vip: bool = False
    account_manager: str | None = None
    handles: PersonalJson = "{}"
    first_interaction: Time | None = None
    satisfaction_score: float | None = None
    merged_into: str | None = None


class VipRecognised(Decision):
    """The customer became, or is no longer, a VIP. Written by the Customer agent."""

    ACTION: ClassVar[str] = "customer.identify_vip_status"

    vip: bool
    lifetime_value: float
    account_manager: str | None = None


class SatisfactionScored(Decision):
    """How satisfied the customer is, from ratings and tone. Written by the Customer agent.

    `score` is 0 to 1; `trend` is improving, falling, steady or unknown.
    """

    ACTION: ClassVar[str] = "customer.calculate_satisfaction_score"

    score: float
    trend: str
    data_points: int


class HistoryExtended(Decision):
    """An interaction was added to the customer's history. Written by the Customer agent."""

    ACTION: ClassVar[str] = "customer.update_interaction_history"

    interaction_id: str
    kind: str


class IdentityLinked(Decision):
    """A handle on a channel is this customer's. Written by the Customer agent."""

    ACTION: ClassVar[str] = "customer.link_identity"

    channel: Channel
    handle: Personal
    from_customer_id: str | None = None


class IdentityUnlinked(Decision):
    """A handle on a channel is this customer's no longer. Written by the Customer agent."""

    ACTION: ClassVar[str] = "customer.unlink_identity"

    channel: Channel
    handle: Personal
    to_customer_id: str | None = None


class CustomersMerged(Decision):
    """Two lines are one person: this line is absorbed by `into`. By the Customer agent."""

    ACTION: ClassVar[str] = "customer.merge"

    into: str
    channel: Channel
    handle: Personal


class CustomersUnmerged(Decision):
    """A merge is taken back: this line stands on its own again. By the Customer agent.

    `channel` and `handle` are null where nobody asked for it: a circle of merges was ended.
    """

    ACTION: ClassVar[str] = "customer.unmerge"

    from_customer_id: str
    channel: Channel | None = None
    handle: Personal | None = None


class ContactLinked(Decision):
    """To which ticket a contact belongs, with the candidates. Written by the Lifecycle.

    `outcome` is `new` or `existing`; `rule` names what decided: thread, reply_reference,
    ticket_reference, survey_answer, score or new.
    """

    ACTION: ClassVar[str] = "lifecycle.link_contact"

    contact_id: str
    rule: str


class IssueClassified(Decision):
    """What the issue is about. Written by Triage.

    `estimated_resolution_minutes` comes from the policy's table for the proposed priority.
    """

    ACTION: ClassVar[str] = "triage.classify_issue"

    category: str | None
    out_of_scope: float | None = None
    tags: list[str] = Field(default_factory=list)
    estimated_resolution_minutes: int


class PriorityChosen(Decision):
    """How pressing it is: the highest proposal wins and all are kept. Written by Triage."""

    ACTION: ClassVar[str] = "triage.assign_priority"

    priority: Priority
    sla_first_reply_minutes: int
    sla_resolution_minutes: int


class RouteChosen(Decision):
    """Which team, skill and language the issue needs. Written by Triage."""

    ACTION: ClassVar[str] = "triage.route_to_specialist"

    team: str
    skills: list[str] = Field(default_factory=list)
    language: str | None = None
    senior: bool = False


class EscalationTriggered(Decision):
    """The issue must reach a person with authority; says which triggers fired. By Triage."""

    ACTION: ClassVar[str] = "triage.detect_escalation_needs"

    triggers: list[Trigger]
    reason: Personal | None = None


class SolutionsFound(Decision):
    """Which articles could answer, with calibrated confidence. Written by Knowledge."""

    ACTION: ClassVar[str] = "knowledge.search_solutions"

    solutions: list[Score]


class SolutionSuggested(Decision):
    """An article is offered as "did you mean". Written by Knowledge."""

    ACTION: ClassVar[str] = "knowledge.suggest_articles"

    contact_id: str
    solution_id: str
    solution_title: str
    text: str


class AnswerChosen(Decision):
    """An article answers the contact without a person. Written by Knowledge."""

    ACTION: ClassVar[str] = "knowledge.suggest_articles"

    contact_id: str
    solution_id: str
    solution_title: str
    text: str
    auto_resolution_candidate: bool


class ReplyShaped(Decision):
    """A text was cut to what the platform takes. Written by the Channel agent."""

    ACTION: ClassVar[str] = "channel.format_for_platform"

    channel: Channel
    parts: int
    characters: int
    limit: int


class ReplyRequested(Decision):
    """A message is to be sent to the customer; effects act on it. Written by the Channel agent.

    `author` is an agent or a person, `language` that of our own words, `within` by what right it
    goes: in the platform's window, later as a person's, or as a template. What fails goes by
    `fall_back`, what is unread at `mail_at` by mail: `instead_of` says which. `linked` are links.
    """

    ACTION: ClassVar[str] = "channel.send_response"

    channel: Channel
    handle: Personal | None
    kind: str
    author: str
    subject: Personal | None = None
    parts: list[Personal]
    thread: str | None = None
    in_reply_to: str | None = None
    solution_id: str | None = None
    buttons: list[str] = Field(default_factory=list)
    within: Within = "window"
    template: str | None = None
    template_language: str | None = None
    template_parameter: str | None = None
    fall_back: Channel | None = None
    fall_back_text: Personal | None = None
    instead_of: str | None = None
    attachments: list[Attachment] = Field(default_factory=list)
    linked: list[str] = Field(default_factory=list)
    mail_at: Time | None = None
    unread: list[str] = Field(default_factory=list)
    language: str | None = None


class ConfirmationRequested(Decision):
    """The customer is to be told that the ticket is in hand. Written by Notification."""

    ACTION: ClassVar[str] = "notification.send_confirmation"

    text: str


class SurveyRequested(Decision):
    """The customer is to be asked how it went. Written by Notification."""

    ACTION: ClassVar[str] = "notification.request_survey"

    text: str


class FollowUpScheduled(Decision):
    """The ticket will be looked at again at a time. Written by Notification."""

    ACTION: ClassVar[str] = "notification.schedule_follow_up"

    due_at: Time


class TeamAlertRequested(Decision):
    """A team is to be alerted. Written by Notification."""

    ACTION: ClassVar[str] = "notification.alert_team"

    team: str
    alert_type: str
    priority: Priority
    text: Personal


class AccountManagerNotified(Decision):
    """A VIP's account manager is to know of a ticket. Written by Notification."""

    ACTION: ClassVar[str] = "notification.alert_team"

    account_manager: str
    text: Personal


class CustomerNotified(Decision):
    """The customer is to be told of a change. Written by Notification."""

    ACTION: ClassVar[str] = "notification.update_customer"

    kind: str
    text: Personal


class IntentRefused(Decision):
    """A rule said no to what somebody asked: why, and what would do.

    Written by the Lifecycle, and by the Customer agent where a handle was to be linked or unlinked.
    """

    ACTION: ClassVar[str] = "lifecycle.rule_on_intent"

    intent: str
    by: str
    reason: str
    remedy: str


class WorkflowFailed(Decision):
    """An agent raised; its outputs were dropped and a person takes over. Written by the turn."""

    ACTION: ClassVar[str] = "lifecycle.fail_workflow"

    failed_agent: str
    record_type: str
    error: Personal
