"""What is said to have made a decision come out otherwise does so, when it is tried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agents.escalation import choose
from agents.otherwise import Otherwise, otherwise
from agents.policy import Policy, default_policy
from agents.world import ArticleText, Understanding
from projections.desk import Person, Request
from schemas.event import Event
from schemas.events.choices import SpecialistChosen
from schemas.events.contacts import ContactReceived, CustomerDescribed
from schemas.events.decisions import MessageUnderstood
from streams.testing import START, FakeModels
from tests.lines import Lines
from tests.steps import CATEGORIES, understandings

POLICY = default_policy()

THERE = {name: ArticleText(id=name, title="T", body="B.") for name in ("a1", "a2", "a3", "gone")}
"""Every article that a message may bring up, all in one language: what is gone, or is in another,
is found out last, and no search that ended before says so."""

LIMITS = {
    ("IssueClassified", "needed"): ("category", "from"),
    ("IssueClassified", "no category fits above"): ("out_of_scope", "above"),
    ("PriorityChosen", "proposes high below"): ("negative_tone", "below"),
    ("PriorityChosen", "where no category fits, from"): ("unseen_priority", "from"),
    ("RouteChosen", "triggers below"): ("negative_tone", "below"),
    ("RouteChosen", "somebody senior below"): ("senior_below", "below"),
    ("EscalationTriggered", "triggers below"): ("negative_tone", "below"),
    ("SolutionsFound", "offered from"): ("suggest", "from"),
    ("SolutionsFound", "answers alone above"): ("auto_answer", "above"),
    ("AnswerChosen", "may resolve the ticket above"): ("auto_resolution", "above"),
    ("VipRecognised", "VIP above"): ("vip_lifetime_value", "above"),
}
"""Which number of the policy is meant, by a decision's type and what is said of it; and on which
side of it something comes of it."""

SHIFTS = {
    ("below", True): 0.0,
    ("below", False): 1e-6,
    ("above", True): 0.0,
    ("above", False): -1e-6,
    ("from", True): 1e-6,
    ("from", False): 0.0,
}
"""How far from a number its limit must come to lie for it to be on the other side: by the side, and
whether it was there."""

OUTCOMES = {
    "IssueClassified": ["category"],
    "PriorityChosen": ["priority"],
    "RouteChosen": ["team", "senior"],
    "EscalationTriggered": ["triggers"],
    "SolutionsFound": ["outcome"],
    "AnswerChosen": ["auto_resolution_candidate"],
    "VipRecognised": ["vip"],
}
"""The fields of a decision that something else comes of."""


def _said(seen: Understanding, worth: float, policy: Policy) -> list[Event]:
    """What is decided of a customer's first message."""
    english = msgspec.structs.replace(seen, language="en")
    models = FakeModels(understanding=english, articles=THERE, categories=CATEGORIES)
    lines = Lines(models, policy)
    lines.put(CustomerDescribed(customer_id="ann", lifetime_value=worth))
    lines.put(ContactReceived(channel="email", customer_id="ann", message="m", provider_id="1"))
    return lines.said


def _outcome(said: list[Event], kind: str) -> list[list[Any]]:
    """What came of all decisions of a type."""
    return [
        [getattr(event, name) for name in OUTCOMES[kind]]
        for event in said
        if type(event).__name__ == kind
    ]


def _tried(event: Event, claims: list[Otherwise]) -> Iterator[Policy]:
    """Policies under which a decision should come out otherwise: one for each claim.

    An "and" needs what stands before it as well; where that is no number, nothing can be tried.
    """
    before: Policy | None = POLICY
    for one, after in pairwise([*claims, Otherwise("", "")]):
        policy = None if before is None else _past(before, event, one)
        before = policy if after.text.startswith("and ") else POLICY
        if before is POLICY and policy is not None:
            yield policy


def _past(policy: Policy, event: Event, one: Otherwise) -> Policy | None:
    """The same policy with a limit so that the number lies on its other side."""
    limit = next(
        (
            limit
            for (kind, words), limit in LIMITS.items()
            if kind == type(event).__name__ and words in one.text
        ),
        None,
    )
    if limit is None or one.was is None or one.needed is None:
        return None
    name, side = limit
    there = {
        "below": one.was < one.needed,
        "above": one.was > one.needed,
        "from": one.was >= one.needed,
    }[side]
    part = "routing" if name == "senior_below" else "thresholds"
    changed = getattr(policy, part).model_copy(update={name: one.was + SHIFTS[side, there]})
    return policy.model_copy(update={part: changed})


@given(seen=understandings(), worth=st.sampled_from([0.0, 10_000.0, 10_001.0]))
def test_a_number_on_the_other_side_of_its_limit_is_another_outcome(
    seen: Understanding, worth: float
) -> None:
    said = _said(seen, worth, POLICY)
    understood = next((one for one in said if isinstance(one, MessageUnderstood)), None)
    for event in said:
        claims = otherwise(event, POLICY, understood)
        for policy in _tried(event, claims):
            kinds = {type(event).__name__, "EscalationTriggered"} & {*OUTCOMES}
            again = _said(seen, worth, policy)
            assert any(_outcome(again, kind) != _outcome(said, kind) for kind in kinds), claims


_people = st.lists(
    st.builds(
        Person,
        id=st.sampled_from(["ada", "bo", "cy", "di"]),
        team=st.sampled_from(["money", "general"]),
        senior=st.booleans(),
        capacity=st.integers(1, 3),
        available=st.booleans(),
        tickets=st.lists(st.sampled_from(["t1", "t2", "t3"]), unique=True).map(tuple),
    ),
    unique_by=lambda one: one.id,
)


@given(people=_people, senior=st.booleans())
def test_who_is_said_to_have_been_missed_is_chosen_where_they_are_free(
    people: list[Person], *, senior: bool
) -> None:
    desk = {one.id: one for one in people}
    request = Request("r", "ann", "T1", "money", START.timestamp(), senior=senior)
    choice = choose(request, desk, START, POLICY)
    event = SpecialistChosen.model_validate(
        {
            "customer_id": "ann",
            "ticket_id": "T1",
            "policy_version": POLICY.version,
            "outcome": choice.person or "nobody",
            "request_id": "r",
            "specialist_id": choice.person,
            "team": "money",
            "senior": senior,
            "candidates": [
                *({"name": name, "score": fits} for name, fits in choice.scores),
                *({"name": name, "score": fits, "note": why} for name, fits, why in choice.busy),
            ],
        }
    )
    for one in otherwise(event, POLICY, None):
        if one.what == "not free":
            missed = desk[one.text.partition(",")[0]]
            free = msgspec.structs.replace(
                missed, available=True, capacity=max(missed.capacity, len(missed.tickets) + 1)
            )
            chosen = choose(request, {**desk, free.id: free}, START, POLICY).person
            assert chosen == missed.id, one
