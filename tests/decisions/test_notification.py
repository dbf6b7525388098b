"""Who is told what, and who is left in peace."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from agents import channel, customer, lifecycle, notification, outbound, triage
from agents.policy import default_policy
from projections.case.bounds import RECENT
from schemas.event import Event
from schemas.events import intents as asked
from schemas.events.contacts import (
    CustomerDescribed,
    ProductSignalReported,
    ReplyFailed,
    ReplyUnconfirmed,
    SpecialistUnavailable,
)
from schemas.events.decisions import (
    AccountManagerNotified,
    ConfirmationRequested,
    ContactHeld,
    CustomerNotified,
    ReplyRequested,
    SolutionsFound,
    SurveyRequested,
    TeamAlertRequested,
    WorkflowFailed,
)
from streams.testing import START, FakeModels, Scene, given, understood
from tests.elsewhere import falling
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened, reply

AGENTS = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *lifecycle.AGENTS,
    *notification.AGENTS,
    outbound.SAID,
)
ALL = (*AGENTS, *customer.AGENTS, *triage.AGENTS)


def about(scene: Scene, kind: type[Event], **fields: object) -> Event:
    """An event about the scene's ticket."""
    told = {"customer_id": ANN, "ticket_id": only_ticket(scene).id, **fields}
    return kind.model_validate(told)


def searched(scene: Scene, outcome: str = "none") -> Event:
    """What Knowledge found for the scene's ticket."""
    return about(scene, SolutionsFound, outcome=outcome, policy_version="p", solutions=[])


def test_a_first_message_that_no_article_answers_is_confirmed_with_its_number_once() -> None:
    scene = opened(AGENTS)
    scene = scene.when(searched(scene))
    confirmation = scene.one(ConfirmationRequested)
    assert only_ticket(scene).id in confirmation.text
    assert scene.one(ReplyRequested).kind == "confirmation"
    assert scene.when(searched(scene)).all(ConfirmationRequested) == []


@pytest.mark.parametrize("outcome", ["answer", "suggest"])
def test_what_is_answered_is_not_confirmed(outcome: str) -> None:
    scene = opened(AGENTS)
    assert scene.when(searched(scene, outcome)).all(ConfirmationRequested) == []


def test_a_channel_without_confirmations_gets_none() -> None:
    shipped = default_policy()
    quiet = shipped.model_copy(
        update={"notification": shipped.notification.model_copy(update={"confirm_on": []})}
    )
    scene = opened(AGENTS, policy=quiet)
    assert scene.when(searched(scene)).all(ConfirmationRequested) == []


@pytest.mark.parametrize("cap", [5, RECENT])
def test_confirmations_stop_at_the_hourly_cap_so_that_machines_cannot_talk_for_ever(
    cap: int,
) -> None:
    limits = default_policy().limits.model_copy(update={"confirmations_per_hour": cap})
    told = {"linking": {"threshold": 1.0}, "limits": limits}
    shipped = default_policy().model_copy(update=told)
    agents = (*AGENTS, *triage.AGENTS)
    from agents import knowledge

    scene = given(agents=(*agents, *knowledge.AGENTS), policy=shipped)
    sent = 0
    for n in range(cap + 7):
        scene = scene.later(minutes=1)
        scene = scene.when(contact(f"issue {n}", thread=f"t{n}", provider_id=f"p{n}"))
        sent += len(scene.all(ConfirmationRequested))
    assert sent == cap
    scene = scene.later(hours=1)
    scene = scene.when(contact("one more", thread="t99", provider_id="p99"))
    assert len(scene.all(ConfirmationRequested)) == 1


def test_whoever_got_a_solution_is_asked_how_it_went_once_a_ticket() -> None:
    scene = opened(AGENTS)
    scene = ask(scene.when(reply(scene)), asked.ResolveAsked)
    scene.one(SurveyRequested)
    scene = ask(ask(scene, asked.ReopenAsked), asked.ResolveAsked)
    assert scene.all(SurveyRequested) == []


def test_who_got_no_answer_is_not_asked_how_it_went() -> None:
    assert ask(opened(AGENTS), asked.ResolveAsked).all(SurveyRequested) == []


def vip(**fields: object) -> CustomerDescribed:
    """A customer worth more than the threshold."""
    told = {"customer_id": ANN, "lifetime_value": 20_000.0, "name": "Ann", **fields}
    return CustomerDescribed.model_validate(told)


def test_a_vips_ticket_is_told_to_the_account_manager_and_alerts_the_team_once() -> None:
    scene = given(agents=ALL).when(vip(account_manager="max"))
    scene = scene.when(contact("where is it?", subject="Parcel"))
    scene = scene.when(searched(scene))
    told = scene.state
    assert told.vip
    scene = given(agents=ALL).when(vip(account_manager="max")).when(contact("where", subject="P"))
    manager = scene.one(AccountManagerNotified)
    assert (manager.account_manager, "Ann is a VIP" in manager.text) == ("max", True)
    alerts = [a.alert_type for a in scene.all(TeamAlertRequested)]
    scene = scene.when(searched(scene))
    alerts += [a.alert_type for a in scene.all(TeamAlertRequested)]
    assert alerts == ["escalation"]


def test_without_an_account_manager_nobody_is_made_up() -> None:
    scene = given(agents=ALL).when(vip()).when(contact("where", subject="P"))
    assert scene.all(AccountManagerNotified) == []


def test_a_pressing_ticket_that_is_not_escalated_alerts_its_team() -> None:
    models = FakeModels(understanding=understood(unseen_priority=0.9))
    scene = given(agents=ALL, models=models).when(contact("it is down", subject="Down"))
    alert = scene.one(TeamAlertRequested)
    assert (alert.alert_type, alert.priority, alert.team) == ("priority", "urgent", "general")


