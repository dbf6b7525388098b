"""The context that goes with a ticket, and what the desk is told about it."""

from __future__ import annotations

import json

from msgspec.structs import replace

from agents import channel, handover, lifecycle
from projections.case import Case
from schemas.events import intents as asked
from schemas.events.choices import ContextTransferred
from schemas.events.contacts import CustomerDescribed
from schemas.events.decisions import IntentRefused
from schemas.events.desk import SpecialistReleased
from schemas.events.tickets import TicketAssigned, TicketStarted
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened, reply, routed

AGENTS = (channel.RECEIVED, channel.ACCEPTED, *lifecycle.AGENTS, *handover.AGENTS)

ORDER = {"kind": "order", "text": "77", "start": 0, "end": 2}


def told() -> Scene:
    """A ticket whose customer gave an order number."""
    models = FakeModels(understanding=understood(facts=[ORDER]))
    scene = opened(AGENTS, models=models)
    return scene.when(reply(scene, "suggestion", solution_id="a1"))


def test_whoever_gets_a_ticket_gets_what_is_known_of_it_then() -> None:
    scene = told()
    scene = scene.when(assigned(scene))
    scene.then(TicketAssigned, TicketStarted, ContextTransferred)
    transfer = scene.one(ContextTransferred)
    assert (transfer.to, transfer.reasons) == ("bo", ["assigned"])
    (fact,) = json.loads(transfer.facts)
    assert (fact["kind"], fact["text"]) == ("order", "77")
    assert (transfer.facts_given, transfer.facts_kept) == (1, 1)
    assert [entry["kind"] for entry in json.loads(transfer.timeline)] == ["message", "suggestion"]
    assert "offered a1" in transfer.summary


def test_facts_beyond_the_bound_are_given_but_not_kept() -> None:
    many = [ORDER | {"text": str(n)} for n in range(24)]
    models = FakeModels(understanding=understood(facts=many))
    scene = opened(AGENTS, models=models)
    scene = scene.when(contact("and these", provider_id="p9"))
    transfer = scene.when(assigned(scene)).one(ContextTransferred)
    assert (transfer.facts_given, transfer.facts_kept) == (48, 24)


def test_all_that_one_message_gave_is_counted_though_not_all_is_kept() -> None:
    many = [ORDER | {"text": str(n)} for n in range(32)]
    scene = opened(AGENTS, models=FakeModels(understanding=understood(facts=many)))
    transfer = scene.when(assigned(scene)).one(ContextTransferred)
    assert (transfer.facts_given, transfer.facts_kept) == (32, 24)


def test_statements_beyond_their_bound_do_not_push_out_numbers() -> None:
    said = [ORDER | {"kind": "statement", "text": f"words {n}"} for n in range(23)]
    models = FakeModels(understanding=understood(facts=[ORDER, *said]))
    scene = opened(AGENTS, models=models)
    for n in range(3):
        scene = scene.when(contact("and more", provider_id=f"p{n}"))
    transfer = scene.when(assigned(scene)).one(ContextTransferred)
    kinds = [fact["kind"] for fact in json.loads(transfer.facts)]
    assert (kinds.count("order"), kinds.count("statement")) == (4, 23)
    assert (transfer.facts_given, transfer.facts_kept) == (96, 27)


def test_what_was_said_on_the_other_tickets_goes_along() -> None:
    scene = told()
    first = only_ticket(scene)
    strict = scene.policy.model_copy(update={"linking": {"threshold": 1.0}})
    scene = replace(scene, policy=strict).when(contact("a new card", provider_id="p2", thread="t2"))
    second = next(t for t in scene.state.tickets.values() if t.id != first.id)
    history = handover.context(scene.state, second)["history"]
    assert [(one["ticket_id"], one["status"]) for one in history] == [(first.id, first.status)]
    assert [(fact["kind"], fact["text"]) for fact in history[0]["facts"]] == [("order", "77")]
    assert handover.context(scene.state, first)["history"][0]["ticket_id"] == second.id


