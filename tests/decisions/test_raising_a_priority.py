"""A person says that a ticket is more pressing: its team hears so, and it is served earlier."""

from __future__ import annotations

import pytest

from agents import channel, customer, knowledge, lifecycle, notification, triage
from schemas.events.decisions import AccountManagerNotified, TeamAlertRequested
from schemas.events.desk import SpecialistDescribed, SpecialistRequested
from schemas.events.intents import PriorityAsked
from schemas.events.tickets import TicketPrioritised
from streams.testing import Scene
from tests.lines import Lines
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened

AGENTS = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *customer.AGENTS,
    *lifecycle.AGENTS,
    *triage.AGENTS,
    *knowledge.AGENTS,
    *notification.AGENTS,
)


def made(priority: str, scene: Scene) -> Scene:
    return ask(scene, PriorityAsked, priority=priority)


@pytest.mark.parametrize("priority", ["urgent", "critical"])
def test_the_team_of_a_ticket_that_is_made_pressing_is_alerted(priority: str) -> None:
    scene = made(priority, opened(AGENTS))
    alert = scene.one(TeamAlertRequested)
    assert (alert.alert_type, alert.priority, alert.team) == ("priority", priority, "general")
    assert alert.text == f"{priority}: Charged twice"
    assert scene.all(AccountManagerNotified) == []


def test_what_was_pressing_or_is_not_alerts_nobody_again() -> None:
    scene = made("high", opened(AGENTS))
    assert scene.all(TeamAlertRequested) == []
    scene = made("critical", made("urgent", scene))
    assert scene.all(TeamAlertRequested) == []
    assert made("low", scene).all(TeamAlertRequested) == []


def test_a_priority_that_is_refused_alerts_nobody() -> None:
    scene = made("critical", opened(AGENTS))
    again = made("critical", scene)
    assert again.all(TeamAlertRequested) == []
    assert again.all(TicketPrioritised) == []


def test_the_request_that_waits_is_made_with_the_new_priority() -> None:
    scene = opened(AGENTS)
    scene = made("critical", scene)
    request = scene.one(SpecialistRequested)
    assert (request.priority, request.specialist_id) == ("critical", None)
    assert only_ticket(scene).request_id == request.request_id


def test_a_ticket_that_somebody_has_asks_for_nobody() -> None:
    scene = opened(AGENTS)
    assert made("critical", scene.when(assigned(scene))).all(SpecialistRequested) == []


def test_whoever_is_free_next_gets_what_was_made_pressing() -> None:
    lines = Lines()
    lines.put(SpecialistDescribed(specialist_id="bo", name="Bo", capacity=0))
    for number in range(3):
        wrote = contact(f"question {number}", provider_id=f"p{number}", handle=None)
        lines.put(wrote.model_copy(update={"customer_id": f"c{number}"}))
    (last,) = lines.tickets("c2").values()
    lines.put(PriorityAsked(ticket_id=last.id, customer_id="c2", by=ANN, priority="urgent"))
    lines.put(SpecialistDescribed(specialist_id="bo", capacity=1))
    has = [one.specialist_id for n in range(3) for one in lines.tickets(f"c{n}").values()]
    assert has == [None, None, "bo"]
