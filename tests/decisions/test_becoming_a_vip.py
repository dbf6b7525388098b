"""A customer becomes a VIP while they have tickets: these count as a VIP's from then on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agents import channel, customer, knowledge, lifecycle, notification, triage
from agents.policy import default_policy
from schemas.events.contacts import CustomerDescribed, TicketHandedOver
from schemas.events.decisions import (
    AccountManagerNotified,
    EscalationTriggered,
    TeamAlertRequested,
    VipRecognised,
)
from schemas.events.desk import SpecialistRequested
from schemas.events.intents import LinkAsked, PriorityAsked, ResolveAsked, UnlinkAsked
from schemas.events.tickets import (
    SlaStarted,
    TicketAssigned,
    TicketEscalated,
    TicketPrioritised,
    TicketReopened,
)
from streams.testing import Scene
from tests.lines import Lines
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened, reply, say

ALL = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *customer.AGENTS,
    *lifecycle.AGENTS,
    *triage.AGENTS,
    *knowledge.AGENTS,
    *notification.AGENTS,
)
POLICY = default_policy()


def worth(value: float) -> CustomerDescribed:
    return CustomerDescribed(customer_id=ANN, lifetime_value=value, account_manager="mo")


def vip(scene: Scene) -> Scene:
    return scene.later(minutes=30).when(worth(20_000.0))


def test_an_open_ticket_becomes_urgent_with_new_targets_and_is_escalated() -> None:
    scene = vip(opened(ALL))
    ticket = only_ticket(scene)
    told = scene.one(TicketPrioritised)
    assert (told.priority, told.previous, told.by, told.vip) == ("urgent", "medium", "triage", True)
    assert (ticket.vip, ticket.priority, ticket.status) == (True, "urgent", "escalated")
    assert scene.one(TicketEscalated).triggers == ["vip"]
    minutes = POLICY.sla.targets["urgent"].resolution_minutes
    started = {one.target: one for one in scene.all(SlaStarted)}
    assert started["resolution"].target_minutes == minutes
    assert (started["resolution"].due_at - scene.now).total_seconds() == (minutes - 30) * 60


def test_the_account_manager_is_told_and_the_team_once() -> None:
    scene = vip(opened(ALL))
    assert scene.one(AccountManagerNotified).account_manager == "mo"
    assert [one.alert_type for one in scene.all(TeamAlertRequested)] == ["escalation"]


def test_who_was_asked_for_and_not_found_yet_is_asked_for_as_for_a_vip() -> None:
    scene = vip(opened(ALL))
    request = scene.one(SpecialistRequested)
    assert (request.priority, request.senior, request.escalated) == ("urgent", True, True)
    assert only_ticket(scene).request_id == request.request_id


def test_whoever_has_the_ticket_keeps_it() -> None:
    scene = opened(ALL)
    scene = vip(scene.when(assigned(scene)))
    assert not scene.all(SpecialistRequested)
    assert not scene.all(TicketAssigned)
    assert only_ticket(scene).specialist_id == "bo"


def test_a_ticket_that_waits_for_the_customer_is_escalated_when_they_write() -> None:
    scene = opened(ALL)
    scene = scene.when(assigned(scene))
    scene = vip(scene.when(reply(scene)))
    assert scene.all(TicketEscalated) == []
    ticket = only_ticket(scene)
    assert (ticket.status, ticket.priority, ticket.vip) == ("waiting_customer", "urgent", True)
    assert scene.one(AccountManagerNotified).ticket_id == ticket.id
    scene = say(scene, "It is still so")
    assert scene.one(EscalationTriggered).triggers == ["vip"]
    assert only_ticket(scene).status == "escalated"
    assert say(scene, "And now?").all(EscalationTriggered) == []


def test_thanks_for_an_answer_escalate_nothing() -> None:
    scene = opened(ALL)
    scene = vip(scene.when(reply(scene)))
    assert say(scene, "Thank you", "thanks").all(EscalationTriggered) == []


def test_what_is_more_pressing_stays_so() -> None:
    scene = vip(ask(opened(ALL), PriorityAsked, priority="critical"))
    told = scene.one(TicketPrioritised)
    assert (told.priority, told.previous) == ("critical", "critical")
    assert scene.all(SlaStarted) == []
    assert only_ticket(scene).vip


def test_a_solved_ticket_is_a_vips_when_it_is_open_again() -> None:
    scene = vip(ask(opened(ALL), ResolveAsked))
    assert not scene.all(TicketPrioritised)
    assert not scene.all(AccountManagerNotified)
    scene = say(scene, "It is back", "not_solved")
    assert scene.one(TicketReopened).reason == "customer_wrote"
    assert (only_ticket(scene).priority, only_ticket(scene).vip) == ("urgent", True)
    started = scene.one(SlaStarted)
    assert started.target_minutes == POLICY.sla.targets["urgent"].resolution_minutes
    assert scene.one(SpecialistRequested).priority == "urgent"


def test_who_is_no_vip_any_more_keeps_the_priority_alone() -> None:
    scene = vip(opened(ALL)).when(worth(10.0))
    told = scene.one(TicketPrioritised)
    assert (told.priority, told.previous, told.vip) == ("urgent", "urgent", False)
    assert not only_ticket(scene).vip
    assert not scene.all(TicketEscalated)
    assert not scene.all(AccountManagerNotified)


def test_more_of_the_same_says_nothing_of_tickets() -> None:
    scene = vip(opened(ALL)).when(worth(30_000.0))
    assert not scene.all(VipRecognised)
    assert not scene.all(TicketPrioritised)


@pytest.mark.parametrize("thread", ["t1", "t2"])
def test_a_lower_limit_makes_vips_of_the_tickets_when_the_customer_writes(thread: str) -> None:
    scene = opened(ALL).when(worth(6.0))
    assert scene.all(TicketPrioritised) == []
    limits = POLICY.thresholds.model_copy(update={"vip_lifetime_value": 5.0})
    scene = replace(scene, policy=POLICY.model_copy(update={"thresholds": limits}))
    before = only_ticket(scene)
    scene = scene.when(contact("And now?", thread=thread, provider_id="p9"))
    assert len(scene.all(VipRecognised)) == 1
    assert {t.priority for t in scene.state.tickets.values()} == {"urgent"}
    assert scene.all(TicketEscalated)[0].triggers == ["vip"]
    said = [e for e in scene.events if getattr(e, "ticket_id", None) == before.id]
    assert getattr(said[-1], "priority", "urgent") == "urgent"


def link(lines: Lines, kind: type[LinkAsked | UnlinkAsked]) -> None:
    lines.put(
        kind.model_validate(
            {
                "customer_id": "nameless",
                "other_customer_id": ANN,
                "channel": "slack",
                "handle": "U7",
                "by": "bo",
            }
        )
    )


def test_tickets_that_come_to_a_vips_line_are_a_vips_and_no_longer_when_they_go() -> None:
    lines = Lines()
    lines.put(worth(20_000.0))
    lines.put(
        contact("It is broken", channel="slack", handle="U7").model_copy(
            update={"customer_id": "nameless"}
        )
    )
    (ticket,) = lines.tickets("nameless").values()
    assert (ticket.vip, ticket.priority) == (False, "medium")
    link(lines, LinkAsked)
    moved = lines.tickets(ANN)[ticket.id]
    assert (moved.vip, moved.priority, moved.status) == (True, "urgent", "escalated")
    assert any(isinstance(one, TicketHandedOver) for one in lines.said)
    link(lines, UnlinkAsked)
    back = lines.tickets("nameless")[ticket.id]
    assert (back.vip, back.priority) == (False, "urgent")
