"""The differences of many turns: in sum, and ticket by ticket."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from schemas.event import Decision, Event
from schemas.events.contacts import RecordForwarded
from schemas.events.decisions import AnswerChosen, EscalationTriggered, PriorityChosen, RouteChosen
from streams.whatif.differing import Comparison
from streams.whatif.promises import Ended

KINDS = ("same", "changed", "missing", "added")

Report = dict[str, Any]
"""What a comparison came to, as JSON; docs/how-to/try-another-policy.md names its keys."""


Fact = tuple[str, str, str]
"""Which side says something of an answer, an escalation, a route or a priority; of which; what."""


class Differing(msgspec.Struct, frozen=True):
    """An output that differs.

    Attributes:
        ticket_id: The ticket that it concerns, if any.
        customer_id: The customer, if any.
        action: Its action, or its event's name.
        kind: changed, missing or added.
        change: What differs, as `Comparison.change` gives it.
        facts: What it says of the ticket, on each side.
    """

    ticket_id: str | None
    customer_id: str | None
    action: str
    kind: str
    change: dict[str, Any]
    facts: list[Fact]


class Judged(msgspec.Struct, frozen=True):
    """A compared turn, small enough to be kept.

    Attributes:
        contact: Whether a contact came in, and was not only handed on to another line.
        outputs: How many outputs were recorded.
        decisions: How many of them are decisions.
        identical: How many are the very same now.
        same: How many say the same, by action.
        differing: Those that differ.
        facts: What was and would be said of all of them.
    """

    contact: bool
    outputs: int
    decisions: int
    identical: int
    same: dict[str, int]
    differing: list[Differing]
    facts: list[Fact]


def judged(found: Iterable[Comparison], *, contact: bool) -> Judged:
    """A compared turn.

    Args:
        found: Its outputs on both sides.
        contact: Whether a contact came in. One that was handed on counts where it was taken.
    """
    same: Counter[str] = Counter()
    differing, facts = [], []
    outputs = decisions = identical = 0
    for one in found:
        if one.recorded is not None:
            contact = contact and not isinstance(one.recorded.event, RecordForwarded)
            outputs += 1
            decisions += isinstance(one.recorded.event, Decision)
            identical += one.identical
        said = list(_facts(one))
        facts += said
        if one.kind == "same":
            same[one.action] += 1
            continue
        customer = getattr(one.record.event, "customer_id", None)
        differing.append(
            Differing(one.ticket_id, customer, one.action, one.kind, one.change(), said)
        )
    return Judged(contact, outputs, decisions, identical, dict(same), differing, facts)


class TicketSum(msgspec.Struct):
    """What would be different about one ticket, or about what belongs to none.

    Attributes:
        customer_id: Whose it is.
        by_action: How many outputs differ, by action.
        changes: What differs, each as `Comparison.change` gives it.
        facts: Automatic answers, escalations, team and priority on both sides, where they differ.
        sla: How its targets ended on both sides, where that differs.
    """

    customer_id: str | None = None
    by_action: Counter[str] = msgspec.field(default_factory=Counter)
    changes: list[dict[str, Any]] = []
    facts: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    sla: list[dict[str, str]] = []


class Sums:
    """Adds up compared turns.

    Attributes:
        contacts: How many contacts were among them.
        outputs: How many outputs were recorded.
        identical: How many of them are the very same now.
        decisions: How many of the outputs are decisions.
    """

    def __init__(self) -> None:
        self.contacts = 0
        self.outputs = 0
        self.identical = 0
        self.decisions = 0
        self._by_action: dict[str, Counter[str]] = defaultdict(Counter)
        self._tickets: dict[str | None, TicketSum] = {}
        self._facts: dict[str, dict[str, Counter[str]]] = {
            name: {"recorded": Counter(), "again": Counter()}
            for name in ("automatic_answers", "escalations", "routes", "priorities")
        }

    def add(self, turn: Judged) -> None:
        """Add a turn."""
        self.contacts += turn.contact
        self.outputs += turn.outputs
        self.decisions += turn.decisions
        self.identical += turn.identical
        for action, count in turn.same.items():
            self._by_action[action]["same"] += count
        for side, name, value in turn.facts:
            self._facts[name][side][value] += 1
        for one in turn.differing:
            self._differs(one)

    def _differs(self, one: Differing) -> None:
        self._by_action[one.action][one.kind] += 1
        ticket = self._tickets.setdefault(one.ticket_id, TicketSum())
        ticket.customer_id = ticket.customer_id or one.customer_id
        ticket.by_action[one.action] += 1
        ticket.changes.append(one.change)
        for side, name, value in one.facts:
            ticket.facts.setdefault(name, {"recorded": None, "again": None})[side] = value

    def report(self, ended: Iterable[Ended], sla: dict[str, Any]) -> Report:
        """Everything, as JSON.

        Args:
            ended: How the targets ended on both sides.
            sla: The same in sum.
        """
        for end in ended:
            if end.recorded != end.again:
                ticket = self._tickets.setdefault(end.ticket_id, TicketSum())
                ticket.sla.append(
                    {"target": end.target, "recorded": end.recorded, "again": end.again}
                )
        by_action = {
            name: {kind: counts[kind] for kind in KINDS}
            for name, counts in sorted(self._by_action.items())
        }
        return {
            "contacts": self.contacts,
            "decisions": self.decisions,
            "outputs": self.outputs,
            "identical": self.identical,
            "differences": sum(n for c in by_action.values() for k, n in c.items() if k != "same"),
            "by_action": by_action,
            "automatic_answers": self._total("automatic_answers"),
            "escalations": self._total("escalations"),
            "routes": self._split("routes"),
            "priorities": self._split("priorities"),
            "sla": sla,
            "tickets": [self._ticket(name) for name in sorted(self._tickets, key=str)],
        }

    def _total(self, name: str) -> dict[str, int]:
        return {side: counts.total() for side, counts in self._facts[name].items()}

    def _split(self, name: str) -> dict[str, dict[str, int]]:
        return {side: dict(sorted(counts.items())) for side, counts in self._facts[name].items()}

    def _ticket(self, ticket_id: str | None) -> dict[str, Any]:
        one = self._tickets[ticket_id]
        return {
            "ticket_id": ticket_id,
            "customer_id": one.customer_id,
            "differences": one.by_action.total(),
            "by_action": dict(sorted(one.by_action.items())),
            "facts": {n: f for n, f in one.facts.items() if f["recorded"] != f["again"]},
            "sla": one.sla,
            "changes": one.changes,
        }


def _facts(one: Comparison) -> Iterator[Fact]:
    for side, record in (("recorded", one.recorded), ("again", one.again)):
        fact = None if record is None else _fact(record.event)
        if fact is not None:
            yield (side, *fact)


def _fact(event: Event) -> tuple[str, str] | None:
    """What a decision says of an answer, an escalation, a route or a priority."""
    match event:
        case AnswerChosen():
            return "automatic_answers", event.solution_id
        case EscalationTriggered():
            return "escalations", ", ".join(event.triggers)
        case RouteChosen():
            return "routes", event.team
        case PriorityChosen():
            return "priorities", event.priority
        case _:
            return None
