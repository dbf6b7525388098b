"""Scenes with a ticket in them, for the tests of what happens to tickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from agents.agent import Agent
from projections.case import Ticket
from schemas.event import Event
from schemas.events.contacts import ContactReceived, SpecialistAssigned
from schemas.events.decisions import ReplyRequested, RouteChosen
from streams.testing import CUSTOMER, FakeModels, Scene, given, understood

ANN = CUSTOMER


def contact(
    message: str,
    *,
    subject: str | None = None,
    thread: str | None = "t1",
    provider_id: str = "p0",
    channel: str = "email",
    handle: str | None = "ann@example.org",
) -> ContactReceived:
    """A message of the customer."""
    return ContactReceived.model_validate(
        {
            "channel": channel,
            "customer_id": ANN,
            "handle": handle,
            "message": message,
            "subject": subject,
            "thread": thread,
            "provider_id": provider_id,
        }
    )


def only_ticket(scene: Scene) -> Ticket:
    """The one ticket of the scene."""
    (ticket,) = scene.state.tickets.values()
    assert isinstance(ticket, Ticket)
    return ticket


def opened(agents: Sequence[Agent], **given_with: Any) -> Scene:
    """A scene with a triaged ticket: the agents must be Channel's and the Lifecycle's at least."""
    scene = given(agents=agents, **given_with).when(
        contact("I was charged twice", subject="Charged twice")
    )
    if only_ticket(scene).triaged_at is None:
        scene = scene.when(routed(scene))
    return scene


def routed(scene: Scene, **fields: object) -> RouteChosen:
    """Triage's last word on the scene's ticket."""
    told: dict[str, object] = {
        "customer_id": ANN,
        "ticket_id": only_ticket(scene).id,
        "outcome": "general",
        "policy_version": "p",
        "team": "general",
        **fields,
    }
    return RouteChosen.model_validate(told)


def reply(scene: Scene, kind: str = "agent_reply", **fields: object) -> ReplyRequested:
    """A reply on the scene's ticket."""
    told: dict[str, object] = {
        "customer_id": ANN,
        "ticket_id": only_ticket(scene).id,
        "outcome": kind,
        "policy_version": "p",
        "channel": "email",
        "handle": "ann@example.org",
        "kind": kind,
        "author": "bo",
        "parts": ["Try this."],
        **fields,
    }
    return ReplyRequested.model_validate(told)


def assigned(scene: Scene, specialist_id: str = "bo") -> SpecialistAssigned:
    """The desk's answer to a request for a person."""
    ticket = only_ticket(scene)
    return SpecialistAssigned(
        customer_id=ANN,
        ticket_id=ticket.id,
        specialist_id=specialist_id,
        team=ticket.team or "general",
        request_id=ticket.request_id or "r",
    )


def say(scene: Scene, text: str, *cues: str, thread: str | None = "t1") -> Scene:
    """The scene after the customer wrote again, in the ticket's thread unless told otherwise."""
    models = FakeModels(understanding=understood(cues=list(cues)))
    scene = replace(scene, models=models).later(minutes=1)
    return scene.when(contact(text, thread=thread, provider_id=f"p{scene.steps}"))


def ask(scene: Scene, kind: type[Event], **fields: object) -> Scene:
    """The scene after somebody asked something of its ticket."""
    told = {"ticket_id": only_ticket(scene).id, "customer_id": ANN, "by": "bo", **fields}
    return scene.when(kind.model_validate(told))
