"""Playing the demo's week: an hour at a time, so that timers fire in between."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from projections.tables import TABLES
from schemas.record import contact_id
from streams.clock import ManualClock
from streams.demo.script import DemoInput, Step
from streams.rebuild import digest_of
from streams.starter import lines as starter_lines

if TYPE_CHECKING:
    from streams.desk import Desk, Shift

SECRET = "pactdesk-demo"  # noqa: S105  # fixed on purpose: two runs of the demo name the same customers alike

Summary = dict[str, Any]  # JSON


def play(
    desk: Desk, week: DemoInput, *, speed: float | None, tell: Callable[[int], None]
) -> Summary:
    """Play the week through the desk, whose clock is a manual one, and sum it up.

    Args:
        desk: The desk; one that holds the demo already gets nothing new.
        week: The demo's input.
        speed: Times real time; None is as fast as it goes.
        tell: Told how many steps were played since it was told last.
    """
    clock = desk.clock
    assert isinstance(clock, ManualClock)
    started, before = time.perf_counter(), desk.log.last_seq()
    with desk.shift() as shift:
        _set_up(desk, week)
        shift.run()
        stage = _Stage(desk, shift)
        for hour_end, steps in week.steps_by_hour():
            began = time.perf_counter()
            stage.play(steps)
            clock.set(hour_end)
            shift.run()
            tell(len(steps))
            if speed is not None:
                time.sleep(max(0.0, 3600.0 / speed - (time.perf_counter() - began)))
        clock.advance(days=2)
        shift.run()
    seconds = time.perf_counter() - started
    return summed_up(desk, seconds, desk.log.last_seq() - before)


def _set_up(desk: Desk, week: DemoInput) -> None:
    """Who works here, what is known, who the customers are."""
    at = week.start
    known = (
        {"at": at, **msgspec.json.decode(line)}
        for what in ("categories", "articles")
        for line in starter_lines(what)
    )
    people = ({"at": at, **one} for one in (*week.team, *week.customers))
    desk.intake.documents([*known, *people])


class _Stage:
    """Plays steps: contacts as they come, a person's step once its ticket is there."""

    def __init__(self, desk: Desk, shift: Shift) -> None:
        self._desk = desk
        self._shift = shift
        self._waiting: list[Step] = []
        self._waiting_for: set[str] = set()
        self._last: dict[str, str] = {}

    def play(self, steps: Iterable[Step]) -> None:
        """Play some steps in their order."""
        for step in steps:
            fields = {k: v for k, v in step.items() if k not in {"dialogue", "step"}}
            dialogue = str(step["dialogue"])
            if step["step"] == "contact":
                self._waiting.append(fields)
                self._waiting_for.add(dialogue)
                self._last[dialogue] = contact_id(fields["channel"], fields["provider_id"])
                continue
            if dialogue in self._waiting_for:
                self._flush(str(fields["at"]))
            ticket = self._ticket(dialogue)
            if ticket is not None:
                self._waiting.append({"type": step["step"], **fields, "ticket_id": ticket})
        self._flush(None)

    def _flush(self, at: str | None) -> None:
        self._desk.intake.documents(self._waiting)
        self._waiting, self._waiting_for = [], set()
        if at is not None:
            self._shift.run_to(at)

    def _ticket(self, dialogue: str) -> str | None:
        """The ticket of a dialogue's latest contact; None when that was not accepted."""
        row = self._desk.database.execute(
            "SELECT ticket_id FROM p_messages WHERE interaction_id = ?",
            (self._last.get(dialogue),),
        ).fetchone()
        return None if row is None else str(row[0])


def summed_up(desk: Desk, seconds: float, records: int) -> Summary:
    """One screen's worth of what the desk holds."""

    def counted(sql: str) -> dict[str, int]:
        return {str(row["name"]): int(row["n"]) for row in desk.query(sql)}

    metrics = {
        row["metric"]: row["value"]
        for row in desk.query(
            "SELECT metric, value FROM v1_metrics WHERE period = 'all' AND segment = 'all'"
        )
    }
    replies = desk.query(
        "SELECT (julianday(first_replied_at) - julianday(created_at)) * 1440.0 AS minutes"
        " FROM v1_tickets WHERE first_replied_at IS NOT NULL ORDER BY minutes"
    )
    totals = desk.query(
        "SELECT (SELECT count(*) FROM v1_tickets) AS tickets,"
        " (SELECT count(*) FROM v1_customers) AS customers,"
        " (SELECT count(*) FROM v1_interactions WHERE direction = 'in') AS contacts,"
        " (SELECT count(*) FROM v1_decisions) AS decisions,"
        " (SELECT count(*) FROM v1_interactions WHERE agent_id = 'knowledge'"
        "  AND resolution_offered AND kind = 'answer') AS automatic_answers,"
        " (SELECT count(*) FROM v1_tickets WHERE escalated_at IS NOT NULL) AS escalated"
    )[0]
    return {
        **totals,
        "statuses": counted(
            "SELECT status AS name, count(*) AS n FROM v1_tickets GROUP BY 1 ORDER BY 2 DESC, 1"
        ),
        "channels": counted(
            "SELECT channel AS name, count(*) AS n FROM v1_interactions"
            " WHERE direction = 'in' GROUP BY 1 ORDER BY 2 DESC, 1"
        ),
        "escalations": counted(
            "SELECT j.value AS name, count(*) AS n FROM v1_tickets, json_each(escalation_reasons) j"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        ),
        "switched_channel": sum(
            len(row["channels"]) > 1 for row in desk.query("SELECT channels FROM v1_tickets")
        ),
        "first_contact_resolution": metrics.get("first_contact_resolution"),
        "median_first_reply_minutes": replies[len(replies) // 2]["minutes"] if replies else None,
        "records": desk.log.last_seq(),
        "records_added": records,
        "seconds": round(seconds, 2),
        "records_per_second": round(records / seconds) if seconds else None,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "digest": tables_digest(desk),
    }


def tables_digest(desk: Desk) -> str:
    """One hash over the rows of every table."""
    digest = sha256()
    for table in TABLES:
        digest.update(digest_of(desk.database, table.sql_name, table)[0].encode())
    return digest.hexdigest()[:16]


def summary_text(summary: Summary, data: str) -> str:
    """The summary as one screen, with three commands to try next."""

    def listed(name: str) -> str:
        return ", ".join(f"{key} {count}" for key, count in summary[name].items()) or "none"

    flag = "" if data == ".pactdesk" else f" --data {data}"
    share = summary["first_contact_resolution"]
    reply = summary["median_first_reply_minutes"]
    return f"""
{summary["contacts"]} contacts of {summary["customers"]} customers became {summary["tickets"]} tickets
  by status        {listed("statuses")}
  contacts came by {listed("channels")}
  switched channel {summary["switched_channel"]} tickets

{summary["decisions"]} decisions of the agents
  automatic answers        {summary["automatic_answers"]}
  escalated tickets        {summary["escalated"]} ({listed("escalations")})
  first-contact resolution {"-" if share is None else f"{share:.1%}"} of all tickets
  median first reply       {"-" if reply is None else f"{reply:.1f} minutes"}

{summary["records_added"]} records in {summary["seconds"]} s: {summary["records_per_second"]} a second, {summary["peak_memory_mb"]} MB at most
digest {summary["digest"]}: the same on every run

Try next:
  pactdesk{flag} tickets --status escalated
  pactdesk{flag} query "SELECT action, count(*) AS n FROM v1_decisions GROUP BY action ORDER BY n DESC"
  pactdesk{flag} why $(pactdesk{flag} --json tickets --status escalated --limit 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["ticket_id"])')
"""
