"""Backtests: the same policy says the very same again; another one differs where it decides."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from agents.policy import Policy, default_policy
from agents.policy_toml import to_toml
from agents.world import ArticleHit, ArticleText
from schemas.events.decisions import AnswerChosen, ContactHeld
from streams.clock import ManualClock
from streams.demo.play import Play
from streams.demo.script import START
from streams.desk import Desk
from streams.errors import Refused
from streams.people import activate_policy
from streams.testing import FakeModels, understood
from streams.understanding import light
from streams.whatif.backtest import Span
from streams.whatif.candidate import Candidate, tried
from streams.whatif.history import history_of
from tests.desks import Story, story
from tests.embedded import open_in, somewhere, take
from tests.full_life import WAYS, full_life
from tests.histories import History, histories, play

PEOPLE = ("ann", "ben", "cem")
SLOW = [HealthCheck.too_slow]
SURE = FakeModels(
    understanding=understood(solutions=[ArticleHit("a1", 0.7)]),
    articles={"a1": ArticleText("a1", "Charged twice", "We give the second payment back.")},
)

ALWAYS = Span()


def of(desk: Desk, candidate: Candidate, span: Span = ALWAYS) -> dict[str, Any]:
    """What a candidate would have changed on a desk."""
    with history_of(desk) as history:
        return tried(history, candidate, span)


def like(policy: Policy, **parts: dict[str, Any]) -> Policy:
    """A policy with some fields of some parts set otherwise."""
    document = policy.model_dump(mode="json")
    for name, fields in parts.items():
        document[name] |= fields
    return Policy.model_validate(document)


def promising(**minutes: int) -> Policy:
    """The shipped policy with a first reply promised within so many minutes, by priority."""
    document = default_policy().model_dump(mode="json")
    for priority, within in minutes.items():
        document["sla"]["targets"][priority]["first_reply_minutes"] = within
    return Policy.model_validate(document)


def is_the_very_same(report: dict[str, Any]) -> None:
    """Every output, bit for bit, and what is promised."""
    assert report["differences"] == 0
    assert report["tickets"] == []
    assert report["outputs"] == report["identical"] > 0
    for one in report["sla"].values():
        assert one["recorded"] == one["again"]


# --- the same policy -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A store on which everything came that can come, and its models."""
    lines = play(full_life(), policy=WAYS)
    folder = tmp_path_factory.mktemp("lived") / "store"
    with open_in(folder, lines.models) as desk:
        activate_policy(desk, to_toml(WAYS), "operator")
        take(desk, lines.outside)
    return folder, lines.models


def test_a_full_life_is_decided_the_very_same_by_the_same_policy(lived: tuple[Path, Any]) -> None:
    folder, models = lived
    with open_in(folder, models) as desk:
        report = of(desk, Candidate(WAYS))
        is_the_very_same(report)
        rows = desk.query("SELECT count(*) AS n FROM v1_decisions")
        assert report["decisions"] == rows[0]["n"]


def test_a_contact_that_was_handed_on_to_another_line_counts_once(
    lived: tuple[Path, Any],
) -> None:
    folder, models = lived
    with open_in(folder, models) as desk:
        handed_on = [getattr(r.event, "record_type", None) for r in desk.events()]
        assert "ContactReceived" in handed_on
        came = sum(1 for _ in desk.events(type="ContactReceived"))
        assert of(desk, Candidate(WAYS))["contacts"] == came


def test_hours_that_differ_in_nothing_that_came_leave_every_promise_as_it_was(
    lived: tuple[Path, Any],
) -> None:
    """Every clock is gone through again, and ends as the agents said that it did."""
    folder, models = lived
    with open_in(folder, models) as desk:
        report = of(desk, Candidate(like(WAYS, calendar={"holidays": [date(1999, 1, 1)]})))
    for one in report["sla"].values():
        assert one["recorded"] == one["again"]
        assert one["recorded"]["met"]
        assert one["recorded"]["breached"]


@settings(max_examples=8, suppress_health_check=SLOW, deadline=None)
@given(history=histories(PEOPLE, most=12))
def test_any_history_is_decided_the_very_same_by_the_same_policy(history: History) -> None:
    lines = play(history)
    with somewhere() as folder, open_in(folder, lines.models) as desk:
        take(desk, lines.outside)
        with history_of(desk) as read:
            report = tried(read, Candidate(default_policy()), ALWAYS) if _contacts(desk) else None
        if report is not None:
            is_the_very_same(report)


def _contacts(desk: Desk) -> bool:
    return any(True for _ in desk.events(type="ContactReceived"))


def test_the_demo_is_decided_the_very_same_and_read_the_very_same(tmp_path: Path) -> None:
    with Desk(tmp_path, ManualClock(START)) as desk:
        desk.models = light.load()
        Play(desk, 8).go(speed=None, tell=lambda _: None)
        is_the_very_same(of(desk, Candidate(default_policy())))
        is_the_very_same(of(desk, Candidate(tier="light")))


