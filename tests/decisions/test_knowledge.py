"""Knowledge on a customer's line: which article answers, what it is counted for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.impersonal import impersonal
from agents.knowledge import BANS, MOST_CHARACTERS, offer
from agents.policy import default_policy
from agents.roster import ROSTERS
from agents.rulings import may_answer_again
from agents.world import ArticleText
from projections.case import Ticket
from projections.case.bounds import OFFERS
from projections.case.state import Seen
from projections.case.words import latest
from schemas.events.contacts import CustomerDescribed
from schemas.events.decisions import (
    AnswerChosen,
    ConfirmationRequested,
    ReplyRequested,
    SolutionsFound,
    SolutionSuggested,
)
from schemas.events.intents import ResolveAsked
from schemas.events.knowledge import (
    ExampleProposed,
    SolutionAccepted,
    SolutionRejected,
    SolutionShown,
)
from schemas.events.metrics import InteractionMeasured
from schemas.events.tickets import TicketEscalated, TicketResolved
from schemas.vocabulary import TRIGGERS
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, ask, contact, only_ticket, reply

POLICY = default_policy()
EVERYBODY = ROSTERS["customer"]
ARTICLES = {
    "a1": ArticleText(id="a1", title="Refunds", body=" You get it back. ", language="en"),
    "a2": ArticleText(id="a2", title="Passwords", body="Use the link."),
    "when": ArticleText(id="when", title="When do I get it ?", body="In five days."),
    "de": ArticleText(id="de", title="Rechnung", body="Im Konto.", language="de-AT"),
    "long": ArticleText(id="long", title="Terms", body="word " * 2000),
    "rules": ArticleText(id="rules", title="Fees", body="The fee is not 12 euros. " * 200),
}


def hits(*pairs: tuple[str, float]) -> list[dict[str, object]]:
    return [{"id": name, "confidence": score} for name, score in pairs]


def models(**understanding: object) -> FakeModels:
    return FakeModels(understanding=understood(**understanding), articles=ARTICLES)


def written(
    *pairs: tuple[str, float], subject: str = "How do refunds work", **seen: object
) -> Scene:
    """The scene after a first message that these articles answer with these probabilities."""
    scene = given(agents=EVERYBODY, models=models(solutions=hits(*pairs), **seen))
    return scene.when(contact("how?", subject=subject))


def says(scene: Scene, *cues: str, pairs: tuple[tuple[str, float], ...] = ()) -> Scene:
    """The scene after the customer wrote again in the ticket's thread."""
    scene = replace(scene, models=models(cues=list(cues), solutions=hits(*pairs)))
    scene = scene.later(minutes=5)
    return scene.when(contact("well", provider_id=f"p{scene.steps}"))


def judged(solutions: tuple[tuple[str, float], ...], **fields: object) -> tuple[str, list[str]]:
    told: dict[str, object] = {"triggers": (), "priority": "medium", "offered": ()}
    verdict = offer(Seen(solutions=solutions), policy=POLICY, **{**told, **fields})  # type: ignore[arg-type]  # by name
    return verdict.outcome, verdict.reasons


@pytest.mark.parametrize(
    ("score", "outcome", "reason"),
    [
        (1.0, "answer", "above_auto_answer"),
        (0.81, "answer", "above_auto_answer"),
        (0.8, "suggest", "above_suggest"),
        (0.5, "suggest", "above_suggest"),
        (0.49, "none", "too_unsure"),
        (0.0, "none", "too_unsure"),
    ],
)
def test_the_confidence_decides(score: float, outcome: str, reason: str) -> None:
    assert judged((("a1", score),)) == (outcome, [reason])


def test_nothing_found_is_no_offer() -> None:
    assert judged(()) == ("none", ["nothing_found"])


@pytest.mark.parametrize("trigger", sorted(BANS))
def test_after_some_triggers_a_person_answers(trigger: str) -> None:
    assert judged((("a1", 1.0),), triggers=(trigger,)) == ("none", [f"banned_{trigger}"])


def test_a_critical_issue_is_never_answered_by_an_article() -> None:
    assert judged((("a1", 1.0),), priority="critical") == ("none", ["banned_critical_priority"])


def test_a_vip_gets_the_answer_too() -> None:
    assert judged((("a1", 1.0),), triggers=("vip",)) == ("answer", ["above_auto_answer"])
    assert frozenset(TRIGGERS) - {"vip"} == BANS


