"""A request for a person that the desk could not keep is made anew: nobody is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents import channel, customer, knowledge, lifecycle, triage
from projections import desk as line
from schemas.event import Event
from schemas.events import intents as asked
from schemas.events.contacts import SpecialistUnavailable
from schemas.events.desk import (
    AvailabilityReported,
    RequestRepeated,
    RequestWithdrawn,
    SpecialistDescribed,
    SpecialistRequested,
)
from streams.testing import START, Scene
from tests.lines import Lines
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened, reply

AGENTS = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *customer.AGENTS,
    *lifecycle.AGENTS,
    *triage.AGENTS,
    *knowledge.AGENTS,
)


def let_go(scene: Scene, *, next_at: object = None) -> Scene:
    """The desk keeps the ticket's request no longer."""
    ticket = only_ticket(scene)
    told = {
        "customer_id": ANN,
        "ticket_id": ticket.id,
        "request_id": ticket.request_id,
        "next_at": next_at,
        "reasons": [line.TOO_MANY],
    }
    return scene.when(SpecialistUnavailable.model_validate(told))


def due(scene: Scene) -> float:
    """In how many hours a person is asked for anew."""
    at = only_ticket(scene).ask_again_at
    assert at is not None
    return (at - scene.now.timestamp()) / 3600


def test_a_request_that_was_let_go_is_made_anew_in_an_hour() -> None:
    scene = let_go(opened(AGENTS))
    first = only_ticket(scene)
    assert (first.request_id, due(scene)) == (None, 1.0)
    assert scene.later(minutes=59).all(SpecialistRequested) == []
    scene = scene.later(minutes=60)
    request = scene.one(SpecialistRequested)
    assert scene.all(RequestRepeated) == []
    assert (request.ticket_id, request.specialist_id) == (first.id, None)
    assert only_ticket(scene).request_id == request.request_id


def test_it_is_made_anew_when_somebody_comes_if_that_is_known() -> None:
    scene = let_go(opened(AGENTS), next_at=START + timedelta(hours=5))
    assert due(scene) == 5.0


@pytest.mark.parametrize(("waited", "hours"), [(30, 1.0), (150, 2.5), (60 * 100, 24.0)])
def test_the_longer_it_waits_the_more_seldom_it_is_made_but_once_a_day(
    waited: int, hours: float
) -> None:
    assert due(let_go(opened(AGENTS).later(minutes=waited))) == hours


def test_whoever_gets_the_ticket_meanwhile_or_solves_it_ends_the_asking() -> None:
    scene = let_go(opened(AGENTS))
    given = scene.when(assigned(scene))
    assert given.later(hours=2).all(SpecialistRequested) == []
    solved = ask(scene, asked.ResolveAsked)
    assert solved.all(RequestWithdrawn) == []
    assert solved.later(hours=2).all(SpecialistRequested) == []


def test_a_request_that_still_waits_is_only_repeated() -> None:
    scene = opened(AGENTS)
    ticket = only_ticket(scene)
    told = {"customer_id": ANN, "ticket_id": ticket.id, "request_id": ticket.request_id}
    waits = SpecialistUnavailable.model_validate({**told, "next_at": START + timedelta(hours=1)})
    scene = scene.when(waits).later(hours=1)
    assert scene.one(RequestRepeated).request_id == ticket.request_id
    assert scene.all(SpecialistRequested) == []


def test_a_customer_who_writes_again_is_asked_for_at_once() -> None:
    scene = opened(AGENTS)
    scene = let_go(scene.when(reply(scene)))
    scene = scene.later(minutes=5).when(contact("It did not help", provider_id="p2"))
    assert scene.one(SpecialistRequested).ticket_id == only_ticket(scene).id


def test_somebody_senior_whom_a_person_asked_for_is_asked_for_anew() -> None:
    scene = opened(AGENTS)
    scene = let_go(ask(scene.when(assigned(scene)), asked.EscalationAsked))
    scene = scene.later(hours=1)
    assert scene.one(SpecialistRequested).senior
    assert only_ticket(scene).specialist_id == "bo"


def test_a_crowd_beyond_the_bound_is_served_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "WAITING", 2)
    lines = Lines()
    lines.put(SpecialistDescribed(specialist_id="bo", name="Bo", available=False))
    for number in range(6):
        wrote = contact(f"question {number}", provider_id=f"p{number}", handle=None)
        lines.put(wrote.model_copy(update={"customer_id": f"c{number}"}))
    waiting = [lines.tickets(f"c{number}").values() for number in range(6)]
    assert sum(one.request_id is None for tickets in waiting for one in tickets) == 4
    here: Event = AvailabilityReported(specialist_id="bo", available=True)
    lines.put(here)
    lines.later(hours=3)
    served = [one.specialist_id for n in range(6) for one in lines.tickets(f"c{n}").values()]
    assert served == ["bo"] * 6
