"""The policy: one file, judged as a whole, named by its content, and read back as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import agents
from agents import policy as rules
from agents.linking import WEIGHTS
from agents.policy import CalendarPolicy, Policy, Target, default_policy
from agents.policy_toml import PolicyInvalid, check, parse, to_toml

SHIPPED = Path(agents.__file__).parent / "policy.toml"


def test_the_shipped_file_is_the_policy_that_is_in_force_from_the_start() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert parse(text) == default_policy()
    assert text == to_toml(default_policy())


def test_a_name_is_quoted_only_where_toml_wants_it() -> None:
    told = default_policy().model_dump()
    told["routing"]["teams"] = {"pre-sales": "a", "after_sales2": "b", "Größe": "c", "a b": "d"}
    text = to_toml(Policy.model_validate(told))
    assert {'pre-sales = "a"', 'after_sales2 = "b"', '"Größe" = "c"', '"a b" = "d"'} <= {
        *text.splitlines()
    }


names = st.text(min_size=1, max_size=12)
shares = st.floats(0, 1)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Sound policies with odd names and figures."""
    told = default_policy().model_dump()
    suggest, answer, resolution = sorted(draw(st.tuples(shares, shares, shares)))
    told["thresholds"] |= {
        "suggest": suggest,
        "auto_answer": answer,
        "auto_resolution": resolution,
        "vip_lifetime_value": draw(st.floats(0, 1e9)),
    }
    told["routing"]["default_team"] = draw(names)
    told["routing"]["teams"] = draw(st.dictionaries(names, names, max_size=4))
    told["linking"] = draw(st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.floats(-9, 9)))
    told["calendar"] |= {
        "zone": draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"])),
        "holidays": draw(st.lists(st.dates(), max_size=3)),
        "week": {"monday": [("00:00", "01:30"), ("20:00", "24:00")], "sunday": []},
    }
    told["delivery"] = {
        "fall_back": draw(st.sampled_from([{}, {"whatsapp": "email", "email": "whatsapp"}])),
        "fall_back_kinds": draw(st.lists(st.sampled_from(["answer", "notice"]), max_size=2)),
    }
    template = {
        "name": draw(names),
        "language": draw(names),
        "languages": draw(st.dictionaries(names, names, max_size=2)),
        "parameter": draw(st.text(max_size=9)),
    }
    told["templates"] = draw(st.sampled_from([{}, {"whatsapp": template}]))
    told["notification"] |= {"survey": draw(st.booleans()), "alert_priorities": []}
    return Policy.model_validate(told)


@given(policies())
def test_a_policy_that_is_shown_and_read_again_is_the_same(policy: Policy) -> None:
    again = parse(to_toml(policy))
    assert again == policy
    assert again.version == policy.version
    assert check(to_toml(policy)) == []


def test_a_copy_that_says_something_else_has_a_version_and_a_calendar_of_its_own() -> None:
    before = default_policy()
    known = (before.version, before.calendar.version, before.calendar.calendar)
    calendar = before.calendar.model_copy(update={"zone": "Europe/Berlin"})
    after = before.model_copy(update={"calendar": calendar})
    assert after.version != known[0]
    assert calendar.version != known[1]
    assert calendar.calendar.zone == "Europe/Berlin"
    assert (before.version, before.calendar.version, before.calendar.calendar) == known
    assert before.model_copy().version == known[0]


def test_the_version_is_the_contents_own() -> None:
    shipped = default_policy()
    assert shipped.version == parse(to_toml(shipped)).version
    other = parse(to_toml(shipped).replace("follow_up_hours = 24", "follow_up_hours = 25"))
    assert other.version != shipped.version
    assert other.calendar.version == shipped.calendar.version


