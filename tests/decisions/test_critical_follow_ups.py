"""Whatever a ticket began with: what is critical goes to a person, and no article answers it."""

from __future__ import annotations

from msgspec.structs import replace

from agents.roster import ROSTERS
from agents.world import ArticleText, CategoryRule
from schemas.events.decisions import (
    AnswerChosen,
    EscalationTriggered,
    SolutionsFound,
    TeamAlertRequested,
)
from schemas.events.desk import SpecialistRequested
from schemas.events.intents import PriorityAsked
from schemas.events.tickets import TicketEscalated, TicketPrioritised
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ask, contact, only_ticket

EVERYBODY = ROSTERS["customer"]
CATEGORIES = {
    "plans": CategoryRule(name="plans", priority="low", team="money"),
    "accident": CategoryRule(name="accident", priority="critical", team="safety"),
}
ARTICLES = {
    "cancel": ArticleText(id="cancel", title="Cancel your plan", body="Tap Cancel."),
    "crash": ArticleText(id="crash", title="After a crash", body="Call 112 first."),
}


def models(category: str, article: str, confidence: float = 0.9, **fields: object) -> FakeModels:
    """What models make of a message that is about this, and answered by that."""
    return FakeModels(
        understanding=understood(
            categories=[{"name": category, "confidence": confidence}],
            solutions=[{"id": article, "confidence": 0.97}],
            language="en",
            **fields,
        ),
        categories=CATEGORIES,
        articles=ARTICLES,
    )


def answered() -> Scene:
    """The scene after a first message of little weight, which an article answered."""
    scene = given(agents=EVERYBODY, models=models("plans", "cancel"))
    scene = scene.when(contact("how do I cancel my plan"))
    scene.one(AnswerChosen)
    return scene


def writes(scene: Scene, said: FakeModels) -> Scene:
    scene = replace(scene, models=said).later(minutes=1)
    return scene.when(contact("what do I do after a crash?", provider_id=f"p{scene.steps}"))


def test_a_critical_message_on_a_lesser_ticket_is_answered_by_a_person() -> None:
    scene = writes(answered(), models("accident", "crash"))
    assert scene.all(AnswerChosen) == []
    found = scene.one(SolutionsFound)
    assert (found.outcome, found.reasons) == ("none", ["banned_critical_priority"])
    assert scene.one(EscalationTriggered).triggers == ["critical_priority"]
    assert scene.one(TicketEscalated).triggers == ["critical_priority"]
    raised = scene.one(TicketPrioritised)
    assert (raised.previous, raised.priority, raised.by) == ("low", "critical", "triage")
    assert scene.one(SpecialistRequested).priority == "critical"
    assert "priority" in [one.alert_type for one in scene.all(TeamAlertRequested)]
    assert only_ticket(scene).category == "plans"


def test_a_second_critical_message_changes_nothing_that_people_decided() -> None:
    scene = writes(answered(), models("accident", "crash"))
    scene = writes(ask(scene, PriorityAsked, priority="low"), models("accident", "crash"))
    assert scene.all(TicketPrioritised) == []
    assert scene.all(AnswerChosen) == []
    assert only_ticket(scene).priority == "low"


def test_a_message_that_is_hardly_about_it_or_only_thanks_is_not_critical() -> None:
    unsure = writes(answered(), models("accident", "cancel", confidence=0.1))
    thanks = writes(answered(), models("accident", "cancel", cues=["thanks"]))
    for scene in (unsure, thanks):
        assert scene.all(EscalationTriggered) == []
        assert scene.all(TicketPrioritised) == []


def test_a_ticket_whose_matter_was_untold_becomes_critical_as_it_is_triaged_anew() -> None:
    hello = FakeModels(understanding=understood(), categories=CATEGORIES, articles=ARTICLES)
    scene = given(agents=EVERYBODY, models=hello).when(contact("hi"))
    scene = writes(scene, models("accident", "crash"))
    assert scene.one(EscalationTriggered).triggers == ["critical_priority"]
    assert scene.all(TicketPrioritised) == []
    ticket = only_ticket(scene)
    assert (ticket.priority, ticket.category, ticket.team) == ("critical", "accident", "safety")
