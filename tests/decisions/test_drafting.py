"""Whether a language model is asked for a draft: for what goes to a person, and can be quoted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from msgspec.structs import replace

from agents.policy import Policy, default_policy
from agents.policy_drafting import DraftingPolicy
from agents.roster import ROSTERS
from agents.world import ArticleText, CategoryRule
from projections.case.bounds import FACTS
from schemas.events.desk import SpecialistRequested
from schemas.events.drafts import DraftRequested, DraftWritten
from schemas.events.intents import EscalationAsked
from streams.testing import FakeModels, Scene, given, understood
from tests.histories import History, histories, play
from tests.tickets import assigned, contact, only_ticket

ARTICLES = {
    "a1": ArticleText(id="a1", title="Refunds", body="You get it back. It takes a day."),
    "a2": ArticleText(id="a2", title="Passwords", body="Use the link."),
    "a3": ArticleText(id="a3", title="Hours", body="We are open."),
    "de": ArticleText(id="de", title="Rechnung", body="Im Konto.", language="de"),
    "empty": ArticleText(id="empty", title="Empty", body=" \n "),
}
FACT = {"kind": "order", "text": "4711", "start": 0, "end": 4}


def wanting(**fields: object) -> Policy:
    drafting = DraftingPolicy.model_validate({"enabled": True, **fields})
    return default_policy().model_copy(update={"drafting": drafting})


def scene(*pairs: tuple[str, float], policy: Policy | None = None, **seen: object) -> Scene:
    """Before a message for which these articles are found."""
    found = [{"id": name, "confidence": score} for name, score in pairs]
    models = FakeModels(understanding=understood(solutions=found, **seen), articles=ARTICLES)
    return given(agents=ROSTERS["customer"], models=models, policy=policy or wanting())


def asked(scene: Scene) -> list[DraftRequested]:
    return [one for one in scene.events if isinstance(one, DraftRequested)]


def written(*pairs: tuple[str, float], **fields: Any) -> list[DraftRequested]:
    """The drafts that are asked for after a first message."""
    return asked(scene(*pairs, **fields).when(contact("Where is 4711?", subject="Refund")))


def test_a_draft_is_asked_for_what_goes_to_a_person() -> None:
    after = scene(("a1", 0.4), ("a2", 0.2), facts=[FACT]).when(contact("Where is 4711?"))
    (draft,) = asked(after)
    assert draft.ticket_id == only_ticket(after).id
    assert draft.question == "Where is 4711?"
    assert draft.facts == ["4711"]
    assert [(one.article_id, one.title, one.sentences) for one in draft.sources] == [
        ("a1", "Refunds", ["You get it back.", "It takes a day."]),
        ("a2", "Passwords", ["Use the link."]),
    ]
    assert (draft.outcome, draft.confidence, draft.threshold) == ("a1", 0.4, 0.1)
    assert draft.reasons == ["goes_to_a_person"]


@pytest.mark.parametrize(
    ("score", "cues"), [(0.6, []), (0.95, ["complaint"]), (0.95, ["asks_person"])]
)
def test_it_is_asked_for_beside_a_suggestion_and_where_an_article_may_not_answer(
    score: float, cues: list[str]
) -> None:
    (draft,) = written(("a1", score), cues=cues)
    assert [one.article_id for one in draft.sources] == ["a1"]


def test_what_an_article_answers_is_not_drafted() -> None:
    assert written(("a1", 0.95)) == []


def test_without_the_policys_wish_nothing_is_asked_for() -> None:
    assert default_policy().drafting.enabled is False
    assert written(("a1", 0.4), policy=default_policy()) == []


@pytest.mark.parametrize(
    "pairs",
    [(), (("a1", 0.09),), (("gone", 0.4),), (("empty", 0.4),), (("de", 0.4),)],
    ids=["nothing found", "too unsure", "gone", "empty", "in another language"],
)
def test_without_an_article_to_quote_nothing_is_asked_for(
    pairs: tuple[tuple[str, float], ...],
) -> None:
    assert written(*pairs) == []


def test_the_policy_says_how_many_articles_and_how_sure() -> None:
    pairs = (("de", 0.9), ("a1", 0.4), ("a2", 0.3), ("a3", 0.2))
    (two,) = written(*pairs, policy=wanting(articles=2), cues=["complaint"])
    assert [one.article_id for one in two.sources] == ["a1", "a2"]
    (sure,) = written(*pairs, policy=wanting(least_confidence=0.35), cues=["complaint"])
    assert [one.article_id for one in sure.sources] == ["a1"]


def test_what_was_offered_and_did_not_help_is_not_quoted() -> None:
    before = scene(("a1", 0.95)).when(contact("Refund?", subject="Refund"))
    found = understood(
        cues=["not_solved"],
        solutions=[{"id": "a1", "confidence": 0.9}, {"id": "a2", "confidence": 0.3}],
    )
    models = FakeModels(understanding=found, articles=ARTICLES)
    again = replace(before.later(minutes=5), models=models)
    (draft,) = asked(again.when(contact("It did not help", provider_id="p1")))
    assert [one.article_id for one in draft.sources] == ["a2"]
    assert draft.question == "It did not help"


def test_a_message_to_somebody_who_has_the_ticket_asks_for_nothing() -> None:
    before = scene(("a1", 0.4)).when(contact("Where?", subject="Refund"))
    taken = before.when(assigned(before))
    assert asked(taken.later(minutes=5).when(contact("Hello?", provider_id="p1"))) == []


def test_what_a_person_asks_of_a_ticket_asks_for_nothing() -> None:
    before = scene(("a1", 0.95)).when(contact("Where?", subject="Refund"))
    who = {"ticket_id": only_ticket(before).id, "customer_id": "ann", "by": "bo"}
    after = before.when(EscalationAsked.model_validate(who))
    assert any(isinstance(one, SpecialistRequested) for one in after.events)
    assert asked(after) == []


def test_a_message_that_goes_to_one_team_and_then_to_another_asks_once() -> None:
    answered = scene(("a2", 0.81)).when(contact("I was charged twice", subject="Refund"))
    angry = understood(
        sentiment_score=0.0,
        categories=[{"name": "billing", "confidence": 0.2}],
        solutions=[{"id": "a1", "confidence": 0.2}],
    )
    billing = {"billing": CategoryRule(name="billing", team="money")}
    models = FakeModels(understanding=angry, articles=ARTICLES, categories=billing)
    after = replace(answered.later(minutes=5), models=models).when(
        contact("I was charged twice", provider_id="p1")
    )
    assert sum(isinstance(one, SpecialistRequested) for one in after.events) == 2
    (draft,) = asked(after)
    assert [one.article_id for one in draft.sources] == ["a1"]


@given_any(histories(("ann", "ben", "cat")))
@settings(max_examples=60)
def test_for_a_contact_at_most_one_draft_is_asked_for(history: History) -> None:
    for one in play(history, policy=wanting()).turns:
        drafts = [said.event for said in one.said if isinstance(said.event, DraftRequested)]
        assert len(drafts) <= 1
        for draft in drafts:
            assert draft.contact_id == one.record.id


def test_a_long_message_and_many_facts_are_bounded() -> None:
    facts = [{"kind": "number", "text": str(n), "start": n, "end": n + 1} for n in range(99)]
    after = scene(("a1", 0.4), facts=facts).when(contact("word " * 9000))
    (draft,) = asked(after)
    assert len(draft.question) == 4000
    assert len(draft.facts) <= FACTS


def test_a_draft_leads_to_nothing_by_itself() -> None:
    before = scene(("a1", 0.4)).when(contact("Where?", subject="Refund"))
    ticket = only_ticket(before)
    told = {"customer_id": "ann", "ticket_id": ticket.id, "model_version": "m"}
    after = before.when(DraftWritten.model_validate({**told, "draft": "You get it back."}))
    assert after.events == []
    assert only_ticket(after) == ticket
