"""Plausible histories of customers' lines, for hypothesis.

`histories()` draws what comes in from outside: contacts on several channels with varied cues,
tones, categories and solutions; everything that people ask, on tickets that are there and on one
that is not; surveys, crashes, profiles, outcomes of deliveries; specialists and articles; and time
that passes, in which timers run out. A history names no ids of the outcome: a step that is about a
ticket says which of those that were opened so far is meant, and gets its id when it is played.

`play(history)` works a history off in memory (`tests.lines.Lines`); its `outside` then holds the
inbox records with their ids, ready for any other engine, `models` the models that a turn sees, and
`turns` every turn with its states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from agents.policy import Policy
from schemas.event import Event
from schemas.events import contacts, intents
from schemas.events.decisions import ReplyRequested
from schemas.events.tickets import MessageAdded, TicketMoved, TicketOpened
from tests.lines import Lines, ScriptedModels
from tests.steps import ARTICLES, CATEGORIES, UNKNOWN, History, Step, stories

__all__ = ["UNKNOWN", "History", "Step", "histories", "models", "play"]


def histories(
    customers: Sequence[str] = ("ann",), *, most: int = 14, links: bool | None = None
) -> st.SearchStrategy[list[Step]]:
    """Histories of some customers.

    Args:
        customers: Whose lines things come to.
        most: Steps of the longest.
        links: Whether customers are linked and unlinked; default: where there are several.

    A flood counts as one step.
    """
    linked = len(customers) > 1 if links is None else links
    drawn = st.lists(stories(customers, links=linked), min_size=1, max_size=most)
    return drawn.map(_joined)


def _joined(told: list[list[Step]]) -> list[Step]:
    return [step for one in told for step in one]


def models() -> ScriptedModels:
    """Models over the articles and categories of the histories, with an empty script."""
    return ScriptedModels(articles=ARTICLES, categories=CATEGORIES, script={})


def play(history: History, *, policy: Policy | None = None, lines: Lines | None = None) -> Lines:
    """The lines after a history, with the timers that ran out within it.

    Args:
        history: The steps.
        policy: The policy in force.
        lines: Lines that go on; their models must be `models()`'s.

    Raises:
        AgentFailed: An agent raised, or said what it may not say.
    """
    lines = lines or Lines(models(), policy)
    for step in history:
        lines.later(minutes=step.wait / 60)
        lines.put(_placed(step, lines))
    return lines


def _placed(step: Step, lines: Lines) -> Event:
    """The step's event with the ids that it means, as intake would resolve them."""
    event, number = step.event, len(lines.outside)
    if isinstance(event, contacts.ContactReceived):
        return _contact(event, step, lines, number)
    owners = _owners(lines)
    changes: dict[str, Any] = {}
    if getattr(event, "request_id", None) == UNKNOWN:
        said = [
            (r.id, r.event)
            for one in lines.turns
            for r in one.said
            if isinstance(r.event, ReplyRequested)
        ]
        if step.pick is not None and said:
            request_id, request = said[step.pick % len(said)]
            changes = {"request_id": request_id, "ticket_id": request.ticket_id}
    elif step.pick is not None and owners and getattr(event, "ticket_id", None) == UNKNOWN:
        changes = {"ticket_id": list(owners)[step.pick % len(owners)]}
    if changes.get("ticket_id") in owners:
        changes["customer_id"] = owners[changes["ticket_id"]]
    if isinstance(event, intents.MergeAsked) and owners:
        changes["into"] = list(owners)[step.other % len(owners)]
    if isinstance(event, intents.SplitAsked):
        changes["messages"] = _messages(lines, changes.get("ticket_id"), step.other)
    return event.model_copy(update=changes)


def _contact(
    event: contacts.ContactReceived, step: Step, lines: Lines, number: int
) -> contacts.ContactReceived:
    message = f"{event.message} #{number}" if event.message.strip() else event.message
    assert isinstance(lines.models, ScriptedModels)
    if step.understanding is not None:
        lines.models.script[message] = step.understanding
    provider_id = event.provider_id or f"m{number}"
    return event.model_copy(update={"message": message, "provider_id": provider_id})


def _owners(lines: Lines) -> dict[str, str]:
    """Whose the tickets so far are, in the order in which they were opened."""
    return {
        e.ticket_id: e.customer_id for e in lines.said if isinstance(e, TicketOpened | TicketMoved)
    }


def _messages(lines: Lines, ticket_id: str | None, other: int) -> list[str]:
    """Some of a ticket's messages: the first of them, as many as `other` says."""
    found = [
        e.interaction_id
        for e in lines.said
        if isinstance(e, MessageAdded) and e.ticket_id == ticket_id
    ]
    return found[: other % 4] or [UNKNOWN]
