"""Scenes in which a message cannot go where it should, and policies that know another way."""

from __future__ import annotations

from typing import Any

from agents.policy import Policy, default_policy
from agents.roster import ROSTERS
from schemas.events.contacts import ContactReceived, CustomerDescribed, ReplyFailed
from schemas.events.decisions import AnswerChosen, CustomerNotified, ReplyRequested
from schemas.events.intents import ReplyWritten
from streams.testing import FakeModels, Scene, given
from tests.tickets import ANN, ask, contact, only_ticket

EVERYBODY = ROSTERS["customer"]

TEMPLATE = {"name": "our_reply", "language": "en_US", "languages": {"de": "de"}}


def ruled(**parts: object) -> Policy:
    """The shipped policy with some parts replaced."""
    return Policy.model_validate({**default_policy().model_dump(), **parts})


def falling(*kinds: str, **fall_back: str) -> Policy:
    """A policy by which what cannot go on one channel goes on another."""
    delivery: dict[str, object] = {"fall_back": fall_back}
    return ruled(delivery=delivery | ({"fall_back_kinds": list(kinds)} if kinds else {}))


TEMPLATED = ruled(templates={"whatsapp": TEMPLATE})


def wrote(
    channel: str, handle: str | None = "h1", *, text: str = "hello", **fields: object
) -> ContactReceived:
    """The customer wrote on a channel."""
    told: dict[str, Any] = {"thread": "t1", "provider_id": f"{channel}-{handle}", **fields}
    metadata = told.pop("metadata", "{}")
    event = contact(text, channel=channel, handle=handle, subject="My order", **told)
    return event.model_copy(update={"metadata": metadata})


def on(channel: str, policy: Policy | None = None, models: FakeModels | None = None) -> Scene:
    """The scene after a first message on a channel, of somebody whose e-mail address is known."""
    known = CustomerDescribed(customer_id=ANN, handles='{"email":["ann@example.org"]}')
    scene = given(known, agents=EVERYBODY, policy=policy, models=models)
    return scene.when(wrote(channel))


def written(scene: Scene, text: str = "Try this.", **fields: object) -> Scene:
    """The scene after a person replied."""
    return ask(scene, ReplyWritten, text=text, **fields)


def answered(scene: Scene, text: str = "Try this.") -> Scene:
    """The scene after Knowledge chose an answer."""
    ticket = only_ticket(scene)
    return scene.when(
        AnswerChosen(
            customer_id=ANN,
            ticket_id=ticket.id,
            outcome="a1",
            confidence=0.95,
            policy_version="p",
            contact_id=ticket.last_contact_id or "",
            solution_id="a1",
            solution_title="Refunds",
            text=text,
            auto_resolution_candidate=False,
        )
    )


def noticed(scene: Scene, kind: str = "notice", text: str = "We are on it.") -> Scene:
    """The scene after a program wanted something said."""
    return scene.when(
        CustomerNotified(
            customer_id=ANN,
            ticket_id=only_ticket(scene).id,
            outcome=kind,
            policy_version="p",
            kind=kind,
            text=text,
        )
    )


def request_of(scene: Scene) -> tuple[str, ReplyRequested]:
    """The id and the event of the one request of the last turn."""
    ((number, event),) = [
        (r.id, r.event) for r in scene.said if isinstance(r.event, ReplyRequested)
    ]
    return number, event


def failed(scene: Scene, request_id: str, *, final: bool = True) -> Scene:
    """The scene after a request failed."""
    return scene.when(
        ReplyFailed(
            customer_id=ANN,
            ticket_id=only_ticket(scene).id,
            request_id=request_id,
            attempt=1,
            error="no such number",
            final=final,
        )
    )
