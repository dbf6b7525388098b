"""`desk.understand`: what the models make of messages, and of what is no message."""

from __future__ import annotations

from typing import Any

import pytest

from streams.desk import Desk
from streams.errors import Unreadable
from tests.pact_world import CHARGED, FORGOT

KEYS = {
    "language",
    "sentiment_score",
    "urgency_indicators",
    "categories",
    "out_of_scope",
    "tags",
    "solutions",
    "model_versions",
    "cues",
    "deadlines",
    "facts",
    "clues",
}


def test_a_document_has_every_finding_and_says_which_input_it_is_of(desk: Desk) -> None:
    given = {"channel": "email", "handle": "z@x.org", "provider_id": "p1", "message": CHARGED}
    (document,) = desk.understand([given])
    assert document.keys() >= KEYS
    assert {name: document[name] for name in ("channel", "handle", "provider_id")} == {
        "channel": "email",
        "handle": "z@x.org",
        "provider_id": "p1",
    }
    assert "message" not in document


def test_categories_and_solutions_come_likeliest_first(desk: Desk) -> None:
    (document,) = desk.understand([{"message": FORGOT}])
    for name in ("categories", "solutions"):
        scores = [one["confidence"] for one in document[name]]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == 2
    assert document["categories"][0]["name"] == "access"
    assert document["solutions"][0]["id"] == "reset"


def test_an_empty_store_knows_no_category_and_no_article(empty: Desk) -> None:
    (document,) = empty.understand([{"message": CHARGED}])
    assert document["categories"] == document["solutions"] == document["tags"] == []
    assert document["out_of_scope"] is None
    assert document["language"] == "en"


def test_understanding_appends_nothing_and_keeps_the_order(desk: Desk) -> None:
    before = desk.log.last_seq()
    documents = desk.understand([{"message": "", "provider_id": str(n)} for n in range(3)])
    assert [one["provider_id"] for one in documents] == ["0", "1", "2"]
    assert desk.log.last_seq() == before


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"message": 7},
        {"message": None},
        {"message": "half \ud83d"},
        {"message": "x", "subject": []},
    ],
)
def test_what_holds_no_sound_message_is_unreadable(document: dict[str, Any], desk: Desk) -> None:
    with pytest.raises(Unreadable, match=r"understand: (message|subject)"):
        desk.understand([document])


def test_a_message_outside_of_a_list_is_unreadable(desk: Desk) -> None:
    alone: Any = {"message": CHARGED}
    with pytest.raises(Unreadable, match="no object") as unreadable:
        desk.understand(alone)
    assert "list" in unreadable.value.remedy


def test_what_is_taught_counts_at_once_in_the_same_process(empty: Desk) -> None:
    def index() -> str:
        return str(empty.understand([{"message": FORGOT}])[0]["model_versions"]["index"])

    assert index() == "empty"
    article = {"type": "article", "article_id": "reset", "title": "Reset", "body": "Press reset."}
    empty.produce(article)
    assert index() != "empty"
    (document,) = empty.understand([{"message": "How do I reset it?"}])
    assert [one["id"] for one in document["solutions"]] == ["reset"]


def test_what_is_taught_between_two_runs_counts_in_the_second(empty: Desk) -> None:
    empty.produce({"channel": "email", "handle": "a@x.org", "message": FORGOT})
    empty.run()
    empty.produce(
        {"type": "article", "article_id": "reset", "title": "Reset", "body": "Press reset."}
    )
    empty.produce({"channel": "email", "handle": "b@x.org", "message": FORGOT})
    empty.run()
    rows = empty.query("SELECT candidates FROM v1_decisions WHERE type = 'SolutionsFound'")
    assert sorted(len(row["candidates"]) for row in rows) == [0, 1]
