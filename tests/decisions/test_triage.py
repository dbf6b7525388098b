"""Triage: category, priority, route, triggers: the rules, and what is said when."""

from __future__ import annotations

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from msgspec.structs import replace

from agents import triage
from agents.policy import Policy, default_policy
from agents.roster import ROSTERS
from agents.triage import classify, proposals, route, triggers
from agents.world import CategoryRule
from projections.case.state import Seen
from schemas.events.contacts import CustomerDescribed, ProductSignalReported
from schemas.events.decisions import (
    ContactLinked,
    EscalationTriggered,
    IssueClassified,
    PriorityChosen,
    RouteChosen,
)
from schemas.events.intents import ConversationStarted, ResolveAsked, SplitAsked
from schemas.events.tickets import TicketEscalated, TicketOpened, TicketReopened
from schemas.vocabulary import PRIORITIES, priority_rank
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, ask, contact, only_ticket, say

POLICY = default_policy()
EVERYBODY = ROSTERS["customer"]
BILLING = CategoryRule(name="billing", priority="high", team="money")


def seen(**fields: object) -> Seen:
    return replace(Seen(), **fields)


def policy_with(**routing: object) -> Policy:
    return POLICY.model_copy(update={"routing": POLICY.routing.model_copy(update=routing)})


def written(message: str = "I was charged twice", **understanding: object) -> Scene:
    """The scene after a first message of which models make this."""
    models = FakeModels(
        understanding=understood(**understanding),
        categories={
            "billing": BILLING,
            "praise": CategoryRule(name="praise", priority="low"),
            "outage": CategoryRule(name="outage", priority="critical"),
        },
    )
    return given(agents=EVERYBODY, models=models).when(contact(message))


def category(name: str, confidence: float) -> list[dict[str, object]]:
    return [{"name": name, "confidence": confidence}]


@pytest.mark.parametrize(
    ("found", "expected", "confidence", "reason"),
    [
        (seen(), None, None, "no_category_fits"),
        (seen(categories=(("a", 0.2),)), "a", 0.2, "likeliest_category"),
        (seen(categories=(("a", 0.19),)), None, 0.19, "too_unsure"),
        (seen(categories=(("a", 0.9),), out_of_scope=0.5), "a", 0.9, "likeliest_category"),
        (seen(categories=(("a", 0.9),), out_of_scope=0.51), None, 0.9, "out_of_scope"),
        (seen(categories=(("a", 0.6), ("b", 0.3))), "a", 0.6, "likeliest_category"),
    ],
)
def test_a_category_is_believed_from_its_threshold_on(
    found: Seen, expected: str | None, confidence: float | None, reason: str
) -> None:
    verdict = classify(found, POLICY)
    assert (verdict.category, verdict.confidence) == (expected, confidence)
    assert verdict.reasons == [reason]


@pytest.mark.parametrize(
    ("found", "rule", "vip", "origin", "expected"),
    [
        (seen(), None, False, "contact", "default:medium"),
        (seen(), BILLING, False, "contact", "category:high"),
        (seen(), CategoryRule(name="x"), False, "contact", "default:medium"),
        (seen(), CategoryRule(name="x", priority="low"), False, "contact", "category:low"),
        (seen(), None, True, "contact", "vip:urgent"),
        (seen(), CategoryRule(name="x", priority="critical"), True, "contact", "category:critical"),
        (seen(sentiment=0.3), None, False, "contact", "default:medium"),
        (seen(sentiment=0.29), None, False, "contact", "tone:high"),
        (seen(urgency=("asap",)), None, False, "contact", "urgency:high"),
        (seen(unseen_priority=0.5), None, False, "contact", "unseen_issue:urgent"),
        (seen(unseen_priority=0.49), None, False, "contact", "default:medium"),
        (seen(unseen_priority=0.9), BILLING, False, "contact", "category:high"),
        (seen(), None, False, "signal", "product_signal:high"),
        (
            seen(sentiment=0.1),
            CategoryRule(name="x", priority="low"),
            True,
            "contact",
            "vip:urgent",
        ),
    ],
)
def test_the_highest_proposal_wins(
    found: Seen, rule: CategoryRule | None, vip: int, origin: str, expected: str
) -> None:
    first = proposals(found, rule=rule, vip=bool(vip), origin=origin, policy=POLICY)[0]
    assert f"{first.source}:{first.priority}" == expected


_rules = st.none() | st.builds(
    CategoryRule, name=st.just("x"), priority=st.none() | st.sampled_from(PRIORITIES)
)


