"""Figures of a week, worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from streams.simulating.week.arms import ArmName
from streams.simulating.week.assumptions import Assumptions
from streams.simulating.week.definitions import MEASURES
from streams.simulating.week.headlines import headlines
from streams.simulating.week.lives import Life
from streams.simulating.week.measures import Figures, by_channel, figures, quantile
from streams.simulating.week.over_seeds import Estimate, differences, estimate, estimates
from streams.simulating.week.played import Played
from streams.simulating.week.system import Answer, Ledger, Packet
from tests.documents import ROOT
from tests.weeks import HOUR, NINE, issue

USUAL = Assumptions()


def life(name: str, at: float = NINE, outcome: str | None = "solved", **fields: Any) -> Life:
    """An issue that was solved with one contact and one reply, unless told otherwise."""
    about = {one: fields.pop(one) for one in ("kind", "escalate", "channel") if one in fields}
    usual: dict[str, Any] = {"contacts": 1, "replies": 1, "first_reply": at + 60.0}
    return Life(issue(name, at, **about), outcome=outcome, **{**usual, **fields})  # type: ignore[arg-type]  # a word


def of(*lives: Life, ledger: Ledger | None = None) -> Figures:
    return figures(Played(lives, ledger), USUAL)


def test_first_contact_resolution_has_every_issue_in_its_denominator() -> None:
    found = of(
        life("good"),
        life("twice", contacts=2),
        life("gone", outcome="gave_up"),
        life("open", outcome=None, first_reply=None, replies=0),
    )
    assert found["first_contact_resolution"] == 0.25
    assert found["solved"] == 0.5
    assert found["given_up"] == 0.25
    assert found["unanswered"] == 0.25
    assert found["contacts"] == 1.25


def test_two_interactions_are_a_contact_and_a_reply() -> None:
    found = of(life("good"), life("more", answers=1))
    assert found["first_contact_resolution"] == 1.0
    assert found["within_two_interactions"] == 0.5


def test_replies_are_counted_over_all_hours_and_over_those_that_are_staffed() -> None:
    night = life("night", 22 * HOUR, first_reply=32 * HOUR)
    found = of(life("day"), life("other", first_reply=NINE + 120), night)
    assert found["first_reply_p50"] == 2.0
    assert found["first_reply_p90"] == 600.0
    assert found["staffed_first_reply_p90"] == 2.0


def test_who_was_never_replied_to_is_in_no_quantile_as_if_they_had_been() -> None:
    found = of(life("day"), life("never", first_reply=None))
    assert found["first_reply_p50"] == 1.0
    assert found["first_reply_p90"] is None


def test_each_channel_has_its_own_replies() -> None:
    lives = [life("a"), life("b", channel="phone", first_reply=NINE + 30)]
    found = by_channel(Played(lives, None), USUAL)
    assert [*found] == ["email", "phone"]
    assert found["phone"]["first_reply_p50"] == 0.5


def test_what_was_handed_on_is_transfers_and_repeats() -> None:
    found = of(life("a", transfers=1), life("b", retried=2), life("c"), life("d"))
    assert (found["transfers"], found["repeats"], found["handed_on"]) == (0.25, 0.5, 0.75)


def test_hours_and_what_of_them_was_lost() -> None:
    found = of(life("a", worked=3000.0, rebuilding=360.0), life("b", worked=600.0))
    assert found["human_hours"] == 1.0
    assert found["agent_efficiency"] == 0.9


def test_escalations_are_held_against_those_that_had_to_be() -> None:
    found = of(
        life("a", escalate=True, escalated=True),
        life("b", escalate=True),
        life("c", escalated=True),
        life("d", escalated=True),
        ledger=Ledger(),
    )
    assert found["escalation_recall"] == 0.5
    assert found["escalation_precision"] == pytest.approx(1 / 3)


def test_answers_are_right_only_with_the_right_article() -> None:
    lives = [life("a"), life("b"), life("c", kind="gap"), life("d", kind="oos")]
    answers = [
        Answer(lives[0].issue, "reset", 0.95),
        Answer(lives[0].issue, "other", 0.85),
        Answer(lives[2].issue, "reset", 0.91),
    ]
    answers[2] = answers[2]._replace(issue=issue("c", kind="gap", article=None))
    found = of(*lives, ledger=Ledger(answers=answers))
    assert found["answer_precision"] == pytest.approx(1 / 3)
    assert found["answer_precision_over_90"] == 0.5
    assert found["answer_coverage"] == 0.5
    assert found["answered"] == 0.5
    assert found["false_answers_to_gaps"] == 1.0
    assert found["false_answers_to_others"] == 0.0


def test_context_is_counted_at_hand_overs_alone() -> None:
    one = issue("a")
    packets = [
        Packet(one, (("4711", True), ("Rose", False)), handed_on=True, strange=0),
        Packet(one, (("9 April", False),), handed_on=False, strange=1),
    ]
    found = of(life("a"), ledger=Ledger(packets=packets, messages=4, traced=3))
    assert found["context_kept"] == 0.5
    assert found["figures_kept"] == 1.0
    assert found["facts_in_packets"] == pytest.approx(1 / 3)
    assert found["strange_facts"] == 1.0
    assert found["visibility"] == 0.75


def test_each_figure_is_defined_and_each_definition_has_a_figure() -> None:
    found = of(life("a"), ledger=Ledger())
    assert [*found] == [one.name for one in MEASURES]
    assert {*of(life("a"))} < {*found}


def test_the_page_defines_each_figure_as_the_program_does() -> None:
    page = (ROOT / "docs" / "explanation" / "simulated-week.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{one.name}` | {one.unit} | {one.says} |" for one in MEASURES]


def test_the_interval_is_students() -> None:
    found = estimate([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    assert found.high is not None
    assert found.high - 2.0 == pytest.approx(4.303 / math.sqrt(3))
    assert estimate([5.0]) == Estimate(5.0, None, None)
    assert estimate([5.0, None]) == Estimate(None)
    assert estimate([]) == Estimate(None)
    many = estimate([float(n % 2) for n in range(100)])
    assert many.high == pytest.approx(0.5 + 1.96 * math.sqrt(0.25 * 100 / 99 / 100))


def test_arms_are_compared_seed_by_seed() -> None:
    one: list[Figures] = [{"x": 3.0}, {"x": 13.0}]
    other: list[Figures] = [{"x": 1.0}, {"x": 11.0}]
    assert differences(one, other, "x") == Estimate(2.0, 2.0, 2.0)
    assert estimates(one)["x"].mean == 8.0


def test_a_quantile_is_a_value_that_was_there() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert quantile([3.0, 1.0], 0.99) == 3.0
    assert quantile([], 0.5) is None


def test_headlines_have_the_silo_before_and_the_product_after() -> None:
    arms: dict[ArmName, dict[str, Estimate]] = {
        "silo": {"first_contact_resolution": Estimate(0.5)},
        "system": {"first_contact_resolution": Estimate(0.7), "context_kept": Estimate(0.9)},
    }
    found = {one.name: one for one in headlines(arms)}
    first = found["first contact resolution"]
    assert (first.before, first.after) == (Estimate(0.5), Estimate(0.7))
    assert found["context preserved"].before is None
    assert found["context preserved"].after == Estimate(0.9)
    assert found["satisfaction"].measure is None
    assert found["satisfaction"].after is None