def faults(change: dict[str, Any], **more: Any) -> str:
    """What is wrong with the shipped policy with some parts changed."""
    told = default_policy().model_dump(mode="json")
    for part, fields in {**change, **more}.items():
        told[part] = {**told.get(part, {}), **fields}
    with pytest.raises(ValueError, match="validation error") as caught:
        Policy.model_validate(told)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"thresholds": {"auto_answer": 0.95}}, "must rise in this order"),
        ({"thresholds": {"suggest": 1.5}}, "less than or equal to 1"),
        ({"limits": {"flood_per_minute": 231}}, "less than or equal to 230"),
        ({"limits": {"confirmations_per_hour": 21}}, "less than or equal to 20"),
        ({"limits": {"automatic_answers_per_ticket": 9}}, "less than or equal to 8"),
        ({"lifecycle": {"crashes_for_proactive": 10}}, "less than 10"),
        ({"analytics": {"window_minutes": 7 * 24 * 60}}, "less than or equal to 8640"),
        ({"limits": {"unheard_of": 1}}, "Extra inputs are not permitted"),
        ({"sla": {"targets": {}}}, "give a target for each"),
        ({"sla": {"warn_at": 1.0}}, "less than 1"),
        ({"calendar": {"zone": "Mars/Olympus"}}, "is no time zone"),
        ({"calendar": {"week": {"someday": []}}}, "is no weekday"),
        ({"calendar": {"week": {"monday": [["10:00", "09:00"]]}}}, "ends before it begins"),
        (
            {"calendar": {"week": {"monday": [["09:00", "11:00"], ["10:00", "12:00"]]}}},
            "spans overlap",
        ),
        ({"calendar": {"week": {"monday": []}}}, "never open"),
        ({"calendar": {"week": {"monday": [["9", "10:00"]]}}}, "is not a time of day"),
        ({"notification": {"alert_priorities": ["huge"]}}, "is no priority"),
        ({"notification": {"confirm_on": ["fax"]}}, "Input should be"),
        ({"analytics": {"surge_factor": 1.0}}, "greater than 1"),
        ({"delivery": {"fall_back": {"email": "email"}}}, "name another channel"),
        ({"delivery": {"fall_back": {"fax": "email"}}}, "Input should be"),
        ({"delivery": {"fall_back_kinds": ["letter"]}}, "is no kind of reply"),
        ({"linking": {"treshold": 0.3}}, "'treshold' is no signal of linking"),
        ({"linking": {"bias": float("nan")}}, "bias is nan; give it a number"),
        ({"linking": {"threshold": float("inf")}}, "threshold is inf; give it a number"),
        ({"lifecycle": {"follow_up_hours": 80_000_000}}, "less than or equal to 87600"),
        ({"lifecycle": {"assume_resolved_hours": 10**12}}, "less than or equal to 87600"),
        ({"lifecycle": {"close_after_days": 9_999_999}}, "less than or equal to 3650"),
        ({"lifecycle": {"reopen_within_days": 3651}}, "less than or equal to 3650"),
        ({"lifecycle": {"crash_window_days": 3651}}, "less than or equal to 3650"),
        ({"limits": {"forward_hops": 2**64}}, "less than or equal to 1000000000"),
        ({"chat": {"offline_minutes": 525_601}}, "less than or equal to 525600"),
        ({"templates": {"facebook": {"name": "x"}}}, "name one of whatsapp"),
        ({"templates": {"whatsapp": {}}}, "Field required"),
        ({"templates": {"whatsapp": {"name": ""}}}, "at least 1 character"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], says: str) -> None:
    assert says in faults(change)


def test_a_first_reply_is_due_before_the_resolution() -> None:
    targets = {name: target.model_dump() for name, target in rules.TARGETS.items()}
    targets["low"]["first_reply_minutes"] = 99_999
    assert "the first reply is due after the resolution" in faults({"sla": {"targets": targets}})


def test_a_target_that_takes_years_at_the_desks_hours_is_refused() -> None:
    week = {"monday": [["09:00", "09:10"]]}
    told = default_policy().model_dump(mode="json")
    told["calendar"]["week"] = week
    with pytest.raises(ValueError, match="take more than 52 weeks"):
        Policy.model_validate(told)


def test_what_a_customer_may_expect_is_a_time_that_a_record_can_hold() -> None:
    targets = {name: target.model_dump() for name, target in rules.TARGETS.items()}
    targets["low"]["estimated_minutes"] = 2**64
    assert "less than or equal to 524160" in faults({"sla": {"targets": targets}})


def test_every_fault_of_a_file_is_told_with_its_place_and_a_remedy() -> None:
    text = to_toml(default_policy())
    text = text.replace("warn_at = 0.8", "warn_at = 2").replace('zone = "UTC"', 'zone = "Mars"')
    found = {problem.where: problem for problem in check(text)}
    assert set(found) == {"sla.warn_at", "calendar.zone"}
    assert all(problem.what and problem.remedy for problem in found.values())
    with pytest.raises(PolicyInvalid) as caught:
        parse(text)
    told = "; ".join(f"{problem.where}: {problem.what}" for problem in check(text))
    assert str(caught.value) == told
    assert told.count("; ") == 1