def test_what_an_older_policy_decided_is_decided_the_same_by_the_policies_of_its_time(
    tmp_path: Path,
) -> None:
    with story(tmp_path, SURE) as told:
        told.write("I was charged twice")
        other = like(default_policy(), thresholds={"auto_answer": 0.6})
        activate_policy(told.desk, to_toml(other), "operator")
        told.later(hours=1)
        told.write("I was charged twice", customer_id="ben")
        assert len(told.events(AnswerChosen)) == 1
        is_the_very_same(of(told.desk, Candidate(tier=None)))


# --- another policy ------------------------------------------------------------------------------


def test_a_lower_threshold_would_have_answered_by_itself(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        told.write("I was charged twice")
        report = of(told.desk, Candidate(like(default_policy(), thresholds={"auto_answer": 0.6})))
        assert report["automatic_answers"] == {"recorded": 0, "again": 1}
        (ticket,) = report["tickets"]
        assert ticket["ticket_id"] == told.ticket
        assert ticket["facts"]["automatic_answers"] == {"recorded": None, "again": "a1"}
        assert ticket["by_action"]["knowledge.suggest_articles"] == 2  # one is missing, one added
        assert report["differences"] == sum(ticket["by_action"].values())
        assert report["by_action"]["triage.assign_priority"]["same"] == 1


def late(told: Story) -> None:
    """Ann writes, and gets a reply after an hour and a half."""
    told.write("Where is my parcel?")
    told.later(minutes=90)
    told.asks("reply", ticket_id=told.ticket, text="It is on its way.")


def test_a_tighter_promise_would_have_been_missed_by_the_recorded_times(tmp_path: Path) -> None:
    with story(tmp_path, FakeModels()) as told:
        late(told)
        assert told.row("priority") == ("medium",)
        report = of(told.desk, Candidate(promising(medium=60)))
        assert report["sla"]["first_reply"]["recorded"] == {"met": 1, "breached": 0, "open": 0}
        assert report["sla"]["first_reply"]["again"] == {"met": 0, "breached": 1, "open": 0}
        (ticket,) = report["tickets"]
        assert ticket["sla"] == [{"target": "first_reply", "recorded": "met", "again": "breached"}]


def test_a_looser_promise_would_have_been_kept_after_it_was_missed(tmp_path: Path) -> None:
    with story(tmp_path, FakeModels()) as told:
        activate_policy(told.desk, to_toml(promising(medium=60)), "operator")
        told.later(minutes=1)
        late(told)
        report = of(told.desk, Candidate(promising(medium=100)))
        assert report["sla"]["first_reply"]["recorded"]["breached"] == 1
        assert report["sla"]["first_reply"]["again"] == {"met": 1, "breached": 0, "open": 0}


def test_the_time_in_which_the_customer_was_waited_for_does_not_count(tmp_path: Path) -> None:
    document = default_policy().model_dump(mode="json")
    document["sla"]["targets"]["medium"] |= {"first_reply_minutes": 60, "resolution_minutes": 150}
    with story(tmp_path, FakeModels()) as told:
        late(told)
        told.later(hours=5)
        told.asks("resolve", ticket_id=told.ticket)
        report = of(told.desk, Candidate(Policy.model_validate(document)))
        assert report["sla"]["resolution"]["again"] == {"met": 1, "breached": 0, "open": 0}
        document["sla"]["targets"]["medium"]["resolution_minutes"] = 80
        report = of(told.desk, Candidate(Policy.model_validate(document)))
        assert report["sla"]["resolution"]["again"] == {"met": 0, "breached": 1, "open": 0}


def test_a_message_that_was_held_is_read_where_another_policy_lets_it_in(tmp_path: Path) -> None:
    tight = like(default_policy(), limits={"flood_per_minute": 1})
    with story(tmp_path, FakeModels()) as told:
        activate_policy(told.desk, to_toml(tight), "operator")
        told.later(minutes=1)
        told.write("Where is my parcel?")
        told.write("Hello?")
        assert len(told.events(ContactHeld)) == 1
        report = of(told.desk, Candidate(default_policy()))
        assert report["by_action"]["channel.receive_message"]["added"] == 1


def test_personal_text_is_not_handed_on(tmp_path: Path) -> None:
    with story(tmp_path, SURE) as told:
        told.write("I was charged twice")
        report = of(told.desk, Candidate(like(default_policy(), thresholds={"suggest": 0.75})))
        sent = [
            change["recorded"]
            for ticket in report["tickets"]
            for change in ticket["changes"]
            if change["kind"] == "missing" and change["action"] == "channel.send_response"
        ]
        assert sent
        assert all(one["parts"] == one["handle"] == "(personal)" for one in sent)


# --- a span of time ------------------------------------------------------------------------------


def test_only_what_lies_in_the_span_counts(tmp_path: Path) -> None:
    with story(tmp_path, FakeModels()) as told:
        began = told.desk.clock.now()
        told.write("Where is my parcel?")
        told.later(hours=2)
        told.write("Hello?")
        policy = Candidate(default_policy())
        middle = began + timedelta(hours=1)
        assert of(told.desk, policy)["contacts"] == 2
        assert of(told.desk, policy, Span(since=middle))["contacts"] == 1
        assert of(told.desk, policy, Span(until=middle))["contacts"] == 1
        with pytest.raises(Refused, match="no recorded contact"):
            of(told.desk, policy, Span(since=middle, until=middle + timedelta(minutes=5)))
