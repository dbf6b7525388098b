"""The desk: who gets a ticket, who waits, and who is served when somebody is free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agents import escalation
from agents.duty import availability, on_duty
from agents.escalation import choose, eligible, score
from agents.policy import CalendarPolicy, default_policy
from projections import desk as line
from projections.desk import Desk, Person, Request
from schemas.events.choices import AvailabilityChecked, EscalationNotified, SpecialistChosen
from schemas.events.contacts import SpecialistAssigned, SpecialistUnavailable
from schemas.events.desk import (
    AvailabilityReported,
    RequestRepeated,
    RequestWithdrawn,
    SpecialistDescribed,
    SpecialistReleased,
    SpecialistRequested,
)
from streams.testing import START, Scene, given

DAYTIME = '{"monday": [["10:00", "12:00"], ["13:00", "17:00"]]}'
POLICY = default_policy()


def desk(*people: SpecialistDescribed) -> Scene:
    """A desk with these people; nobody was asked about it."""
    return given(*people, agents=escalation.AGENTS, key="desk", state=Desk(), evolve=line.evolve)


def who(specialist_id: str, **fields: object) -> SpecialistDescribed:
    """Somebody at the desk, of the general team unless told otherwise."""
    told = {"specialist_id": specialist_id, "team": "general", **fields}
    return SpecialistDescribed.model_validate(told)


def wants(ticket_id: str, **fields: object) -> SpecialistRequested:
    """A ticket that needs somebody."""
    told: dict[str, object] = {
        "request_id": f"r-{ticket_id}",
        "customer_id": "ann",
        "ticket_id": ticket_id,
        "team": "general",
        "priority": "medium",
        "summary": "ann: charged twice",
        **fields,
    }
    return SpecialistRequested.model_validate(told)


def got(scene: Scene) -> list[tuple[str, str]]:
    """Who got which ticket in the last turn."""
    return [(a.ticket_id, a.specialist_id) for a in scene.all(SpecialistAssigned)]


def released(ticket_id: str, specialist_id: str) -> SpecialistReleased:
    """A ticket that needs its person no more."""
    return SpecialistReleased(customer_id="ann", ticket_id=ticket_id, specialist_id=specialist_id)


def test_somebody_free_gets_the_ticket_and_every_step_is_said() -> None:
    scene = desk(who("bo")).when(wants("T1"))
    scene.then(SpecialistChosen, AvailabilityChecked, SpecialistAssigned)
    assert got(scene) == [("T1", "bo")]
    assert scene.one(SpecialistChosen).candidates[0].name == "bo"
    checked = scene.one(AvailabilityChecked)
    assert (checked.outcome, checked.available) == ("free", ["bo"])
    assert scene.state.people["bo"].tickets == ("T1",)
    assert scene.state.waiting == {}


def test_who_takes_an_escalated_ticket_is_told() -> None:
    scene = desk(who("bo")).when(wants("T1", escalated=True, priority="urgent"))
    told = scene.one(EscalationNotified)
    assert (told.specialist_id, "urgent" in told.text) == ("bo", True)
    assert told.text == f"An escalated urgent ticket is yours: {wants('T1').summary}"


@pytest.mark.parametrize(
    ("fits", "other", "request_fields"),
    [
        ({"languages": ["de"]}, {"languages": ["en"]}, {"language": "de"}),
        ({"languages": ["de-AT"]}, {"languages": ["en"]}, {"language": "de"}),
        ({"languages": ["hi"]}, {"languages": ["en"]}, {"language": "hi-Latn"}),
        ({"skills": ["billing"]}, {"skills": ["outage"]}, {"skills": ["billing"]}),
        ({"senior": True}, {"skills": ["billing"]}, {"senior": True, "skills": ["billing"]}),
        ({"senior": False}, {"senior": True}, {"senior": False}),
        ({"capacity": 9}, {"capacity": 0}, {}),
        ({}, {"available": False}, {}),
    ],
)
def test_the_better_fit_is_chosen(
    fits: dict[str, object], other: dict[str, object], request_fields: dict[str, object]
) -> None:
    for names in (("aa", "zz"), ("zz", "aa")):
        scene = desk(who(names[0], **fits), who(names[1], **other))
        assert got(scene.when(wants("T1", **request_fields))) == [("T1", names[0])]


def test_load_decides_among_equals_and_then_the_name() -> None:
    scene = desk(who("cy"), who("bo")).when(wants("T1"))
    assert got(scene) == [("T1", "bo")]
    assert got(scene.when(wants("T2"))) == [("T2", "cy")]


def test_who_had_the_ticket_before_gets_it_again_if_free() -> None:
    scene = desk(who("bo"), who("cy", skills=["billing"], senior=True))
    again = wants("T1", skills=["billing"], senior=True, former_id="bo")
    assert got(scene.when(again)) == [("T1", "bo")]
    assert scene.when(again).one(SpecialistChosen).reasons[0] == "former"
    away = scene.when(AvailabilityReported(specialist_id="bo", available=False))
    assert got(away.when(again)) == [("T1", "cy")]


def test_who_was_free_is_told_before_who_was_not_however_well_these_fit() -> None:
    people = (who("bo", skills=["billing"], available=False), who("cy"), who("di", senior=True))
    chosen = desk(*people).when(wants("T1", skills=["billing"])).one(SpecialistChosen)
    weighed = [(one.name, one.note) for one in chosen.candidates]
    assert weighed == [("cy", None), ("di", None), ("bo", "unavailable")]
    assert chosen.candidates[-1].score > chosen.candidates[0].score


def test_a_team_keeps_to_its_own_people_and_those_of_no_team() -> None:
    scene = desk(who("bo", team="money"), who("cy", team="general", available=False))
    assert got(scene.when(wants("T1"))) == []
    scene = scene.given(who("di", team=None))
    assert got(scene.when(wants("T1"))) == [("T1", "di")]
    assert got(scene.when(wants("T2", team="nobody's"))) == [("T2", "di")]


def test_a_team_without_anybody_is_helped_out_by_all() -> None:
    assert got(desk(who("bo", team="money")).when(wants("T1"))) == [("T1", "bo")]


def test_one_asked_for_by_name_gets_it_whatever_their_load() -> None:
    scene = desk(who("bo", capacity=0, available=False)).when(wants("T1", specialist_id="bo"))
    assert got(scene) == [("T1", "bo")]
    assert scene.one(SpecialistAssigned).reasons == ["asked_by_name"]


def test_nobody_free_says_who_comes_next_and_when() -> None:
    scene = desk(who("bo", hours=DAYTIME), who("cy", available=False)).when(wants("T1"))
    scene.then(SpecialistChosen, AvailabilityChecked, SpecialistUnavailable)
    checked = scene.one(AvailabilityChecked)
    assert (checked.outcome, checked.available) == ("nobody_free", [])
    told = scene.one(SpecialistUnavailable)
    assert (told.next_specialist_id, told.next_at) == ("bo", START + timedelta(hours=1))
    assert told.reasons == ["nobody_free"]
    assert list(scene.state.waiting) == ["T1"]


def test_without_any_roster_the_ticket_waits() -> None:
    told = desk().when(wants("T1")).one(SpecialistUnavailable)
    assert (told.reasons, told.next_at) == (["no_specialists"], None)


def test_somebody_full_is_not_the_next_to_come() -> None:
    daily = {"monday": [("08:00", "20:00")]}
    full = Person("bo", team="general", capacity=1, hours=daily, tickets=("T0",))
    assert availability({"bo": full}, START, POLICY).next_at is None


def test_whoever_comes_on_duty_serves_all_who_wait_in_order_up_to_capacity() -> None:
    scene = desk(who("bo", available=False, capacity=3))
    for ticket_id, priority in (("T1", "low"), ("T2", "high"), ("T3", "low"), ("T4", "urgent")):
        scene = scene.later(minutes=1).when(wants(ticket_id, priority=priority))
    scene = scene.when(AvailabilityReported(specialist_id="bo", available=True))
    assert got(scene) == [("T4", "bo"), ("T2", "bo"), ("T1", "bo")]
    assert list(scene.state.waiting) == ["T3"]
    scene = scene.when(released("T2", "bo"))
    assert got(scene) == [("T3", "bo")]


def test_a_roster_that_grows_serves_who_waits() -> None:
    scene = desk().when(wants("T1"))
    assert got(scene.when(who("bo"))) == [("T1", "bo")]


def test_when_hours_begin_the_repeated_request_is_served_and_all_others_with_it() -> None:
    scene = desk(who("bo", hours=DAYTIME)).when(wants("T1")).when(wants("T2", priority="high"))
    again = RequestRepeated(customer_id="ann", ticket_id="T1", request_id="r-T1")
    assert got(scene.later(minutes=61).when(again)) == [("T2", "bo"), ("T1", "bo")]


def test_a_repeated_request_that_still_finds_nobody_says_when_next() -> None:
    scene = desk(who("bo", hours=DAYTIME)).when(wants("T1"))
    again = RequestRepeated(customer_id="ann", ticket_id="T1", request_id="r-T1")
    told = scene.when(again).one(SpecialistUnavailable)
    assert told.reasons == ["nobody_free", "still_waiting"]
    assert told.next_at == START + timedelta(hours=1)


def test_a_repeated_request_that_was_answered_or_withdrawn_says_nothing() -> None:
    again = RequestRepeated(customer_id="ann", ticket_id="T1", request_id="r-T1")
    desk(who("bo")).when(wants("T1")).when(again).then()
    withdrawn = RequestWithdrawn(customer_id="ann", ticket_id="T1", request_id="r-T1")
    scene = desk().when(wants("T1")).when(withdrawn)
    assert scene.then().state.waiting == {}
    scene.when(again).then()


def test_only_the_request_that_is_meant_is_withdrawn() -> None:
    scene = desk().when(wants("T1", request_id="new"))
    withdrawn = RequestWithdrawn(customer_id="ann", ticket_id="T1", request_id="old")
    assert list(scene.when(withdrawn).state.waiting) == ["T1"]


def test_a_ticket_that_asks_anew_keeps_its_place_in_the_line() -> None:
    scene = desk(who("bo", available=False, capacity=1)).when(wants("T1"))
    scene = scene.later(minutes=1).when(wants("T2"))
    scene = scene.later(minutes=1).when(wants("T1", request_id="again"))
    scene = scene.when(AvailabilityReported(specialist_id="bo", available=True))
    assert got(scene) == [("T1", "bo")]


def test_a_ticket_is_with_one_person_only_and_is_freed_once() -> None:
    scene = desk(who("bo", capacity=1), who("cy", capacity=1)).when(wants("T1"))
    scene = scene.when(wants("T1", request_id="other", specialist_id="cy"))
    assert scene.state.people["bo"].tickets == ()
    assert scene.state.people["cy"].tickets == ("T1",)
    scene = scene.when(released("T1", "cy"))
    assert scene.when(released("T1", "cy")).state == scene.state
    assert all("T1" not in person.tickets for person in scene.state.people.values())


def test_a_release_withdraws_no_request() -> None:
    scene = desk(who("bo", capacity=1)).when(wants("T1"))
    scene = scene.when(wants("T2"))
    scene = scene.given(released("T2", "bo"))
    assert list(scene.state.waiting) == ["T2"]


def test_nobody_waits_and_a_release_says_nothing() -> None:
    desk(who("bo")).when(wants("T1")).when(released("T1", "bo")).then()


def test_hours_are_in_the_zone_of_the_calendar_and_holidays_are_off() -> None:
    calendar = CalendarPolicy.model_validate(
        {
            "zone": "Europe/Berlin",
            "week": POLICY.calendar.week,
            "holidays": ["2026-03-09"],
        }
    )
    policy = POLICY.model_copy(update={"calendar": calendar})
    person = Person("bo", hours={"monday": [("10:00", "12:00")]})
    at_nine = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # ten o'clock there
    assert on_duty(person, at_nine, policy)
    assert not on_duty(person, at_nine - timedelta(minutes=1), policy)
    after = availability({"bo": person}, at_nine + timedelta(hours=3), policy)
    assert after.next_at == datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


def test_somebody_whose_hours_are_empty_never_comes() -> None:
    person = Person("bo", hours={})
    assert availability({"bo": person}, START, POLICY).next_id is None


@pytest.mark.parametrize(
    "first",
    [
        Person("al", hours={"monday": [("09:30", "12:00")]}, available=False),
        Person("al", hours={"monday": [("09:30", "12:00")]}, capacity=0),
        Person("al", capacity=0),
        Person("al", hours={}),
    ],
)
def test_whoever_does_not_come_keeps_nobody_else_from_being_next(first: Person) -> None:
    people = {"al": first, "bo": Person("bo", hours={"monday": [("10:00", "12:00")]})}
    told = availability(people, START, POLICY)
    assert (told.next_id, told.next_at) == ("bo", START + timedelta(hours=1))


def test_hours_that_are_none_keep_nobody_else_from_work() -> None:
    wrong = Person("al", hours={"monday": [("25:00", "aa"), ("10:00", "12:00")]})
    told = availability({"al": wrong, "bo": Person("bo")}, START, POLICY)
    assert told.available == ["bo"]
    assert availability({"al": wrong}, START, POLICY).next_id == "al"


def test_the_parts_of_a_score_add_up_as_documented() -> None:
    best = Person("bo", team="t", skills=("a", "b"), languages=("de",), senior=True, capacity=2)
    request = Request(
        "r",
        "ann",
        "T",
        "t",
        0.0,
        skills=("a", "b"),
        language="de",
        senior=True,
        former_id="bo",
    )
    assert score(best, request) == 8.0 + 4.0 + 3.0 + 2.0 + 2.0 + 1.0
    assert score(Person("cy", team="x", capacity=0), request) == 0.0
    assert eligible(request, {"cy": Person("cy", team="x")}) == [Person("cy", team="x")]
    assert choose(request, {}, START, POLICY).reasons == ["no_specialists"]


def crowded() -> Scene:
    """A desk whose line is full: all of one team, of which nobody is there."""
    scene = desk(who("bo", available=False), who("cy", team="sales", capacity=1))
    for n in range(line.WAITING):
        scene = scene.given(wants(f"T{n:03}"))
    return scene


def test_beyond_the_bound_the_least_pressing_and_latest_is_told_that_it_does_not_wait() -> None:
    scene = crowded()
    told = scene.when(wants("late")).one(SpecialistUnavailable)
    assert told.reasons == [line.TOO_MANY]
    scene = scene.when(wants("pressing", priority="critical"))
    said = {(one.ticket_id, *one.reasons) for one in scene.all(SpecialistUnavailable)}
    assert said == {("T199", line.TOO_MANY), ("pressing", "nobody_free")}
    assert "T199" not in scene.state.waiting
    again = scene.when(wants("pressing", priority="critical", request_id="r2"))
    assert [one.ticket_id for one in again.all(SpecialistUnavailable)] == ["pressing"]
    assert "pressing" in scene.state.waiting
    assert len(scene.state.waiting) == line.WAITING == 200


def test_one_asked_for_by_name_gets_it_however_many_wait() -> None:
    scene = crowded().when(wants("late", specialist_id="bo"))
    assert got(scene) == [("late", "bo")]
    assert len(scene.state.waiting) == line.WAITING


def test_whoever_is_free_gets_their_team_s_ticket_however_many_wait_for_others() -> None:
    scene = crowded().when(wants("late", team="sales"))
    assert got(scene) == [("late", "cy")]
    told = scene.when(wants("later", team="sales")).one(SpecialistUnavailable)
    assert told.reasons == [line.TOO_MANY]


def test_whoever_only_took_a_ticket_is_given_no_other_where_there_is_a_team() -> None:
    scene = desk(who("bo", capacity=1)).when(wants("T1", specialist_id="lead"))
    assert got(scene) == [("T1", "lead")]
    scene = scene.when(wants("T2"))
    assert got(scene) == [("T2", "bo")]
    scene = scene.when(wants("T3"))
    assert scene.one(SpecialistUnavailable).reasons == ["nobody_free"]
    again = scene.when(wants("T1", request_id="r2", former_id="lead"))
    assert got(again) == [("T1", "lead")]
    told = scene.when(SpecialistDescribed(specialist_id="lead", team="general"))
    assert got(told) == [("T3", "lead")]


def test_where_there_is_no_team_whoever_took_a_ticket_is_all_there_is() -> None:
    scene = desk().when(wants("T1", specialist_id="lead")).when(wants("T2"))
    assert got(scene) == [("T2", "lead")]


@pytest.mark.parametrize(("senior", "former"), [(False, "bo"), (True, None)])
def test_a_request_made_anew_still_asks_for_who_had_the_ticket_but_not_instead_of_a_senior(
    senior: bool,  # noqa: FBT001  # a parameter of the test
    former: str | None,
) -> None:
    scene = desk(who("bo", available=False)).given(wants("T", former_id="bo"))
    scene = scene.given(wants("T", request_id="r2", senior=senior))
    assert scene.state.waiting["T"].former_id == former


def test_a_crowd_is_served_in_bounded_turns() -> None:
    scene = desk(who("bo", available=False, capacity=90))
    for n in range(80):
        scene = scene.given(wants(f"T{n:02}"))
    scene = scene.when(AvailabilityReported(specialist_id="bo", available=True))
    assert len(got(scene)) == escalation.AT_ONCE
    scene = scene.when(AvailabilityReported(specialist_id="bo", available=True))
    assert len(got(scene)) == 80 - escalation.AT_ONCE


def test_whoever_is_not_free_is_recorded_with_the_reason() -> None:
    people = {
        one.id: one
        for one in (
            Person("full", capacity=0),
            Person("away", available=False),
            Person("night", hours={"monday": [("22:00", "23:00")]}),
            Person("free"),
        )
    }
    request = Request(id="r", customer_id="ann", ticket_id="T", team="general", at=0.0)
    choice = choose(request, people, datetime(2026, 3, 2, 9, tzinfo=UTC), default_policy())
    assert choice.person == "free"
    assert {(name, why) for name, _, why in choice.busy} == {
        ("full", "full"),
        ("away", "unavailable"),
        ("night", "off_duty"),
    }
    nobody = choose(
        request, {"full": people["full"]}, datetime(2026, 3, 2, 9, tzinfo=UTC), default_policy()
    )
    assert [(name, why) for name, _, why in nobody.busy] == [("full", "full")]
