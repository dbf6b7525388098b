"""Knowledge, on an article's own line: versions, examples from confirmed answers, how it serves."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agents.agent import Agent
from agents.world import World
from projections.article import EXAMPLES, ArticleLine, forgotten, knows
from schemas.event import Event
from schemas.events.choices import ArticleAdopted, ExampleLearned, SolutionTracked
from schemas.events.knowledge import (
    ArticlePublished,
    ArticleRetired,
    ExampleProposed,
    SolutionAccepted,
    SolutionRejected,
    SolutionShown,
)
from schemas.record import Record

POOR = 0.5
"""An article that is accepted less often learns nothing: its answers mislead."""

ENOUGH = 5
"""Judgements from which on an article's share of accepted answers is believed."""


def published(record: Record, line: ArticleLine, world: World) -> Iterator[Event]:
    """A new or changed article is adopted; the same again is not."""
    event = record.event
    if isinstance(event, ArticlePublished):
        if line.content == line.adopted:
            return
        yield ArticleAdopted(
            outcome="adopted" if line.version == 0 else "changed",
            policy_version=world.policy.version,
            article_id=event.article_id,
            version=line.version + 1,
        )
    elif isinstance(event, ArticleRetired) and line.adopted:
        yield ArticleAdopted(
            outcome="retired",
            policy_version=world.policy.version,
            article_id=event.article_id,
            version=line.version + 1,
        )


def learns(line: ArticleLine, example: str) -> bool:
    """Whether an article takes a confirmed question as an example of its own.

    It must be published, serve well, have room, and not know the question yet. The knowledge
    index asks the same, so that what is searched is what was decided.
    """
    judged = line.accepted + line.rejected
    poor = judged >= ENOUGH and line.accepted / judged < POOR
    room = len(line.examples) < EXAMPLES
    return line.published and not poor and room and not knows(line, example)


def proposed(record: Record, line: ArticleLine, world: World) -> Iterator[Event]:
    """A confirmed question becomes an example, if the article serves well and has room."""
    event = record.event
    assert isinstance(event, ExampleProposed)
    if learns(line, event.example):
        yield ExampleLearned(
            ticket_id=event.ticket_id,
            outcome="learned",
            reasons=["confirmed_by_customer"],
            policy_version=world.policy.version,
            article_id=event.article_id,
            example=event.example,
            from_ticket_id=event.ticket_id,
        )


def tracked(record: Record, line: ArticleLine, world: World) -> Iterator[Event]:
    """How often an article was shown, accepted and rejected, after one more.

    And whether it has forgotten something over it, which the knowledge index leaves out with the
    same rule.
    """
    event = record.event
    assert isinstance(event, SolutionShown | SolutionAccepted | SolutionRejected)
    forgets = False
    if isinstance(event, SolutionRejected):
        before = msgspec.structs.replace(line, rejected=line.rejected - 1)
        forgets = forgotten(line) != forgotten(before)
    yield SolutionTracked(
        ticket_id=event.ticket_id,
        outcome=type(event).__name__.removeprefix("Solution").lower(),
        reasons=["examples_forgotten"] if forgets else [],
        policy_version=world.policy.version,
        article_id=event.article_id,
        shown=line.shown,
        accepted=line.accepted,
        rejected=line.rejected,
    )


AGENTS = (
    Agent(
        name="knowledge",
        domain="knowledge",
        reads=frozenset({ArticlePublished, ArticleRetired}),
        writes=frozenset({ArticleAdopted}),
        decide=published,
    ),
    Agent(
        name="knowledge",
        domain="knowledge",
        reads=frozenset({ExampleProposed}),
        writes=frozenset({ExampleLearned}),
        decide=proposed,
    ),
    Agent(
        name="knowledge",
        domain="knowledge",
        reads=frozenset({SolutionShown, SolutionAccepted, SolutionRejected}),
        writes=frozenset({SolutionTracked}),
        decide=tracked,
    ),
)
