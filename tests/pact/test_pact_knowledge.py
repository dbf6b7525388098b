from __future__ import annotations

from typing import Any

import pytest

from streams.desk import Desk
from tests.pact_world import FORGOT


def call(desk: Desk, action: str, **params: Any) -> dict[str, Any]:
    return desk.pact(f"knowledge.{action}", params)


def article(desk: Desk, article_id: str) -> dict[str, Any]:
    rows = desk.query("SELECT * FROM v1_articles WHERE article_id = ?", [article_id])
    return rows[0] if rows else {}


@pytest.mark.parametrize("name", ["query", "content", "text", "description", "message"])
def test_a_search_finds_the_article_that_answers(name: str, desk: Desk) -> None:
    result = call(desk, "search_solutions", **{name: FORGOT})
    best = result["solutions"][0]
    assert best["id"] == "reset"
    assert best["title"] == "Reset your password"
    assert best["description"] == "Open the settings and press reset."
    assert best["category"] == "access"
    assert best["success_rate"] is None
    assert 0.8 < best["confidence"] <= 1
    assert result["total_results"] == len(result["solutions"])


def test_a_search_keeps_to_a_category_and_a_limit(desk: Desk) -> None:
    question = "when does my refund arrive and how do I reset my password"
    both = call(desk, "search_solutions", query=question)["solutions"]
    assert {one["id"] for one in both} == {"reset", "refunds"}
    money = call(desk, "search_solutions", query=question, category="billing")["solutions"]
    assert [one["id"] for one in money] == ["refunds"]
    assert len(call(desk, "search_solutions", query=question, limit=1)["solutions"]) == 1


def test_an_empty_store_has_no_solutions(empty: Desk) -> None:
    assert call(empty, "search_solutions", query=FORGOT)["solutions"] == []
    assert call(empty, "suggest_articles", query=FORGOT)["suggested_articles"] == []


def test_suggestions_are_the_articles_above_the_threshold_and_what_would_become_of_them(
    desk: Desk,
) -> None:
    result = call(desk, "suggest_articles", query=FORGOT)
    assert [one["id"] for one in result["suggested_articles"]] == ["reset"]
    assert result["outcome"] == "answer"
    critical = call(desk, "suggest_articles", query=FORGOT, priority="critical")
    assert critical["outcome"] == "none"
    assert critical["reasons"] == ["banned_critical_priority"]


def test_nothing_is_suggested_in_another_language(desk: Desk) -> None:
    question = {"query": "How do I reset my password? Wie geht das mit dem Passwort, bitte?"}
    german = call(desk, "suggest_articles", **question, language="de")
    assert german["suggested_articles"] == []
    assert german["outcome"] == "none"


def test_what_was_offered_on_a_ticket_is_not_suggested_again(desk: Desk) -> None:
    processed = desk.pact(
        "channel.receive_message", {"channel": "chat_widget", "handle": "q", "message": FORGOT}
    )["processed_message"]
    result = call(desk, "suggest_articles", ticket_id=processed["ticket_id"])
    assert "reset" not in {one["id"] for one in result["suggested_articles"]}
    assert result["outcome"] == "none"


def test_nothing_is_suggested_by_itself_for_what_is_critical_on_a_lesser_ticket(desk: Desk) -> None:
    processed = desk.pact(
        "channel.receive_message",
        {"channel": "chat_widget", "handle": "z", "message": "when does my refund arrive"},
    )["processed_message"]
    asked = {"ticket_id": processed["ticket_id"], "query": FORGOT}
    assert call(desk, "suggest_articles", **asked)["outcome"] == "answer"
    examples = [FORGOT, "I cannot sign in", "reset my password", "my password is wrong"]
    desk.produce(
        {"type": "category", "name": "access", "examples": examples, "priority": "critical"}
    )
    result = call(desk, "suggest_articles", **asked)
    assert (result["outcome"], result["reasons"]) == ("none", ["banned_critical_priority"])


def test_a_published_article_is_found_at_once(desk: Desk) -> None:
    result = call(
        desk,
        "update_knowledge_base",
        title="Opening hours",
        content="We are open from eight to eight.",
        examples=["when are you open"],
        category="general",
        language="en",
    )
    assert result["updated_article"] == {
        "article_id": "opening-hours",
        "title": "Opening hours",
        "version": 1,
        "outcome": "adopted",
        "examples_learned": 0,
    }
    assert article(desk, "opening-hours")["category"] == "general"
    found = call(desk, "search_solutions", query="when are you open")["solutions"]
    assert found[0]["id"] == "opening-hours"


