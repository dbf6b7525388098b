"""What would have made a decision come out otherwise, in words with its numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agents.otherwise import otherwise
from agents.policy import default_policy
from schemas.event import Event
from schemas.events import EVENTS
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import MessageUnderstood

POLICY = default_policy()
ABOUT = {"policy_version": POLICY.version, "outcome": "x", "ticket_id": "T1"}


def _understood(**fields: Any) -> MessageUnderstood:
    return MessageUnderstood.model_validate(
        {
            **ABOUT,
            "contact_id": "c",
            "channel": "email",
            "language": "en",
            "language_confidence": None,
            "sentiment_score": 0.31,
            "urgency_indicators": [],
            "deadlines": [],
            "cues": [],
            "categories": [],
            "out_of_scope": None,
            "tags": [],
            "solutions": [],
            "clues": [],
            "facts": [],
            "feature_terms": [],
            "feature_weights": [],
            "unseen_priority": None,
            "words": 3,
            **fields,
        }
    )


def _said(kind: str, /, understood: MessageUnderstood | None = None, **fields: Any) -> list[str]:
    event: Event = EVENTS[kind].model_validate({**ABOUT, **fields})
    return [one.text for one in otherwise(event, POLICY, understood)]


def _weighed(**scores: float) -> list[dict[str, Any]]:
    return [{"name": name, "score": score} for name, score in scores.items()]


LINKED = {"contact_id": "c", "threshold": 0.5}

TOLD: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "DraftRequested",
        {"contact_id": "c", "question": "?", "sources": [], "confidence": 0.42, "threshold": 0.4},
        ["confidence 0.42, drafted from 0.40"],
    ),
    (
        "DraftRequested",
        {"contact_id": "c", "question": "?", "sources": []},
        [],
    ),
    (
        "ContactLinked",
        {**LINKED, "rule": "new", "candidates": []},
        ["there was no open ticket that it could belong to"],
    ),
    (
        "ContactLinked",
        {**LINKED, "rule": "thread", "candidates": _weighed(T1=1.0)},
        ["thread alone decided; nothing was weighed"],
    ),
    (
        "ContactLinked",
        {**LINKED, "rule": "new", "candidates": _weighed(T1=0.25, T2=0.125)},
        ["belonging to some open ticket 0.38, needed above 0.50", "T1 was likeliest with 0.25"],
    ),
    (
        "ContactLinked",
        {**LINKED, "rule": "score", "candidates": _weighed(T1=0.5, T2=0.25)},
        [
            "belonging to some open ticket 0.75, needed above 0.50",
            "T2 came next with 0.25, behind 0.50",
        ],
    ),
    (
        "IssueClassified",
        {"category": None, "estimated_resolution_minutes": 1},
        ["no category was taught that could fit"],
    ),
    (
        "IssueClassified",
        {
            "category": None,
            "estimated_resolution_minutes": 1,
            "confidence": 0.1999,
            "threshold": 0.2,
            "out_of_scope": 0.1,
            "candidates": _weighed(billing=0.1999),
        },
        ["confidence 0.1999, needed 0.2000"],
    ),
    (
        "IssueClassified",
        {
            "category": None,
            "estimated_resolution_minutes": 1,
            "confidence": 0.1,
            "threshold": 0.2,
            "out_of_scope": 0.6,
            "reasons": ["out_of_scope"],
        },
        ["out of scope 0.60, no category fits above 0.50", "and confidence 0.10, needed 0.20"],
    ),
    (
        "IssueClassified",
        {
            "category": None,
            "estimated_resolution_minutes": 1,
            "confidence": 0.9,
            "threshold": 0.2,
            "out_of_scope": 0.6,
            "reasons": ["out_of_scope"],
        },
        ["out of scope 0.60, no category fits above 0.50"],
    ),
    (
        "IssueClassified",
        {
            "category": "billing",
            "estimated_resolution_minutes": 1,
            "confidence": 0.9,
            "threshold": 0.2,
            "out_of_scope": 0.1,
            "reasons": ["likeliest_category"],
            "candidates": _weighed(billing=0.9, refund=0.05),
        },
        [
            "out of scope 0.10, no category fits above 0.50",
            "confidence 0.90, needed 0.20",
            "refund came next with 0.05, behind 0.90",
        ],
    ),
    (
        "EscalationTriggered",
        {
            "triggers": ["complaint"],
            "threshold": 0.3,
            "candidates": _weighed(tone=0.31),
        },
        [
            "the message complains, or threatens with the law or with leaving",
            "negative_sentiment at 0.31, triggers below 0.30",
        ],
    ),
    (
        "EscalationTriggered",
        {"triggers": ["negative_sentiment"], "threshold": 0.3, "candidates": _weighed(tone=0.25)},
        ["negative_sentiment at 0.25, triggers below 0.30"],
    ),
    (
        "SolutionsFound",
        {"solutions": [], "confidence": 0.78, "threshold": 0.8, "reasons": ["too_unsure"]},
        ["confidence 0.78, offered from 0.50", "confidence 0.78, answers alone above 0.80"],
    ),
    (
        "SolutionsFound",
        {
            "solutions": [],
            "outcome": "answer",
            "confidence": 0.81,
            "threshold": 0.8,
            "reasons": ["above_auto_answer"],
        },
        ["confidence 0.81, answers alone above 0.80"],
    ),
    (
        "SolutionsFound",
        {"solutions": [], "confidence": 0.9, "threshold": 0.8, "reasons": ["banned_complaint"]},
        ["after complaint a person answers, never an article"],
    ),
    (
        "SolutionsFound",
        {"solutions": [], "confidence": 0.4, "threshold": 0.8, "reasons": ["banned_complaint"]},
        [
            "after complaint a person answers, never an article",
            "and confidence 0.40, offered from 0.50",
        ],
    ),
    (
        "AnswerChosen",
        {
            "contact_id": "c",
            "solution_id": "a",
            "solution_title": "A",
            "text": "t",
            "auto_resolution_candidate": False,
            "confidence": 0.85,
        },
        ["confidence 0.85, may resolve the ticket above 0.90"],
    ),
    (
        "ContactHeld",
        {"contact_id": "c", "channel": "email", "contacts_in_window": 61},
        ["61 contacts within a minute, held above 60"],
    ),
    (
        "VipRecognised",
        {"vip": False, "lifetime_value": 9800.0, "threshold": 10000.0},
        ["lifetime value 9800.00, VIP above 10000.00"],
    ),
    (
        "IntentRefused",
        {"intent": "ResolveAsked", "by": "bo", "reason": "closed", "remedy": "reopen it first"},
        ["reopen it first"],
    ),
    (
        "SpecialistChosen",
        {
            "request_id": "r",
            "specialist_id": "sam",
            "team": "t",
            "senior": False,
            "candidates": [
                {"name": "sam", "score": 9.0},
                {"name": "kim", "score": 7.0},
                {"name": "lee", "score": 9.5, "note": "full"},
                {"name": "max", "score": 1.0, "note": "off_duty"},
            ],
        },
        [
            "kim came next with 7.00, behind 9.00",
            "lee, who fits with 9.50, had no room for one more",
        ],
    ),
    (
        "SpecialistChosen",
        {
            "request_id": "r",
            "specialist_id": "moe",
            "team": "t",
            "senior": False,
            "candidates": [
                {"name": "moe", "score": 9.0},
                {"name": "ada", "score": 9.0, "note": "off_duty"},
                {"name": "sue", "score": 9.0, "note": "unavailable"},
                {"name": "tim", "score": 9.0, "note": "full"},
            ],
        },
        [
            "ada, who fits with 9.00, was off duty",
            "tim, who fits with 9.00, had no room for one more",
        ],
    ),
    (
        "SpecialistChosen",
        {
            "request_id": "r",
            "specialist_id": None,
            "team": "t",
            "senior": False,
            "candidates": [{"name": "max", "score": 1.0, "note": "off_duty"}],
        },
        ["max, who fits with 1.00, was off duty"],
    ),
    (
        "SpecialistChosen",
        {
            "request_id": "r",
            "specialist_id": None,
            "team": "t",
            "senior": False,
            "reasons": ["no_specialists"],
        },
        ["nobody works at the desk"],
    ),
    (
        "AvailabilityChecked",
        {
            "available": [],
            "next_specialist_id": "kim",
            "next_at": datetime(2026, 3, 2, 8, tzinfo=UTC),
        },
        ["kim is free from 2026-03-02T08:00:00.000Z on"],
    ),
    (
        "CommonIssueFound",
        {
            "category": "billing",
            "in_window": 12,
            "expected": 3.0,
            "window_minutes": 60,
            "threshold": 3.0,
        },
        ["times the usual 4.00, told from 3.00", "12 contacts, told from 8"],
    ),
    (
        "InsightRaised",
        {"category": "b", "kind": "k", "text": "t", "confidence": 0.5, "threshold": 0.4},
        ["share 0.50, told above 0.40"],
    ),
    ("SatisfactionScored", {"score": 1.0, "trend": "steady", "data_points": 1}, []),
]


@pytest.mark.parametrize(
    ("kind", "fields", "told"), TOLD, ids=[f"{n}-{one[0]}" for n, one in enumerate(TOLD)]
)
def test_a_decision_tells_what_it_was_held_against(
    kind: str, fields: dict[str, Any], told: list[str]
) -> None:
    assert _said(kind, **fields) == told


def _priority(*candidates: str) -> dict[str, Any]:
    return {
        "priority": candidates[0].partition(":")[2],
        "sla_first_reply_minutes": 1,
        "sla_resolution_minutes": 1,
        "candidates": [{"name": name, "score": 1.0} for name in candidates],
    }


def test_a_priority_tells_what_it_would_be_without_the_winner_and_who_proposed_nothing() -> None:
    assert _said("PriorityChosen", _understood(), **_priority("default:medium")) == [
        "tone 0.31, proposes high below 0.30",
        "the customer is no VIP, which proposes urgent",
    ]


def test_a_proposal_that_would_not_have_won_is_not_told() -> None:
    said = _said("PriorityChosen", _understood(), **_priority("category:high", "default:medium"))
    assert said == [
        "without category it would be medium (default)",
        "the customer is no VIP, which proposes urgent",
    ]
    urgent = _priority("vip:urgent", "default:medium")
    assert _said("PriorityChosen", _understood(unseen_priority=0.4), **urgent) == [
        "without vip it would be medium (default)"
    ]


def test_a_priority_that_two_proposed_needs_both_to_be_otherwise() -> None:
    chosen = _priority("tone:high", "urgency:high", "vip:urgent", "default:medium")
    said = _said("PriorityChosen", None, **{**chosen, "priority": "high"})
    assert said == ["without tone and urgency it would be urgent (vip)"]


def test_an_unseen_issue_tells_how_near_it_was_to_urgent() -> None:
    unseen = "unseen issue 0.40, proposes urgent, where no category fits, from 0.50"
    near = _understood(unseen_priority=0.4)
    assert unseen in _said("PriorityChosen", near, **_priority("default:medium"))
    assert unseen not in _said("PriorityChosen", near, **_priority("category:low"))


def test_a_route_tells_what_did_not_escalate() -> None:
    said = _said("RouteChosen", _understood(), team="general", reasons=["default_team"])
    assert said == [
        "neither the policy nor what was taught names a team for it",
        "tone 0.31, somebody senior below 0.30",
        "negative_sentiment at 0.31, triggers below 0.30",
    ]


def test_a_route_to_somebody_senior_is_no_other_for_a_worse_tone() -> None:
    said = _said("RouteChosen", _understood(), team="money", senior=True, reasons=["vip_to_senior"])
    assert said == ["negative_sentiment at 0.31, triggers below 0.30"]


def test_without_its_policy_a_decision_tells_what_it_says_itself() -> None:
    for event in (EVENTS["ContactHeld"], EVENTS["RouteChosen"]):
        fields = {"contact_id": "c", "channel": "email", "contacts_in_window": 61}
        fields = fields if event is EVENTS["ContactHeld"] else {"team": "t"}
        assert otherwise(event.model_validate({**ABOUT, **fields}), None, _understood()) == []


def test_what_is_no_decision_tells_nothing() -> None:
    event = ContactReceived(channel="email", customer_id="ann", message="Hi", provider_id="1")
    assert otherwise(event, POLICY, None) == []
