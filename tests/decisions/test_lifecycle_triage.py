"""What follows from triage and from our replies: statuses, targets, requests for a person."""

from __future__ import annotations

import pytest

from agents import channel, customer, knowledge, lifecycle, outbound, triage
from agents.world import ArticleText, CategoryRule
from schemas.event import Event
from schemas.events.contacts import CustomerDescribed
from schemas.events.decisions import (
    AnswerChosen,
    EscalationTriggered,
    PriorityChosen,
    ReplyRequested,
    RouteChosen,
    SolutionsFound,
    SolutionSuggested,
)
from schemas.events.desk import SpecialistRequested
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    MessageAdded,
    SlaMet,
    SlaStarted,
    TicketAssigned,
    TicketAwaitsCustomer,
    TicketEscalated,
    TicketStarted,
    TicketTriaged,
)
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, assigned, contact, only_ticket, opened, reply, routed, say

HEARS = (channel.RECEIVED, channel.ACCEPTED, *lifecycle.AGENTS)
ALL = (*HEARS, *customer.AGENTS, *triage.AGENTS, *knowledge.AGENTS, outbound.SAID)

ARTICLES = {"a1": ArticleText(id="a1", title="Refunds", body="You get it back.", language="en")}


def met(score: float | None = None, **fields: object) -> Scene:
    """A first message, with an article of some confidence."""
    solutions = [] if score is None else [{"id": "a1", "confidence": score}]
    models = FakeModels(
        understanding=understood(solutions=solutions, **fields),
        articles=ARTICLES,
        categories={"billing": CategoryRule(name="billing", priority="low", team="money")},
    )
    return given(agents=ALL, models=models).when(contact("I was charged twice", subject="Twice"))


def test_triage_is_taken_over_once_and_the_targets_begin() -> None:
    scene = met(categories=[{"name": "billing", "confidence": 0.9}], tags=["refund"])
    triaged = scene.one(TicketTriaged)
    assert (triaged.status, triaged.priority) == ("triaged", "low")
    assert (triaged.category, triaged.team, triaged.tags) == ("billing", "money", ["refund"])
    assert triaged.estimated_resolution_minutes == 480
    assert {s.target for s in scene.all(SlaStarted)} == {"first_reply", "resolution"}
    assert [m.kind for m in scene.all(InteractionMeasured)] == ["contact"]
    assert scene.when(routed(scene)).all(TicketTriaged) == []


def test_a_route_for_a_ticket_that_is_not_there_is_not_taken() -> None:
    scene = opened(HEARS)
    told = routed(scene).model_copy(update={"ticket_id": "TICK_0"})
    scene.when(told).then()


def test_a_ticket_without_an_answer_asks_for_a_person_once() -> None:
    scene = met()
    request = scene.one(SpecialistRequested)
    assert (request.team, request.priority, request.senior) == ("general", "medium", False)
    again = SolutionsFound(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        outcome="none",
        policy_version="p",
        solutions=[],
    )
    scene.when(again).then()


@pytest.mark.parametrize(
    ("score", "says", "asks"),
    [(0.81, AnswerChosen, 0), (0.8, SolutionSuggested, 1), (0.5, SolutionSuggested, 1)],
)
def test_an_answer_needs_no_person_and_a_suggestion_does(
    score: float, says: type[Event], asks: int
) -> None:
    scene = met(score)
    scene.one(says)
    assert len(scene.all(SpecialistRequested)) == asks


def test_an_answer_waits_for_the_customer_and_a_sure_one_may_count_as_the_solution() -> None:
    scene = met(0.95)
    (message,) = [m for m in scene.all(MessageAdded) if m.direction == "out"]
    assert (message.solution_id, message.auto_resolution_candidate) == ("a1", True)
    assert scene.one(TicketAwaitsCustomer).status == "waiting_customer"
    assert scene.one(SlaMet).target == "first_reply"
    (unsure,) = [m for m in met(0.85).all(MessageAdded) if m.direction == "out"]
    assert not unsure.auto_resolution_candidate


def test_a_suggestion_answers_first_and_waits_for_nobody() -> None:
    scene = met(0.6)
    assert scene.one(SlaMet).target == "first_reply"
    assert scene.all(TicketAwaitsCustomer) == []
    assert only_ticket(scene).status == "triaged"


