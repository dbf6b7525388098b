"""Who asks for somebody who is not there is told so, where it is known who is."""

from __future__ import annotations

from typing import Any

from streams.desk import Desk
from streams.rulings import ask
from tests.pact_world import ticket_of

KIM = {"type": "specialist", "specialist_id": "kim", "name": "Kim", "team": "legal"}


def intent(kind: str, ticket: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "ticket_id": ticket, "by": "bo", **fields}


def test_who_asks_for_a_person_whom_nobody_knows_is_told_so(desk: Desk, ann: str) -> None:
    told = ask(desk, intent("assign", ann, person="zed"))
    assert told.accepted
    assert "nobody is called zed" in told.remark
    assert "team import" in told.remark


def test_who_asks_for_a_team_that_nobody_is_in_is_told_those_that_are_there(
    desk: Desk, ann: str
) -> None:
    told = ask(desk, intent("transfer", ann, team="mony"))
    assert told.accepted
    assert told.remark == "nobody is in the team mony; there are people in general, money"


def test_nothing_is_said_of_whom_the_desk_knows(desk: Desk, ann: str) -> None:
    assert ask(desk, intent("assign", ann, person="cy")).remark == ""
    assert ask(desk, intent("transfer", ann, team="general")).remark == ""


def test_whoever_was_told_of_only_now_counts(desk: Desk, ann: str) -> None:
    desk.produce(KIM)
    assert ask(desk, intent("assign", ann, person="kim")).remark == ""
    assert ask(desk, intent("transfer", ann, team="legal")).remark == ""


def test_whoever_takes_a_ticket_themselves_need_not_be_known(desk: Desk, ann: str) -> None:
    assert ask(desk, intent("assign", ann, person="lead", by="lead")).remark == ""


def test_who_is_in_no_team_takes_what_any_team_has(desk: Desk, ann: str) -> None:
    desk.produce({"type": "specialist", "specialist_id": "all", "name": "All"})
    assert ask(desk, intent("transfer", ann, team="anything")).remark == ""


def test_where_there_is_no_roster_everybody_may_be_asked_for(empty: Desk) -> None:
    empty.produce({"channel": "email", "customer_id": "eve", "handle": "e@x.org", "message": "Hi"})
    empty.run()
    ticket = ticket_of(empty, "eve")
    assert ask(empty, intent("assign", ticket, person="zed")).remark == ""
    assert ask(empty, intent("transfer", ticket, team="mony")).remark == ""


def test_a_category_that_no_ticket_has_is_done_and_said_with_those_that_are_like_it(
    desk: Desk, ann: str, ben: str
) -> None:
    first = ask(desk, intent("categorise", ann, category="refund_delayed"))
    told = ask(desk, intent("categorise", ben, category="refund_delaid"))
    assert (told.accepted, told.remark) == (
        True,
        "no other ticket is of the category refund_delaid; some are refund_delayed",
    )
    assert "no other ticket is of the category refund_delayed" in first.remark
    ask(desk, intent("categorise", ben, category="other"))
    assert ask(desk, intent("categorise", ben, category="refund_delayed")).remark == ""


def test_the_first_category_of_all_is_no_slip(empty: Desk) -> None:
    empty.produce({"channel": "email", "customer_id": "eve", "handle": "e@x.org", "message": "Hi"})
    empty.run()
    told = ask(empty, intent("categorise", ticket_of(empty, "eve"), category="anything"))
    assert (told.accepted, told.remark) == (True, "")
