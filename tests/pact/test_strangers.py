"""Who asks for somebody who is not there is told so, where it is known who is."""

from __future__ import annotations

from typing import Any

import pytest

from streams.desk import Desk
from streams.rulings import ask
from tests.pact_world import ticket_of

KIM = {"type": "specialist", "specialist_id": "kim", "name": "Kim", "team": "legal"}


def intent(kind: str, ticket: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "ticket_id": ticket, "by": "bo", **fields}


def test_a_person_whom_nobody_knows_gets_no_ticket(desk: Desk, ann: str) -> None:
    stands = desk.log.last_seq()
    told = ask(desk, intent("assign", ann, person="zed"))
    assert (told.status, told.accepted, told.reason) == ("refused", False, "unknown_person")
    assert "nobody is called zed" in told.remedy
    assert "team import" in told.remedy
    assert desk.log.last_seq() == stands


def test_a_team_that_nobody_is_in_gets_none_and_those_that_are_there_are_named(
    desk: Desk, ann: str
) -> None:
    stands = desk.log.last_seq()
    told = ask(desk, intent("transfer", ann, team="mony"))
    assert (told.accepted, told.reason) == (False, "unknown_team")
    assert "nobody is in the team mony: name one of general, money" in told.remedy
    assert desk.log.last_seq() == stands


@pytest.mark.parametrize("given", [{"specialist_id": "zed"}, {"team": "mony"}], ids=str)
def test_a_program_is_told_so_as_well(desk: Desk, ann: str, given: dict[str, str]) -> None:
    told = desk.pact("triage.route_to_specialist", {"ticket_id": ann, **given})
    assert told["success"] is False
    assert "unknown_" in told["error"]
    assert "team import" in str(told)


def test_whom_the_desk_knows_gets_it(desk: Desk, ann: str) -> None:
    assert ask(desk, intent("assign", ann, person="cy")).accepted
    assert ask(desk, intent("transfer", ann, team="general")).accepted
    (row,) = desk.query("SELECT team FROM v1_tickets WHERE ticket_id = ?", [ann])
    assert row["team"] == "general"


def test_whoever_was_told_of_only_now_counts(desk: Desk, ann: str) -> None:
    desk.produce(KIM)
    assert ask(desk, intent("assign", ann, person="kim")).accepted
    assert ask(desk, intent("transfer", ann, team="legal")).accepted


def test_whoever_takes_a_ticket_themselves_need_not_be_known(desk: Desk, ann: str) -> None:
    assert ask(desk, intent("assign", ann, person="lead", by="lead")).accepted


def test_who_is_in_no_team_takes_what_any_team_has(desk: Desk, ann: str) -> None:
    desk.produce({"type": "specialist", "specialist_id": "all", "name": "All"})
    assert ask(desk, intent("transfer", ann, team="anything")).accepted


def test_the_team_that_triage_names_is_nobodys_mistake(desk: Desk, ben: str) -> None:
    told = desk.pact("triage.route_to_specialist", {"ticket_id": ben})
    assert told["success"] is True


def test_where_there_is_no_roster_everybody_may_be_asked_for(empty: Desk) -> None:
    empty.produce({"channel": "email", "customer_id": "eve", "handle": "e@x.org", "message": "Hi"})
    empty.run()
    ticket = ticket_of(empty, "eve")
    assert ask(empty, intent("assign", ticket, person="zed")).accepted
    assert ask(empty, intent("transfer", ticket, team="mony")).accepted
