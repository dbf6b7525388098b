"""The packaged input of the demo: well-formed, of licensed sources only, as much as promised."""

from __future__ import annotations

import gzip
import tomllib
from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.record import contact_id
from streams import inputs
from streams.demo import script
from streams.demo.script import START, Dialogue, batches, moment, steps_of
from streams.demo.stage import Standing, happens
from streams.starter import lines as starter_lines
from training.build_demo import build
from training.corpus import BESIDE, COMMITTED, Corpus
from training.demo_dialogues import survey_score

ROOT = Path(__file__).resolve().parents[2]
PACKED = ROOT / "streams" / "demo" / "data"

SUMS = {
    "articles": "b72c44aa8a0cd310af4800ef892aa3ade39237fe5de7eb16c5ce2ee1f3151d78",
    "dialogues": "8c7acb44003b9465548c082acdce2e94b0e4e9b9e6c43991ecc64e60743132a1",
    "world": "c19fc71c751d22d46427acebcfaa9ec4482b8bdb3f5701808b12f7fc806c1caa",
}
"""Of the packaged documents, as the builder made them from the open data."""

ALL = script.dialogues()
CONTACTS = [step for one in ALL for step in one.steps if step["do"] == "contact"]


def packed(name: str) -> bytes:
    return gzip.decompress((PACKED / f"{name}.json.gz").read_bytes())


def of(source: str) -> list[Dialogue]:
    return [one for one in ALL if one.source == source]


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(COMMITTED / f"{name}.jsonl.gz") as lines:
        return [msgspec.json.decode(line) for line in lines]


def test_the_packaged_files_are_the_ones_that_the_builder_made() -> None:
    assert {name: sha256(packed(name)).hexdigest() for name in SUMS} == SUMS


# Where the open data are not beside the project, the recorded sums above are what holds.
if BESIDE.exists():

    def test_the_builder_makes_the_packaged_files_again_byte_for_byte() -> None:
        made = build(Corpus(BESIDE))
        assert set(made) == set(SUMS)
        assert all(document == packed(name) for name, document in made.items())

    def test_no_text_of_the_source_that_must_not_ship_is_in_the_package() -> None:
        texts = [
            row[field]
            for name, fields in (
                ("kb_stackfaq_docs", ("title", "body")),
                ("kb_stackfaq_queries_open", ("query",)),
            )
            for row in Corpus(BESIDE).rows(name)
            for field in fields
        ]
        whole = b"\n".join(packed(name) for name in SUMS)
        assert len(texts) > 500
        assert [t for t in texts if len(t) > 12 and msgspec.json.encode(t)[1:-1] in whole] == []


def test_it_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in PACKED.iterdir()) < 1_500_000


def test_there_are_as_many_dialogues_and_messages_as_promised() -> None:
    replies = sum(step["do"] == "reply" for one in ALL for step in one.steps)
    assert len(ALL) >= 1_200
    assert len(CONTACTS) >= 6_000
    assert replies >= 3_000


def test_every_dialogue_names_its_source_and_its_record_there() -> None:
    assert {one.source for one in ALL} == {"STAR", "MultiDoGO", "Banking77", "pactdesk"}
    assert len({one.id for one in ALL}) == len(ALL)
    assert len({(one.source, one.record) for one in ALL}) == len(ALL)


def test_every_banking_question_is_the_record_that_it_names() -> None:
    questions = rows("intent_banking77_train")
    for one in of("Banking77"):
        place, intent = one.record.split()
        row = questions[int(place)]
        assert row["intent"] == intent
        assert " ".join(row["text"].split()) in one.steps[0]["message"]


def test_every_article_is_ours_or_an_open_one() -> None:
    ours = tomllib.loads((ROOT / "training" / "demo_articles.toml").read_text("utf-8"))
    written = {one["body"] for one in ours.values()}
    open_ones = {row["body"] for row in rows("kb_tau2bank_docs")}
    for article in script.articles():
        home = written if article["article_id"].startswith("bank-") else open_ones
        assert article["body"] in home


