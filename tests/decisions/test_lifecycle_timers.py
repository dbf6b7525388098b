"""What happens when time passes: follow-ups, silence, closing, snoozes and SLA targets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from agents import channel, lifecycle, notification, outbound
from agents.calendar import WEEKDAYS
from agents.policy import CalendarPolicy, Policy, default_policy
from projections.case.state import Clock
from projections.case.timers import timers
from schemas.events import intents as asked
from schemas.events.contacts import (
    CustomerDescribed,
    SpecialistUnavailable,
    SurveyAnswered,
    TimerDue,
)
from schemas.events.decisions import (
    CustomerNotified,
    FollowUpScheduled,
    ReplyRequested,
    TeamAlertRequested,
)
from schemas.events.desk import RequestRepeated, SpecialistReleased
from schemas.events.tickets import (
    SlaBreached,
    SlaMet,
    SlaStarted,
    SlaWarned,
    TicketAwaitsCustomer,
    TicketClosed,
    TicketRated,
    TicketResolved,
    TicketWoken,
)
from streams.testing import START, Scene, given
from tests.tickets import ANN, ask, assigned, contact, only_ticket, opened, reply, routed, say

AGENTS = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *lifecycle.AGENTS,
    *notification.AGENTS,
    outbound.SAID,
    outbound.WRITTEN,
)

NINE_TO_FIVE = {
    day: [("09:00", "12:00"), ("13:00", "17:00")]
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
}


def policy(**calendar: object) -> Policy:
    """The shipped policy with another calendar."""
    told: dict[str, object] = {"week": NINE_TO_FIVE, **calendar}
    return default_policy().model_copy(update={"calendar": CalendarPolicy.model_validate(told)})


def answered() -> Scene:
    """A ticket on which an article answered."""
    scene = opened(AGENTS)
    return scene.when(reply(scene, "answer", solution_id="a1", confidence=0.95))


def test_a_day_after_an_answer_the_customer_is_asked_once_more() -> None:
    scene = answered()
    assert scene.one(FollowUpScheduled).due_at == START + timedelta(hours=24)
    assert scene.later(hours=23).all(CustomerNotified) == []
    scene = scene.later(hours=24)
    assert scene.one(CustomerNotified).kind == "follow_up"
    assert scene.later(hours=40).all(CustomerNotified) == []


def test_who_has_written_is_not_asked_again() -> None:
    scene = say(answered(), "and where is the button?")
    assert scene.later(hours=30).all(CustomerNotified) == []


def test_a_follow_up_that_a_person_wanted_reaches_the_team_while_the_ball_is_here() -> None:
    scene = opened(AGENTS)
    scene = ask(scene.when(assigned(scene)), asked.FollowUpAsked)
    alerts = [a.alert_type for a in scene.later(hours=24).all(TeamAlertRequested)]
    assert "follow_up" in alerts


def test_three_days_of_silence_after_an_answer_count_as_solved() -> None:
    scene = answered().later(hours=73)
    resolved = scene.one(TicketResolved)
    assert (resolved.by, resolved.reason) == ("lifecycle", "no_answer_from_customer")
    assert resolved.solution_id == "a1"
    assert scene.one(SlaMet).target == "resolution"


def test_two_weeks_after_the_resolution_the_ticket_is_closed() -> None:
    scene = ask(opened(AGENTS), asked.ResolveAsked)
    assert scene.later(days=13, hours=23).all(TicketClosed) == []
    scene = scene.later(days=14)
    assert scene.one(TicketClosed).reason == "time_passed"
    assert timers(scene.state) == {}


def test_a_snoozed_ticket_wakes_at_its_time_with_its_status() -> None:
    scene = opened(AGENTS)
    scene = scene.when(assigned(scene))
    scene = ask(scene, asked.SnoozeAsked, until=START + timedelta(hours=1))
    scene = scene.later(hours=2)
    woken = scene.one(TicketWoken)
    assert (woken.reason, woken.status) == ("time_came", "in_progress")
    assert only_ticket(scene).snoozed_until is None


def test_silence_solves_nothing_while_a_person_has_put_the_ticket_out_of_sight() -> None:
    scene = ask(answered(), asked.SnoozeAsked, until=START + timedelta(days=9))
    assert scene.later(days=8, hours=23).all(TicketResolved) == []
    scene = scene.later(days=9)
    assert [e.reason for e in scene.all(TicketWoken)] == ["time_came"]
    assert scene.all(TicketResolved) == []
    anew = scene.one(TicketAwaitsCustomer)
    assert (anew.status, anew.reason) == ("waiting_customer", "woken")
    assert anew.assume_resolved_at == scene.now + timedelta(hours=72)
    assert scene.all(FollowUpScheduled) == []  # the customer was asked again once already
    assert scene.later(hours=71).all(TicketResolved) == []
    assert scene.later(hours=72).one(TicketResolved).reason == "no_answer_from_customer"


def test_silence_that_has_not_run_out_when_a_ticket_wakes_goes_on() -> None:
    scene = ask(answered(), asked.SnoozeAsked, until=START + timedelta(days=1))
    scene = scene.later(days=1)
    assert (len(scene.all(TicketWoken)), scene.all(TicketAwaitsCustomer)) == (1, [])
    assert scene.later(days=2).one(TicketResolved).reason == "no_answer_from_customer"


def test_a_resolved_ticket_has_no_timer_but_its_closing() -> None:
    scene = ask(answered(), asked.SnoozeAsked, until=START + timedelta(days=9))
    scene = ask(scene, asked.ResolveAsked)
    assert [t.kind for t in timers(scene.state).values()] == ["close"]


def test_a_timer_that_stands_for_nothing_any_more_does_nothing() -> None:
    scene = opened(AGENTS)
    due = TimerDue(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        kind="first_reply_breach",
        target="first_reply",
        due_at=START,
    )
    scene.when(due).then()
    scene.when(due.model_copy(update={"ticket_id": "TICK_0"})).then()


@pytest.mark.parametrize(
    ("priority", "first", "whole"),
    [
        ("low", 480, 4320),
        ("medium", 240, 1440),
        ("high", 120, 480),
        ("urgent", 60, 240),
        ("critical", 15, 120),
    ],
)
def test_every_priority_has_its_targets_in_business_time(
    priority: str, first: int, whole: int
) -> None:
    if priority == "medium":
        scene = opened(AGENTS)
        started = {s.target: s for s in scene.all(SlaStarted)}
    else:
        scene = ask(opened(AGENTS), asked.PriorityAsked, priority=priority)
        started = {s.target: s for s in scene.all(SlaStarted)}
    assert {t: s.target_minutes for t, s in started.items()} == {
        "first_reply": first,
        "resolution": whole,
    }
    assert started["first_reply"].calendar_version == default_policy().calendar.version
    assert started["first_reply"].policy_version == default_policy().version


def test_a_target_warns_and_then_is_missed_each_once_and_the_team_knows() -> None:
    scene = opened(AGENTS)  # Monday nine o'clock; the desk is open until eight
    assert scene.later(minutes=191).all(SlaWarned) == []
    scene = scene.later(minutes=192)
    warned = scene.one(SlaWarned)
    assert (warned.target, warned.due_at) == ("first_reply", START + timedelta(minutes=240))
    assert scene.one(TeamAlertRequested).alert_type == "sla_warning"
    scene = scene.later(minutes=48)
    assert scene.one(SlaBreached).target == "first_reply"
    assert scene.one(TeamAlertRequested).alert_type == "sla_breach"
    scene = scene.when(reply(scene))
    assert scene.all(SlaMet) == []


def test_an_answer_after_hours_is_owed_in_the_morning() -> None:
    evening = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)  # a Friday; an hour is left of the day
    scene = opened(AGENTS, at=evening, policy=policy())
    due = {s.target: s.due_at for s in scene.all(SlaStarted)}
    assert due["first_reply"] == datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
    assert scene.later(days=2, hours=16).all(SlaBreached) == []


def test_a_holiday_and_a_change_of_clocks_move_the_moment_it_is_due() -> None:
    berlin = policy(zone="Europe/Berlin", holidays=["2026-03-30"])
    friday = datetime(2026, 3, 27, 15, 0, tzinfo=UTC)  # 16:00 there; summer time begins Sunday
    scene = opened(AGENTS, at=friday, policy=berlin)
    due = {s.target: s.due_at for s in scene.all(SlaStarted)}
    assert due["first_reply"] == datetime(2026, 3, 31, 10, 0, tzinfo=UTC)


def test_the_clock_stands_still_while_the_customer_is_waited_for_and_runs_on_after() -> None:
    scene = opened(AGENTS)
    scene = scene.when(assigned(scene)).later(minutes=60)
    scene = scene.when(reply(scene))
    clock = only_ticket(scene).resolution
    assert clock is not None
    assert (clock.due, clock.left) == (None, 1380.0)
    scene = say(scene.later(hours=5), "here you are")
    started = scene.one(SlaStarted)
    assert (started.target, started.resumed, started.target_minutes) == ("resolution", True, 1440)
    # At 15:01 1380 minutes are left: 299 today until eight, 720 tomorrow, 361 the day after.
    assert started.due_at == datetime(2026, 3, 4, 14, 1, tzinfo=UTC)


def test_where_we_wrote_first_the_resolution_is_owed_from_the_customers_answer_on() -> None:
    known = CustomerDescribed(customer_id=ANN, handles='{"email": ["ann@example.org"]}')
    start = asked.ConversationStarted(customer_id=ANN, channel="email", text="Hello!", by="bo")
    scene = given(known, agents=AGENTS).when(start)
    sent = next(record.id for record in scene.said if isinstance(record.event, ReplyRequested))
    scene = scene.when(routed(scene))
    assert scene.all(SlaStarted) == []
    answer = contact("what is it?").model_copy(update={"in_reply_to": sent})
    scene = scene.later(minutes=90).when(answer)
    begun = scene.one(SlaStarted)
    assert (begun.target, begun.resumed) == ("resolution", False)
    # 1440 minutes, twelve hours of which are open in a day.
    assert begun.due_at == scene.now + timedelta(days=2)


def test_a_priority_that_changes_during_the_pause_counts_from_then_on() -> None:
    scene = opened(AGENTS)
    scene = scene.when(assigned(scene)).later(minutes=60)
    scene = scene.when(reply(scene))
    scene = ask(scene, asked.PriorityAsked, priority="high")
    scene = say(scene, "here you are")
    assert scene.one(SlaStarted).target_minutes == 480
    assert scene.one(SlaStarted).due_at == scene.now + timedelta(minutes=420)


def test_a_priority_that_changes_after_the_first_reply_changes_what_still_runs() -> None:
    scene = opened(AGENTS)
    scene = scene.when(assigned(scene)).later(minutes=60)
    scene = say(scene.when(reply(scene)), "here you are").later(minutes=20)
    scene = ask(scene, asked.PriorityAsked, priority="high")
    started = scene.one(SlaStarted)
    assert (started.target, started.target_minutes) == ("resolution", 480)
    assert started.due_at == scene.now + timedelta(minutes=400)


def test_a_target_that_a_new_priority_finds_passed_is_missed_by_night_too() -> None:
    scene = opened(AGENTS)
    scene = scene.when(assigned(scene)).later(minutes=60)
    scene = say(scene.when(reply(scene)), "here you are").later(hours=12)  # closed since eight
    scene = ask(scene, asked.PriorityAsked, priority="urgent")  # 240 minutes, and 660 have passed
    started = scene.one(SlaStarted)
    assert (started.due_at, started.warn_at) == (scene.now, scene.now)
    scene = ask(scene.later(minutes=1), asked.ResolveAsked)
    assert scene.all(SlaMet) == []


def test_another_calendar_changes_the_targets_that_begin_from_then_on_alone() -> None:
    scene = opened(AGENTS)
    before = only_ticket(scene).resolution
    scene = replace(scene, policy=policy())
    assert only_ticket(scene).resolution == before
    scene = ask(scene.later(minutes=10), asked.PriorityAsked, priority="high")
    versions = {s.calendar_version for s in scene.all(SlaStarted)}
    assert versions == {policy().calendar.version} != {default_policy().calendar.version}


def test_under_a_longer_calendar_no_more_is_left_of_a_target_than_it_promises() -> None:
    scene = opened(AGENTS)  # 1440 minutes of twelve hours a day: due in two days
    longer = {day: [("00:00", "24:00")] for day in WEEKDAYS}
    scene = replace(scene.later(minutes=1), policy=policy(week=longer))
    scene = scene.when(reply(scene))
    assert scene.one(TicketAwaitsCustomer).resolution_left_minutes == 1440.0
    resumed = say(scene, "and now?")
    assert resumed.one(SlaStarted).due_at == resumed.now + timedelta(minutes=1440)


SHORT = policy(week={day: [("09:00", "12:00")] for day in WEEKDAYS})
"""Three hours a day, where the shipped policy has twelve."""


def test_under_a_shorter_calendar_what_is_left_is_what_has_not_passed() -> None:
    scene = replace(opened(AGENTS).later(minutes=60), policy=SHORT)
    scene = scene.when(reply(scene))
    assert scene.one(TicketAwaitsCustomer).resolution_left_minutes == 1440.0 - 60.0
    resumed = say(scene, "and now?")
    assert resumed.one(SlaStarted).due_at > START + timedelta(days=7)


def test_under_a_shorter_calendar_a_new_priority_counts_what_has_passed_alone() -> None:
    scene = replace(opened(AGENTS).later(minutes=60), policy=SHORT)
    scene = ask(scene, asked.PriorityAsked, priority="high")
    due = {one.target: one.due_at for one in scene.all(SlaStarted)}
    assert due["first_reply"] == START + timedelta(minutes=120)
    assert due["resolution"] == START + timedelta(days=2, minutes=120)
    again = ask(scene.later(minutes=30), asked.PriorityAsked, priority="medium")
    assert {one.due_at for one in again.all(SlaStarted) if one.target == "resolution"} == {
        START + timedelta(days=7, hours=3)
    }


def test_a_shorter_calendar_in_a_pause_leaves_what_was_left() -> None:
    scene = opened(AGENTS).later(minutes=60)
    scene = replace(scene.when(reply(scene)), policy=SHORT)
    left = 1440 - 60
    assert only_ticket(scene).resolution == Clock(target=1440, left=float(left))
    scene = say(scene, "and now?")
    today = 120 - 1  # minutes until noon
    days, rest = divmod(left - today, 180)
    assert scene.one(SlaStarted).due_at == START + timedelta(days=days + 1, minutes=rest)


def test_who_waits_for_a_person_is_asked_for_again_when_somebody_comes() -> None:
    scene = ask(opened(AGENTS), asked.TransferAsked, team="money")
    ticket = only_ticket(scene)
    told = SpecialistUnavailable(
        customer_id=ANN,
        ticket_id=ticket.id,
        request_id=ticket.request_id or "",
        next_specialist_id="bo",
        next_at=START + timedelta(hours=3),
        reasons=["nobody_free"],
    )
    scene = scene.when(told)
    assert "bo comes at 2026-03-02T12:00:00.000Z" in scene.one(TeamAlertRequested).text
    again = scene.later(hours=3).one(RequestRepeated)
    assert again.request_id == ticket.request_id
    assert scene.when(assigned(scene)).later(hours=3).all(RequestRepeated) == []
    assert ask(scene, asked.ResolveAsked).later(hours=3).all(RequestRepeated) == []


def test_a_message_that_somebody_is_missing_of_an_older_request_sets_nothing() -> None:
    scene = opened(AGENTS)
    told = SpecialistUnavailable(
        customer_id=ANN,
        ticket_id=only_ticket(scene).id,
        request_id="another",
        next_at=START + timedelta(hours=3),
    )
    assert scene.when(told).later(hours=3).all(RequestRepeated) == []


def test_silence_frees_the_person() -> None:
    scene = opened(AGENTS)
    scene = scene.when(assigned(scene))
    scene = scene.when(reply(scene)).later(hours=73)
    assert scene.one(SpecialistReleased).specialist_id == "bo"


def test_a_survey_rates_its_ticket_or_the_one_resolved_last() -> None:
    scene = ask(opened(AGENTS), asked.ResolveAsked)
    rated = scene.when(SurveyAnswered(customer_id=ANN, score=4, comment="fine")).one(TicketRated)
    assert (rated.ticket_id, rated.score) == (only_ticket(scene).id, 4)
    named = SurveyAnswered(customer_id=ANN, ticket_id=only_ticket(scene).id, score=1)
    assert scene.when(named).one(TicketRated).score == 1


def test_a_survey_about_nothing_rates_nothing() -> None:
    scene = opened(AGENTS)
    scene.when(SurveyAnswered(customer_id=ANN, score=4)).then()
    scene.when(SurveyAnswered(customer_id=ANN, ticket_id="TICK_0", score=4)).then()
