"""A person is asked for by name: whoever asks again before the desk has answered hears so."""

from __future__ import annotations

import pytest

from agents import channel, lifecycle
from schemas.event import Event
from schemas.events import intents as asked
from schemas.events.contacts import SpecialistUnavailable
from schemas.events.decisions import IntentRefused
from schemas.events.desk import SpecialistReleased, SpecialistRequested
from schemas.events.tickets import TicketAssigned
from streams.testing import START, Scene
from tests.tickets import ANN, ask, assigned, only_ticket, opened

AGENTS = (channel.RECEIVED, channel.ACCEPTED, *lifecycle.AGENTS)


def asked_for_kim() -> Scene:
    """A ticket for which kim was asked, and the desk has not answered."""
    return ask(opened(AGENTS), asked.AssignmentAsked, specialist_id="kim")


def again(scene: Scene) -> Scene:
    return ask(scene, asked.AssignmentAsked, specialist_id="kim", by="cy")


def nobody(scene: Scene, *, next_at: object = None, request_id: str | None = None) -> Event:
    """The desk has nobody for the ticket now."""
    told = {
        "customer_id": ANN,
        "ticket_id": only_ticket(scene).id,
        "request_id": request_id or only_ticket(scene).request_id,
        "next_at": next_at,
    }
    return SpecialistUnavailable.model_validate(told)


def test_the_same_person_is_asked_for_once_before_the_desk_answers() -> None:
    scene = again(asked_for_kim()).then(IntentRefused)
    refused = scene.one(IntentRefused)
    assert (refused.reason, refused.by) == ("already_asked", "cy")
    assert refused.remedy == "kim gets the ticket in a moment"


def test_the_desk_s_answer_assigns_the_person_who_was_asked_for_twice_once() -> None:
    scene = again(asked_for_kim())
    scene = scene.when(assigned(scene, "kim"))
    assert scene.one(TicketAssigned).specialist_id == "kim"
    assert scene.all(SpecialistReleased) == []
    assert again(scene).one(IntentRefused).reason == "already_assigned"


def test_somebody_else_may_be_asked_for_instead_and_then_the_first_one_again() -> None:
    scene = ask(asked_for_kim(), asked.AssignmentAsked, specialist_id="cy")
    assert scene.one(SpecialistRequested).specialist_id == "cy"
    assert again(scene).one(SpecialistRequested).specialist_id == "kim"


def test_whoever_was_asked_for_and_has_had_the_ticket_may_be_asked_for_again() -> None:
    scene = asked_for_kim()
    scene = scene.when(assigned(scene, "kim"))
    scene = ask(scene, asked.AssignmentAsked, specialist_id="cy")
    scene = scene.when(assigned(scene, "cy"))
    assert again(scene).one(SpecialistRequested).specialist_id == "kim"


def test_an_answered_request_keeps_nobody_from_being_asked_for() -> None:
    scene = asked_for_kim()
    scene = scene.when(assigned(scene, "kim"))
    scene = scene.when(assigned(scene, "bo"))
    assert again(scene).one(SpecialistRequested).specialist_id == "kim"


@pytest.mark.parametrize("next_at", [None, START])
def test_a_person_may_be_asked_for_again_when_the_desk_had_nobody(next_at: object) -> None:
    scene = asked_for_kim()
    scene = scene.when(nobody(scene, next_at=next_at))
    assert again(scene).one(SpecialistRequested).specialist_id == "kim"


def test_what_the_desk_says_to_an_earlier_request_is_no_answer_to_this_one() -> None:
    scene = ask(opened(AGENTS), asked.AssignmentAsked, specialist_id="cy")
    earlier = only_ticket(scene).request_id
    scene = again(scene)
    scene = scene.when(nobody(scene, request_id=earlier))
    assert again(scene).one(IntentRefused).reason == "already_asked"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(asked.TransferAsked, {"team": "money"}), (asked.EscalationAsked, {})],
)
def test_a_person_may_be_asked_for_again_when_the_desk_was_asked_for_anybody_since(
    kind: type[Event], fields: dict[str, object]
) -> None:
    scene = ask(asked_for_kim(), kind, **fields)
    assert scene.one(SpecialistRequested).specialist_id is None
    assert again(scene).one(SpecialistRequested).specialist_id == "kim"


def test_a_person_may_be_asked_for_again_on_a_ticket_that_was_resolved_and_reopened() -> None:
    scene = ask(ask(asked_for_kim(), asked.ResolveAsked), asked.ReopenAsked)
    assert again(scene).one(SpecialistRequested).specialist_id == "kim"