def test_a_calm_ticket_alerts_nobody() -> None:
    scene = given(agents=ALL).when(contact("where is it?"))
    assert scene.all(TeamAlertRequested) == []


def test_nobody_free_is_told_once_and_not_again_while_the_ticket_waits() -> None:
    scene = opened(AGENTS)
    told = about(scene, SpecialistUnavailable, request_id="r", reasons=["nobody_free"])
    alert = scene.when(told).one(TeamAlertRequested)
    assert alert.alert_type == "nobody_free"
    assert "nobody is known to come" in alert.text
    for reasons in (["nobody_free", "still_waiting"], ["no_specialists"], ["too_many_wait"]):
        no_news = told.model_copy(update={"reasons": reasons})
        assert scene.when(no_news).all(TeamAlertRequested) == []


@pytest.mark.parametrize(
    ("kind", "fields", "alerts"),
    [
        (ReplyFailed, {"attempt": 3, "error": "no", "final": True}, 1),
        (ReplyFailed, {"attempt": 1, "error": "no", "final": False}, 0),
        (ReplyUnconfirmed, {"attempt": 1}, 1),
    ],
)
def test_a_reply_that_did_not_get_through_is_told_when_that_is_final(
    kind: type[Event], fields: dict[str, object], alerts: int
) -> None:
    scene = opened(AGENTS)
    told = scene.when(about(scene, kind, request_id="r", **fields)).all(TeamAlertRequested)
    assert [a.alert_type for a in told] == ["delivery"] * alerts


def test_a_flood_is_told_when_it_begins_and_no_more() -> None:
    held = ContactHeld(
        customer_id=ANN,
        outcome="held",
        reasons=["flood", channel.FLOOD_BEGINS],
        policy_version="p",
        contact_id="c",
        channel="email",
        contacts_in_window=61,
    )
    scene = given(agents=notification.AGENTS)
    assert scene.when(held).one(TeamAlertRequested).alert_type == "flood"
    scene.when(held.model_copy(update={"reasons": ["flood"]})).then()


def crashed(scene: Scene, times: int) -> Scene:
    """The scene after some crashes."""
    for _ in range(times):
        event = ProductSignalReported(customer_id=ANN, kind="app_crash")
        scene = scene.later(minutes=5).when(event)
    return scene


def test_whoever_crashed_often_is_told_that_we_noticed() -> None:
    known = vip(lifetime_value=1.0, handles=json.dumps({"email": ["ann@example.org"]}))
    scene = crashed(given(agents=ALL).when(known), 4)
    notice = scene.one(CustomerNotified)
    assert (notice.kind, notice.reasons) == ("notice", ["noticed_first"])
    assert scene.one(ReplyRequested).handle == "ann@example.org"


def test_whoever_has_no_address_or_whose_platform_is_shut_is_not_written_to() -> None:
    assert crashed(given(agents=ALL), 4).all(CustomerNotified) == []
    known = vip(lifetime_value=1.0, handles=json.dumps({"whatsapp": ["44770"]}))
    assert crashed(given(agents=ALL).when(known), 4).all(CustomerNotified) == []


def test_where_the_platform_is_shut_a_notice_goes_the_other_way_that_the_policy_knows() -> None:
    handles = json.dumps({"whatsapp": ["44770"], "email": ["ann@example.org"]})
    known = vip(lifetime_value=1.0, handles=handles, preferred_channel="whatsapp")
    willing = falling("notice", whatsapp="email")
    scene = crashed(given(agents=ALL, policy=willing).when(known), 4)
    assert scene.one(ReplyRequested).handle == "ann@example.org"
    unwilling = falling("agent_reply", whatsapp="email")
    assert crashed(given(agents=ALL, policy=unwilling).when(known), 4).all(CustomerNotified) == []


def failure(**fields: object) -> WorkflowFailed:
    """A failure of an agent."""
    told: dict[str, object] = {
        "customer_id": ANN,
        "outcome": "escalated",
        "policy_version": "p",
        "failed_agent": "triage",
        "record_type": "CustomerDescribed",
        "error": "KeyError: 'x'",
        **fields,
    }
    return WorkflowFailed.model_validate(told)


def test_a_failure_without_a_ticket_is_told_to_the_team() -> None:
    alert = given(agents=AGENTS).when(failure()).one(TeamAlertRequested)
    assert (alert.alert_type, alert.team) == ("workflow_failure", "general")
    assert "triage failed on CustomerDescribed" in alert.text


def test_a_failure_on_a_ticket_alerts_by_its_escalation_alone() -> None:
    scene = opened(AGENTS)
    scene = scene.when(failure(ticket_id=only_ticket(scene).id))
    assert [a.alert_type for a in scene.all(TeamAlertRequested)] == ["escalation"]


def test_a_busy_ticket_from_first_word_to_survey_alerts_once_for_each_thing_that_happened() -> None:
    """An escalated ticket that waits for nobody and is missed by no target alerts once."""
    scene = opened(AGENTS)
    alerts = []
    for step in (
        lambda s: s.when(assigned(s)),
        lambda s: ask(s, asked.EscalationAsked),
        lambda s: s.when(reply(s)),
        lambda s: s.later(hours=1),
        lambda s: ask(s, asked.ResolveAsked),
    ):
        scene = step(scene)
        alerts += [a.alert_type for a in scene.all(TeamAlertRequested)]
    assert alerts == ["escalation"]
    assert scene.now == START + timedelta(hours=1)