def test_no_customer_asks_what_was_taught() -> None:
    starter = [*starter_lines("categories"), *starter_lines("articles")]
    taught = {one for line in starter for one in msgspec.json.decode(line).get("examples", [])}
    assert len(taught) > 1_500
    assert taught.isdisjoint(one.steps[0]["message"] for one in of("Banking77"))


def test_all_eight_channels_are_used_with_handles_of_their_kind() -> None:
    begins = {
        "email": "",
        "slack": "U",
        "whatsapp": "+1555",
        "chat_widget": "visitor-",
        "phone": "+1555",
        "twitter": "@",
        "facebook": "fb:",
        "discord": "",
    }
    assert Counter(step["channel"] for step in CONTACTS).keys() == begins.keys()
    for one in ALL:
        if one.source == "pactdesk":
            continue
        for step in one.steps:
            if step["do"] == "contact":
                assert step["handle"].startswith(begins[step["channel"]])
                assert (step["channel"] == "email") == (".com" in step["handle"])
                assert (step["channel"] == "discord") == ("#" in step["handle"])


def test_every_step_is_a_valid_input_line() -> None:
    for one in ALL:
        for step in steps_of(one):
            named = {"ticket_id": "TICK_0"} if step.document.get("type") in _ABOUT else {}
            inputs.read_document({**step.document, **named})


_ABOUT = {"reply", "resolve", "survey", "note"}


def test_the_world_and_the_starter_lines_are_valid_input_lines() -> None:
    world = script.world()
    for line in (*world.team, *world.customers, *world.categories):
        inputs.read_document(line)
    for starter in (*starter_lines("categories"), *starter_lines("articles")):
        given = inputs.read(starter)
        assert given.at is not None
        assert given.at < START - timedelta(days=365)


def test_the_team_is_a_dozen_people_with_skills_languages_and_hours() -> None:
    team = script.world().team
    assert len(team) == 12
    assert all(one["skills"] and one["languages"] and one["hours"] for one in team)
    assert {one["senior"] for one in team} == {True, False}


def test_some_customers_are_vips_and_have_an_account_manager_of_the_team() -> None:
    world = script.world()
    vips = [one for one in world.customers if one["lifetime_value"] > 10_000]
    assert 20 <= len(vips) <= 100
    assert {one["account_manager"] for one in vips} <= {one["specialist_id"] for one in world.team}


def test_repeat_customers_of_a_recording_are_one_person_each() -> None:
    assert max(Counter(one.customer for one in of("STAR")).values()) > 5


def test_people_change_the_channel_in_mid_issue() -> None:
    changed = [
        one
        for one in ALL
        if len({step["channel"] for step in one.steps if step["do"] == "contact"}) > 1
    ]
    assert len(changed) > 40


def test_messages_come_twice_and_late() -> None:
    names = Counter((step["channel"], step["provider_id"]) for step in CONTACTS)
    twice = [name for name, count in names.items() if count == 2]
    assert len(twice) > 50
    assert max(names.values()) == 2
    assert sum("at" in step for step in CONTACTS) > 50


def test_a_message_that_comes_twice_has_one_content() -> None:
    seen: dict[tuple[str, str], str] = {}
    for step in CONTACTS:
        name = (step["channel"], step["provider_id"])
        assert seen.setdefault(name, step["message"]) == step["message"]


def test_some_products_crash_more_than_three_times() -> None:
    crashes = Counter(one.customer for one in ALL for step in one.steps if step["do"] == "signal")
    assert sum(count > 3 for count in crashes.values()) >= 4
    assert sum(count <= 3 for count in crashes.values()) >= 4


def test_the_week_is_busiest_in_business_hours() -> None:
    starts = [moment(one.start) for one in ALL]
    assert all(START <= at < START + timedelta(days=7) for at in starts)
    assert len({at.date() for at in starts}) == 7
    assert sum(8 <= at.hour < 19 for at in starts) > 0.85 * len(starts)


