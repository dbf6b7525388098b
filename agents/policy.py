"""The policy: thresholds, tables and targets, one versioned file that decisions name.

Activating a policy is an event, and its version is a hash of its content, so that two deployments
with the same policy give it the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property, lru_cache
from hashlib import sha256
from math import isfinite
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agents.calendar import WEEKDAYS, Calendar, minutes_of, sound
from agents.linking_weights import WEIGHTS
from agents.policy_delivery import ChatPolicy, DeliveryPolicy, Template, templated
from agents.policy_drafting import DraftingPolicy
from agents.policy_wording import WordingPolicy
from projections.case.bounds import CRASHES, OFFERS, RECENT
from projections.category_line import LONGEST_WINDOW
from schemas.vocabulary import PRIORITIES, Channel

Share = Annotated[float, Field(ge=0, le=1)]
WEEKS = 52
"""How many weeks a target may take at most: business time is not looked for without end."""

MOST = 1_000_000_000
YEARS = 10
"""Nothing that is waited for takes longer; from year 9999 on there are no times."""

Positive = Annotated[int, Field(gt=0, le=MOST)]
Minutes = Annotated[int, Field(gt=0, le=WEEKS * 7 * 24 * 60)]
Hours = Annotated[int, Field(gt=0, le=YEARS * 365 * 24)]
Days = Annotated[int, Field(gt=0, le=YEARS * 365)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """A copy with some fields set otherwise, which finds its own version and calendar."""
        copied = super().model_copy(update=update, deep=deep)
        for name, one in vars(type(self)).items():
            if isinstance(one, cached_property):
                copied.__dict__.pop(name, None)
        return copied


class Thresholds(_Part):
    """What a confidence or a count is held against.

    Attributes:
        auto_answer: Above it an article answers without a person.
        auto_resolution: Above it an answer is a candidate for resolving the ticket.
        suggest: From it on an article is offered as "did you mean".
        negative_tone: Below it a customer is unhappy.
        out_of_scope: Above it no taught category fits.
        category: Below it a category is not believed.
        unseen_priority: From it on an unknown issue counts as urgent.
        vip_lifetime_value: Above it a customer is a VIP.
        satisfaction_step: How far satisfaction must move to be told.
    """

    auto_answer: Share = 0.8
    auto_resolution: Share = 0.9
    suggest: Share = 0.5
    negative_tone: Share = 0.3
    out_of_scope: Share = 0.5
    category: Share = 0.2
    unseen_priority: Share = 0.5
    vip_lifetime_value: Annotated[float, Field(ge=0)] = 10000.0
    satisfaction_step: Share = 0.05


class Limits(_Part):
    """How much of something is taken.

    Attributes:
        flood_per_minute: Contacts a minute and line, before a contact is held.
        confirmations_per_hour: Messages a customer gets unasked within an hour.
        automatic_answers_per_ticket: After that a person answers.
        forward_hops: How often a record is handed on between merged lines.
        message_characters: A longer message is rejected.
    """

    flood_per_minute: Annotated[int, Field(gt=0, le=230)] = 60
    confirmations_per_hour: Annotated[int, Field(gt=0, le=RECENT)] = 5
    automatic_answers_per_ticket: Annotated[int, Field(gt=0, le=OFFERS)] = 2
    forward_hops: Positive = 8
    message_characters: Positive = 200_000


class LifecyclePolicy(_Part):
    """When tickets move by themselves.

    Attributes:
        follow_up_hours: How long after an answer the customer is asked again.
        assume_resolved_hours: Silence after an answer or a reply that counts as solved; while the
            ticket is snoozed none does.
        close_after_days: How long a resolved ticket can be reopened by writing.
        reopen_within_days: A message after that opens a new ticket, as does one on a ticket that is
            closed by then.
        crashes_for_proactive: More crashes than this open a ticket by themselves.
        crash_window_days: Which crashes count as recent.
    """

    follow_up_hours: Hours = 24
    assume_resolved_hours: Hours = 72
    close_after_days: Days = 14
    reopen_within_days: Days = 14
    crashes_for_proactive: Annotated[int, Field(gt=0, lt=CRASHES)] = 3
    crash_window_days: Days = 7


class Target(_Part):
    """What is promised for a priority, in business minutes.

    Attributes:
        first_reply_minutes: Until the customer has a first reply.
        resolution_minutes: Until the issue is solved, without the time we wait for the customer.
        estimated_minutes: What the customer may be told to expect; nothing is measured by it.
    """

    first_reply_minutes: Minutes
    resolution_minutes: Minutes
    estimated_minutes: Minutes


class Sla(_Part):
    """What is promised.

    Attributes:
        warn_at: Share of a target after which it counts as close.
        targets: By priority.
    """

    warn_at: Annotated[float, Field(gt=0, lt=1)] = 0.8
    targets: dict[str, Target]

    @field_validator("targets")
    @classmethod
    def _every_priority(cls, targets: dict[str, Target]) -> dict[str, Target]:
        if set(targets) != set(PRIORITIES):
            raise ValueError(f"give a target for each of {', '.join(PRIORITIES)}")
        return {name: targets[name] for name in PRIORITIES}


class CalendarPolicy(_Part):
    """When the desk is open.

    Attributes:
        zone: IANA name of the time zone that the hours are meant in.
        week: By weekday, spans such as ["08:00", "20:00"], several a day if need be; a weekday
            that is left out is closed.
        holidays: Days on which it is closed whatever the week says.
    """

    zone: str = "UTC"
    week: dict[str, list[tuple[str, str]]]
    holidays: list[date] = []

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(
                f"{zone!r} is no time zone; use a name such as Europe/Berlin"
            ) from error
        return zone

    @field_validator("week")
    @classmethod
    def _sound_week(
        cls, week: dict[str, list[tuple[str, str]]]
    ) -> dict[str, list[tuple[str, str]]]:
        sound(week)
        if not any(week.values()):
            raise ValueError("the desk is never open; give at least one span")
        return week

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar in the shape that business time is computed with."""
        return Calendar(
            zone=self.zone,
            week=tuple(
                tuple(sorted((minutes_of(a), minutes_of(b)) for a, b in self.week.get(day, [])))
                for day in WEEKDAYS
            ),
            holidays=frozenset(self.holidays),
        )

    @property
    def weekly_minutes(self) -> int:
        """How long the desk is open in a week without holidays."""
        return sum(stop - start for spans in self.calendar.week for start, stop in spans)

    @cached_property
    def version(self) -> str:
        """The calendar's own version, which SLA targets name."""
        return "calendar-" + _digest(self)