def test_a_changed_article_is_a_new_version_and_the_same_again_is_none(desk: Desk) -> None:
    params = {"article_id": "reset", "title": "Reset", "body": "Press the red button."}
    changed = call(desk, "update_knowledge_base", **params)["updated_article"]
    assert (changed["version"], changed["outcome"]) == (2, "changed")
    same = call(desk, "update_knowledge_base", **params)["updated_article"]
    assert (same["version"], same["outcome"]) == (2, "unchanged")


def test_an_example_is_learned_once(desk: Desk) -> None:
    params = {"article_id": "reset", "example": "my password is gone"}
    result = call(desk, "update_knowledge_base", **params)
    assert result["updated_article"]["outcome"] == "learned"
    assert result["updated_article"]["examples_learned"] == 1
    assert article(desk, "reset")["examples"] == 3
    again = call(desk, "update_knowledge_base", **params)
    assert again["success"] is False
    assert "knows the example" in again["error"]
    several = call(
        desk, "update_knowledge_base", article_id="reset", examples=["one more way", "and another"]
    )
    assert several["updated_article"]["examples_learned"] == 2


def test_what_is_no_list_is_told_in_the_words_of_json(desk: Desk) -> None:
    params = {"article_id": "k", "title": "T", "body": "B", "examples": "one"}
    assert "examples: a list is wanted" in call(desk, "update_knowledge_base", **params)["error"]


def test_two_titles_that_are_alike_but_for_their_signs_are_two_articles(desk: Desk) -> None:
    ids = set()
    for title in ("C++", "C#", "C#", "🙂", "☕"):
        params = {"title": title, "body": f"About {title}."}
        ids.add(call(desk, "update_knowledge_base", **params)["updated_article"]["article_id"])
    assert len(ids) == 4
    assert {article(desk, one)["title"] for one in ids} == {"C++", "C#", "🙂", "☕"}


def test_a_retired_article_is_found_no_more(desk: Desk) -> None:
    params = {"article_id": "reset", "retire": True, "idempotency_key": "k"}
    result = call(desk, "update_knowledge_base", **params)
    assert result["updated_article"]["outcome"] == "retired"
    assert article(desk, "reset") == {}
    found = call(desk, "search_solutions", query=FORGOT)["solutions"]
    assert "reset" not in {one["id"] for one in found}
    assert call(desk, "update_knowledge_base", **params) == result


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"title": "Only a title"}, "title and body"),
        ({"body": "Only a body"}, "title and body"),
        ({"title": "Blank", "body": "  "}, "title and body"),
        ({"example": "for which?"}, "article_id is missing"),
        ({"retire": True}, "article_id is missing"),
        ({"article_id": "nowhere", "retire": True}, "there is no article nowhere"),
        ({"article_id": "nowhere", "example": "x"}, "there is no article nowhere"),
    ],
)
def test_half_of_a_lesson_is_refused(params: dict[str, Any], told: str, desk: Desk) -> None:
    before = desk.log.last_seq()
    result = call(desk, "update_knowledge_base", **params)
    assert result["success"] is False
    assert told in result["error"]
    assert desk.log.last_seq() == before


def test_it_is_counted_how_an_article_served(desk: Desk, ann: str) -> None:
    shown = article(desk, "reset")["shown"]
    *_, last = [
        call(desk, "track_solution_effectiveness", **params)
        for params in (
            {"solution": "reset", "helpful": True},
            {"article_id": "reset", "helpful": True, "ticket_id": ann},
            {"solution_id": "reset", "helpful": False},
            {"solution": "reset"},
        )
    ]
    tracked = last["tracking_updated"]
    assert (tracked["shown"], tracked["accepted"], tracked["rejected"]) == (shown + 1, 2, 1)
    assert tracked["success_rate"] == pytest.approx(2 / 3)
    row = article(desk, "reset")
    assert (row["shown"], row["accepted"], row["rejected"]) == (shown + 1, 2, 1)
    found = call(desk, "search_solutions", query=FORGOT)["solutions"][0]
    assert found["success_rate"] == pytest.approx(2 / 3)


def test_the_effectiveness_of_an_unknown_article_is_not_tracked(desk: Desk) -> None:
    before = desk.log.last_seq()
    result = call(desk, "track_solution_effectiveness", solution="nowhere", helpful=True)
    assert result["success"] is False
    assert "there is no article nowhere" in result["error"]
    assert desk.log.last_seq() == before
