"""Decisions on the desk's, the knowledge base's and the analytics' own lines."""

from __future__ import annotations

from typing import ClassVar

from schemas.event import Decision
from schemas.vocabulary import Personal, PersonalJson, Time


class SpecialistChosen(Decision):
    """Which person should take a ticket, with everybody who was weighed. By Escalation."""

    ACTION: ClassVar[str] = "escalation.determine_specialist_needed"

    request_id: str
    specialist_id: str | None
    team: str
    senior: bool


class AvailabilityChecked(Decision):
    """Who is on duty with room for one more, and who is next. By Escalation."""

    ACTION: ClassVar[str] = "escalation.check_availability"

    request_id: str | None = None
    available: list[str]
    next_specialist_id: str | None = None
    next_at: Time | None = None


class ContextTransferred(Decision):
    """The whole context of a ticket went to whoever takes it. By Escalation.

    `facts`, `timeline` and `history` are JSON: what the customer gave with where it was said,
    what happened so far, and the same customer's other tickets with what was said there.
    """

    ACTION: ClassVar[str] = "escalation.transfer_context"

    transfer_id: str
    to: str | None
    summary: Personal
    facts: PersonalJson
    timeline: PersonalJson
    facts_given: int
    facts_kept: int
    history: PersonalJson = "[]"


class EscalationNotified(Decision):
    """The person who takes an escalated ticket was told. By Escalation."""

    ACTION: ClassVar[str] = "escalation.notify_escalation"

    specialist_id: str | None
    team: str
    text: Personal


class ArticleAdopted(Decision):
    """An article entered, changed or left the knowledge base. By Knowledge."""

    ACTION: ClassVar[str] = "knowledge.update_knowledge_base"

    article_id: str
    version: int


class ExampleLearned(Decision):
    """A confirmed question became an example of an article. By Knowledge."""

    ACTION: ClassVar[str] = "knowledge.update_knowledge_base"

    article_id: str
    example: Personal
    from_ticket_id: str | None = None


class SolutionTracked(Decision):
    """How often an article was shown, accepted and rejected, after one more. By Knowledge."""

    ACTION: ClassVar[str] = "knowledge.track_solution_effectiveness"

    article_id: str
    shown: int
    accepted: int
    rejected: int


class InteractionTracked(Decision):
    """An interaction was counted for its category. By Analytics."""

    ACTION: ClassVar[str] = "analytics.track_interaction"

    category: str
    kind: str
    channel: str
    in_window: int


class ResolutionMeasured(Decision):
    """How long a ticket of this category took, beside the running mean. By Analytics."""

    ACTION: ClassVar[str] = "analytics.measure_resolution_time"

    category: str
    minutes: float
    mean_minutes: float
    resolutions: int


class CommonIssueFound(Decision):
    """A category is asked about more than usual. By Analytics."""

    ACTION: ClassVar[str] = "analytics.identify_common_issues"

    category: str
    in_window: int
    expected: float
    window_minutes: int


class InsightRaised(Decision):
    """Something that a lead should look at, in words with its numbers. By Analytics."""

    ACTION: ClassVar[str] = "analytics.generate_insights"

    category: str
    kind: str
    text: str
