"""Given, when, then: the rules of a deployment tested without a store, a model or a broker.

    given(contact, agents=LIFECYCLE).when(accepted).then(ContactLinked)

`given` folds what has happened, `when` takes one turn with the agents, `then` holds what they
said against what was expected. Scenes are values: each step gives a new one, so that one past can
serve several futures.

For tests of whole desks there are `ManualClock`, which stands until it is moved, and
`CrashPoints`, which let a desk die before any of its statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from agents.agent import Agent
from agents.policy import Policy, default_policy
from agents.world import ArticleText, CategoryRule, Understanding, World
from projections.case import Case, evolve, timers
from schemas.event import Event
from schemas.events.contacts import TimerDue
from schemas.record import Record, derived_id
from streams.clock import ManualClock, parse_time
from streams.crashpoints import Crashed, CrashPoints
from streams.turn import Evolve, turn

__all__ = [
    "CUSTOMER",
    "START",
    "CrashPoints",
    "Crashed",
    "FakeModels",
    "ManualClock",
    "Scene",
    "given",
    "understood",
]

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When scenes begin unless told otherwise: a Monday morning."""

CUSTOMER = "ann"
"""Whose line scenes are on unless told otherwise."""

_E = TypeVar("_E", bound=Event)


def understood(**overrides: object) -> Understanding:
    """What models make of a calm, unremarkable message, with some fields set otherwise.

    Args:
        overrides: Fields of `Understanding`.
    """
    calm: dict[str, object] = {
        "language": "en",
        "language_confidence": 0.99,
        "sentiment_score": 0.6,
        "urgency_indicators": [],
        "deadlines": [],
        "cues": [],
        "categories": [],
        "out_of_scope": None,
        "tags": [],
        "solutions": [],
        "clues": [],
        "facts": [],
        "features": [],
        "unseen_priority": None,
    }
    return msgspec.convert({**calm, **_plain(overrides)}, Understanding)


def _plain(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: msgspec.to_builtins(value) for name, value in fields.items()}


class FakeModels(msgspec.Struct, frozen=True):
    """Models that make of every message what they were told to.

    Attributes:
        understanding: What they make of a message.
        articles: The articles that they know, by id.
        categories: The categories that they know, by name.
        versions: What they call themselves.
    """

    understanding: Understanding = msgspec.field(default_factory=understood)
    articles: dict[str, ArticleText] = {}
    categories: dict[str, CategoryRule] = {}
    versions: dict[str, str] = msgspec.field(default_factory=lambda: {"fake": "1"})

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """What they were told to make of a message."""
        del message, subject, known_language
        return self.understanding

    def article(self, article_id: str) -> ArticleText | None:
        """An article that they were given."""
        return self.articles.get(article_id)

    def category(self, name: str) -> CategoryRule | None:
        """A category that they were given."""
        return self.categories.get(name)


