"""The week that is made of what ships."""

from __future__ import annotations

from itertools import pairwise

import pytest

from streams.simulating.week.issues import Week
from streams.simulating.week.shipped_week import GAP, shipped_week


@pytest.fixture(scope="module")
def week() -> Week:
    """The week."""
    return shipped_week()


def test_issues_come_in_order_and_each_has_its_person(week: Week) -> None:
    begins = [one.said[0].arrives for one in week.issues]
    assert begins == sorted(begins)
    assert len({one.id for one in week.issues}) == len(week.issues) > 1000
    for one in week.issues:
        assert one.said[0].channel in week.people[one.person].handles


def test_first_messages_follow_each_other_closely_on_one_channel(week: Week) -> None:
    for one in week.issues:
        assert len({said.channel for said in one.said}) == 1
        assert all(0 <= b.arrives - a.arrives <= GAP for a, b in pairwise(one.said))
        names = [said.provider_id for said in one.said if not said.repeat]
        assert len({*names}) == len(names)


def test_a_question_has_its_article_and_a_conversation_has_none(week: Week) -> None:
    shelf = {one["article_id"] for one in week.lessons if one["type"] == "article"}
    for one in week.issues:
        assert (one.article is not None) == (one.kind == "kb")
        assert one.article is None or one.article in shelf
        assert one.id.startswith("b77-") == (one.kind in {"kb", "gap"})


def test_its_first_issues_are_a_week_too(week: Week) -> None:
    some = week.first(7)
    assert some.issues == week.issues[:7]
    assert week.first(None) == week
