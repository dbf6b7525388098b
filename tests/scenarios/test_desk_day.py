"""Days at a desk, as scripts: answers, people, nights, and everything that people do to tickets.

What the models make of a message is told here, so that each script is about the desk alone.
"""

from __future__ import annotations

from pathlib import Path

from agents.policy import default_policy
from agents.policy_toml import parse, to_toml
from agents.world import ArticleText, Understanding
from schemas.events.decisions import EscalationTriggered, ReplyRequested
from schemas.events.tickets import SlaBreached, SlaStarted, TicketOpened
from streams.people import activate_policy
from streams.testing import understood
from tests.desks import Story, story
from tests.lines import ScriptedModels

REFUNDS = ArticleText(id="a1", title="Refunds", body="You get it back.", language="en")
SURE = [{"id": "a1", "confidence": 0.95}]


def says(**script: Understanding) -> ScriptedModels:
    """Models that know an article and make of some messages what is told."""
    return ScriptedModels(articles={"a1": REFUNDS}, script=script)


def team(here: Story, *people: dict[str, object]) -> None:
    """The desk's people."""
    here.give(*({"type": "specialist", **person} for person in people))
    here.told()


BO: dict[str, object] = {"specialist_id": "bo", "name": "Bo", "languages": ["en"]}
CY: dict[str, object] = {"specialist_id": "cy", "name": "Cy", "languages": ["en", "de"]}
DAY: dict[str, object] = {
    "hours": {
        day: [["09:00", "17:00"]]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    }
}


def test_an_answer_that_is_accepted_resolves_without_a_person(tmp_path: Path) -> None:
    models = says(refund=understood(solutions=SURE), thanks=understood(cues=["thanks"]))
    with story(tmp_path, models) as here:
        team(here, BO)
        here.write("refund", thread="t")
        assert here.row("status, replies, auto_resolution_candidate, assigned_agent") == (
            "waiting_customer",
            1,
            True,
            None,
        )
        (answer,) = here.rows("SELECT * FROM v1_interactions WHERE direction = 'out'")
        assert (answer["solution_id"], answer["agent_id"]) == ("a1", "knowledge")
        here.write("thanks", thread="t")
        assert here.row("status, contacts") == ("resolved", 2)
        assert "SolutionAccepted" in here.told()
        assert here.alerts == []
        (share,) = here.rows(
            "SELECT value FROM v1_metrics WHERE metric = 'automatic_share'"
            " AND period = 'all' AND segment = 'all'"
        )
        assert share["value"] == 1.0


def test_an_answer_that_is_rejected_brings_a_person(tmp_path: Path) -> None:
    models = says(refund=understood(solutions=SURE), no=understood(cues=["not_solved"]))
    with story(tmp_path, models) as here:
        team(here, BO)
        here.write("refund", thread="t")
        here.told()
        here.write("no", thread="t")
        told = here.told("SolutionRejected", "TicketWoken", "TicketAssigned", "TicketStarted")
        assert set(told) == {"SolutionRejected", "TicketWoken", "TicketAssigned", "TicketStarted"}
        assert here.row("status, assigned_agent") == ("in_progress", "bo")
        kinds = here.rows("SELECT outcome FROM v1_decisions WHERE agent = 'analytics'")
        assert "rejected_answer" in {row["outcome"] for row in kinds}


def test_silence_after_an_answer_is_asked_about_then_taken_for_consent(tmp_path: Path) -> None:
    with story(tmp_path, says(refund=understood(solutions=SURE))) as here:
        here.write("refund")
        here.later(hours=24)
        sent = [reply.kind for reply in here.events(ReplyRequested)]
        assert sent == ["answer", "follow_up"]
        (planned,) = here.rows("SELECT due_at FROM v1_follow_ups")
        assert planned["due_at"] == "2026-03-03T09:00:00.000Z"
        here.later(hours=48)
        assert here.row("status, resolution_time_minutes") == ("resolved", 72 * 60.0)
        assert [reply.kind for reply in here.events(ReplyRequested)] == [*sent, "survey"]


