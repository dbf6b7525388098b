from __future__ import annotations

from typing import Any

import pytest

from agents.handover import AGENTS
from agents.handover import context as packet_of
from projections.case import Case, Ticket
from projections.case.state import Fact
from schemas.events.choices import ContextTransferred
from schemas.events.intents import HandoverAsked
from streams.desk import Desk
from streams.testing import given
from tests.pact_world import CHARGED


def call(desk: Desk, action: str, **params: Any) -> dict[str, Any]:
    return desk.pact(f"escalation.{action}", params)


def test_somebody_who_fits_and_is_free_is_named_with_everybody_weighed(desk: Desk) -> None:
    wanted = call(desk, "determine_specialist_needed", description=CHARGED)["specialist"]
    assert wanted["specialist_id"] == "bo"
    assert wanted["team"] == "money"
    assert wanted["required_skills"] == ["billing"]
    assert wanted["response_time_target_minutes"] == 120
    assert [one["specialist_id"] for one in wanted["candidates"]] == ["bo"]


def test_who_is_off_duty_is_next_and_not_now(desk: Desk) -> None:
    wanted = call(desk, "determine_specialist_needed", team="general", language="de")["specialist"]
    assert wanted["specialist_id"] is None
    assert wanted["reasons"] == ["nobody_free"]
    assert wanted["next_specialist_id"] == "cy"
    assert wanted["next_at"] == "2026-03-02T13:00:00.000Z"


def test_a_ticket_asks_for_what_it_needs_and_says_who_has_it(desk: Desk, ann: str) -> None:
    wanted = call(desk, "determine_specialist_needed", ticket_id=ann)["specialist"]
    assert wanted["assigned"] == "bo"
    assert wanted["senior"] is True
    assert wanted["priority_level"] == "urgent"
    assert wanted["response_time_target_minutes"] == 60
    other = call(desk, "determine_specialist_needed", ticket_id=ann, team="general")["specialist"]
    assert other["team"] == "general"


def test_nobody_is_needed_where_nobody_works(empty: Desk) -> None:
    wanted = call(empty, "determine_specialist_needed", description=CHARGED)["specialist"]
    assert wanted["specialist_id"] is None
    assert wanted["reasons"] == ["no_specialists"]
    free = call(empty, "check_availability")["availability"]
    assert free == {
        "is_available": False,
        "available": [],
        "next_specialist_id": None,
        "next_at": None,
        "specialists": [],
    }


@pytest.mark.parametrize(
    ("params", "available"),
    [
        ({}, ["bo"]),
        ({"team": "money"}, ["bo"]),
        ({"team": "general"}, []),
        ({"skill": "billing"}, ["bo"]),
        ({"language": "de"}, []),
        ({"specialist_id": "bo"}, ["bo"]),
        ({"specialist": "cy"}, []),
    ],
)
def test_availability_is_told_of_everybody_or_of_some(
    params: dict[str, str], available: list[str], desk: Desk
) -> None:
    free = call(desk, "check_availability", **params)["availability"]
    assert free["available"] == available
    assert free["is_available"] == bool(available)
    if not available:
        assert (free["next_specialist_id"], free["next_at"]) == ("cy", "2026-03-02T13:00:00.000Z")


def test_availability_tells_the_load(desk: Desk) -> None:
    (bo,) = call(desk, "check_availability", specialist_id="bo")["availability"]["specialists"]
    (row,) = desk.query("SELECT load, capacity FROM v1_specialists WHERE specialist_id = 'bo'")
    assert (bo["load"], bo["capacity"]) == (row["load"], row["capacity"])
    assert bo["on_duty"] is bo["has_room"] is True


def test_somebody_whom_nobody_knows_is_not_found(desk: Desk) -> None:
    result = call(desk, "check_availability", specialist_id="zed")
    assert result["success"] is False
    assert "nobody at the desk is zed" in result["error"]


def test_the_whole_context_is_handed_over(desk: Desk, ann: str) -> None:
    result = call(desk, "transfer_context", ticket_id=ann, to="cy")
    transfer = result["context_transfer"]
    assert transfer["to"] == "cy"
    assert transfer["ticket_id"] == ann
    assert transfer["customer_id"] == "ann"
    assert "Ann (VIP)" in transfer["summary"]
    assert {"kind": "order", "text": "4711"}.items() <= transfer["facts"][0].items()
    assert transfer["facts_kept"] == len(transfer["facts"])
    assert transfer["timeline"][0]["kind"] == "message"
    (row,) = desk.query("SELECT * FROM v1_decisions WHERE record_id = ?", [result["record_ids"][1]])
    assert row["action"] == "escalation.transfer_context"
    assert row["agent"] == "escalation"


