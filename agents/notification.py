"""Notification, towards the customer: confirmations, surveys, follow-ups; and their VIPs' managers.

New tickets are confirmed no more often an hour than the policy allows, and everything else is said
once a ticket, so that two machines can never answer each other for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from agents import alerts
from agents.addressing import place_of
from agents.alerts import about, alert, ear
from agents.rulings import ruling
from agents.ways import Way, way
from agents.wording import words
from agents.words import REFERENCE
from agents.world import World
from projections.case import Case, Ticket
from schemas.event import Event
from schemas.events.contacts import TimerDue
from schemas.events.decisions import (
    AccountManagerNotified,
    ConfirmationRequested,
    CustomerNotified,
    FollowUpScheduled,
    SolutionsFound,
    SurveyRequested,
    TeamAlertRequested,
)
from schemas.events.intents import (
    ConfirmationAsked,
    FollowUpAsked,
    NoticeAsked,
    TeamAlertAsked,
)
from schemas.events.tickets import (
    TicketAwaitsCustomer,
    TicketPrioritised,
    TicketResolved,
    TicketTriaged,
)
from schemas.record import Record

VIP_TEXT = "{name} is a VIP and has a ticket that needs attention: {subject}"


def searched(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Nothing answers by itself: the customer is told that the ticket is in hand."""
    event = record.event
    assert isinstance(event, SolutionsFound)
    ticket = case.ticket(event.ticket_id)
    if event.outcome != "none" or ticket is None or ticket.contacts != 1:
        return
    if ticket.channel in world.policy.notification.confirm_on and may_write(case, ticket, world):
        yield _confirmation(case, ticket, world, ["ticket_opened"])


def may_write(case: Case, ticket: Ticket, world: World) -> bool:
    """Whether a ticket may be confirmed: once, and within the customer's hourly cap."""
    hour_ago = world.now.timestamp() - 3600.0
    recent = sum(1 for at in case.confirmations if at > hour_ago)
    return not ticket.confirmed and recent < world.policy.limits.confirmations_per_hour


