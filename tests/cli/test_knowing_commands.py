"""Commands about articles, categories, the team and the policy."""

from __future__ import annotations

import tomllib
from codecs import BOM_UTF8
from pathlib import Path

import pytest

from agents.policy import default_policy
from tests.commands import Shell, ndjson

ARTICLE = {
    "article_id": "reset",
    "title": "Reset your password",
    "body": "Open the sign-in page and choose Forgotten password.",
    "examples": ["how do I reset my password"],
}


def test_articles_are_imported_listed_shown_and_retired(empty: Shell) -> None:
    assert empty("articles", "import", "-", "--json", stdin=ndjson(ARTICLE)).json == {
        "accepted": 1,
        "repeat": 0,
        "unreadable": 0,
    }
    assert [row["article_id"] for row in empty("articles", "list", "--json").json] == ["reset"]
    assert empty("articles", "show", "reset", "--json").json["body"] == ARTICLE["body"]
    assert "Forgotten password" in empty("articles", "show", "reset").out
    assert empty("articles", "retire", "reset", "--as", "sam").out == "reset: retired\n"
    assert empty("articles", "list", "--json").json == []
    assert empty("articles", "show", "reset").status == 4


def test_an_article_that_is_not_there_cannot_be_retired(empty: Shell) -> None:
    assert empty("articles", "retire", "reset").status == 4


def test_an_import_needs_a_file_or_the_starter_and_not_both(empty: Shell) -> None:
    assert empty("articles", "import").status == 2
    assert empty("teach", "-", "--starter").status == 2


def test_a_bad_article_is_told_with_its_line_and_the_rest_is_kept(empty: Shell) -> None:
    told = empty("articles", "import", "-", stdin=ndjson({"article_id": "a"}, ARTICLE))
    assert told.status == 65
    assert "line 1: article: title" in told.err
    assert len(empty("articles", "list", "--json").json) == 1


def test_a_line_that_is_nested_without_end_is_told_and_the_rest_is_kept(empty: Shell) -> None:
    told = empty("articles", "import", "-", stdin="[" * 100_000 + "\n" + ndjson(ARTICLE))
    assert told.status == 65
    assert "line 1: the line is nested too deep" in told.err
    assert len(empty("articles", "list", "--json").json) == 1


def test_categories_are_taught_and_then_understood(empty: Shell) -> None:
    refund = {"name": "refund", "examples": ["I want my money back", "please refund me", "refund"]}
    parcel = {"name": "parcel", "examples": ["where is my parcel", "it has not arrived", "late"]}
    assert empty("teach", "-", stdin=ndjson(refund, parcel)).status == 0
    seen = empty("understand", stdin=ndjson({"message": "please give me my money back"})).lines[0]
    assert seen["categories"][0]["name"] == "refund"


def test_teaching_takes_tags_and_tones_but_no_contacts(empty: Shell) -> None:
    contact = {"type": "contact", "channel": "email", "handle": "a", "message": "hi"}
    lines = ndjson(
        {"type": "tag", "name": "refund", "examples": ["money back"]},
        {**contact},
        {"type": "tone", "text": "this is the end", "score": 0.1},
    )
    told = empty("teach", "-", "--json", stdin=lines)
    assert told.status == 65
    assert told.json == {"accepted": 2, "repeat": 0, "unreadable": 1}
    assert "line 2: contact is not taken here" in told.err
    assert "pactdesk produce" in told.err
    assert empty("tickets", "--json").json == []


def test_a_file_that_an_editor_marked_as_utf_8_is_read_like_any_other(
    empty: Shell, tmp_path: Path
) -> None:
    lines, policy = tmp_path / "articles.ndjson", tmp_path / "policy.toml"
    article = {"article_id": "a", "title": "Pause a plan", "body": "Press Pause."}
    lines.write_bytes(BOM_UTF8 + ndjson(article).encode())
    assert empty("articles", "import", str(lines)).status == 0
    policy.write_bytes(BOM_UTF8 + empty("policy", "show").out.encode())
    assert empty("policy", "check", str(policy)).status == 0


def test_what_is_taught_of_a_time_to_come_is_refused_and_named(empty: Shell) -> None:
    later = {**ARTICLE, "article_id": "later", "at": "2150-01-01T00:00:00Z"}
    told = empty("articles", "import", "--json", "-", stdin=ndjson(later, ARTICLE))
    assert told.status == 65
    assert told.json == {"accepted": 1, "repeat": 0, "unreadable": 1}
    assert "line 1: article: at: 2150-01-01T00:00:00Z lies ahead" in told.err
    assert [row["article_id"] for row in empty("articles", "list", "--json").json] == ["reset"]
    odd = {**ARTICLE, "at": "tomorrow"}
    assert "lies ahead" not in empty("articles", "import", "-", stdin=ndjson(odd)).err


