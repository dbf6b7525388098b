"""Confirmed answers teach an article what customers asked, and not what their mails are called."""

from __future__ import annotations

from pathlib import Path

from schemas.events.decisions import AnswerChosen
from schemas.events.knowledge import ExampleProposed
from tests.desks import story

DEPOSIT = {
    "type": "article",
    "article_id": "deposit",
    "title": "When is my deposit refunded?",
    "body": "Within three working days after the bike is back.",
    "examples": ["where is my deposit", "when do I get the deposit back", "deposit not returned"],
}
PLAN = {
    "type": "article",
    "article_id": "plan",
    "title": "Cancel your plan",
    "body": "Tap Profile, Plans, Cancel.",
    "examples": ["how do I cancel my plan", "stop my subscription", "cancel the monthly pass"],
}
FORM = "New message from your contact form"


def test_a_forms_subject_does_not_bring_everybody_the_answer_that_helped_one(
    tmp_path: Path,
) -> None:
    with story(tmp_path) as here:
        here.give(DEPOSIT, PLAN)
        here.write("Hello,\nwhen do I get the deposit of 20 euro back?", subject=FORM)
        here.write("Thanks, that worked", subject=f"Re: {FORM}")
        (learned,) = here.events(ExampleProposed)
        assert learned.example == "when do I get the deposit of 20 euro back?"
        here.later(hours=2)
        here.write("Do you have child seats?", subject=FORM, handle="ben@example.org")
        (answer,) = here.events(AnswerChosen)
        assert answer.solution_id == "deposit"