class Routing(_Part):
    """Who gets what.

    Attributes:
        default_team: Where an issue goes whose category names no team.
        teams: Team by category, before what was taught of the category.
        senior_below: A tone below it goes to senior people.
        vip_senior: Whether VIPs go to senior people.
    """

    default_team: str = "general"
    teams: dict[str, str] = {}
    senior_below: Share = 0.3
    vip_senior: bool = True


class NotificationPolicy(_Part):
    """What customers and teams are told unasked.

    Attributes:
        confirm_on: Channels on which a new ticket is confirmed.
        survey: Whether customers are asked how it went.
        alert_priorities: Priorities of which the team is alerted.
    """

    confirm_on: list[Channel] = ["email", "chat_widget", "whatsapp", "facebook", "slack", "discord"]
    survey: bool = True
    alert_priorities: list[str] = ["critical", "urgent"]

    @field_validator("alert_priorities")
    @classmethod
    def _priorities(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in PRIORITIES:
                raise ValueError(f"{name!r} is no priority; use {', '.join(PRIORITIES)}")
        return names


class AnalyticsPolicy(_Part):
    """What counts as unusual.

    Attributes:
        window_minutes: Width of the window that is counted.
        surge_factor: So many times the usual count is a surge.
        surge_minimum: Fewer than this is never one.
        share_minimum: From so many tickets on a share is worth an insight.
        escalated_share: A higher share of escalations raises an insight.
        rejected_share: A higher share of answers that did not help raises an insight.
    """

    window_minutes: Annotated[int, Field(gt=0, le=LONGEST_WINDOW)] = 60
    surge_factor: Annotated[float, Field(gt=1)] = 3.0
    surge_minimum: Positive = 8
    share_minimum: Positive = 10
    escalated_share: Share = 0.4
    rejected_share: Share = 0.5


class Policy(_Part):
    """Everything that a deployment decides about how its agents decide.

    Attributes:
        thresholds: What a confidence or a count is held against.
        limits: How much of something is taken.
        lifecycle: When tickets move by themselves.
        sla: What is promised.
        calendar: When the desk is open.
        routing: Who gets what.
        notification: What customers and teams are told unasked.
        analytics: What counts as unusual.
        delivery: Where replies go that cannot go where they should.
        chat: What becomes of replies in a chat that its customer has left.
        drafting: Whether a language model is asked to draft replies for people.
        wording: In which languages the desk itself speaks to customers, and in which words.
        templates: By channel, the template that a reply goes as once free text may not be sent.
        linking: Weights for the question to which ticket a message belongs (`agents.linking`); one
            that is not named is as shipped.
    """

    thresholds: Thresholds = Thresholds()
    limits: Limits = Limits()
    lifecycle: LifecyclePolicy = LifecyclePolicy()
    sla: Sla
    calendar: CalendarPolicy
    routing: Routing = Routing()
    notification: NotificationPolicy = NotificationPolicy()
    analytics: AnalyticsPolicy = AnalyticsPolicy()
    delivery: DeliveryPolicy = DeliveryPolicy()
    chat: ChatPolicy = ChatPolicy()
    drafting: DraftingPolicy = DraftingPolicy()
    wording: WordingPolicy = WordingPolicy()
    templates: dict[Channel, Template] = {}
    linking: dict[str, float] = {}

    @field_validator("linking")
    @classmethod
    def _signals(cls, weights: dict[str, float]) -> dict[str, float]:
        for name, weight in weights.items():
            if name not in WEIGHTS:
                raise ValueError(
                    f"{name!r} is no signal of linking; use one that the policy's reference lists"
                )
            if not isfinite(weight):
                raise ValueError(f"{name} is {weight}; give it a number")
        return weights

    @field_validator("templates")
    @classmethod
    def _where_there_are_some(cls, templates: dict[str, Template]) -> dict[str, Template]:
        return templated(templates)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        limits = self.thresholds
        if not limits.suggest <= limits.auto_answer <= limits.auto_resolution:
            raise ValueError(
                "thresholds: suggest, auto_answer and auto_resolution must rise in this order;"
                f" they are {limits.suggest:g}, {limits.auto_answer:g} and"
                f" {limits.auto_resolution:g}: change one of them"
            )
        for name, target in self.sla.targets.items():
            if target.first_reply_minutes > target.resolution_minutes:
                raise ValueError(
                    f"sla.targets.{name}: the first reply is due after the resolution;"
                    f" first_reply_minutes is at most {target.resolution_minutes} here"
                )
        longest = max(target.resolution_minutes for target in self.sla.targets.values())
        if longest > self.calendar.weekly_minutes * WEEKS:
            raise ValueError(
                f"sla.targets: {longest} minutes take more than {WEEKS} weeks at the calendar's "
                "hours; promise less, or open longer"
            )
        return self

    @cached_property
    def version(self) -> str:
        """Hash of the content: the same content has the same version everywhere."""
        return "policy-" + _digest(self)


def _digest(part: BaseModel) -> str:
    content = msgspec.json.encode(part.model_dump(), order="sorted")
    return sha256(content).hexdigest()[:12]


WEEK = {day: [("08:00", "20:00")] for day in WEEKDAYS[:5]} | {
    day: [("10:00", "16:00")] for day in WEEKDAYS[5:]
}
"""The shipped opening hours."""

TARGETS = {
    "low": Target(first_reply_minutes=480, resolution_minutes=4320, estimated_minutes=480),
    "medium": Target(first_reply_minutes=240, resolution_minutes=1440, estimated_minutes=240),
    "high": Target(first_reply_minutes=120, resolution_minutes=480, estimated_minutes=120),
    "urgent": Target(first_reply_minutes=60, resolution_minutes=240, estimated_minutes=60),
    "critical": Target(first_reply_minutes=15, resolution_minutes=120, estimated_minutes=30),
}
"""The shipped targets."""


@lru_cache(maxsize=1)
def default_policy() -> Policy:
    """The policy that ships, in force until one is activated; `agents/policy.toml` is its text."""
    return Policy(sla=Sla(targets=TARGETS), calendar=CalendarPolicy(week=WEEK))
