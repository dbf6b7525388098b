"""A ticket whose first message does not say what it is about is triaged by the one that does."""

from __future__ import annotations

from msgspec.structs import replace

from agents.roster import ROSTERS
from agents.triage_rules import OPENING_CONTACTS
from agents.world import ArticleText, CategoryRule
from projections.case.bounds import TAGS
from schemas.event import Event
from schemas.events.contacts import CustomerDescribed, SpecialistAssigned
from schemas.events.decisions import (
    EscalationTriggered,
    IssueClassified,
    PriorityChosen,
    RouteChosen,
    SolutionsFound,
    TeamAlertRequested,
)
from schemas.events.desk import RequestWithdrawn, SpecialistReleased, SpecialistRequested
from schemas.events.intents import (
    AssignmentAsked,
    CategoryAsked,
    ReplyWritten,
    ResolveAsked,
    TagsAsked,
)
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import (
    MessageAdded,
    SlaStarted,
    TicketEscalated,
    TicketTransferred,
    TicketTriaged,
)
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, ask, assigned, contact, only_ticket

EVERYBODY = ROSTERS["customer"]
CATEGORIES = {
    "billing": CategoryRule(name="billing", priority="high", team="money"),
    "praise": CategoryRule(name="praise", priority="low", team="general"),
    "outage": CategoryRule(name="outage", priority="critical", team="network"),
}


def models(category: str | None, **fields: object) -> FakeModels:
    """What models make of a message that is about this."""
    found = [] if category is None else [{"name": category, "confidence": 0.9}]
    return FakeModels(
        understanding=understood(categories=found, **fields),
        categories=CATEGORIES,
        articles={"a1": ArticleText(id="a1", title="Refunds", body="You get it.", language="en")},
    )


def greeted(*described: Event, **fields: object) -> Scene:
    """The scene after a greeting."""
    said = models(None, cues=["greeting_only"], **fields)
    return given(*described, agents=EVERYBODY, models=said).when(contact("hi"))


def told(scene: Scene, category: str | None = "billing", **fields: object) -> Scene:
    """The scene after the next message, which is about this."""
    scene = replace(scene, models=models(category, **fields)).later(minutes=1)
    return scene.when(contact("I was charged twice", provider_id=f"p{scene.steps}"))


def none(scene: Scene, *kinds: type[Event]) -> bool:
    """Whether nothing of these kinds was said."""
    return not any(scene.all(kind) for kind in kinds)


def test_what_people_tagged_it_with_comes_first_and_there_are_no_more_tags_than_may_be() -> None:
    people = [f"p{number}" for number in range(TAGS - 2)]
    scene = ask(greeted(), TagsAsked, add=people)
    triaged = told(scene, tags=["refund", "p0", "late", "more"]).one(TicketTriaged)
    assert triaged.tags == [*people, "refund", "late"]


def test_the_message_that_tells_the_matter_triages_the_ticket_anew() -> None:
    scene = greeted()
    first = scene.one(TicketTriaged)
    assert (first.category, first.team, first.priority, first.previous) == (
        None,
        "general",
        "medium",
        None,
    )
    scene = told(scene, tags=["refund"])
    issue, choice = scene.one(IssueClassified), scene.one(PriorityChosen)
    assert (issue.category, issue.confidence) == ("billing", 0.9)
    assert [one.name for one in choice.candidates] == [
        "category:high",
        "before:medium",
        "default:medium",
    ]
    assert scene.one(RouteChosen).team == "money"
    triaged = scene.one(TicketTriaged)
    assert (triaged.category, triaged.team, triaged.priority) == ("billing", "money", "high")
    assert (triaged.category_confidence, triaged.tags) == (0.9, ["refund"])
    assert triaged.previous == "medium"
    ticket = only_ticket(scene)
    assert (ticket.category, ticket.team, ticket.skills) == ("billing", "money", ("billing",))
    assert ticket.triaged_at == ticket.opened_at
    assert [one.kind for one in scene.all(InteractionMeasured)] == ["contact"]


def test_whoever_was_asked_for_is_asked_for_in_the_right_team() -> None:
    scene = greeted()
    asked = scene.one(SpecialistRequested)
    scene = told(scene)
    assert scene.one(RequestWithdrawn).request_id == asked.request_id
    moved = scene.one(TicketTransferred)
    assert (moved.team, moved.previous, moved.by) == ("money", "general", "triage")
    again = scene.one(SpecialistRequested)
    assert (again.team, again.skills, again.priority) == ("money", ["billing"], "high")
    assert again.request_id != asked.request_id


