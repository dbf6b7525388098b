"""A ticket that waits is asked for again when somebody comes of whom nothing was known before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents import escalation
from projections import desk as line
from projections.desk import Desk
from schemas.event import Event
from schemas.events.contacts import SpecialistUnavailable
from schemas.events.desk import (
    AvailabilityReported,
    SpecialistDescribed,
    SpecialistReleased,
    SpecialistRequested,
)
from streams.testing import START, Scene, given

LATER = START + timedelta(hours=1)
DAYTIME = '{"monday": [["10:00", "17:00"]]}'


def who(specialist_id: str, **fields: object) -> SpecialistDescribed:
    """Somebody of the general team, at the desk from an hour later on."""
    told = {"specialist_id": specialist_id, "team": "general", "hours": DAYTIME, **fields}
    return SpecialistDescribed.model_validate(told)


def wants(ticket_id: str, team: str = "general") -> SpecialistRequested:
    """A ticket that needs somebody."""
    told = {"request_id": f"r-{ticket_id}", "customer_id": "ann", "ticket_id": ticket_id}
    told |= {"team": team, "priority": "medium", "summary": "ann: charged twice"}
    return SpecialistRequested.model_validate(told)


def released(specialist_id: str) -> SpecialistReleased:
    """A ticket that needs its person no more."""
    return SpecialistReleased(customer_id="ann", ticket_id="T0", specialist_id=specialist_id)


def waiting(*people: SpecialistDescribed) -> Scene:
    """Two tickets wait; nobody is known to come for them."""
    scene = given(*people, agents=escalation.AGENTS, key="desk", state=Desk(), evolve=line.evolve)
    return scene.given(wants("T1"), wants("T2"))


def told(scene: Scene) -> list[tuple[str, str | None, object]]:
    """Who was said to come for which ticket in the last turn, and when."""
    unavailable = scene.all(SpecialistUnavailable)
    assert all(one.reasons[-1] == "still_waiting" for one in unavailable)
    return [(one.ticket_id, one.next_specialist_id, one.next_at) for one in unavailable]


FULL = who("bo", capacity=0)
BO_COMES = [("T1", "bo", LATER), ("T2", "bo", LATER)]


@pytest.mark.parametrize(
    ("before", "news"),
    [
        (FULL, who("bo", capacity=1)),
        (who("bo", available=False), who("bo", available=True)),
        (
            who("bo", available=False),
            AvailabilityReported(specialist_id="bo", available=True),
        ),
        (who("cy", capacity=0), who("bo")),
    ],
)
def test_who_waits_hears_of_somebody_who_is_known_to_come_from_now_on(
    before: SpecialistDescribed, news: Event
) -> None:
    assert told(waiting(before).when(news)) == BO_COMES


def test_who_waits_hears_of_somebody_who_has_room_again_while_off_duty() -> None:
    scene = waiting(who("bo", capacity=1))
    scene = scene.when(wants("T0").model_copy(update={"specialist_id": "bo"}))
    assert told(scene.when(released("bo"))) == BO_COMES


def test_of_who_had_room_before_nothing_is_said_again() -> None:
    scene = waiting(who("bo", capacity=2))
    scene = scene.when(wants("T0").model_copy(update={"specialist_id": "bo"}))
    assert told(scene.when(released("bo"))) == []


def test_of_who_comes_no_sooner_than_somebody_else_nothing_is_said() -> None:
    scene = waiting(who("al"), FULL)
    assert told(scene.when(who("bo", capacity=1))) == []


def test_of_somebody_of_another_team_nothing_is_said() -> None:
    scene = waiting(FULL)
    assert told(scene.when(who("cy", team="money"))) == []


@pytest.mark.parametrize("fields", [{"capacity": 0}, {"available": False}])
def test_of_who_does_not_come_nothing_is_said(fields: dict[str, object]) -> None:
    assert told(waiting(FULL).when(who("bo", **fields))) == []