def test_a_fault_names_what_is_there_and_what_would_be_right() -> None:
    text = to_toml(default_policy())
    text = text.replace("warn_at = 0.8", "warn_at = 2").replace('zone = "UTC"', 'zone = "Mars"')
    said = {problem.where: (problem.what, problem.remedy) for problem in check(text)}
    assert said == {
        "sla.warn_at": ("2 is too large", "give less than 1.0"),
        "calendar.zone": ("'Mars' is no time zone", "use a name such as Europe/Berlin"),
    }


@pytest.mark.parametrize(
    ("is_so", "would_be", "what", "remedy"),
    [
        ("auto_answer", "auto_anwser", "there is no such field", "use one of auto_answer, "),
        ("[routing]", "[ruoting]", "there is no such field", "use one of thresholds, limits, "),
        ("first_reply_minutes = 15", "reply_minutes = 15", "it is missing", "prints a whole file"),
        ("resolution_minutes = 120", "minutes = 1", "there is no such field", "for the names"),
        ("holidays = []", 'holidays = ["25.12.2026"]', "'25.12.2026' is not a day", "2026-12-25"),
        ('[["08:00", "20:00"]]', '["08:00", "20:00"]', "'08:00' is not a list", "square brackets"),
        ("vip_senior = true", 'vip_senior = "maybe"', "neither true nor false", "without quotes"),
        ('["critical", "urgent"]', '["huge"]', "'huge' is no priority", "use low, medium"),
    ],
)
def test_a_mistake_in_the_file_is_told_in_its_writer_s_words(
    is_so: str, would_be: str, what: str, remedy: str
) -> None:
    told = check(to_toml(default_policy()).replace(is_so, would_be, 1))
    assert any(what in one.what and remedy in one.remedy for one in told), told


def test_fields_that_contradict_each_other_are_named_without_the_whole_file() -> None:
    (fault,) = check(to_toml(default_policy()).replace("auto_answer = 0.8", "auto_answer = 0.95"))
    assert fault.what == (
        "thresholds: suggest, auto_answer and auto_resolution must rise in this order"
    )
    assert fault.remedy == "they are 0.5, 0.95 and 0.9: change one of them"
    shipped = to_toml(default_policy())
    late = shipped.replace("first_reply_minutes = 480", "first_reply_minutes = 9999")
    (fault,) = check(late)
    assert fault.what == "sla.targets.low: the first reply is due after the resolution"
    assert fault.remedy == "first_reply_minutes is at most 4320 here"


@pytest.mark.parametrize(
    "text", ["[sla", "a = " + "[" * 20_000, "a = " + "{a=" * 20_000, "a = " + "9" * 5000]
)
def test_what_is_not_toml_is_told(text: str) -> None:
    (problem,) = check(text)
    assert problem.where == "the file"
    assert problem.what.startswith("it is not TOML (")
    assert problem.remedy == "see `pactdesk policy show`"


def test_a_table_in_tables_without_end_is_no_field() -> None:
    problems = check(f"[{'a.' * 20_000}a]")
    assert ("a", "there is no such field") in {(one.where, one.what) for one in problems}


def test_a_target_is_in_minutes_above_nothing() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Target(first_reply_minutes=0, resolution_minutes=1, estimated_minutes=1)


def test_the_week_of_a_calendar_is_in_order_whatever_its_file_says() -> None:
    told = {"tuesday": [["13:00", "24:00"], ["08:00", "12:00"]]}
    calendar = CalendarPolicy.model_validate({"week": told, "holidays": ["2026-12-25"]}).calendar
    assert calendar.week[1] == ((480, 720), (780, 1440))
    assert calendar.week[0] == ()
    assert calendar.holidays == frozenset({date(2026, 12, 25)})


def parts() -> list[type[BaseModel]]:
    """The policy and all its parts."""
    return [
        one
        for one in vars(rules).values()
        if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == rules.__name__
    ]


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.__name__)
def test_every_field_is_documented(part: type[BaseModel]) -> None:
    text = part.__doc__ or ""
    for name in vars(part).get("__annotations__", {}):
        assert f"{name}:" in text, f"{part.__name__}.{name}"