@pytest.mark.parametrize(
    ("answers", "score"), [([True], 5), ([False], 1), ([True, False], 3), ([True, True, False], 4)]
)
def test_a_survey_of_yes_and_no_becomes_one_to_five_by_the_share_of_yes(
    answers: list[bool], score: int
) -> None:
    assert survey_score([["Did it?", one] for one in answers]) == score


def test_a_survey_keeps_the_recorded_answers_as_its_comment() -> None:
    surveys = [step for one in of("STAR") for step in one.steps if step["do"] == "survey"]
    assert len(surveys) > 200
    assert all("Yes." in one["comment"] or "No." in one["comment"] for one in surveys)


def test_batches_keep_every_step_in_the_order_of_arrival() -> None:
    some = ALL[:200]
    played = [step.arrives for batch in batches(some) for step in batch.steps]
    assert played == sorted(played)
    assert len(played) == sum(len(one.steps) for one in some)


def test_what_needs_a_ticket_never_shares_a_batch_with_what_it_depends_on() -> None:
    for batch in batches(ALL[:300]):
        here: set[str] = set()
        for step in batch.steps:
            if step.needs_ticket:
                assert here.isdisjoint(step.about)
            if "provider_id" in step.document:
                here.add(contact_id(step.document["channel"], step.document["provider_id"]))


def test_no_step_arrives_after_its_batch_is_worked_off_or_before_the_last_one_was() -> None:
    last = START
    for batch in batches(ALL):
        assert all(last <= moment(step.arrives) <= batch.until for step in batch.steps)
        last = batch.until


@pytest.mark.parametrize(
    ("when", "status", "said", "expected"),
    [
        (None, "resolved", [], True),
        ("helped", "waiting_customer", [("answer", "a")], True),
        ("helped", "waiting_customer", [("suggestion", "a")], True),
        ("helped", "waiting_customer", [("answer", "b")], False),
        ("helped", "resolved", [("answer", "a")], False),
        ("misled", "waiting_customer", [("answer", "b")], True),
        ("misled", "waiting_customer", [("answer", "b"), ("answer", "a")], False),
        ("misled", "in_progress", [], False),
        ("misled", "in_progress", [("answer", "b"), ("agent_reply", None)], False),
        ("open", "in_progress", [], True),
        ("open", "in_progress", [("suggestion", "a")], True),
        ("open", "waiting_customer", [("answer", "a")], False),
        ("open", "closed", [], False),
        ("replied", "waiting_customer", [("agent_reply", None)], True),
        ("replied", "waiting_customer", [("answer", "a")], False),
        ("unresolved", "escalated", [], True),
        ("unresolved", "resolved", [], False),
    ],
)
def test_a_conditional_step_happens_by_what_the_desk_did(
    when: str | None,
    status: str,
    said: list[tuple[str, str | None]],
    expected: bool,  # noqa: FBT001  # a parameter of the table above
) -> None:
    step = script.Step(0, {"type": "reply"}, (), when, "a")
    assert happens(step, Standing("TICK_0", status, None, said)) is expected


def test_every_condition_of_the_packaged_steps_is_a_known_one() -> None:
    standing = Standing("TICK_0", "in_progress", None, [])
    for one in ALL:
        for step in steps_of(one):
            happens(step, standing)
    assert {step.when for one in ALL for step in steps_of(one)} == {
        None, "helped", "misled", "open", "replied", "unresolved",
    }  # fmt: skip


def test_steps_are_dated_by_when_they_were_written() -> None:
    late = next(one for one in ALL if any("at" in step for step in one.steps))
    for packed_step, step in zip(late.steps, steps_of(late), strict=True):
        written = packed_step["at"] if "at" in packed_step else packed_step["t"]
        at = moment(late.start + written)
        assert datetime.fromisoformat(step.document["at"]) == at