@given_any(
    sentiment=st.floats(0, 1),
    urgent=st.booleans(),
    unseen=st.none() | st.floats(0, 1),
    rule=_rules,
    vip=st.booleans(),
    origin=st.sampled_from(["contact", "person", "signal"]),
)
def test_proposals_are_all_kept_and_ranked_and_a_vip_never_falls_below_urgent(
    sentiment: float,
    urgent: int,
    unseen: float | None,
    rule: CategoryRule | None,
    vip: int,
    origin: str,
) -> None:
    found = seen(sentiment=sentiment, urgency=("x",) if urgent else (), unseen_priority=unseen)
    offered = proposals(found, rule=rule, vip=bool(vip), origin=origin, policy=POLICY)
    ranks = [priority_rank(one.priority) for one in offered]
    assert ranks == sorted(ranks, reverse=True)
    assert len({one.source for one in offered}) == len(offered)
    sources = {one.source for one in offered}
    assert ("vip" in sources) == bool(vip)
    assert ("tone" in sources) == (sentiment < 0.3)
    assert ("category" in sources) == (rule is not None and rule.priority is not None)
    if vip:
        assert ranks[0] >= priority_rank("urgent")


@pytest.mark.parametrize(
    ("found", "priority", "vip", "expected"),
    [
        (seen(), "urgent", False, []),
        (seen(), "critical", False, ["critical_priority"]),
        (seen(), "medium", True, ["vip"]),
        (seen(cues=("complaint",)), "medium", False, ["complaint"]),
        (seen(cues=("legal_threat", "churn_threat")), "medium", False, ["complaint"]),
        (seen(sentiment=0.3), "medium", False, []),
        (seen(sentiment=0.29), "medium", False, ["negative_sentiment"]),
        (seen(cues=("asks_person",)), "medium", False, ["asked_for_person"]),
        (
            seen(cues=("asks_person", "complaint"), sentiment=0.0),
            "critical",
            True,
            ["critical_priority", "vip", "complaint", "negative_sentiment", "asked_for_person"],
        ),
    ],
)
def test_triggers_fire_by_name(found: Seen, priority: str, vip: int, expected: list[str]) -> None:
    assert triggers(found, priority=priority, vip=bool(vip), policy=POLICY) == expected


def routed(found: Seen, *, policy: Policy = POLICY, **fields: object) -> triage.Route:
    told: dict[str, object] = {"category": None, "rule": None, "vip": False, "language": None}
    return route(found, policy=policy, **{**told, **fields})  # type: ignore[arg-type]  # by name


def test_the_policys_table_names_the_team_before_what_was_taught() -> None:
    with_table = policy_with(teams={"billing": "ledger"})
    chosen = routed(seen(), policy=with_table, category="billing", rule=BILLING)
    assert (chosen.team, chosen.reasons, chosen.skills) == ("ledger", ["policy_table"], ["billing"])
    chosen = routed(seen(), category="billing", rule=BILLING)
    assert (chosen.team, chosen.reasons) == ("money", ["taught_category"])
    chosen = routed(seen())
    assert (chosen.team, chosen.reasons, chosen.skills) == ("general", ["default_team"], [])


def test_the_unhappy_and_vips_get_somebody_senior() -> None:
    assert not routed(seen(sentiment=0.3)).senior
    assert "tone_to_senior" in routed(seen(sentiment=0.29)).reasons
    assert routed(seen(sentiment=0.29)).senior
    assert "vip_to_senior" in routed(seen(), vip=True).reasons
    assert not routed(seen(), vip=True, policy=policy_with(vip_senior=False)).senior


def test_a_language_is_asked_for_where_one_is_known() -> None:
    chosen = routed(seen(), language="de")
    assert (chosen.language, chosen.reasons) == ("de", ["default_team", "language"])


def test_a_new_ticket_is_classified_prioritised_and_routed() -> None:
    scene = written(categories=category("billing", 0.8), tags=["refund"], language="de")
    issue = scene.one(IssueClassified)
    assert (issue.category, issue.outcome, issue.confidence) == ("billing", "billing", 0.8)
    assert (issue.threshold, issue.reasons) == (0.2, ["likeliest_category"])
    assert [(c.name, c.score) for c in issue.candidates] == [("billing", 0.8)]
    assert issue.estimated_resolution_minutes == POLICY.sla.targets["high"].estimated_minutes
    choice = scene.one(PriorityChosen)
    assert (choice.priority, choice.reasons) == ("high", ["category"])
    assert [c.name for c in choice.candidates] == ["category:high", "default:medium"]
    assert choice.sla_resolution_minutes == POLICY.sla.targets["high"].resolution_minutes
    way = scene.one(RouteChosen)
    assert (way.team, way.skills, way.language) == ("money", ["billing"], "de")
    for decision in (issue, choice, way):
        assert decision.policy_version == POLICY.version
        assert decision.model_versions == {"fake": "1"}
    assert scene.all(EscalationTriggered) == []
    assert only_ticket(scene).priority == "high"


def test_without_a_category_it_is_uncategorised() -> None:
    issue = written().one(IssueClassified)
    assert (issue.category, issue.outcome, issue.candidates) == (None, "uncategorised", [])


