"""One recorded turn decided again, from the recorded state before it.

Nothing that would follow from another decision is imagined: the next turn begins again from what
was recorded. What the models said of a message is taken from the log, unless other models are
asked; so the same policy says the very same again, on any machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from agents import channel
from agents.agent import Agent
from agents.policy import Policy
from agents.roster import ROSTERS
from agents.world import ArticleText, CategoryRule, Models, Understanding, World
from projections.lines import FOLDS
from schemas.event import Decision, Event
from schemas.events.decisions import MessageUnderstood, WorkflowFailed
from schemas.record import Record
from schemas.topics import Domain
from streams.turn import AgentFailed, failed, turn
from streams.worlds import Worlds

_UNREAD = Understanding(
    language=None,
    language_confidence=None,
    sentiment_score=0.5,
    urgency_indicators=[],
    deadlines=[],
    cues=[],
    categories=[],
    out_of_scope=None,
    tags=[],
    solutions=[],
    clues=[],
    facts=[],
    features=[],
    unseen_priority=None,
)


class Recalling(msgspec.Struct, frozen=True):
    """Models that were asked before: they know what was taught, and read no message again."""

    models: Models

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the models and of the index, by name."""
        return self.models.versions

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """Nothing: the recorded understanding takes its place."""
        del message, subject, known_language
        return _UNREAD

    def article(self, article_id: str) -> ArticleText | None:
        """An article of the index."""
        return self.models.article(article_id)

    def category(self, name: str) -> CategoryRule | None:
        """A taught category of the index."""
        return self.models.category(name)


class Redecider:
    """Decides recorded turns again.

    Args:
        worlds: Policies and models as they were at any clock.
        policy: The policy in whose stead it is decided; None keeps the recorded ones.
        anew: Whether messages are read again, by the models of `worlds`.
    """

    def __init__(self, worlds: Worlds, policy: Policy | None, *, anew: bool) -> None:
        self._worlds = worlds
        self._policy = policy
        self._anew = anew

    def again(
        self, domain: Domain, state: Any, record: Record, said: Sequence[Record], clock: float
    ) -> tuple[list[Record], Policy]:
        """What is said of a record now, and by which policy.

        Args:
            domain: Whose agents decide.
            state: The line's recorded state before the record, whose type differs by domain.
            record: The inbox record.
            said: What was said of it, as recorded.
            clock: The turn's clock, in seconds, for where nothing was said.
        """
        now = said[0].at if said else datetime.fromtimestamp(clock, UTC)
        self._worlds.follow()
        index = next(filter(None, map(_index, said)), None)
        models = self._worlds.models_at(now.timestamp(), index)
        understood = None if self._anew else _understood(said)
        policy = self._policy or self._recorded_policy(said, now)
        world = World(
            now=now,
            policy=policy,
            models=models if understood is None else Recalling(models),
            trigger=record,
        )
        return decided(domain, state, record, world, said, understood), policy

    def _recorded_policy(self, said: Sequence[Record], now: datetime) -> Policy:
        """The policy that the recorded decisions name, else the one in force by the clock."""
        named = next((r.event.policy_version for r in said if isinstance(r.event, Decision)), None)
        known = None if named is None else self._worlds.policy_named(named)
        return known or self._worlds.policy_at(now.timestamp())


def decided(
    domain: Domain,
    state: Any,  # Any: the domain's state
    record: Record,
    world: World,
    said: Sequence[Record],
    understood: MessageUnderstood | None,
) -> list[Record]:
    """What the agents say of a record in a world.

    Args:
        domain: Whose agents.
        state: The line's state before the record.
        record: The inbox record.
        world: What they see.
        said: What was said of it, as recorded: a failure stays one.
        understood: What the models said of the message; None asks those of the world.
    """
    roster, evolve = ROSTERS[domain], FOLDS[domain].evolve
    if understood is not None:
        roster = _recalled(roster, understood)
    failure = _failure(said)
    try:
        if failure is None:
            return turn(state, record, world, roster, evolve)[1]
    except AgentFailed as now_failed:
        failure = now_failed
    return failed(state, record, world, roster, evolve, failure)[1]


def _index(record: Record) -> str | None:
    """The version of the index that a decision names."""
    event = record.event
    return event.model_versions.get("index") if isinstance(event, Decision) else None


def _understood(said: Sequence[Record]) -> MessageUnderstood | None:
    return next((r.event for r in said if isinstance(r.event, MessageUnderstood)), None)


def _recalled(roster: Sequence[Agent], understood: MessageUnderstood) -> tuple[Agent, ...]:
    """The roster, whose Channel agent says what it understood when the message came."""

    def decide(record: Record, state: Any, world: World) -> Iterator[Event]:
        for event in channel.RECEIVED.decide(record, state, world):
            if isinstance(event, MessageUnderstood):
                yield understood.model_copy(update={"policy_version": world.policy.version})
            else:
                yield event

    known = channel.RECEIVED
    own = Agent(known.name, known.domain, known.reads, known.writes, decide)
    return tuple(own if agent is known else agent for agent in roster)


def _failure(said: Sequence[Record]) -> AgentFailed | None:
    """The failure of a turn that failed: what is told of it is not enough to take it away."""
    first = said[0] if said else None
    if first is None or first.by != "turn" or not isinstance(first.event, WorkflowFailed):
        return None
    event = first.event
    return AgentFailed(event.failed_agent, event.record_type, event.error)
