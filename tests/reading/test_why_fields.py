"""What set a field of a ticket to what it is now, and what it was before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.events.intents import PriorityAsked, ResolveAsked, SplitAsked
from streams.desk import Desk
from streams.errors import NotFound
from streams.why.fields import DECIDED_BY_TRIAGE
from tests.embedded import open_in, record_of, somewhere, take
from tests.reading.test_why import _contact, _ticket, _types


@pytest.fixture
def desk() -> Iterator[Desk]:
    with somewhere() as folder, open_in(folder) as desk:
        take(desk, [_contact("ann")])
        yield desk


def _about(desk: Desk) -> dict[str, Any]:
    return {"ticket_id": _ticket(desk), "customer_id": "ann", "by": "bo"}


def test_a_priority_leads_to_triage_and_its_proposals(desk: Desk) -> None:
    found = desk.why(_ticket(desk), "priority")
    assert (found["field"], found["value"]) == ("priority", "medium")
    assert _types(found["set_by"])[:3] == ["TicketTriaged", "RouteChosen", "PriorityChosen"]
    assert _types(found["set_by"])[-1] == "ContactReceived"


def test_what_triage_decides_leads_to_it_even_where_it_stays_as_it_was(desk: Desk) -> None:
    set_by = {name: desk.why(_ticket(desk), name)["set_by"]["type"] for name in DECIDED_BY_TRIAGE}
    assert set_by == dict.fromkeys(DECIDED_BY_TRIAGE, "TicketTriaged")
    assert {"vip_status", "priority", "team"} < DECIDED_BY_TRIAGE
    assert desk.why(_ticket(desk), "channel")["set_by"]["type"] == "TicketOpened"


def test_a_priority_that_a_person_set_leads_to_the_person(desk: Desk) -> None:
    take(desk, [record_of(PriorityAsked.model_validate({**_about(desk), "priority": "urgent"}))])
    found = desk.why(_ticket(desk), "priority")
    assert found["value"] == "urgent"
    assert [one["value"] for one in found["earlier"]] == ["medium", "medium"]
    assert _types(found["set_by"]) == ["TicketPrioritised", "PriorityAsked"]
    assert found["set_by"]["cause"]["person"] == "bo"


def test_every_field_has_the_value_that_the_view_shows(desk: Desk) -> None:
    take(desk, [record_of(ResolveAsked.model_validate(_about(desk)))])
    (row,) = desk.query("SELECT * FROM v1_tickets")
    found = {name: desk.why(_ticket(desk), name) for name in row}
    assert {name: one["value"] for name, one in found.items()} == row
    assert {name for name, one in found.items() if not one["set_by"]["id"]} == set()
    assert found["resolved_at"]["set_by"]["type"] == "TicketResolved"
    assert found["subject"]["set_by"]["type"] == "TicketOpened"


def test_a_split_counts_among_the_changes_of_both_tickets(desk: Desk) -> None:
    asked = {**_about(desk), "messages": _messages(desk)[-1:]}
    take(desk, [_contact("ann")])
    take(desk, [record_of(SplitAsked.model_validate(asked))])
    for row in desk.query("SELECT ticket_id, contacts, replies FROM v1_tickets"):
        for name in ("contacts", "replies"):
            assert desk.why(row["ticket_id"], name)["value"] == row[name]


def test_a_ticket_that_was_split_off_is_described_by_its_first_message(desk: Desk) -> None:
    said = f"{_ticket(desk)}: and my parcel is lost."
    desk.produce({"channel": "email", "customer_id": "ann", "message": said})
    desk.run()
    wrote = "SELECT interaction_id FROM v1_interactions WHERE message_content LIKE '%parcel%'"
    (later,) = desk.query(wrote)
    asked = {**_about(desk), "messages": [later["interaction_id"]]}
    take(desk, [record_of(SplitAsked.model_validate(asked))])
    (row,) = desk.query("SELECT ticket_id, description FROM v1_tickets WHERE origin = 'split'")
    found = desk.why(row["ticket_id"], "description")
    assert found["value"] == row["description"]
    assert found["value"] == said
    assert found["set_by"]["type"] == "TicketOpened"


def _messages(desk: Desk) -> list[str]:
    rows = desk.query("SELECT interaction_id FROM v1_interactions ORDER BY timestamp, direction")
    return [str(row["interaction_id"]) for row in rows]


def test_a_field_that_no_ticket_has_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no field colour"):
        desk.why(_ticket(desk), "colour")


def test_a_field_of_a_ticket_that_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no ticket TICK_NONE"):
        desk.why("TICK_NONE", "priority")