def test_vip_is_not_overwritten_by_triage() -> None:
    scene = given(
        CustomerDescribed(customer_id=ANN, lifetime_value=10_000.01, name="Ann"),
        agents=EVERYBODY,
        models=FakeModels(
            understanding=understood(categories=category("praise", 0.9)),
            categories={"praise": CategoryRule(name="praise", priority="low")},
        ),
    ).when(contact("lovely"))
    choice = scene.one(PriorityChosen)
    assert [c.name for c in choice.candidates] == ["vip:urgent", "category:low"]
    assert only_ticket(scene).priority == "urgent"
    assert scene.one(EscalationTriggered).triggers == ["vip"]
    assert scene.one(TicketEscalated).triggers == ["vip"]


def test_an_unhappy_message_escalates_with_its_trigger_named() -> None:
    scene = written(sentiment_score=0.1, cues=["complaint"])
    fired = scene.one(EscalationTriggered)
    assert fired.triggers == ["complaint", "negative_sentiment"]
    assert fired.reasons == ["complaint", "negative_sentiment"]
    assert (fired.threshold, fired.candidates[0].score) == (0.3, 0.1)
    assert scene.one(RouteChosen).senior
    assert only_ticket(scene).escalated_at is not None


def test_a_ticket_that_a_signal_opened_is_triaged_without_a_message() -> None:
    crash = ProductSignalReported(customer_id=ANN, kind="app_crash")
    scene = given(agents=EVERYBODY)
    for _ in range(4):
        scene = scene.when(crash)
    assert scene.one(PriorityChosen).reasons == ["product_signal"]


def test_our_own_opening_is_not_escalated_for_a_vip() -> None:
    vip = CustomerDescribed(customer_id=ANN, lifetime_value=20_000.0, handles='{"slack":["U7"]}')
    scene = given(agents=EVERYBODY).when(vip)
    started = ConversationStarted(
        customer_id=ANN, channel="slack", text="How is it going?", by="bo"
    )
    scene = scene.when(started)
    scene.one(RouteChosen)
    assert scene.all(EscalationTriggered) == []


def test_a_split_off_ticket_keeps_what_was_said_of_the_first() -> None:
    scene = say(written(categories=category("billing", 0.8)), "and my password", "thanks")
    second = only_ticket(scene).messages[-1][0]
    messages = [m for m, _ in only_ticket(scene).messages]
    scene = ask(scene, SplitAsked, messages=[second])
    opened = scene.one(TicketOpened)
    assert (opened.origin, opened.category) == ("split", "billing")
    assert scene.all(IssueClassified) == []
    assert len(messages) > 1


def unhappy(scene: Scene, *cues: str, **understanding: object) -> Scene:
    models = FakeModels(understanding=understood(cues=list(cues), **understanding))
    scene = replace(scene, models=models).later(minutes=90)
    return scene.when(contact("what now?", provider_id=f"p{scene.steps}"))


def test_a_further_message_escalates_for_what_is_new_only() -> None:
    scene = unhappy(written(), "complaint")
    assert scene.one(EscalationTriggered).triggers == ["complaint"]
    assert only_ticket(scene).status == "escalated"
    scene = unhappy(scene, "complaint")
    assert scene.all(EscalationTriggered) == []
    scene = unhappy(scene, "complaint", "asks_person")
    assert scene.one(EscalationTriggered).triggers == ["asked_for_person"]


def test_a_calm_further_message_escalates_nothing() -> None:
    assert unhappy(written()).all(EscalationTriggered) == []


def test_a_complaint_on_a_resolved_ticket_reopens_and_escalates_it() -> None:
    scene = ask(unhappy(written(), "complaint"), ResolveAsked)
    assert only_ticket(scene).status == "resolved"
    scene = unhappy(scene, "complaint")
    scene.one(TicketReopened)
    assert scene.one(EscalationTriggered).triggers == ["complaint"]
    assert only_ticket(scene).status == "escalated"


def test_thanks_on_a_resolved_ticket_escalate_nothing() -> None:
    scene = ask(written(), ResolveAsked)
    scene = unhappy(scene, "thanks", sentiment_score=0.1)
    assert scene.all(EscalationTriggered) == []
    assert only_ticket(scene).status == "resolved"


def test_what_is_about_no_ticket_at_hand_is_passed_over() -> None:
    nowhere = {"customer_id": ANN, "ticket_id": "TICK_0", "outcome": "x", "policy_version": "p"}
    scene = given(agents=triage.AGENTS)
    scene.when(
        IssueClassified.model_validate(
            {**nowhere, "category": None, "estimated_resolution_minutes": 1}
        )
    ).then()
    scene.when(
        PriorityChosen.model_validate(
            {
                **nowhere,
                "priority": "low",
                "sla_first_reply_minutes": 1,
                "sla_resolution_minutes": 1,
            }
        )
    ).then()
    link = {**nowhere, "outcome": "existing", "contact_id": "c", "rule": "thread"}
    scene.when(ContactLinked.model_validate(link)).then()