def test_what_was_offered_is_not_offered_again() -> None:
    both = (("a1", 0.95), ("a2", 0.6))
    assert judged(both, offered=("a1",)) == ("suggest", ["above_suggest"])
    assert judged((("a1", 0.95),), offered=("a1",)) == ("none", ["offered_before"])
    assert judged(both, offered=("x", "y")) == ("none", ["enough_answers"])


@pytest.mark.parametrize("most", [1, 2, OFFERS])
def test_after_as_many_answers_as_the_policy_allows_a_person_answers(most: int) -> None:
    limits = POLICY.limits.model_copy(update={"automatic_answers_per_ticket": most})
    told = POLICY.model_copy(update={"limits": limits})
    offered: tuple[str, ...] = ()
    said = []
    for number in range(most + 1):
        seen = Seen(solutions=((f"a{number}", 0.95),))
        verdict = offer(seen, triggers=(), priority="low", offered=offered, policy=told)
        said.append((verdict.outcome, verdict.reasons))
        offered = latest(offered, (f"a{number}",), OFFERS)
    assert said == [*[("answer", ["above_auto_answer"])] * most, ("none", ["enough_answers"])]


@given_any(
    score=st.floats(0, 1),
    triggers=st.sets(st.sampled_from(TRIGGERS)),
    priority=st.sampled_from(["low", "critical"]),
)
def test_no_ban_is_ever_passed(score: float, triggers: set[str], priority: str) -> None:
    outcome, _ = judged((("a1", score),), triggers=tuple(triggers), priority=priority)
    if priority == "critical" or BANS & triggers:
        assert outcome == "none"
    else:
        assert (outcome == "answer") == (score > 0.8)


def test_a_sure_article_answers_in_its_own_words() -> None:
    scene = written(("a1", 0.85), ("a2", 0.3))
    found = scene.one(SolutionsFound)
    assert (found.outcome, found.confidence, found.threshold) == ("answer", 0.85, 0.8)
    assert [(c.name, c.score) for c in found.candidates] == [("a1", 0.85), ("a2", 0.3)]
    assert (found.policy_version, found.model_versions) == (POLICY.version, {"fake": "1"})
    answer = scene.one(AnswerChosen)
    assert answer.text == "Is this what you meant: Refunds?\n\nYou get it back."
    assert (answer.solution_id, answer.confidence) == ("a1", 0.85)
    assert not answer.auto_resolution_candidate
    assert scene.one(ReplyRequested).solution_id == "a1"
    assert scene.one(SolutionShown).article_id == "a1"
    kinds = [m.kind for m in scene.all(InteractionMeasured)]
    assert kinds == ["contact", "automatic_answer"]
    assert scene.all(ConfirmationRequested) == []
    assert only_ticket(scene).status == "waiting_customer"


@pytest.mark.parametrize(
    ("score", "begins"),
    [(0.81, "Is this what you meant: Refunds?"), (0.9, "Is this"), (0.91, "This should help: ")],
)
def test_a_near_miss_is_guarded_by_a_question(score: float, begins: str) -> None:
    assert written(("a1", score)).one(AnswerChosen).text.startswith(begins)


def test_a_surer_article_answers_and_asks_nothing() -> None:
    answer = written(("a1", 0.95)).one(AnswerChosen)
    assert answer.text == "This should help: Refunds\n\nYou get it back."


def test_whoever_says_no_to_the_question_gets_a_person() -> None:
    scene = says(written(("a1", 0.85)), "not_solved", pairs=(("a1", 0.85),))
    assert scene.one(SolutionRejected).article_id == "a1"
    assert only_ticket(scene).request_id is not None


@pytest.mark.parametrize(("score", "candidate"), [(0.9, 0), (0.91, 1)])
def test_above_a_higher_threshold_it_may_resolve_by_itself(score: float, candidate: int) -> None:
    assert written(("a1", score)).one(AnswerChosen).auto_resolution_candidate == bool(candidate)


@pytest.mark.parametrize("score", [0.5, 0.8])
def test_in_between_it_is_did_you_mean_and_a_person_looks_too(score: float) -> None:
    scene = written(("a1", score))
    said = scene.one(SolutionSuggested)
    assert said.text.startswith("Did you mean: Refunds?")
    assert said.threshold == 0.5
    assert scene.all(AnswerChosen) == []
    assert only_ticket(scene).request_id is not None