def test_of_an_article_whose_time_lies_ahead_it_is_said_that_it_answers_nothing(
    empty: Shell,
) -> None:
    later = {"type": "article", **ARTICLE, "at": "2150-01-01T00:00:00Z"}
    assert empty("produce", stdin=ndjson(later)).status == 0
    assert empty("run").status == 0
    shown = empty("articles", "show", "reset", "--json")
    assert shown.json["body"] is None
    assert "until then it answers nothing" in shown.err


def test_who_is_away_gets_no_ticket_until_they_are_back(empty: Shell) -> None:
    team = [{"specialist_id": name, "name": name.title()} for name in ("bo", "cy")]
    assert empty("team", "import", stdin=ndjson(*team)).status == 0
    assert empty("team", "away", "bo", "--as", "bo").out == "bo: away\n"
    duty = {row["specialist_id"]: row["available"] for row in empty("team", "list", "--json").json}
    assert duty == {"bo": False, "cy": True}
    assert empty("team", "back", "bo", "--json").json["status"] == "done"
    assert all(row["available"] for row in empty("team", "list", "--json").json)


def test_nobody_unknown_goes_off_duty(empty: Shell) -> None:
    told = empty("team", "away", "zoe")
    assert told.status == 4
    assert "nobody of the team is called zoe" in told.err
    assert "pactdesk team list" in told.err


def test_the_starter_teaches_categories_and_articles(empty: Shell) -> None:
    taught = empty("teach", "--starter", "--json")
    assert taught.status == 0
    assert taught.json["accepted"] >= 5
    imported = empty("articles", "import", "--starter", "--json")
    assert imported.status == 0
    assert len(empty("articles", "list", "--json").json) == imported.json["accepted"] > 0


def test_the_team_is_imported_and_listed(empty: Shell) -> None:
    sam = {"specialist_id": "sam", "name": "Sam", "team": "billing", "skills": ["refund"]}
    assert empty("team", "import", stdin=ndjson(sam)).status == 0
    (row,) = empty("team", "list", "--json").json
    assert row["specialist_id"] == "sam"
    assert row["load"] == 0
    assert "sam" in empty("team", "list").out


def test_the_policy_in_force_is_shown_as_toml_and_as_json(empty: Shell) -> None:
    shown = tomllib.loads(empty("policy", "show").out)
    assert shown["thresholds"]["auto_answer"] == 0.8
    document = empty("policy", "show", "--json").json
    assert document["version"] == default_policy().version
    assert empty("policy", "show", "--default", "--json").json == document
    assert tomllib.loads(empty("policy", "show", "--default").out) == shown


def test_a_changed_policy_is_checked_and_put_in_force(empty: Shell, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(empty("policy", "show").out.replace("auto_answer = 0.8", "auto_answer = 0.85"))
    assert empty("policy", "check", str(file)).status == 0
    before = empty("policy", "show", "--json").json["version"]
    version = empty("policy", "activate", str(file), "--json").json["version"]
    assert version != before
    assert empty("policy", "show", "--json").json["version"] == version
    assert tomllib.loads(empty("policy", "show").out)["thresholds"]["auto_answer"] == 0.85


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("auto_answer = 1.8", "thresholds.auto_answer"),
        ("auto_answer = 0.95", "thresholds"),
        ('auto_answer = "high"', "thresholds.auto_answer"),
        ("auto_answer = ", "the file"),
    ],
)
def test_a_policy_with_a_fault_is_refused(
    empty: Shell, tmp_path: Path, wrong: str, where: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(empty("policy", "show").out.replace("auto_answer = 0.8", wrong))
    checked = empty("policy", "check", str(file), "--json")
    assert checked.status == 3
    assert where in str(checked.json["problems"])
    told = empty("policy", "activate", str(file))
    assert told.status == 3
    assert "->" in told.err


def test_a_policy_may_come_from_standard_input(empty: Shell) -> None:
    text = empty("policy", "show").out
    assert empty("policy", "check", "-", stdin=text).status == 0


def test_a_policy_file_that_is_not_there_is_a_usage_error(empty: Shell) -> None:
    assert empty("policy", "check", "no-such.toml").status == 2