def test_an_angry_customer_gets_somebody_senior_and_the_reasons_are_named(tmp_path: Path) -> None:
    angry = understood(sentiment_score=0.1, cues=["complaint"], solutions=SURE)
    with story(tmp_path, says(angry=angry)) as here:
        team(here, BO, {**CY, "senior": True})
        here.write("angry")
        assert here.row("status, priority, assigned_agent, escalation_reasons") == (
            "escalated",
            "high",
            "cy",
            ["complaint", "negative_sentiment"],
        )
        (triggered,) = here.events(EscalationTriggered)
        assert triggered.triggers == ["complaint", "negative_sentiment"]
        assert [reply.kind for reply in here.events(ReplyRequested)] == ["confirmation"]
        assert here.alerts == ["escalation", "escalation"]  # to the team, and to cy
        here.later(minutes=5)
        here.asks("reply", ticket_id=here.ticket, text="I am sorry.")
        assert here.row("status, escalated_at") == (
            "waiting_customer",
            "2026-03-02T09:00:00.000Z",
        )


def test_a_vip_is_urgent_goes_to_somebody_senior_and_the_account_manager_knows(
    tmp_path: Path,
) -> None:
    with story(tmp_path, says()) as here:
        team(here, BO, {**CY, "senior": True})
        here.give(
            {
                "type": "customer",
                "customer_id": "ann",
                "name": "Ann",
                "lifetime_value": 25_000,
                "account_manager": "max",
            }
        )
        here.write("hello", customer_id="ann")
        assert here.row("priority, vip_status, assigned_agent, escalation_reasons") == (
            "urgent",
            True,
            "cy",
            ["vip"],
        )
        rows = here.rows("SELECT recipient FROM v1_alerts WHERE alert_type = 'account_manager'")
        assert [row["recipient"] for row in rows] == ["max"]


def test_a_customer_is_given_to_somebody_who_speaks_the_language(tmp_path: Path) -> None:
    german = understood(language="de", language_confidence=0.99)
    with story(tmp_path, says(hallo=german)) as here:
        team(here, BO, CY)
        here.write("hallo")
        assert here.row("language, assigned_agent") == ("de", "cy")


