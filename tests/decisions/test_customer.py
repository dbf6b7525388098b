"""Customer: who this is, what is said of them and when, and what is not said twice."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agents import customer
from agents.customer import is_vip
from agents.policy import default_policy
from agents.roster import ROSTERS
from projections.case import evolve
from schemas.event import Event
from schemas.events.contacts import CustomerDescribed, InteractionReported, SurveyAnswered
from schemas.events.decisions import (
    ContactAccepted,
    CustomerRecognised,
    CustomersMerged,
    HistoryExtended,
    IdentityLinked,
    IntentRefused,
    SatisfactionScored,
    VipRecognised,
)
from streams.testing import FakeModels, Scene, given, understood
from tests.tickets import ANN, contact

POLICY = default_policy()
VERSION = POLICY.version


def described(**fields: object) -> CustomerDescribed:
    return CustomerDescribed.model_validate({"customer_id": ANN, **fields})


def accepted(contact_id: str = "c") -> ContactAccepted:
    return ContactAccepted(
        customer_id=ANN, outcome="accepted", policy_version="p", contact_id=contact_id
    )


def known(*events: Event) -> Scene:
    """The scene after these were answered."""
    scene = given(agents=customer.AGENTS)
    for event in events:
        scene = scene.when(event)
    return scene


@pytest.mark.parametrize(
    ("value", "vip"), [(None, 0), (0.0, 0), (10_000.0, 0), (10_000.01, 1), (1e9, 1)]
)
def test_a_vip_has_brought_more_than_ten_thousand(value: float | None, vip: int) -> None:
    assert is_vip(value, POLICY) == bool(vip)


def test_who_is_described_is_recognised_with_the_whole_profile() -> None:
    scene = known(
        described(
            name="Ann",
            email="ann@example.org",
            phone="+1",
            preferred_channel="email",
            language="de",
            lifetime_value=12.5,
            account_manager="mo",
            handles='{"slack":["U7"],"email":["ann@example.org"]}',
        )
    )
    scene.then(CustomerRecognised)
    said = scene.one(CustomerRecognised)
    assert (said.outcome, said.policy_version, said.vip) == ("known", VERSION, False)
    assert (said.name, said.email, said.phone) == ("Ann", "ann@example.org", "+1")
    assert (said.preferred_channel, said.language, said.account_manager) == ("email", "de", "mo")
    assert said.handles == '{"email":["ann@example.org"],"slack":["U7"]}'
    assert (said.lifetime_value, said.merged_into, said.first_interaction) == (12.5, None, None)


def test_a_patch_leaves_what_it_does_not_name() -> None:
    said = known(described(name="Ann", lifetime_value=7.0), described(phone="+1"))
    profile = said.one(CustomerRecognised)
    assert (profile.name, profile.lifetime_value, profile.phone) == ("Ann", 7.0, "+1")


def test_the_same_said_again_is_not_repeated() -> None:
    known(described(name="Ann"), described(name="Ann")).then()


def test_becoming_and_ceasing_to_be_a_vip_is_said_once_each() -> None:
    scene = known(described(lifetime_value=10_001.0, account_manager="mo"))
    scene.then(VipRecognised, CustomerRecognised)
    vip = scene.one(VipRecognised)
    assert (vip.vip, vip.outcome, vip.lifetime_value) == (True, "vip", 10_001.0)
    assert (vip.threshold, vip.reasons, vip.account_manager) == (
        10_000.0,
        ["lifetime_value"],
        "mo",
    )
    assert scene.one(CustomerRecognised).vip
    scene = scene.when(described(lifetime_value=20_000.0))
    assert scene.all(VipRecognised) == []
    scene = scene.when(described(lifetime_value=10_000.0))
    assert scene.one(VipRecognised).outcome == "no_vip"
    assert not scene.one(CustomerRecognised).vip


def test_another_policy_draws_another_line() -> None:
    limits = POLICY.thresholds.model_copy(update={"vip_lifetime_value": 5.0})
    policy = POLICY.model_copy(update={"thresholds": limits})
    scene = given(agents=customer.AGENTS, policy=policy).when(described(lifetime_value=6.0))
    assert scene.one(VipRecognised).threshold == 5.0


def test_an_accepted_contact_extends_the_history() -> None:
    scene = known().when(accepted("c7"))
    scene.then(HistoryExtended, CustomerRecognised)
    history = scene.one(HistoryExtended)
    assert (history.interaction_id, history.kind, history.policy_version) == (
        "c7",
        "contact",
        VERSION,
    )
    assert scene.one(CustomerRecognised).outcome == "unidentified"
    scene.when(accepted("c8")).then(HistoryExtended)


def test_an_interaction_from_elsewhere_extends_it_too() -> None:
    call = InteractionReported(customer_id=ANN, kind="call", by="crm", ticket_id="T1")
    scene = known().when(call)
    scene.then(HistoryExtended)
    assert (scene.one(HistoryExtended).kind, scene.one(HistoryExtended).ticket_id) == ("call", "T1")


def test_a_rating_is_scored_with_its_trend() -> None:
    scene = known(SurveyAnswered(customer_id=ANN, score=2))
    scored = scene.one(SatisfactionScored)
    assert (scored.score, scored.trend, scored.data_points) == (0.25, "unknown", 1)
    assert (scored.outcome, scored.reasons) == ("unknown", ["ratings_and_tones"])
    assert scene.one(CustomerRecognised).satisfaction_score == 0.25
    scene = scene.when(SurveyAnswered(customer_id=ANN, score=4))
    assert scene.one(SatisfactionScored).trend == "improving"


def test_a_small_move_is_not_told() -> None:
    scene = given(agents=ROSTERS["customer"], models=FakeModels(understood(sentiment_score=0.5)))
    scene = scene.when(contact("one"))
    assert scene.one(SatisfactionScored).score == 0.5
    scene = replace(scene, models=FakeModels(understood(sentiment_score=0.59)))
    scene = scene.when(contact("two", provider_id="p1"))
    assert scene.all(SatisfactionScored) == []
    scene = replace(scene, models=FakeModels(understood(sentiment_score=0.56)))
    scene = scene.when(contact("three", provider_id="p2"))
    assert scene.one(SatisfactionScored).score == 0.55


def test_nothing_known_is_no_score() -> None:
    assert known(described(name="Ann")).all(SatisfactionScored) == []


def test_a_new_address_makes_the_profile_new() -> None:
    linked = IdentityLinked(
        customer_id=ANN, outcome="linked", policy_version="p", channel="slack", handle="U7"
    )
    scene = known(described(name="Ann")).when(linked)
    assert scene.one(CustomerRecognised).handles == '{"slack":["U7"]}'


def test_an_absorbed_line_says_where_it_went_and_then_no_more() -> None:
    merged = CustomersMerged.model_validate(
        {
            "customer_id": ANN,
            "outcome": "merged",
            "policy_version": "p",
            "into": "ben",
            "channel": "slack",
            "handle": "U7",
        }
    )
    scene = known(described(name="Ann")).when(merged)
    assert scene.one(CustomerRecognised).merged_into == "ben"
    scene.when(described(name="Anna")).then()
    scene.when(SurveyAnswered(customer_id=ANN, score=1)).then()
    scene.when(InteractionReported(customer_id=ANN, kind="call", by="crm")).then()


def test_what_the_customer_agent_says_leads_to_nothing_more_to_say() -> None:
    scene = known(described(lifetime_value=20_000.0), SurveyAnswered(customer_id=ANN, score=5))
    scene.when(accepted()).then(HistoryExtended)
    assert scene.all(IntentRefused) == []
    assert evolve(scene.state, scene.record(accepted())) == scene.state