def test_whoever_has_it_and_has_not_written_gives_it_to_the_right_team() -> None:
    scene = greeted()
    scene = told(scene.when(assigned(scene)))
    assert scene.one(SpecialistReleased).specialist_id == "bo"
    assert scene.one(TicketTransferred).status == "triaged"
    assert scene.one(SpecialistRequested).team == "money"
    assert only_ticket(scene).specialist_id is None


def test_whoever_has_written_keeps_it_and_learns_what_it_is_about() -> None:
    scene = greeted()
    scene = ask(scene.when(assigned(scene)), ReplyWritten, text="Hello, what can I do?")
    scene = told(scene)
    assert none(scene, TicketTransferred, SpecialistRequested)
    triaged = scene.one(TicketTriaged)
    assert (triaged.category, triaged.team, triaged.priority) == ("billing", "general", "high")
    assert only_ticket(scene).specialist_id == "bo"


def test_whoever_was_asked_for_by_name_keeps_it() -> None:
    scene = ask(greeted(), AssignmentAsked, specialist_id="cy")
    scene = told(scene)
    assert scene.all(TicketTransferred) == []
    assert scene.one(TicketTriaged).team == "general"


def test_in_the_same_team_it_stays() -> None:
    scene = told(greeted(), "praise")
    assert none(scene, TicketTransferred, SpecialistRequested)
    assert (only_ticket(scene).category, only_ticket(scene).priority) == ("praise", "medium")


def test_its_targets_are_those_of_the_new_priority_and_what_has_passed_counts() -> None:
    scene = greeted()
    before = {one.target: one.due_at for one in scene.all(SlaStarted)}
    after = {one.target: one.due_at for one in told(scene).all(SlaStarted)}
    assert before.keys() == after.keys() == {"first_reply", "resolution"}
    assert all(after[one] < before[one] for one in before)


def test_a_message_about_nothing_known_triages_nothing() -> None:
    scene = told(greeted(), None)
    assert none(scene, IssueClassified, TicketTriaged)
    assert [type(one) for one in scene.all(MessageAdded)] == [MessageAdded]
    assert told(scene).one(TicketTriaged).category == "billing"


def test_what_is_known_stays_whatever_comes_later() -> None:
    scene = told(told(greeted()), "praise")
    assert none(scene, IssueClassified, TicketTriaged)
    scene = told(ask(greeted(), CategoryAsked, category="praise"))
    assert none(scene, IssueClassified, TicketTriaged)


def test_only_the_first_messages_can_tell_it() -> None:
    scene = greeted()
    for _ in range(OPENING_CONTACTS - 2):
        scene = told(scene, None)
    assert told(scene).one(TicketTriaged).category == "billing"
    assert none(told(told(scene, None)), IssueClassified, TicketTriaged)


def test_a_resolved_ticket_is_not_triaged_by_what_follows() -> None:
    scene = ask(greeted(), ResolveAsked)
    assert none(told(scene, cues=["thanks"]), IssueClassified, TicketTriaged)


def test_a_critical_matter_escalates_and_alerts_once() -> None:
    scene = told(greeted(), "outage")
    assert scene.one(EscalationTriggered).triggers == ["critical_priority"]
    assert scene.one(TicketEscalated).triggers == ["critical_priority"]
    assert only_ticket(scene).status == "escalated"
    assert len(scene.all(TeamAlertRequested)) == 1


def test_a_vip_is_escalated_for_once() -> None:
    vip = CustomerDescribed(customer_id=ANN, lifetime_value=20_000.0, account_manager="di")
    scene = greeted(vip)
    assert scene.one(EscalationTriggered).triggers == ["vip"]
    scene = told(scene)
    assert scene.one(TicketTriaged).priority == "urgent"
    assert none(scene, EscalationTriggered, TeamAlertRequested)


def test_what_nobody_has_yet_is_searched_for() -> None:
    scene = greeted()
    assert scene.one(SolutionsFound).outcome == "none"
    scene = told(scene, solutions=[{"id": "a1", "confidence": 0.95}])
    assert scene.one(SolutionsFound).outcome == "answer"
    ticket = only_ticket(scene)
    assert (ticket.offer, ticket.awaiting) == ("a1", "answer")
    assert ticket.request_id is None
    assert none(scene, SpecialistRequested)


def test_the_desks_answer_to_the_request_that_was_withdrawn_is_no_assignment() -> None:
    scene = greeted()
    asked = scene.one(SpecialistRequested)
    scene = told(scene)
    late = SpecialistAssigned(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        specialist_id="bo",
        team="general",
        request_id=asked.request_id,
    )
    scene = scene.when(late)
    assert only_ticket(scene).specialist_id is None