def test_an_unhappy_customer_goes_to_somebody_senior_with_the_reasons_by_name() -> None:
    scene = met(0.99, sentiment_score=0.2, cues=["complaint", "asks_person"])
    assert scene.all(ReplyRequested) == []
    assert scene.one(PriorityChosen).priority == "high"
    assert scene.one(RouteChosen).senior
    named = ["complaint", "negative_sentiment", "asked_for_person"]
    assert scene.one(EscalationTriggered).triggers == named
    escalated = scene.one(TicketEscalated)
    assert (escalated.status, escalated.triggers) == ("escalated", named)
    request = scene.one(SpecialistRequested)
    assert (request.senior, request.escalated, request.triggers) == (True, True, named)
    assert "escalation" in [m.kind for m in scene.all(InteractionMeasured)]


def test_triage_does_not_overwrite_a_vips_urgency() -> None:
    models = FakeModels(
        understanding=understood(categories=[{"name": "billing", "confidence": 0.9}]),
        categories={"billing": CategoryRule(name="billing", priority="low")},
    )
    rich = CustomerDescribed(customer_id=ANN, lifetime_value=10_001.0)
    scene = given(agents=ALL, models=models).when(rich).when(contact("I was charged twice"))
    chosen = scene.one(PriorityChosen)
    assert chosen.priority == "urgent"
    assert [c.name for c in chosen.candidates] == ["vip:urgent", "category:low"]
    assert scene.one(TicketTriaged).vip
    assert scene.one(TicketEscalated).triggers == ["vip"]


def test_the_language_goes_along_to_the_desk() -> None:
    scene = met(language="de", language_confidence=0.99)
    assert scene.one(RouteChosen).language == "de"
    assert scene.one(SpecialistRequested).language == "de"


def test_a_later_message_escalates_once_for_every_new_reason() -> None:
    scene = met()
    scene = say(scene, "I want your boss", "asks_person")
    assert scene.one(TicketEscalated).triggers == ["asked_for_person"]
    scene = say(scene, "your boss, please", "asks_person")
    assert scene.all(TicketEscalated) == []
    scene = say(scene, "I complain", "complaint")
    assert scene.one(TicketEscalated).triggers == ["complaint"]
    assert only_ticket(scene).triggers == ("asked_for_person", "complaint")


def test_a_reason_on_a_ticket_that_is_done_escalates_nothing() -> None:
    scene = opened(HEARS)
    told = EscalationTriggered(
        customer_id=ANN,
        ticket_id="TICK_0",
        outcome="escalate",
        policy_version="p",
        triggers=["complaint"],
    )
    scene.when(told).then()


def test_somebody_who_gets_a_ticket_begins_to_work_on_it() -> None:
    scene = opened(HEARS)
    scene = scene.when(assigned(scene)).then(TicketAssigned, TicketStarted)
    assert scene.one(TicketStarted).status == "in_progress"
    given_to = scene.one(TicketAssigned)
    assert (given_to.specialist_id, given_to.reason) == ("bo", "assigned")


def test_somebody_who_gets_a_ticket_that_waits_or_is_escalated_changes_no_status() -> None:
    scene = opened(HEARS)
    scene = scene.when(reply(scene))
    scene.when(assigned(scene)).then(TicketAssigned)


def test_an_answer_leaves_an_escalated_ticket_to_its_person() -> None:
    scene = opened(HEARS)
    told = EscalationTriggered(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        outcome="escalate",
        policy_version="p",
        triggers=["vip"],
    )
    scene = scene.when(told)
    scene = scene.when(reply(scene, "answer", solution_id="a1"))
    assert scene.all(TicketAwaitsCustomer) == []
    scene = scene.when(reply(scene, "agent_reply"))
    assert scene.one(TicketAwaitsCustomer).status == "waiting_customer"


def test_a_reply_about_no_ticket_or_one_elsewhere_is_part_of_none() -> None:
    scene = opened(HEARS)
    scene.when(reply(scene, ticket_id=None)).then()
    scene.when(reply(scene, ticket_id="TICK_0")).then()


@pytest.mark.parametrize(
    ("kind", "what", "counts"),
    [
        ("agent_reply", "agent_response", 1),
        ("answer", "agent_response", 1),
        ("suggestion", "agent_response", 1),
        ("opening", "agent_response", 1),
        ("confirmation", "system_action", 0),
        ("survey", "system_action", 0),
        ("follow_up", "system_action", 0),
        ("notice", "system_action", 0),
    ],
)
def test_only_what_answers_counts_as_a_reply(kind: str, what: str, counts: int) -> None:
    scene = opened(HEARS)
    scene = scene.when(reply(scene, kind))
    assert scene.one(MessageAdded).interaction_type == what
    assert only_ticket(scene).replies == counts
    assert bool(scene.all(SlaMet)) == bool(counts)
