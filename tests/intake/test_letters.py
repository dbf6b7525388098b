"""Lines that wait in dead letters, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.record import contact_id, ticket_id
from streams.desk import Desk
from streams.errors import Unreadable
from streams.intake import Taken
from streams.redrive import discard, letter, redrive, waiting
from tests.inputlines import CONTACT


def statuses(desk: Desk, *documents: dict[str, Any]) -> list[str]:
    return [one.status for one in desk.intake.documents(documents)]


def the_letter(desk: Desk) -> str:
    (one,) = waiting(desk)
    return one.id


def test_an_intent_on_a_ticket_that_is_not_there_waits_until_it_is(desk: Desk) -> None:
    ticket = ticket_id(contact_id("email", "1"))
    (taken,) = desk.intake.documents([{"type": "resolve", "ticket_id": ticket}])
    assert taken.status == "unreadable"
    assert f"there is no ticket {ticket}" in str(taken.error)
    assert redrive(desk, None)[0]["status"] == "unreadable"
    desk.produce({**CONTACT, "provider_id": "1"})
    desk.run()
    assert [one["status"] for one in redrive(desk, [the_letter(desk)])] == ["accepted"]
    assert waiting(desk) == []
    desk.run()
    (row,) = desk.query("SELECT status FROM v1_tickets")
    assert row["status"] == "resolved"


def test_a_survey_on_a_ticket_that_is_not_there_is_a_dead_letter(desk: Desk) -> None:
    (taken,) = desk.intake.documents([{"type": "survey", "ticket_id": "TICK_0", "score": 3}])
    assert taken.status == "unreadable"
    assert "there is no ticket TICK_0" in str(taken.error)


def test_an_intent_on_a_closed_ticket_is_kept_and_refused_by_the_lifecycle(desk: Desk) -> None:
    desk.produce(CONTACT)
    desk.run()
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets")
    asked = {"ticket_id": row["ticket_id"], "by": "sam"}
    desk.produce({"type": "close", **asked})
    desk.run()
    assert statuses(desk, {"type": "snooze", "until": "2026-03-09T09:00:00Z", **asked}) == [
        "accepted"
    ]
    desk.run()
    (refused,) = desk.events(type="IntentRefused")
    assert refused.event.ticket_id == row["ticket_id"]  # type: ignore[attr-defined]  # it has one


def test_a_redriven_line_has_the_time_at_which_it_came(desk: Desk) -> None:
    customer = {**CONTACT, "provider_id": "1", "type": "resolve"}
    desk.intake.documents([customer])
    (kept,) = waiting(desk)
    assert kept.at == "2026-03-02T09:00:00.000Z"


def test_a_discarded_letter_is_off_the_list_keeps_its_bytes_and_waits_when_it_comes_again(
    desk: Desk,
) -> None:
    bad = b'{"channel": "fax"}\n'
    list(desk.intake.lines([bad, bad]))
    one = the_letter(desk)
    discard(desk, [one])
    assert waiting(desk) == []
    assert letter(desk, one).value == bad
    list(desk.intake.lines([bad]))
    assert the_letter(desk) == one


def test_python_is_told_of_a_bad_input_and_the_others_are_kept(desk: Desk) -> None:
    with pytest.raises(Unreadable, match="input 2: contact: message: it is missing"):
        desk.produce(CONTACT, {"channel": "email", "handle": "x"}, {**CONTACT, "handle": "bo"})
    assert len(list(desk.events())) == 2
    with pytest.raises(Unreadable, match="half of a surrogate pair"):
        desk.produce({**CONTACT, "message": "\ud800"})
    with pytest.raises(TypeError):
        desk.produce(CONTACT, {**CONTACT, "message": object()})


def test_what_was_taken_says_where_it_lies(desk: Desk) -> None:
    (taken,) = desk.intake.documents([CONTACT])
    assert isinstance(taken, Taken)
    (entry,) = desk.log.scan()
    place = (entry.topic, entry.partition, entry.offset, entry.id)
    assert (taken.topic, taken.partition, taken.offset, taken.id) == place