def triaged(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A pressing ticket alerts its team, and a VIP's their account manager.

    One that is about to be escalated alerts by that. Who did not write is told that we noticed.
    """
    event = record.event
    assert isinstance(event, TicketTriaged)
    ticket = case.ticket(event.ticket_id)
    if ticket is None:
        return
    if ticket.origin == "signal" and may_write_first(case, ticket, world):
        yield _notice(
            case, ticket, world, "notice", words(ticket.id, case, world).noticed, ["noticed_first"]
        )
    if is_pressing(event, world) and not ticket.triggers:
        yield alert(case, ticket, world, "priority", f"{event.priority}: {ticket.subject}")
    if event.previous is None:
        yield from _to_manager(case, ticket, world)


def prioritised(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A ticket that was made pressing alerts its team; a VIP's new one, their account manager.

    That a ticket became a VIP's is told by its escalation.
    """
    event = record.event
    assert isinstance(event, TicketPrioritised)
    ticket = case.ticket(event.ticket_id)
    if ticket is None:
        return
    if event.vip is None and is_pressing(event, world):
        yield alert(case, ticket, world, "priority", f"{event.priority}: {ticket.subject}")
    if event.vip:
        yield from _to_manager(case, ticket, world)


def is_pressing(event: TicketTriaged | TicketPrioritised, world: World) -> bool:
    """Whether a ticket is so pressing from now on that its team is alerted."""
    alerting = world.policy.notification.alert_priorities
    return event.priority in alerting and event.previous not in alerting


def _to_manager(case: Case, ticket: Ticket, world: World) -> Iterator[Event]:
    """A VIP's account manager, where they have one, is told of a ticket."""
    if case.vip and case.account_manager is not None:
        yield AccountManagerNotified(
            **about(case, ticket, world),
            outcome=case.account_manager,
            reasons=["vip"],
            account_manager=case.account_manager,
            text=VIP_TEXT.format(name=case.name or case.customer_id, subject=ticket.subject),
        )


def may_write_first(case: Case, ticket: Ticket, world: World) -> bool:
    """Whether the customer can be written to where the ticket is, who has not written there."""
    place = place_of(ticket, ticket.channel, case)
    how = way("notice", place, ticket, case, world.policy, world.now)
    return bool(case.handles.get(ticket.channel)) and isinstance(how, Way)


def awaits(record: Record, case: Case, world: World) -> Iterator[Event]:
    """After an answer the customer is asked again in a day, if nothing comes."""
    event = record.event
    assert isinstance(event, TicketAwaitsCustomer)
    ticket = case.ticket(event.ticket_id)
    if ticket is not None and event.reason == "answer":
        delay = timedelta(hours=world.policy.lifecycle.follow_up_hours)
        yield FollowUpScheduled(
            **about(case, ticket, world),
            outcome="scheduled",
            reasons=["after_answer"],
            due_at=world.now + delay,
        )


def resolved(record: Record, case: Case, world: World) -> Iterator[Event]:
    """Whoever got a solution is asked how it went, once a ticket."""
    event = record.event
    assert isinstance(event, TicketResolved)
    ticket = case.ticket(event.ticket_id)
    if ticket is None or ticket.surveyed or not ticket.replies:
        return
    if world.policy.notification.survey:
        yield SurveyRequested(
            **about(case, ticket, world),
            outcome="asked",
            reasons=["resolved"],
            text=words(ticket.id, case, world).survey,
        )


def due(record: Record, case: Case, world: World) -> Iterator[Event]:
    """A follow-up asks the customer once more if the ticket waits for them, else the team."""
    event = record.event
    assert isinstance(event, TimerDue)
    ticket = case.ticket(event.ticket_id)
    if event.kind != "follow_up" or case.fired != record.id or ticket is None:
        return
    if ticket.status == "waiting_customer":
        text = words(ticket.id, case, world).follow_up
        yield _notice(case, ticket, world, "follow_up", text, ["follow_up_due"])
    elif ticket.is_open:
        yield alert(case, ticket, world, "follow_up", f"to be looked at again: {ticket.subject}")


def asked(record: Record, case: Case, world: World) -> Iterator[Event]:
    """What programs ask to be told, unless a rule says no."""
    event = record.event
    ticket = case.ticket(getattr(event, "ticket_id", None))
    if ticket is None or ruling(event, case, world.policy, world.now) is not None:
        return
    match event:
        case ConfirmationAsked():
            yield _confirmation(case, ticket, world, ["asked_for"])
        case FollowUpAsked():
            delay = timedelta(hours=world.policy.lifecycle.follow_up_hours)
            yield FollowUpScheduled(
                **about(case, ticket, world),
                outcome="scheduled",
                reasons=["asked_for"],
                due_at=event.follow_up_time or world.now + delay,
            )
        case TeamAlertAsked():
            yield alert(case, ticket, world, event.alert_type, event.message or ticket.subject)
        case NoticeAsked():
            yield _notice(case, ticket, world, event.kind, event.text, ["asked_for"])
        case _:  # it reads nothing else
            return


def _confirmation(
    case: Case, ticket: Ticket, world: World, reasons: list[str]
) -> ConfirmationRequested:
    return ConfirmationRequested(
        **about(case, ticket, world),
        outcome="confirm",
        reasons=reasons,
        text=words(ticket.id, case, world).confirmation.replace(REFERENCE, ticket.id),
    )


def _notice(
    case: Case, ticket: Ticket, world: World, kind: str, text: str, reasons: list[str]
) -> CustomerNotified:
    return CustomerNotified(
        **about(case, ticket, world), outcome=kind, reasons=reasons, kind=kind, text=text
    )


AGENTS = (
    ear(searched, {SolutionsFound}, {ConfirmationRequested}),
    ear(triaged, {TicketTriaged}, {TeamAlertRequested, AccountManagerNotified, CustomerNotified}),
    ear(prioritised, {TicketPrioritised}, {TeamAlertRequested, AccountManagerNotified}),
    ear(awaits, {TicketAwaitsCustomer}, {FollowUpScheduled}),
    ear(resolved, {TicketResolved}, {SurveyRequested}),
    *alerts.AGENTS,
    ear(due, {TimerDue}, {CustomerNotified, TeamAlertRequested}),
    ear(
        asked,
        {ConfirmationAsked, FollowUpAsked, TeamAlertAsked, NoticeAsked},
        {ConfirmationRequested, FollowUpScheduled, TeamAlertRequested, CustomerNotified},
    ),
)