def test_an_unsure_article_is_recorded_and_not_said() -> None:
    scene = written(("a1", 0.4))
    assert scene.one(SolutionsFound).reasons == ["too_unsure"]
    assert scene.all(SolutionShown) == []
    scene.one(ConfirmationRequested)


def test_a_vip_is_answered_and_escalated() -> None:
    vip = CustomerDescribed(customer_id=ANN, lifetime_value=20_000.0)
    scene = given(vip, agents=EVERYBODY, models=models(solutions=hits(("a1", 0.95))))
    scene = scene.when(contact("how?"))
    scene.one(AnswerChosen)
    scene.one(TicketEscalated)


@pytest.mark.parametrize(
    ("article", "language", "reason"),
    [
        ("gone", "en", "article_is_gone"),
        ("a1", "de", "other_language"),
        ("de", "en", "other_language"),
    ],
)
def test_an_article_that_cannot_be_read_is_not_offered(
    article: str, language: str, reason: str
) -> None:
    found = written((article, 0.95), language=language).one(SolutionsFound)
    assert (found.outcome, found.reasons) == ("none", [reason])


@pytest.mark.parametrize(
    ("article", "language"), [("de", "de"), ("a2", "en"), ("a1", "en-GB"), ("a1", None)]
)
def test_an_article_in_the_customers_language_is(article: str, language: str | None) -> None:
    written((article, 0.95), language=language).one(AnswerChosen)


def test_a_title_that_asks_is_followed_by_one_question_mark() -> None:
    asked = written(("when", 0.85)).one(AnswerChosen).text.split("\n")[0]
    assert asked == "Is this what you meant: When do I get it?"
    asked = written(("when", 0.6)).one(SolutionSuggested).text.split("\n")[0]
    assert asked == "Did you mean: When do I get it?"


def test_a_long_article_is_cut() -> None:
    assert len(written(("long", 0.95)).one(AnswerChosen).text) < MOST_CHARACTERS + 100


def test_an_article_is_not_cut_in_a_sentence_and_says_that_it_goes_on() -> None:
    quoted = written(("rules", 0.95)).one(AnswerChosen).text.split("\n\n", 1)[1]
    assert quoted in written(("rules", 0.6)).one(SolutionSuggested).text
    *whole, sign = quoted.split(" …")
    assert (len(whole), sign) == (1, "")
    assert whole[0].endswith("is not 12 euros.")
    assert ARTICLES["rules"].body.startswith(whole[0])


def test_a_further_question_is_searched_for_while_nobody_has_the_ticket() -> None:
    scene = says(written(("a1", 0.95)), pairs=(("a1", 0.95), ("a2", 0.9)))
    assert scene.one(AnswerChosen).solution_id == "a2"
    scene = says(scene, pairs=(("long", 0.99),))
    assert scene.all(SolutionsFound) == []


def test_a_person_who_answers_ends_the_search() -> None:
    scene = written(("a1", 0.4))
    scene = scene.when(reply(scene))
    assert says(scene, pairs=(("a1", 0.99),)).all(SolutionsFound) == []


def test_thanks_are_counted_and_the_question_becomes_an_example() -> None:
    scene = says(written(("a1", 0.95)), "thanks")
    assert scene.one(TicketResolved).solution_id == "a1"
    assert scene.one(SolutionAccepted).article_id == "a1"
    assert scene.one(ExampleProposed).example == "How do refunds work"
    assert scene.all(SolutionRejected) == []


@pytest.mark.parametrize("cue", ["not_solved", "asks_person", "complaint"])
def test_an_offer_that_did_not_help_is_rejected_once(cue: str) -> None:
    scene = says(written(("a1", 0.95)), cue)
    assert scene.one(SolutionRejected).article_id == "a1"
    assert "rejected_answer" in [m.kind for m in scene.all(InteractionMeasured)]
    assert only_ticket(scene).offer is None
    again = says(scene, cue)
    assert again.all(SolutionRejected) == []
    for later in (says(scene, "thanks"), says(scene, "solved")):
        assert later.all(SolutionAccepted) == []


def test_an_accepted_offer_cannot_be_rejected_any_more() -> None:
    scene = says(says(written(("a1", 0.95)), "thanks"), "not_solved")
    assert scene.all(SolutionRejected) == []


