"""What the rows of decisions and alerts make of what may be missing."""

from __future__ import annotations

import json

import pytest

from projections.tables.decisions import decision_row
from projections.tables.notices import alert_row
from schemas.event import Candidate
from schemas.events.choices import EscalationNotified
from schemas.events.decisions import PriorityChosen
from tests.anyevent import example
from tests.embedded import record_of


def test_a_candidate_without_a_note_has_none_in_its_row_either() -> None:
    weighed = [Candidate(name="low", score=0.5), Candidate(name="high", score=0.25, note="vip")]
    event = example(PriorityChosen, full=True).model_copy(update={"candidates": weighed})
    row = decision_row(None, record_of(event), "d1")
    assert row is not None
    assert json.loads(str(row.candidates)) == [
        {"name": "low", "score": 0.5},
        {"name": "high", "score": 0.25, "note": "vip"},
    ]


@pytest.mark.parametrize(("person", "told"), [("bo", "bo"), (None, "billing")])
def test_of_an_escalation_its_person_is_told_and_without_one_the_team(
    person: str | None, told: str
) -> None:
    fields = {"specialist_id": person, "team": "billing"}
    event = example(EscalationNotified, full=True).model_copy(update=fields)
    row = alert_row(None, record_of(event), "a1")
    assert row is not None
    assert row.recipient == told
