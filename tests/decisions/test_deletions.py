"""What tells of a deletion is kept where the message is, and nothing follows from it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agents.roster import ROSTERS
from schemas.events import intents as asked
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ContactAccepted, ContactRejected, HistoryExtended
from schemas.events.tickets import MessageAdded
from streams.testing import FakeModels, Scene, understood
from tests.tickets import ask, contact, only_ticket, opened

EVERYBODY = ROSTERS["customer"]


class Unasked(FakeModels, frozen=True):
    """Models that must not be asked."""

    def understand(self, *_: object, **__: object) -> object:  # type: ignore[override]  # it never answers
        """Nobody may ask."""
        raise AssertionError("a deletion was read")


def deletion(of: str) -> ContactReceived:
    """What tells that a message was deleted."""
    marked = {"metadata": '{"deleted":true}', "in_reply_to": of, "provider_id": f"{of}:deleted"}
    return contact("Deleted: I was charged twice, call me at once!").model_copy(update=marked)


def wrote() -> Scene:
    """Ann has a ticket."""
    return replace(opened(EVERYBODY), models=Unasked())


def test_the_ticket_that_has_the_message_is_told_and_stays_as_it_is() -> None:
    before = wrote()
    ticket = only_ticket(before)
    scene = before.when(deletion(ticket.threads[0]))
    scene.then(ContactAccepted, HistoryExtended, MessageAdded)
    note = scene.one(MessageAdded)
    assert (note.ticket_id, note.direction, note.kind) == (ticket.id, "none", "note")
    assert note.interaction_id == scene.one(ContactAccepted).contact_id
    after = only_ticket(scene)
    assert (after.status, after.contacts, after.last_customer_at, after.offer) == (
        ticket.status,
        ticket.contacts,
        ticket.last_customer_at,
        ticket.offer,
    )


def test_a_resolved_ticket_is_not_reopened_by_it() -> None:
    resolved = ask(wrote(), asked.ResolveAsked)
    scene = resolved.when(deletion(only_ticket(resolved).threads[0]))
    scene.then(ContactAccepted, HistoryExtended, MessageAdded)
    assert only_ticket(scene).status == "resolved"


@pytest.mark.parametrize("of", ["never seen", ""])
def test_where_no_ticket_has_the_message_it_is_recorded_and_inert(of: str) -> None:
    before = wrote()
    scene = before.when(deletion(of))
    scene.then(ContactRejected)
    assert scene.one(ContactRejected).reasons == ["deleted"]
    assert scene.state.tickets == before.state.tickets


def test_only_what_is_marked_as_a_deletion_is_one() -> None:
    before = replace(opened(EVERYBODY), models=FakeModels(understanding=understood()))
    marked = {"metadata": '{"deleted":"yes"}'}
    scene = before.when(contact("Deleted: all of it").model_copy(update=marked))
    assert not scene.one(ContactAccepted).reasons
