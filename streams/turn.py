"""One turn of the crank, the same on a laptop and on a cluster. Pure but for the state given in.

A record comes in; the state folds it; every agent of the roster is asked; what they say is folded
in its turn, and so on until nobody has anything to add.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from agents.agent import Agent
from agents.world import World
from schemas.event import Event, TicketEvent
from schemas.events.decisions import WorkflowFailed
from schemas.record import Record, Source, follow
from schemas.topics import TOPICS, key_of
from streams.errors import Unreadable

MOST = 400
"""Outputs a turn may have; more is a runaway reaction and fails the workflow."""

Evolve = Callable[[Any, Record], Any]
"""The fold of the domain; its state's type differs by domain."""


class AgentFailed(Exception):
    """An agent raised, said what it may not say, or would not stop.

    Args:
        agent: Which one.
        record_type: The type of the record that it was asked about.
        error: What went wrong.
    """

    def __init__(self, agent: str, record_type: str, error: str) -> None:
        super().__init__(f"{agent} failed on {record_type}: {error}")
        self.agent = agent
        self.record_type = record_type
        self.error = error


class Line(msgspec.Struct, frozen=True):
    """How far a line has numbered its outputs.

    Attributes:
        sequence: The last number given; 0 before the first.
        last: The last number by topic.
    """

    sequence: int = 0
    last: dict[str, int] = {}


def turn(
    state: Any,  # Any: the domain's state
    record: Record,
    world: World,
    roster: Sequence[Agent],
    evolve: Evolve,
) -> tuple[Any, list[Record]]:
    """The state after a record and after all that the agents say about it, and what they say.

    Args:
        state: The line's state before the record.
        record: The inbox record.
        world: The snapshot that every agent sees.
        roster: The domain's agents in speaking order.
        evolve: The domain's fold.

    Returns:
        The new state, and the outputs in order.

    Raises:
        AgentFailed: An agent raised; nothing of the turn may be kept.
        Unreadable: The record itself cannot be folded.
    """
    queue = [record]
    revisions: dict[str, int] = {}
    for r in queue:
        try:
            state = evolve(state, r)
        except Exception as error:  # whatever a fold raises, the worker goes on
            raise _unfolded(record, r, error) from error
        kind = type(r.event)
        for agent in roster:
            if kind not in agent.reads:
                continue
            queue += _asked(agent, r, state, world, record.key, revisions)
        if len(queue) - 1 > MOST:  # it begins with the record itself
            raise AgentFailed("roster", r.type, f"more than {MOST} outputs in one turn")
    return state, queue[1:]


def _unfolded(trigger: Record, record: Record, error: Exception) -> AgentFailed | Unreadable:
    """What is at fault when a fold raises: the record from outside, or the agent that said it."""
    told = f"{type(error).__name__}: {error}"
    if record is not trigger:
        return AgentFailed(record.by, record.type, f"what it said cannot be folded: {told}")
    return Unreadable(
        f"the {record.type} cannot be folded: {told}", "re-drive it once its producer is mended"
    )


def _asked(
    agent: Agent,
    record: Record,
    state: Any,  # Any: the domain's state
    world: World,
    line: str,
    revisions: dict[str, int],
) -> list[Record]:
    said: list[Record] = []
    try:
        for event in agent.decide(record, state, world):
            _hold_to_its_word(agent, event)
            told = _counted(event, revisions) if isinstance(event, TicketEvent) else event
            said.append(follow(record, agent.name, len(said), told, world.now, key_of(told, line)))
    except Exception as error:  # whatever an agent raises fails the workflow, never the worker
        raise AgentFailed(agent.name, record.type, f"{type(error).__name__}: {error}") from error
    return said


def _hold_to_its_word(agent: Agent, event: Event) -> None:
    if type(event) not in agent.writes:
        raise TypeError(f"it may not say {type(event).__name__}")


def _counted(event: TicketEvent, revisions: dict[str, int]) -> TicketEvent:
    """A ticket's event, counted after all that the turn has said of the ticket so far.

    An agent counts on from the state that it sees, into which what else was said in the meantime
    is not folded yet.
    """
    last = revisions.get(event.ticket_id, 0)
    if event.revision <= last:
        event = event.model_copy(update={"revision": last + 1})
    revisions[event.ticket_id] = event.revision
    return event


def failed(
    state: Any,  # Any: the domain's state
    record: Record,
    world: World,
    roster: Sequence[Agent],
    evolve: Evolve,
    failure: AgentFailed,
) -> tuple[Any, list[Record]]:
    """The turn of a record on which an agent failed: its outputs dropped, a person called.

    The input is kept (folded), `WorkflowFailed` follows it, and the agents are asked about that
    alone, so that the lifecycle can escalate to a person. Where that fails as well, only those are
    asked who answer to the failure itself, and at last nobody: the failure alone is kept, and a
    worker goes on.
    """
    state = evolve(state, record)
    event = WorkflowFailed(
        customer_id=getattr(record.event, "customer_id", None),
        ticket_id=getattr(record.event, "ticket_id", None),
        outcome="escalated",
        reasons=["workflow_failure"],
        policy_version=world.policy.version,
        failed_agent=failure.agent,
        record_type=failure.record_type,
        error=failure.error[:500],
    )
    first = follow(record, "turn", 0, event, world.now, record.key)
    for asked in (roster, [agent for agent in roster if WorkflowFailed in agent.reads]):
        try:
            after, rest = turn(state, first, world, asked, evolve)
        except AgentFailed:
            continue
        return after, [first, *rest]
    return evolve(state, first), [first]


def numbered(outputs: list[Record], line: Line, source: Source) -> tuple[list[Record], Line]:
    """The outputs with the line's next numbers and their source coordinates, and the line after.

    Topics with many writers (control, dead letters) carry no numbers.
    """
    sequence, last = line.sequence, dict(line.last)
    placed: list[Record] = []
    for index, record in enumerate(outputs):
        at = Source(source.topic, source.partition, source.offset, index, len(outputs))
        topic = record.topic
        if TOPICS[topic].ordered:
            sequence += 1
            placed.append(
                msgspec.structs.replace(
                    record, sequence=sequence, previous=last.get(topic), source=at
                )
            )
            last[topic] = sequence
        else:
            placed.append(msgspec.structs.replace(record, source=at))
    return placed, Line(sequence, last)