def test_of_many_other_tickets_the_latest_go_along() -> None:
    ticket = only_ticket(told())
    others = {f"T{n}": replace(ticket, id=f"T{n}", last_customer_at=float(n)) for n in range(9)}
    gone = {"T9": replace(ticket, id="T9", last_customer_at=9.0, merged_into="T8")}
    case = Case(customer_id=ANN, tickets={ticket.id: ticket, **others, **gone})
    history = handover.context(case, replace(ticket, id="T8"))["history"]
    told_of = [one["ticket_id"] for one in history]
    assert len(told_of) == handover.OTHERS
    assert not {"T8", "T9"} & set(told_of)
    assert told_of == [ticket.id, "T7", "T6", "T5", "T4"]


def test_a_hand_over_goes_to_whom_it_names_else_to_who_has_the_ticket_else_to_the_team() -> None:
    scene = told()
    assert ask(scene, asked.HandoverAsked, to="cy").one(ContextTransferred).to == "cy"
    assert ask(scene, asked.HandoverAsked).one(ContextTransferred).to == "general"
    scene = scene.when(assigned(scene))
    transfer = ask(scene, asked.HandoverAsked).one(ContextTransferred)
    assert (transfer.to, transfer.reasons) == ("bo", ["asked_for"])


def test_a_hand_over_of_nothing_is_refused_and_hands_nothing_over() -> None:
    event = asked.HandoverAsked(ticket_id="TICK_0", customer_id="ann", by="bo")
    told().when(event).then(IntentRefused)


def test_an_assignment_that_comes_too_late_frees_the_person_and_hands_nothing_over() -> None:
    scene = told()
    late = assigned(scene)
    scene = ask(scene, asked.ResolveAsked)
    assert scene.when(late).then(SpecialistReleased).one(SpecialistReleased).specialist_id == "bo"


def test_an_assignment_for_an_older_request_frees_the_person_again() -> None:
    scene = ask(told(), asked.TransferAsked, team="money")
    stale = assigned(scene).model_copy(update={"request_id": "older"})
    scene.when(stale).then(SpecialistReleased)


def test_whoever_had_it_is_freed_when_somebody_else_gets_it() -> None:
    scene = told()
    scene = scene.when(assigned(scene))
    scene = scene.when(assigned(scene, "cy"))
    assert scene.one(SpecialistReleased).specialist_id == "bo"
    assert only_ticket(scene).specialist_id == "cy"
    assert scene.when(assigned(scene, "cy")).all(SpecialistReleased) == []


def test_the_summary_says_who_what_and_how_it_stands() -> None:
    scene = told()
    text = handover.summary(scene.state, only_ticket(scene))
    assert text.startswith("ann: Charged twice; medium, uncategorised; 1 messages by email")


def test_the_whole_context_says_who_what_the_facts_and_what_happened() -> None:
    known = CustomerDescribed(customer_id=ANN, name="Ann", language="en", account_manager="mo")
    models = FakeModels(understanding=understood(facts=[ORDER], sentiment_score=0.6))
    scene = given(known, agents=AGENTS, models=models)
    scene = scene.when(contact("I was charged twice", subject="Charged twice"))
    scene = scene.when(routed(scene))
    scene = scene.when(reply(scene, "suggestion", solution_id="a1"))
    ticket = only_ticket(scene)
    document = handover.context(scene.state, ticket)
    assert document["customer"] == {
        "customer_id": ANN,
        "name": "Ann",
        "vip": False,
        "language": "en",
        "satisfaction_score": None,
        "account_manager": "mo",
    }
    assert document["ticket"] == {
        "ticket_id": ticket.id,
        "subject": "Charged twice",
        "status": "triaged",
        "priority": "medium",
        "category": None,
        "tags": [],
        "language": "en",
        "sentiment_score": 0.6,
        "channels": ["email"],
        "opened_at": "2026-03-02T09:00:00.000Z",
        "triggers": [],
        "offered": ["a1"],
    }
    (contact_id, _), *_ = ticket.messages
    assert document["facts"] == [{"kind": "order", "text": "77", "contact_id": contact_id}]
    assert (document["facts_given"], document["facts_kept"]) == (1, 1)
    assert [(entry["kind"], entry["who"]) for entry in document["timeline"]] == [
        ("message", "customer"),
        ("suggestion", "bo"),
    ]
    assert {entry["at"] for entry in document["timeline"]} == {"2026-03-02T09:00:00.000Z"}
