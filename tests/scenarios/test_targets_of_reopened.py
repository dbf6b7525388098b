"""Targets of a ticket that was reopened: what was missed before is not made good by it."""

from __future__ import annotations

from pathlib import Path

from tests.desks import story
from tests.lines import ScriptedModels


def test_a_target_that_was_missed_stays_missed_when_the_ticket_is_reopened(tmp_path: Path) -> None:
    with story(tmp_path, ScriptedModels()) as here:

        def counted() -> set[tuple[float, float]]:
            """By the log's whole and by the one calendar alike."""
            rows = here.desk.query("SELECT * FROM v1_metrics WHERE metric = 'sla_met'")
            for row in rows:
                of = f"metric:sla_met@{row['definition']}:all:{row['segment']}"
                assert here.desk.why(of)["denominator"] == row["denominator"]
            return {(row["numerator"], row["denominator"]) for row in rows}

        here.write("slow")
        here.asks("reply", ticket_id=here.ticket, text="Soon.")
        here.asks("escalate", ticket_id=here.ticket)
        here.later(days=9)
        here.asks("resolve", ticket_id=here.ticket)
        assert counted() == {(1.0, 2.0)}
        here.asks("reopen", ticket_id=here.ticket)
        assert counted() == {(1.0, 2.0)}
        here.later(hours=1)
        here.asks("resolve", ticket_id=here.ticket)
        assert counted() == {(2.0, 3.0)}
