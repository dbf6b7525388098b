"""`pactdesk backtest`: a table, JSON, Parquet, a page that needs nothing else; what it refuses."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from tests.commands import Shell, ndjson

MORNING = "2026-03-02T09:00:00Z"
LINES = ndjson(
    {"channel": "email", "handle": "ann@example.org", "message": "Refund me <b>now</b>!"}
    | {"at": MORNING},
    {"channel": "email", "handle": "bo@example.org", "message": "Where is my card?"}
    | {"at": "2026-03-02T11:00:00Z"},
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two contacts, two hours apart, and two policies beside it."""
    shell = Shell(tmp_path_factory.mktemp("backtest") / "data")
    assert shell("produce", stdin=LINES).status == 0
    assert shell("run", "--now", "2026-03-02T18:00:00Z").status == 0
    text = shell("policy", "show").out
    (shell.data / "same.toml").write_text(text)
    (shell.data / "other.toml").write_text(
        text.replace('default_team = "general"', 'default_team = "front <desk>"').replace(
            "first_reply_minutes = 240", "first_reply_minutes = 30"
        )
    )
    return shell.data


@pytest.fixture
def desk(store: Path, tmp_path: Path) -> Shell:
    return Shell(Path(shutil.copytree(store, tmp_path / "data")))


def test_the_same_policy_gives_no_difference(desk: Shell) -> None:
    told = desk("backtest", "--policy", str(desk.data / "same.toml"), "--json")
    assert told.status == 0
    report = told.json
    assert {"contacts", "decisions", "differences", "by_action", "tickets"} <= report.keys()
    assert (report["contacts"], report["differences"], report["tickets"]) == (2, 0, [])
    (row,) = desk("query", "SELECT count(*) AS n FROM v1_decisions", "--format", "json").json
    assert report["decisions"] == row["n"]


def test_another_policy_is_told_by_action_and_by_ticket(desk: Shell) -> None:
    told = desk("backtest", "--policy", str(desk.data / "other.toml"))
    assert told.status == 0
    assert told.out.startswith("2 contacts, ")
    assert "triage.route_to_specialist" in told.out
    assert "SLA first reply: " in told.out
    assert "TICK_" in told.out
    assert "general -> front <desk>" in told.out


def test_it_changes_nothing(desk: Shell) -> None:
    before = desk("events").out
    assert desk("backtest", "--policy", str(desk.data / "other.toml")).status == 0
    assert desk("events").out == before
    assert desk("verify").status == 0


def test_the_page_needs_nothing_else_and_shows_text_as_text(desk: Shell) -> None:
    page = desk.data / "page.html"
    told = desk("backtest", "--policy", str(desk.data / "other.toml"), "--to", str(page))
    assert told.status == 0
    text = page.read_text("utf-8")
    assert "<svg" in text
    assert "prefers-color-scheme: dark" in text
    assert "default-src 'none'" in text
    assert not re.search(r"(src|href)=|url\(|@import|<script|https?://", text)
    assert "front &lt;desk&gt;" in text
    assert "<desk>" not in text


def test_parquet_has_a_row_for_each_difference(desk: Shell) -> None:
    file = desk.data / "changes.parquet"
    told = desk("backtest", "--policy", str(desk.data / "other.toml"), "--to", str(file), "--json")
    rows: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
    assert len(rows) == told.json["differences"] > 0
    (team, _) = [row for row in rows if row["action"] == "triage.route_to_specialist"]
    assert json.loads(team["recorded"])["team"] == "general"
    assert json.loads(team["again"])["team"] == "front <desk>"


def test_json_in_a_file_is_what_is_printed(desk: Shell) -> None:
    file = desk.data / "report.json"
    told = desk("backtest", "--policy", str(desk.data / "other.toml"), "--to", str(file), "--json")
    assert json.loads(file.read_text()) == told.json


def test_other_models_read_the_recorded_messages_anew(desk: Shell) -> None:
    told = desk("backtest", "--models", "light", "--json")
    assert told.status == 0
    assert (told.json["models"], told.json["differences"]) == ("light", 0)


def test_a_span_of_time_holds_only_its_own_contacts(desk: Shell) -> None:
    policy = ("--policy", str(desk.data / "same.toml"), "--json")
    assert desk("backtest", *policy, "--since", "2026-03-02T10:00:00Z").json["contacts"] == 1
    assert desk("backtest", *policy, "--until", "2026-03-02T10:00:00Z").json["contacts"] == 1


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1\n", "colour"),
        ("[thresholds]\nsuggest = 0.95\n", "sla"),
        ("not toml", "it is not TOML"),
    ],
)
def test_a_policy_with_faults_is_refused_in_the_words_of_its_check(
    desk: Shell, text: str, words: str
) -> None:
    policy = desk.data / "wrong.toml"
    policy.write_text(text)
    told = desk("backtest", "--policy", str(policy))
    assert told.status == 3
    assert "the policy has" in told.err
    assert words in desk("policy", "check", str(policy)).out


def test_an_unknown_field_and_a_contradiction_are_named(desk: Shell) -> None:
    policy = desk.data / "wrong.toml"
    sound = (desk.data / "same.toml").read_text()
    policy.write_text(sound.replace("auto_answer =", "auto_answers ="))
    assert "thresholds.auto_answers" in desk("backtest", "--policy", str(policy)).err
    policy.write_text(sound.replace("suggest = 0.5", "suggest = 0.95"))
    assert "must rise in this order" in desk("backtest", "--policy", str(policy)).err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 2, "give --policy FILE, --models, or both"),
        (("--models", "huge"), 2, "--models"),
        (("--policy", "nowhere.toml"), 2, "cannot be read"),
        (("--models", "light", "--to", "report.pdf"), 2, "no known ending"),
        (("--models", "light", "--to", "/nowhere/at/all.json"), 2, "cannot be written"),
        (("--models", "light", "--since", "yesterday"), 2, "is not a time"),
        (("--models", "light", "--since", "2026-03-02T09:00:00"), 2, "has no offset"),
        (("--models", "light", "--since", MORNING, "--until", MORNING), 2, "is not before"),
        (("--models", "light", "--since", "2027-01-01T00:00:00Z"), 3, "no recorded contact"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    desk: Shell, arguments: tuple[str, ...], status: int, words: str
) -> None:
    told = desk("backtest", *arguments)
    assert (told.status, told.bytes) == (status, b"")
    assert words in told.err


def test_a_desk_without_a_contact_has_nothing_to_decide_again(tmp_path: Path) -> None:
    told = Shell(tmp_path / "data")("backtest", "--models", "light")
    assert told.status == 3
    assert "no recorded contact" in told.err