def test_crashes_open_a_ticket_before_the_customer_writes(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        team(here, BO)
        here.give(
            {"type": "customer", "customer_id": "ann", "handles": {"email": ["ann@example.org"]}}
        )
        for _ in range(5):
            here.later(minutes=10)
            here.give({"type": "signal", "customer_id": "ann", "kind": "app_crash"})
        assert here.row("priority, category, assigned_agent, origin, contacts") == (
            "high",
            None,
            "bo",
            "signal",
            0,
        )
        (notice,) = here.events(ReplyRequested)
        assert (notice.kind, notice.handle) == ("notice", "ann@example.org")


def test_nobody_is_free_at_night_and_in_the_morning_the_pressing_ticket_goes_first(
    tmp_path: Path,
) -> None:
    urgent = understood(unseen_priority=0.9)
    with story(tmp_path, says(urgent=urgent), at="2026-03-02T22:00:00Z") as here:
        team(here, {**BO, **DAY, "capacity": 1})
        here.write("calm", thread="t1")
        here.later(minutes=5)
        here.write("urgent", customer_id="ben")
        calm, pressing = here.tickets
        assert here.alerts.count("nobody_free") == 2
        (told,) = here.rows(
            "SELECT text FROM v1_alerts WHERE alert_type = 'nobody_free' AND ticket_id = ?", calm
        )
        assert "bo comes at 2026-03-03T09:00:00.000Z" in told["text"]
        here.later(hours=10)
        assert here.row("assigned_agent", pressing) == (None,)
        here.later(hours=1)
        assert here.row("assigned_agent, status", pressing) == ("bo", "in_progress")
        assert here.row("assigned_agent", calm) == (None,)
        here.asks("resolve", ticket_id=pressing)
        assert here.row("assigned_agent", calm) == ("bo",)
        assert here.alerts.count("nobody_free") == 2
        (load,) = here.rows("SELECT load FROM v1_specialists")
        assert load["load"] == 1


def test_a_request_is_withdrawn_when_the_ticket_is_resolved_before_anybody_came(
    tmp_path: Path,
) -> None:
    with story(tmp_path, says(), at="2026-03-02T22:00:00Z") as here:
        team(here, {**BO, **DAY})
        here.write("calm")
        here.told()
        here.asks("resolve", ticket_id=here.ticket)
        assert "RequestWithdrawn" in here.told()
        here.later(hours=12)
        assert here.row("assigned_agent, status") == (None, "resolved")
        assert "SpecialistAssigned" not in here.told()


def test_a_target_that_is_missed_is_warned_of_first_and_counted(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        here.write("slow")
        here.told()
        here.later(minutes=239)
        assert here.told("SlaWarned", "SlaBreached") == ["SlaWarned"]
        here.later(minutes=1)
        assert here.told("SlaWarned", "SlaBreached") == ["SlaBreached"]
        here.asks("reply", ticket_id=here.ticket, text="At last.")
        assert here.alerts[-2:] == ["sla_warning", "sla_breach"]
        (met,) = here.rows(
            "SELECT numerator, denominator FROM v1_metrics"
            " WHERE metric = 'sla_met' AND segment = 'all'"
        )
        assert (met["numerator"], met["denominator"]) == (0.0, 1.0)


def test_two_tickets_are_merged_the_thread_follows_and_the_merge_is_taken_back(
    tmp_path: Path,
) -> None:
    with story(tmp_path, says()) as here:
        here.write("first", thread="t1")
        here.later(days=4)
        here.write("second", thread="t2")
        first, second = here.tickets
        assert here.asks("merge", ticket_id=second, into=first).accepted
        assert here.row("status, merged_into", second) == ("closed", first)
        here.write("and more", thread="t2")
        assert here.row("contacts", first) == (2,)
        assert not here.asks("reply", ticket_id=second, text="x").accepted
        assert here.asks("unmerge", ticket_id=second).accepted
        assert here.row("status, merged_into, closed_at", second) == ("triaged", None, None)
        here.write("and again", thread="t2")
        assert here.row("contacts", second) == (2,)


def test_messages_that_are_another_issue_become_a_ticket_of_their_own(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        team(here, BO)
        here.write("the invoice is wrong", thread="t1", subject="Invoice")
        old = here.ticket
        here.later(minutes=5)
        other = here.write("also my parcel is lost", thread="t1")
        here.later(minutes=5)
        assert here.asks("split", ticket_id=old, messages=[other]).accepted
        (new,) = [t for t in here.tickets if t != old]
        assert here.row("description, contacts, status", new) == (
            "also my parcel is lost",
            1,
            "in_progress",
        )
        assert here.row("description, contacts", old) == ("the invoice is wrong", 1)
        (moved,) = here.rows(
            "SELECT ticket_id FROM v1_interactions WHERE interaction_id = ?", other
        )
        assert moved["ticket_id"] == new


def test_a_snoozed_ticket_is_out_of_sight_until_its_time(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        team(here, BO)
        here.write("later please")
        here.asks("snooze", ticket_id=here.ticket, until="2026-03-03T09:00:00Z")
        assert here.row("snoozed_until, status") == ("2026-03-03T09:00:00.000Z", "in_progress")
        here.told()
        here.later(days=1)
        assert "TicketWoken" in here.told()
        assert here.row("snoozed_until, status") == (None, "in_progress")


def test_a_resolved_ticket_is_reopened_by_a_message_and_a_closed_one_by_a_person(
    tmp_path: Path,
) -> None:
    with story(tmp_path, says()) as here:
        team(here, BO)
        here.write("it is broken", thread="t1")
        here.later(hours=1)
        here.asks("resolve", ticket_id=here.ticket)
        here.later(days=13)
        here.write("it broke again", thread="t1")
        assert here.row("status, reopened, assigned_agent, resolved_at") == (
            "in_progress",
            1,
            "bo",
            None,
        )
        here.later(hours=1)
        here.asks("resolve", ticket_id=here.ticket)
        assert here.row("contacts, resolution_time_minutes") == (2, (13 * 24 + 2) * 60.0)
        here.later(days=15)
        assert here.row("status") == ("closed",)
        assert here.asks("reopen", ticket_id=here.ticket).accepted
        assert here.row("status, reopened, closed_at") == ("in_progress", 2, None)
        (again,) = here.rows("SELECT value FROM v1_metrics WHERE metric = 'recontact_rate_7d'")
        assert again["value"] is None
        assert len(here.events(TicketOpened)) == 1


def test_a_message_after_the_closing_is_a_new_ticket(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        here.write("it is broken", thread="t1")
        here.asks("resolve", ticket_id=here.ticket)
        here.later(days=15)
        here.write("hello again", thread="t1")
        assert len(here.tickets) == 2


def test_where_an_agent_fails_a_person_takes_over_and_the_worker_goes_on(tmp_path: Path) -> None:
    """An understanding with a part that no event can carry makes Channel fail."""
    broken = understood().__class__(
        **{
            **{name: getattr(understood(), name) for name in understood().__struct_fields__},
            "sentiment_score": "not a number",
        }
    )
    with story(tmp_path, says(broken=broken)) as here:
        team(here, BO)
        here.write("broken", subject="Broken")
        assert "WorkflowFailed" in here.told()
        assert here.row("status, priority, subject, assigned_agent, escalation_reasons") == (
            "escalated",
            "high",
            "Broken",
            "bo",
            ["workflow_failure"],
        )
        here.later(minutes=5)
        here.write("fine", customer_id="ben")
        assert here.row("status", here.tickets[1]) == ("in_progress",)


def test_another_priority_has_another_target_under_the_same_calendar(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        here.write("hm")
        here.asks("priority", ticket_id=here.ticket, priority="critical")
        started = here.events(SlaStarted)
        assert [s.target_minutes for s in started] == [240, 1440, 15, 120]
        assert len({s.calendar_version for s in started}) == 1


def test_a_policy_that_is_activated_holds_for_what_begins_after_it(tmp_path: Path) -> None:
    shorter = to_toml(default_policy()).replace('"20:00"', '"18:00"')
    with story(tmp_path, says()) as here:
        here.write("hm", thread="t1")
        activate_policy(here.desk, shorter, "bo")
        here.later(minutes=5)
        here.write("again", customer_id="ben")
        first, second = here.tickets
        due = {(s.ticket_id, s.target): s for s in here.events(SlaStarted)}
        before, after = due[first, "resolution"], due[second, "resolution"]
        assert before.calendar_version == default_policy().calendar.version
        assert after.calendar_version == parse(shorter).calendar.version
        assert after.policy_version == parse(shorter).version
        # 1440 minutes: two days of twelve hours, or of ten with four hours more.
        assert before.due_at.isoformat() == "2026-03-04T09:00:00+00:00"
        assert after.due_at.isoformat() == "2026-03-04T13:05:00+00:00"
        here.later(days=3)
        breached = here.events(SlaBreached)
        assert [b.due_at for b in breached if b.ticket_id == first][-1] == before.due_at
        told = here.rows(
            "SELECT definition, denominator FROM v1_metrics"
            " WHERE metric = 'sla_met' AND segment LIKE 'calendar:%'"
        )
        assert {row["definition"]: row["denominator"] for row in told} == {
            f"v1/{before.calendar_version}": 2.0,
            f"v1/{after.calendar_version}": 2.0,
        }


def test_people_move_work_between_them_and_nobody_is_counted_twice(tmp_path: Path) -> None:
    with story(tmp_path, says()) as here:
        team(here, {**BO, "team": "general"}, {**CY, "team": "money"})
        here.write("hm")
        here.asks("transfer", ticket_id=here.ticket, team="money", reason="an invoice")
        assert here.row("team, assigned_agent") == ("money", "cy")
        here.asks("assign", ticket_id=here.ticket, person="bo")
        loads = here.rows("SELECT specialist_id, load FROM v1_specialists ORDER BY 1")
        assert [(row["specialist_id"], row["load"]) for row in loads] == [("bo", 1), ("cy", 0)]
        here.asks("close", ticket_id=here.ticket)
        desk = here.rows("SELECT load FROM v1_specialists")
        assert [row["load"] for row in desk] == [0, 0]
