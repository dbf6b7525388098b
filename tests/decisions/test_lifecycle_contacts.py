"""Contacts: to which ticket they belong, and what they do to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from agents import channel, lifecycle
from agents.lifecycle_contacts import candidate_of
from agents.linking import WEIGHTS
from agents.policy import Policy, default_policy
from schemas.events.contacts import SurveyAnswered
from schemas.events.decisions import ContactAccepted, ContactLinked, SurveyRequested
from schemas.events.desk import SpecialistRequested
from schemas.events.intents import ReopenAsked, ResolveAsked, SnoozeAsked
from schemas.events.tickets import (
    MessageAdded,
    SlaMet,
    SlaStarted,
    TicketAwaitsCustomer,
    TicketOpened,
    TicketRated,
    TicketReopened,
    TicketResolved,
    TicketStarted,
    TicketWoken,
)
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened, reply, say

AGENTS = (channel.RECEIVED, channel.ACCEPTED, *lifecycle.AGENTS)


def answered(kind: str = "answer", solution_id: str | None = "a1") -> Scene:
    """An open ticket on which we have answered."""
    scene = opened(AGENTS)
    return scene.when(reply(scene, kind, solution_id=solution_id))


def test_the_first_message_opens_a_ticket() -> None:
    scene = given(agents=AGENTS).when(contact("I was charged twice", subject="Charged"))
    link = scene.one(ContactLinked)
    assert (link.outcome, link.rule) == ("new", "new")
    ticket = scene.one(TicketOpened)
    assert (ticket.subject, ticket.description) == ("Charged", "I was charged twice")
    assert (ticket.status, ticket.priority, ticket.handle) == ("new", "medium", "ann@example.org")
    message = scene.one(MessageAdded)
    assert message.direction == "in"
    assert message.interaction_id == ticket.contact_id == link.contact_id


def test_a_message_without_a_subject_gives_its_beginning() -> None:
    scene = given(agents=AGENTS).when(contact("word " * 40))
    assert scene.one(TicketOpened).subject == ("word " * 16).strip()


def test_a_contact_that_nobody_understood_is_linked_to_nothing() -> None:
    accepted = ContactAccepted(
        customer_id=ANN, outcome="accepted", policy_version="p", contact_id="c"
    )
    given(agents=lifecycle.AGENTS).when(accepted).then()


def test_a_link_of_another_contact_is_not_acted_on() -> None:
    scene = opened(AGENTS)
    link = ContactLinked(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        outcome="existing",
        policy_version="p",
        contact_id="somebody else's",
        rule="thread",
    )
    scene.when(link).then()


def test_a_further_message_in_the_thread_is_added() -> None:
    scene = say(opened(AGENTS), "and another thing")
    assert scene.one(ContactLinked).rule == "thread"
    assert scene.all(TicketOpened) == []
    scene.one(MessageAdded)
    assert only_ticket(scene).contacts == 2


def test_a_closed_ticket_is_no_candidate() -> None:
    scene = answered().later(days=30)
    assert only_ticket(scene).status == "closed"
    assert say(scene, "it is back").one(ContactLinked).outcome == "new"


def test_thanks_for_an_offered_article_resolve_the_ticket() -> None:
    scene = say(answered(), "thanks", "thanks")
    resolved = scene.one(TicketResolved)
    assert (resolved.by, resolved.reason, resolved.solution_id) == ("customer", "confirmed", "a1")
    assert resolved.close_at is not None
    assert scene.one(SlaMet).target == "resolution"


def test_thanks_that_go_on_to_ask_resolve_nothing() -> None:
    text = "thanks for that, but could you also tell me how to change my address"
    scene = say(answered(), text, "thanks")
    assert scene.all(TicketResolved) == []
    assert only_ticket(scene).status == "triaged"


@pytest.mark.parametrize(
    ("kind", "code", "outcome"),
    [("code", "kb0417", "existing"), ("code", "kb0418", "new"), ("device", "kb0417", "new")],
)
def test_who_names_the_article_that_they_were_sent_means_its_ticket(
    kind: str, code: str, outcome: str
) -> None:
    fact = {"kind": kind, "text": code, "start": 4, "end": 10}
    models = FakeModels(understanding=understood(facts=[fact]))
    scene = replace(answered(solution_id="KB-0417"), models=models).later(hours=2)
    scene = scene.when(contact(f"The {code}", thread=None, provider_id="p9", channel="whatsapp"))
    assert scene.one(ContactLinked).outcome == outcome


@pytest.mark.parametrize(("code", "outcome"), [("NH-2210", "existing"), ("NH-2211", "new")])
def test_who_names_a_code_again_means_the_same_matter(code: str, outcome: str) -> None:
    scene = given(agents=AGENTS)
    for text in ("NH-2210", code):
        fact = {"kind": "code", "text": text, "start": 4, "end": 11}
        scene = replace(scene, models=FakeModels(understanding=understood(facts=[fact])))
        about = contact(f"The {text}", thread=None, provider_id=f"{scene.now}", channel="phone")
        scene = scene.later(hours=20).when(about)
    assert scene.one(ContactLinked).outcome == outcome


def test_an_article_that_did_not_help_brings_a_person() -> None:
    scene = say(answered(), "that did not help", "not_solved")
    assert scene.one(TicketWoken).status == "triaged"
    request = scene.one(SpecialistRequested)
    assert only_ticket(scene).request_id == request.request_id
    assert only_ticket(scene).offer is None


def test_a_new_question_after_an_automatic_answer_waits_for_knowledge() -> None:
    scene = say(answered(), "and how do I change my address")
    scene.one(TicketWoken)
    assert scene.all(SpecialistRequested) == []


def test_a_message_to_a_person_puts_the_ball_back_and_runs_the_clock_on() -> None:
    scene = answered("agent_reply", None)
    ticket = only_ticket(scene)
    scene = scene.when(assigned(scene)).later(hours=20)
    scene = say(scene, "here is the number")
    assert scene.one(TicketStarted).status == "in_progress"
    started = scene.one(SlaStarted)
    assert started.resumed
    assert ticket.resolution is not None
    assert ticket.resolution.left is not None
    assert only_ticket(scene).awaiting is None


def test_thanks_to_a_person_keep_waiting() -> None:
    scene = say(answered("agent_reply", None), "thanks", "thanks")
    waits = scene.one(TicketAwaitsCustomer)
    assert waits.reason == "thanked"
    hours = scene.policy.lifecycle.assume_resolved_hours
    assert waits.assume_resolved_at == scene.now + timedelta(hours=hours)
    assert only_ticket(scene).assume_resolved_at == waits.assume_resolved_at.timestamp()


def test_who_thanks_and_goes_on_has_not_said_that_it_is_settled() -> None:
    for cues in (["thanks", "unsettled"], ["solved", "unsettled"]):
        scene = say(answered(), "thanks, but where is the form?", *cues)
        assert scene.all(TicketResolved) == []
        assert scene.one(TicketWoken).reason == "customer_wrote"
        scene = say(say(answered(), "thanks", "thanks"), "thanks, but it is back", *cues)
        assert scene.one(TicketReopened).reason == "customer_wrote"


def test_thanks_before_an_answer_was_tried_keep_waiting() -> None:
    scene = say(answered(), "thanks, I will try it", "thanks", "will_try")
    assert scene.all(TicketResolved) == []
    assert scene.one(TicketAwaitsCustomer).reason == "thanked"


def test_solved_after_a_persons_reply_resolves() -> None:
    scene = say(answered("agent_reply", None), "it works now", "solved")
    assert scene.one(TicketResolved).solution_id is None


def test_a_message_after_the_resolution_reopens_with_the_same_person() -> None:
    scene = answered("agent_reply", None)
    scene = scene.when(assigned(scene))
    scene = say(scene, "it works", "solved")
    scene = say(scene, "it broke again", "not_solved")
    reopened = scene.one(TicketReopened)
    assert (reopened.previous, reopened.status, reopened.reopened) == ("resolved", "triaged", 1)
    assert scene.one(SpecialistRequested).former_id == "bo"
    assert scene.one(SlaStarted).target == "resolution"
    assert only_ticket(scene).specialist_id is None


def test_a_number_after_the_survey_counts_also_where_the_ticket_was_rated_before_it() -> None:
    scene = ask(opened(AGENTS), ResolveAsked)
    unasked = SurveyAnswered(customer_id=ANN, ticket_id=only_ticket(scene).id, score=1)
    scene = ask(scene.when(unasked), ReopenAsked)
    scene = ask(scene, ResolveAsked)
    about = {"customer_id": ANN, "ticket_id": only_ticket(scene).id, "policy_version": "p"}
    survey = SurveyRequested.model_validate({**about, "outcome": "asked", "text": "How?"})
    scene = say(scene.when(survey), "4", "rating_4")
    assert scene.one(TicketRated).score == 4
    assert only_ticket(scene).rating == 4
    assert scene.state.ratings == (4,)
    assert say(scene, "2", "rating_2").all(TicketRated) == []


@pytest.mark.parametrize("cue", ["thanks", "solved", "greeting_only"])
def test_a_kind_word_after_the_resolution_does_not_reopen(cue: str) -> None:
    scene = say(answered(), "thanks", "thanks")
    scene = say(scene, "bye", cue)
    scene.one(MessageAdded)
    assert scene.all(TicketReopened) == []
    assert only_ticket(scene).status == "resolved"


def test_a_message_wakes_a_snoozed_ticket() -> None:
    scene = opened(AGENTS)
    scene = ask(scene, SnoozeAsked, until=scene.now + timedelta(days=365))
    scene = say(scene, "hello?")
    assert scene.one(TicketWoken).reason == "customer_wrote"
    assert only_ticket(scene).snoozed_until is None


def surveyed_ticket() -> Scene:
    """A ticket that is solved, and whose customer was asked how it went."""
    scene = say(answered("agent_reply", None), "it works now", "solved")
    told = {
        "customer_id": ANN,
        "ticket_id": only_ticket(scene).id,
        "outcome": "asked",
        "policy_version": "p",
        "text": "How did we do?",
    }
    return scene.given(SurveyRequested.model_validate(told))


def test_a_number_after_the_survey_rates_the_ticket_on_whatever_thread() -> None:
    scene = say(surveyed_ticket(), "4", "rating_4", thread=None)
    assert scene.one(ContactLinked).rule == "survey_answer"
    rated = scene.one(TicketRated)
    assert (rated.score, rated.status) == (4, "resolved")
    assert rated.contact_id == scene.one(MessageAdded).interaction_id
    assert scene.state.ratings == (4,)


def test_a_number_that_nobody_asked_for_is_a_message_like_any_other() -> None:
    scene = say(answered("agent_reply", None), "4", "rating_4")
    assert scene.all(TicketRated) == []
    assert scene.one(ContactLinked).rule == "thread"


def test_a_ticket_is_rated_once_and_another_number_does_not_reopen_it() -> None:
    scene = say(surveyed_ticket(), "4", "rating_4")
    scene = say(scene, "5", "rating_5")
    assert scene.all(TicketRated) == []
    assert scene.all(TicketReopened) == []
    assert only_ticket(scene).rating == 4


@pytest.mark.parametrize("cue", ["not_solved", "asks_person", "complaint"])
def test_who_rates_and_says_that_it_is_not_solved_is_heard(cue: str) -> None:
    scene = say(surveyed_ticket(), "1. It still leaks", "rating_1", cue)
    assert scene.one(TicketRated).score == 1
    assert scene.one(TicketReopened).reason == "customer_wrote"
    assert only_ticket(scene).status not in {"resolved", "closed"}
    scene = say(say(surveyed_ticket(), "4", "rating_4"), "1. It leaks again", "rating_1", cue)
    assert scene.all(TicketRated) == []
    assert len(scene.all(TicketReopened)) == 1


def test_the_ticket_that_was_resolved_last_is_the_one_that_is_rated() -> None:
    scene = surveyed_ticket()
    first = only_ticket(scene)
    later = replace(first, id="TICK_2", resolved_at=(first.resolved_at or 0.0) + 60.0, threads=())
    tickets = {first.id: first, later.id: later}
    scene = replace(scene, state=replace(scene.state, tickets=tickets))
    scene = say(scene, "2", "rating_2", thread=None)
    assert scene.one(TicketRated).ticket_id == "TICK_2"


@pytest.mark.parametrize(("awaiting", "asked"), [(None, 0), ("agent_reply", 1)])
def test_linking_knows_whether_the_ticket_waits_for_the_customer(
    awaiting: str | None, asked: int
) -> None:
    ticket = replace(only_ticket(opened(AGENTS)), awaiting=awaiting, last_channel="phone")
    candidate = candidate_of(ticket)
    assert candidate.last_reply_asked == bool(asked)
    assert (candidate.channel, candidate.channels) == ("phone", ("email",))


def test_a_link_says_what_its_confidence_was_held_against() -> None:
    policy = default_policy().model_copy(update={"linking": WEIGHTS | {"threshold": 0.7}})
    scene = given(agents=AGENTS, policy=policy).when(contact("I was charged twice"))
    assert scene.one(ContactLinked).threshold == 0.7
    shipped = given(agents=AGENTS).when(contact("I was charged twice"))
    assert shipped.one(ContactLinked).threshold == WEIGHTS["threshold"]


def linked_after(policy: Policy, text: str) -> ContactLinked:
    """Where a message goes without a thread, a quarter of an hour after a ticket was opened."""
    scene = opened(AGENTS, policy=policy).later(minutes=15)
    return scene.when(contact(text, thread=None, provider_id="p9")).one(ContactLinked)


@pytest.mark.parametrize("name", ["threshold", "bias", "here"])
@pytest.mark.parametrize("text", ["How do I change my PIN?", "any news?", "I was charged twice"])
def test_a_weight_that_the_policy_does_not_name_is_as_shipped(name: str, text: str) -> None:
    some = {name: 0.3}
    told = Policy.model_validate({**default_policy().model_dump(), "linking": some})
    every = told.model_copy(update={"linking": WEIGHTS | some})
    one, other = linked_after(told, text), linked_after(every, text)
    assert (one.outcome, one.confidence, one.candidates, one.threshold) == (
        other.outcome, other.confidence, other.candidates, other.threshold,
    )  # fmt: skip
