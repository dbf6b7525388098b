"""What is counted, and what is told of it: surges, shares that are too high, resolution times."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from agents import analytics, channel, knowledge, lifecycle
from agents.analytics import shares, surge
from agents.policy import Policy, default_policy
from projections import category_line
from projections.category_line import BUCKETS, CategoryLine, evolve, expected, in_window, totals
from schemas.events.choices import (
    CommonIssueFound,
    InsightRaised,
    InteractionTracked,
    ResolutionMeasured,
)
from schemas.events.knowledge import SolutionRejected
from schemas.events.metrics import InteractionMeasured
from streams.testing import Scene, given
from tests.tickets import opened, reply, say

POLICY = default_policy()


def line() -> Scene:
    """The line of the category billing."""
    return given(
        agents=analytics.AGENTS, key="billing", state=CategoryLine(), evolve=category_line.evolve
    )


def measured(kind: str = "contact", **fields: object) -> InteractionMeasured:
    """Something countable."""
    told = {
        "category": "billing",
        "kind": kind,
        "channel": "email",
        "ticket_id": "T",
        "customer_id": "ann",
        **fields,
    }
    return InteractionMeasured.model_validate(told)


def many(
    scene: Scene,
    times: int,
    kind: str = "contact",
    minutes: float = 1.0,
    category: str = "billing",
) -> Scene:
    """The scene after so many of them, some minutes apart."""
    for _ in range(times):
        scene = scene.later(minutes=minutes).when(measured(kind, category=category))
    return scene


@pytest.mark.parametrize("kind", ["contact", "reply", "automatic_answer", "escalation"])
def test_everything_countable_is_tracked(kind: str) -> None:
    tracked = line().when(measured(kind)).then(InteractionTracked).one(InteractionTracked)
    assert (tracked.kind, tracked.category, tracked.channel) == (kind, "billing", "email")
    assert (tracked.customer_id, tracked.ticket_id) == ("ann", "T")


def test_a_resolution_is_measured_with_the_mean_so_far() -> None:
    scene = line().when(measured("resolution", minutes=10.0))
    scene = scene.when(measured("resolution", minutes=20.0))
    told = scene.one(ResolutionMeasured)
    assert (told.minutes, told.mean_minutes, told.resolutions) == (20.0, 15.0, 2)


def test_more_than_usual_is_a_surge_told_once_a_window() -> None:
    scene = many(line(), 24, minutes=60)  # one an hour for a day
    assert scene.all(CommonIssueFound) == []
    scene = many(scene, 6)
    assert scene.all(InsightRaised) == []
    scene = many(scene, 1)
    found = scene.one(CommonIssueFound)
    assert (found.in_window, found.window_minutes, found.category) == (8, 60, "billing")
    assert found.expected == pytest.approx(1.0, abs=0.1)
    insight = scene.one(InsightRaised)
    assert insight.kind == "surge"
    assert insight.text == "8 contacts about billing within 60 minutes; 1.0 are usual"
    for _ in range(5):
        scene = many(scene, 1)
        assert scene.all(InsightRaised) == []


def test_a_surge_of_what_never_came_before_says_so() -> None:
    insight = many(line(), 8).one(InsightRaised)
    assert insight.text.endswith("the week before had none")


def test_what_is_usual_is_no_surge_however_much_it_is() -> None:
    scene = line()
    for _ in range(8 * 12):
        scene = many(scene, 1, minutes=5)
    assert in_window(scene.state, 60) >= 8
    assert surge(scene.state, POLICY) is None


def test_a_share_of_escalations_that_is_too_high_is_told() -> None:
    scene = many(many(line(), 10), 4, "escalation")
    assert scene.all(InsightRaised) == []
    scene = many(scene, 1, "escalation")
    insight = scene.one(InsightRaised)
    assert (insight.kind, insight.confidence, insight.threshold) == ("many_escalations", 0.5, 0.4)
    assert insight.text == "5 of 10 tickets about billing were escalated this week"
    assert many(scene, 1, "escalation").all(InsightRaised) == []
    assert many(scene, 1, "escalation", minutes=23 * 60).all(InsightRaised) == []
    assert many(scene, 1, "escalation", minutes=25 * 60).one(InsightRaised).kind == insight.kind


def test_answers_that_do_not_help_are_told() -> None:
    scene = many(many(line(), 10, "automatic_answer"), 6, "rejected_answer")
    insight = scene.one(InsightRaised)
    assert (insight.kind, insight.text) == (
        "many_rejections",
        "6 of 10 answers about billing did not help this week",
    )


@pytest.mark.parametrize(
    ("whole", "part", "text"),
    [
        ("contact", "escalation", "10 of 10 tickets about billing were escalated this week"),
        (
            "automatic_answer",
            "rejected_answer",
            "10 of 10 answers about billing did not help this week",
        ),
    ],
)
def test_what_began_before_the_week_or_elsewhere_makes_no_share_more_than_all_of_it(
    whole: str, part: str, text: str
) -> None:
    scene = many(line(), 12, part)
    scene = many(scene, 9, whole)
    assert scene.all(InsightRaised) == []
    told = many(many(scene, 1, whole), 1, part).one(InsightRaised)
    assert (told.confidence, told.text) == (1.0, text)


def test_what_fits_no_category_is_no_common_issue() -> None:
    scene = many(line(), 20, category="uncategorised")
    assert scene.all(CommonIssueFound) == []
    assert scene.all(InsightRaised) == []
    scene = many(scene, 15, "escalation", category="uncategorised")
    assert scene.all(InsightRaised) == []
    scene.one(InteractionTracked)


def test_few_tickets_prove_nothing() -> None:
    assert many(many(line(), 9), 9, "escalation").all(InsightRaised) == []
    assert shares(CategoryLine(), POLICY) == []


def test_the_policy_says_what_is_unusual() -> None:
    keen = POLICY.model_copy(
        update={"analytics": POLICY.analytics.model_copy(update={"surge_minimum": 2})}
    )
    assert isinstance(keen, Policy)
    scene = many(many(line(), 24, minutes=60), 3)
    assert surge(scene.state, POLICY) is None
    found = surge(scene.state, keen)
    assert found is not None
    assert found.count == 4


def test_what_is_older_than_a_week_is_forgotten_and_late_news_count_where_they_belong() -> None:
    scene = many(line(), 3)
    old = scene.state
    scene = scene.later(days=8).when(measured())
    assert totals(scene.state).contacts == 1
    late = scene.record(measured(), at="2026-03-10T08:00:00Z")
    assert totals(evolve(scene.state, late)).contacts == 2
    too_late = scene.record(measured(), at="2026-03-01T08:00:00Z")
    assert totals(evolve(scene.state, too_late)).contacts == 1
    assert old.at < scene.state.at


@drawn(st.lists(st.tuples(st.floats(0, 20_000), st.sampled_from(["contact", "escalation"]))))
def test_a_line_stays_small_and_counts_what_lies_within_the_week(
    steps: list[tuple[float, str]],
) -> None:
    scene = line()
    for minutes, kind in steps:
        scene = scene.later(minutes=minutes).given(measured(kind))
    state = scene.state
    assert len(state.buckets) <= BUCKETS
    assert [b.number for b in state.buckets] == sorted({b.number for b in state.buckets})
    assert 0 <= in_window(state, 60) <= totals(state).contacts
    assert expected(state, 60) >= 0


def test_an_article_that_did_not_help_is_counted_for_its_category() -> None:
    agents = (channel.RECEIVED, channel.ACCEPTED, *lifecycle.AGENTS, *knowledge.AGENTS)
    scene = opened(agents)
    scene = scene.when(reply(scene, "answer", solution_id="a1"))
    scene = say(scene, "that did not help", "not_solved")
    scene.one(SolutionRejected)
    kinds = [m.kind for m in scene.all(InteractionMeasured)]
    assert kinds == ["rejected_answer"]
    assert say(scene, "it still does not", "not_solved").all(SolutionRejected) == []
