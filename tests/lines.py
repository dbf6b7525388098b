"""All lines of a deployment in memory: what a worker does, without a store, a log or effects.

Scenes (`streams.testing`) hold one line; what passes between lines (merges of customers, requests
to the desk, articles) needs them all.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from agents.policy import Policy, default_policy
from agents.roster import ROSTERS
from agents.world import Understanding, World
from projections.case import Case, Ticket, Timer, timers
from projections.case.parking import moves_open, needs, restore, settle
from projections.lines import FOLDS
from schemas.event import Event
from schemas.events.contacts import ContactReceived, RecordForwarded, TimerDue
from schemas.record import Record, contact_id, derived_id
from schemas.topics import TOPICS, Domain, key_of
from streams.forwarding import unwrapped
from streams.testing import START, FakeModels
from streams.turn import turn

MOST_TURNS = 5000
"""Turns after which something goes round in circles."""


class ScriptedModels(FakeModels, frozen=True):
    """Models that make of each message what a script says, and of any other a calm one."""

    script: dict[str, Understanding] = msgspec.field(default_factory=dict)

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """What the script says of the message."""
        del subject, known_language
        return self.script.get(message, self.understanding)


class Turn(msgspec.Struct, frozen=True):
    """One turn of a line: what came in, the state before and after it, what was said."""

    domain: Domain
    record: Record
    before: Any
    after: Any
    said: tuple[Record, ...]


class Lines:
    """Takes records and works them off at once, with all that follows from them.

    Args:
        models: What every turn sees.
        policy: The policy in force; default: the shipped one.
        at: The clock's first reading.

    Attributes:
        now: The clock.
        outside: What was put in from outside, in order.
        turns: Every turn that was taken, in order.
    """

    def __init__(
        self,
        models: FakeModels | None = None,
        policy: Policy | None = None,
        at: datetime = START,
    ) -> None:
        self.models = models or FakeModels()
        self.policy = policy or default_policy()
        self.now = at
        self.outside: list[Record] = []
        self.turns: list[Turn] = []
        self._states: dict[tuple[Domain, str], Any] = {}
        self._parked: dict[tuple[str, str], Ticket] = {}
        self._timers: dict[str, tuple[Timer, str]] = {}
        self._waiting: deque[Record] = deque()
        self._seen: set[str] = set()

    def case(self, key: str) -> Case:
        """A customer's case; fresh when nothing happened on the line."""
        case = self.state("customer", key)
        assert isinstance(case, Case)
        return case

    def state(self, domain: Domain, key: str) -> Any:  # Any: the domain's state
        """The state of a line."""
        return self._states.get((domain, key)) or FOLDS[domain].initial(key)

    def tickets(self, key: str) -> dict[str, Ticket]:
        """The tickets of a customer at hand, by id."""
        return self.case(key).tickets

    def parked(self, key: str) -> dict[str, Ticket]:
        """The tickets that left a customer's case, by id."""
        return {i: ticket for (line, i), ticket in self._parked.items() if line == key}

    @property
    def said(self) -> list[Event]:
        """Everything that agents ever said, in order."""
        return [record.event for one in self.turns for record in one.said]

    def put(self, event: Event | Record) -> list[Event]:
        """Take something from outside and work everything off; returns what was said."""
        return self.together(event)

    def together(self, *events: Event | Record) -> list[Event]:
        """Take several things of which none waits for what follows from another."""
        records = []
        for event in events:
            record = event if isinstance(event, Record) else self._record(event)
            self.outside.append(record)
            records.append(record)
        return self._run(records)

    def later(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> list[Event]:
        """Let time pass, with every timer that runs out; returns what was said."""
        end = self.now + timedelta(days=days, hours=hours, minutes=minutes)
        said: list[Event] = []
        while (timer := self._next(end)) is not None:
            self.now = max(self.now, timer.at)
            said += self._run([timer])
        self.now = end
        return said

    def _record(self, event: Event) -> Record:
        if isinstance(event, ContactReceived):
            number = contact_id(event.channel, event.provider_id)
        else:
            number = derived_id("outside", str(len(self.outside)))
        key = key_of(event, "")
        return Record(id=number, key=key, at=self.now, by="test", event=event, correlation=number)

    def _next(self, end: datetime) -> Record | None:
        due = [one for one in self._timers.values() if one[0].due_at <= end.timestamp()]
        if not due:
            return None
        timer, key = min(due, key=lambda one: (one[0].due_at, one[0].id))
        del self._timers[timer.id]
        at = datetime.fromtimestamp(timer.due_at, UTC)
        event = TimerDue.model_validate(
            {
                "customer_id": key,
                "ticket_id": timer.ticket_id,
                "kind": timer.kind,
                "target": timer.target,
                "due_at": at,
            }
        )
        number = derived_id(timer.id, key)
        return Record(id=number, key=key, at=at, by="timer", event=event, correlation=number)

    def _run(self, records: list[Record]) -> list[Event]:
        began = len(self.turns)
        self._waiting += records
        while self._waiting:
            assert len(self.turns) - began < MOST_TURNS, "the lines go round in circles"
            self._take(self._waiting.popleft())
        return [record.event for one in self.turns[began:] for record in one.said]

    def _take(self, record: Record) -> None:
        if record.id in self._seen:
            return
        self._seen.add(record.id)
        domain = TOPICS[record.topic].domain
        assert domain is not None
        state = self.state(domain, record.key)
        if isinstance(record.event, RecordForwarded) and state.merged_into is None:
            record = unwrapped(record)
        if isinstance(state, Case):
            state = self._with_parked(state, record)
        world = World(now=self.now, policy=self.policy, models=self.models, trigger=record)
        after, said = turn(state, record, world, ROSTERS[domain], FOLDS[domain].evolve)
        self.turns.append(Turn(domain, record, state, after, tuple(said)))
        if isinstance(after, Case):
            after = self._settled(record.key, state, after)
        self._states[domain, record.key] = after
        self._waiting += [r for r in said if TOPICS[r.topic].kind == "inbox"]

    def _with_parked(self, case: Case, record: Record) -> Case:
        parked = self.parked(record.key)
        if moves_open(case, record.event):
            for ticket in parked.values():
                if ticket.status != "closed":
                    case = restore(case, self._parked.pop((record.key, ticket.id)))
        while wanted := [i for i in needs(case, record.event) if i in parked]:
            for ticket_id in wanted:
                case = restore(case, self._parked.pop((record.key, ticket_id)))
        return case

    def _settled(self, key: str, before: Case, after: Case) -> Case:
        was, stands = timers(before), timers(after)
        for gone in was.keys() - stands.keys():
            self._timers.pop(gone, None)
        for came in stands.keys() - was.keys():
            self._timers[came] = (stands[came], key)
        after, leaving = settle(after)
        self._parked |= {(key, ticket.id): ticket for ticket in leaving}
        return after