def test_silence_accepts_nothing() -> None:
    scene = written(("a1", 0.95)).later(hours=73)
    assert scene.one(TicketResolved).by == "lifecycle"
    assert scene.all(SolutionAccepted) == []
    assert scene.all(ExampleProposed) == []


def test_a_persons_word_accepts_nothing() -> None:
    scene = ask(written(("a1", 0.95)), ResolveAsked, solution_id="a1")
    assert scene.all(SolutionAccepted) == []


@pytest.mark.parametrize("subject", ["Refunds?", "Re: refund 77123", "ann@example.org +1 555 0100"])
def test_a_subject_that_says_little_is_no_example(subject: str) -> None:
    scene = says(written(("a1", 0.95), subject=subject), "thanks")
    scene.one(SolutionAccepted)
    assert scene.all(ExampleProposed) == []


def test_the_example_is_what_the_message_said_and_not_its_subject_line() -> None:
    said = ["Where is my money?", "I am Ann and sent it back on 2026-03-01.", "Long " * 20, "No."]
    facts = [{"kind": "statement", "text": one, "start": 0, "end": 9} for one in said]
    facts = [{"kind": "date", "text": "2026-03-01", "start": 0, "end": 9}, *facts]
    scene = written(("a1", 0.95), subject="New message from your form", facts=facts)
    learned = says(scene, "thanks").one(ExampleProposed).example
    assert learned == "Where is my money? I am Ann and sent it back on ."


def test_an_answer_to_a_later_question_makes_no_example_of_the_first() -> None:
    scene = says(written(("a1", 0.95)), pairs=(("a2", 0.95),))
    scene = says(scene, "thanks")
    assert scene.one(SolutionAccepted).article_id == "a2"
    assert scene.all(ExampleProposed) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How do refunds work", "How do refunds work"),
        ("Re: FW: how do refunds work?", "how do refunds work?"),
        ("My order 778812 is late", "My order is late"),
        ("order AB-77X12 late since 2026", "order AB- late since"),
        ("write to ann@example.org or see https://x.org/?t=1", "write to or see"),
        ("call +49 (30) 123-45 67 please", "call please"),
        ("pay with 4111 1111 1111 1111 today", "pay with today"),
        ("Smith here, ann SMITH, my card is lost", "here, , my card is lost"),
        ("2 of 3 parcels", "2 of 3 parcels"),
        ("ask @ann_smith, see www.example.org/t/ab", "ask see"),
    ],
)
def test_examples_carry_nothing_personal(text: str, expected: str) -> None:
    assert impersonal(text, "Ann Smith") == expected


@given_any(text=st.text(), name=st.none() | st.text())
def test_any_text_is_made_impersonal(text: str, name: str | None) -> None:
    left = impersonal(text, name)
    assert left == " ".join(left.split())
    assert len(left) <= len(text)


ANSWERED = Ticket(
    id="T", status="waiting_customer", priority="low", channel="email",
    opened_at=0.0, updated_at=0.0, awaiting="answer", offered=("a1",),
)  # fmt: skip


def test_a_question_after_an_answer_may_be_answered_once_more() -> None:
    assert may_answer_again(ANSWERED, frozenset({"greeting_only"}), POLICY)


def test_who_thanks_and_asks_another_thing_may_be_answered_once_more() -> None:
    assert may_answer_again(ANSWERED, frozenset({"thanks", "unsettled"}), POLICY)
    assert not may_answer_again(ANSWERED, frozenset({"not_solved", "unsettled"}), POLICY)


@pytest.mark.parametrize("cue", ["not_solved", "asks_person", "complaint", "thanks", "solved"])
def test_whoever_judges_the_answer_gets_no_other_one(cue: str) -> None:
    assert not may_answer_again(ANSWERED, frozenset({cue}), POLICY)


@pytest.mark.parametrize(
    "changes",
    [
        {"awaiting": None},
        {"awaiting": "agent_reply"},
        {"triggers": ("vip",)},
        {"person_replies": 1},
        {"offered": ("a1", "a2")},
    ],
)
def test_where_a_person_is_due_no_article_answers_again(changes: dict[str, Any]) -> None:
    assert not may_answer_again(replace(ANSWERED, **changes), frozenset(), POLICY)
