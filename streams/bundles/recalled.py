"""The world of a bundle's turns: policy and knowledge as they were, and no model.

The Channel agent alone reads texts and asks models, so what it said of a contact is taken from the
record; everybody else decides anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from agents import channel
from agents.agent import Agent
from agents.policy import Policy
from agents.policy_toml import PolicyInvalid, parse
from agents.roster import ROSTERS
from agents.world import ArticleText, CategoryRule, Understanding, World
from projections.lines import FOLDS
from schemas.event import Decision, Event
from schemas.events import knowledge
from schemas.events.control import PolicyActivated
from schemas.events.decisions import WorkflowFailed
from schemas.record import Record
from schemas.topics import KNOWLEDGE
from streams.bundles.bundle import Taught, Turn
from streams.folded_knowledge import LATE_SECONDS, offsets_in
from streams.turn import AgentFailed, failed, turn

_READS_TEXT = (channel.RECEIVED, channel.ACCEPTED)


class Recalled:
    """What was taught by a moment, of what decisions name; it understands nothing by itself.

    Args:
        taught: In the order in which it was taught.
    """

    versions: Mapping[str, str] = {}

    def __init__(self, taught: Sequence[Event]) -> None:
        self._articles: dict[str, ArticleText] = {}
        self._categories: dict[str, CategoryRule] = {}
        for event in taught:
            match event:
                case knowledge.ArticlePublished():
                    self._articles[event.article_id] = ArticleText(
                        event.article_id, event.title, event.body, event.language
                    )
                case knowledge.ArticleRetired():
                    self._articles.pop(event.article_id, None)
                case knowledge.CategoryTaught():
                    self._categories[event.name] = CategoryRule(
                        event.name, event.priority, event.team
                    )
                case _:
                    continue

    def understand(
        self, message: str, *, subject: str, known_language: str | None
    ) -> Understanding:
        """Nobody asks: what was understood is in the record."""
        del message, subject, known_language
        raise AssertionError("a model was asked while a bundle was run")

    def article(self, article_id: str) -> ArticleText | None:
        """An article, as it was at the moment."""
        return self._articles.get(article_id)

    def category(self, name: str) -> CategoryRule | None:
        """A taught category, as it was at the moment."""
        return self._categories.get(name)


class Recollection:
    """Says what follows from a bundle's records.

    Args:
        policy: The policy in force until another was, as TOML.
        taught: What was taught and set, and from when on.
    """

    def __init__(self, policy: str, taught: Sequence[Taught]) -> None:
        self._first = parse(policy)
        self._taught = taught
        self._policies = [*_policies(taught)]

    def follows(self, before: Turn, state: Any, record: Record) -> tuple[Any, list[Record]]:
        """The state after a record and after all that is said about it, and what is said.

        Args:
            before: The turn as it was recorded.
            state: The line's state; its type is the domain's.
            record: The record, unwrapped where it was forwarded.
        """
        world = self._world(before, record)
        evolve = FOLDS["customer"].evolve
        roster = [self._recalling(agent, before) for agent in ROSTERS["customer"]]
        first = before.said[0] if before.said else None
        try:
            if first is None or not isinstance(first.event, WorkflowFailed):
                return turn(state, record, world, roster, evolve)
            failure = AgentFailed(
                first.event.failed_agent, first.event.record_type, first.event.error
            )
        except AgentFailed as error:
            failure = error
        state, said = failed(state, record, world, roster, evolve, failure)
        if first is not None and isinstance(first.event, WorkflowFailed):
            said[0] = msgspec.structs.replace(said[0], event=first.event)
        return state, said

    def _recalling(self, agent: Agent, before: Turn) -> Agent:
        if agent not in _READS_TEXT:
            return agent
        return replace(agent, decide=partial(_recalled, agent, before.said))

    def _world(self, before: Turn, trigger: Record) -> World:
        """What the worker saw: what was set or taught just before may have come to it later."""
        decisions = [one.event for one in before.said if isinstance(one.event, Decision)]
        indexes = (one.model_versions.get("index") for one in decisions)
        ends = offsets_in(next(filter(None, indexes), None))
        version = decisions[0].policy_version if decisions else None
        return World(
            now=datetime.fromtimestamp(before.now, UTC),
            policy=self._policy(before.now, version),
            models=Recalled(
                [
                    one.record.event
                    for one in self._taught
                    if one.since <= before.now and not _late(one, before.now, ends)
                ]
            ),
            trigger=trigger,
        )

    def _policy(self, now: float, version: str | None) -> Policy:
        """The policy of a version that decisions name, else the one in force by the clock."""
        known = [self._first, *(policy for _, policy in self._policies)]
        in_force = [self._first, *(policy for since, policy in self._policies if since <= now)]
        return next((one for one in known if one.version == version), in_force[-1])


def _policies(taught: Sequence[Taught]) -> Iterator[tuple[float, Policy]]:
    """The policies that came into force, each with its moment."""
    for one in taught:
        if isinstance(one.record.event, PolicyActivated):
            with suppress(PolicyInvalid):  # it never came into force
                yield one.since, parse(one.record.event.text)


def _late(one: Taught, now: float, ends: dict[int, int] | None) -> bool:
    """Whether something taught came to the worker only after a turn, by the index it has seen."""
    record = one.record
    if ends is None or record.topic != KNOWLEDGE.name or now - one.since > LATE_SECONDS:
        return False
    return (record.offset or 0) >= ends.get(record.partition or 0, 0)


def _recalled(
    agent: Agent,
    said: Sequence[Record],
    record: Record,
    _state: Any,  # Any: the domain's state
    _world: World,
) -> Iterator[Event]:
    """What an agent said of a record when it was decided."""
    for one in said:
        if one.cause == record.id and one.by == agent.name and type(one.event) in agent.writes:
            yield one.event