class Scene(msgspec.Struct, frozen=True):
    """A line at a moment, and what its agents said in the last turn.

    Attributes:
        state: The line's state.
        now: The manual clock.
        agents: Who speaks.
        policy: The policy in force.
        models: The models.
        evolve: The fold of the line's domain.
        key: The line.
        said: What the agents said in the last turn, in order.
        steps: How many records the scene has taken: ids derive from it.
    """

    state: Any  # Any: the domain's state
    now: datetime
    agents: tuple[Agent, ...]
    policy: Policy
    models: FakeModels
    evolve: Evolve
    key: str
    said: tuple[Record, ...] = ()
    steps: int = 0

    @property
    def events(self) -> list[Event]:
        """The events of the last turn, in order."""
        return [record.event for record in self.said]

    def record(self, event: Event, *, at: datetime | str | None = None) -> Record:
        """The record that the scene makes of an event, by the clock or at a time."""
        number = derived_id("scene", self.key, str(self.steps))
        when = self.now if at is None else parse_time(at)
        return Record(id=number, key=self.key, at=when, by="test", event=event, correlation=number)

    def given(self, *events: Event | Record) -> Scene:
        """The scene after something more had happened; nobody is asked about it."""
        scene = self
        for event in events:
            record = event if isinstance(event, Record) else scene.record(event)
            scene = msgspec.structs.replace(
                scene, state=scene.evolve(scene.state, record), said=(), steps=scene.steps + 1
            )
        return scene

    def when(self, event: Event | Record, *, at: datetime | str | None = None) -> Scene:
        """The scene after one turn.

        Args:
            event: What comes in.
            at: The clock's reading; default: the scene's clock.

        Raises:
            AgentFailed: An agent raised, or said what it may not say.
        """
        record = event if isinstance(event, Record) else self.record(event, at=at)
        now = max(self.now, record.at)
        world = World(now=now, policy=self.policy, models=self.models, trigger=record)
        state, said = turn(self.state, record, world, self.agents, self.evolve)
        return msgspec.structs.replace(
            self, state=state, now=now, said=tuple(said), steps=self.steps + 1
        )

    def later(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> Scene:
        """The scene after a while in which every timer that ran out took its turn.

        `said` then holds what was said in all these turns.
        """
        end = self.now + timedelta(days=days, hours=hours, minutes=minutes)
        scene, said = self, list[Record]()
        while (due := scene._next_timer(end)) is not None:
            scene = scene.when(due)
            said += scene.said
        return msgspec.structs.replace(scene, now=end, said=tuple(said))

    def _next_timer(self, end: datetime) -> Record | None:
        if not isinstance(self.state, Case):
            return None
        standing = timers(self.state).values()
        due = min(
            (t for t in standing if t.due_at <= end.timestamp()),
            key=lambda t: (t.due_at, t.id),
            default=None,
        )
        if due is None:
            return None
        at = datetime.fromtimestamp(due.due_at, UTC)
        event = TimerDue.model_validate(
            {
                "customer_id": self.key,
                "ticket_id": due.ticket_id,
                "kind": due.kind,
                "target": due.target,
                "due_at": at,
            }
        )
        return Record(id=due.id, key=self.key, at=at, by="timer", event=event, correlation=due.id)

    def then(self, *expected: type[Event] | Event) -> Scene:
        """The same scene, if the agents said exactly this; nothing expected is silence.

        Args:
            expected: Event types, or whole events, in order.

        Raises:
            AssertionError: They said something else.
        """
        said = self.events
        fits = len(said) == len(expected) and all(
            type(event) is one if isinstance(one, type) else event == one
            for event, one in zip(said, expected, strict=True)
        )
        if not fits:
            raise AssertionError(f"expected {_names(expected)}, but they said {_names(said)}")
        return self

    def one(self, kind: type[_E]) -> _E:
        """The one event of a type in the last turn.

        Raises:
            AssertionError: There is none, or more than one.
        """
        found = self.all(kind)
        if len(found) != 1:
            raise AssertionError(
                f"expected one {kind.__name__}, but they said {_names(self.events)}"
            )
        return found[0]

    def all(self, kind: type[_E]) -> list[_E]:
        """The events of a type in the last turn, in order."""
        return [event for event in self.events if isinstance(event, kind)]


def _names(events: Sequence[type[Event] | Event]) -> list[str]:
    return [e.__name__ if isinstance(e, type) else type(e).__name__ for e in events]


def given(
    *events: Event | Record,
    agents: Sequence[Agent] = (),
    key: str = CUSTOMER,
    at: datetime | str = START,
    policy: Policy | None = None,
    models: FakeModels | None = None,
    state: Any = None,  # Any: the domain's state
    evolve: Evolve = evolve,
) -> Scene:
    """A scene in which this had happened; nobody was asked about it.

    Args:
        events: What had happened, in order.
        agents: Who speaks from now on, in speaking order.
        key: The line.
        at: The manual clock's reading.
        policy: The policy in force; default: the shipped one.
        models: The models; default: a calm message, no articles, no categories.
        state: The line's state before; default: an unknown customer's case.
        evolve: The fold of the line's domain; default: the customer's.
    """
    scene = Scene(
        state=Case(customer_id=key) if state is None else state,
        now=parse_time(at),
        agents=tuple(agents),
        policy=default_policy() if policy is None else policy,
        models=FakeModels() if models is None else models,
        evolve=evolve,
        key=key,
    )
    return scene.given(*events)