def test_without_a_name_the_context_goes_to_whoever_has_the_ticket(desk: Desk, ann: str) -> None:
    assert call(desk, "transfer_context", ticket_id=ann)["context_transfer"]["to"] == "bo"


def test_the_context_of_a_closed_ticket_can_be_handed_over_as_well(desk: Desk, ann: str) -> None:
    desk.produce({"type": "close", "ticket_id": ann})
    desk.run()
    transfer = call(desk, "transfer_context", ticket_id=ann, to="cy")["context_transfer"]
    assert transfer["facts"]


def test_a_ticket_is_escalated_and_its_team_and_person_are_told(desk: Desk, ben: str) -> None:
    result = call(
        desk,
        "notify_escalation",
        ticket_id=ben,
        escalation_reason="he is a journalist",
        triggers=["complaint"],
    )
    told = result["escalation_notification"]
    (ticket,) = desk.query("SELECT * FROM v1_tickets WHERE ticket_id = ?", [ben])
    (alert,) = desk.query("SELECT * FROM v1_alerts WHERE alert_id = ?", [told["alert_id"]])
    assert told["escalated"] is True
    assert told["status"] == ticket["status"] == "escalated"
    assert told["triggers"] == ["complaint"]
    assert told["reason"] == "he is a journalist"
    assert alert["recipient"] == told["team"]
    assert "he is a journalist" in alert["text"]


def test_an_escalated_ticket_alerts_its_team_once_more(desk: Desk, ann: str) -> None:
    (ticket,) = desk.query("SELECT * FROM v1_tickets WHERE ticket_id = ?", [ann])
    assert ticket["status"] == "escalated"
    params = {"ticket_id": ann, "reason": "she rang again", "idempotency_key": "k"}
    result = call(desk, "notify_escalation", **params)
    told = result["escalation_notification"]
    assert told["escalated"] is False
    assert told["text"] == "she rang again"
    (alert,) = desk.query("SELECT * FROM v1_alerts WHERE alert_id = ?", [told["alert_id"]])
    assert alert["alert_type"] == "escalation"
    assert call(desk, "notify_escalation", **params) == result


def test_a_resolved_ticket_is_not_escalated(desk: Desk, ben: str) -> None:
    desk.produce({"type": "resolve", "ticket_id": ben})
    desk.run()
    result = call(desk, "notify_escalation", ticket_id=ben)
    assert result["success"] is False
    assert result["reason"] == "resolved"


def test_an_unknown_trigger_is_named(desk: Desk, ben: str) -> None:
    result = call(desk, "notify_escalation", ticket_id=ben, triggers=["boredom"])
    assert result["success"] is False
    assert "triggers.0" in result["error"]


TICKET = Ticket(
    id="T1",
    status="in_progress",
    priority="high",
    channel="email",
    opened_at=0.0,
    updated_at=0.0,
    specialist_id="bo",
    team="money",
    facts=(Fact("order", "4711", "c1"),),
    facts_given=3,
)


def _asked(case: Case, to: str | None = None) -> list[ContextTransferred]:
    event = HandoverAsked(ticket_id="T1", customer_id="ann", by="pact", to=to)
    return given(agents=AGENTS, state=case).when(event).all(ContextTransferred)


def test_the_escalation_agent_answers_a_request_for_the_packet() -> None:
    case = Case(customer_id="ann", tickets={"T1": TICKET})
    (transfer,) = _asked(case, "cy")
    assert (transfer.to, transfer.outcome, transfer.reasons) == ("cy", "cy", ["asked_for"])
    assert (transfer.facts_given, transfer.facts_kept) == (3, 1)
    assert packet_of(case, TICKET)["facts"][0]["text"] in transfer.facts


def test_the_escalation_agent_keeps_quiet_where_the_lifecycle_refuses() -> None:
    assert _asked(Case(customer_id="ann")) == []
    absorbed = Case(customer_id="ann", tickets={"T1": TICKET}, merged_into="zoe")
    assert _asked(absorbed) == []
