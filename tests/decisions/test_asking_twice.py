"""Whoever asks twice, as two records, gets it once: the second time a rule says no.

A repeat of one record is law 7's; here a program tries again without a key of its own, or two
people press the same button. What is said anew each time (a reply, a note, an alert) is left out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents import channel, lifecycle, notification, outbound
from agents.policy import default_policy
from schemas.event import Intent
from schemas.events import intents as asked
from schemas.events.decisions import IntentRefused
from schemas.events.tickets import TicketOpened
from streams.testing import START, Scene, given
from tests.tickets import ANN, assigned, contact

AGENTS = (
    channel.RECEIVED,
    channel.ACCEPTED,
    *lifecycle.AGENTS,
    *notification.AGENTS,
    outbound.SAID,
    outbound.WRITTEN,
)

STRICT = default_policy().model_copy(update={"linking": {"threshold": 1.0}})
"""Only a thread links a message, so that each of them opens a ticket."""

SAID_ANEW = {
    asked.ReplyWritten,
    asked.NoteWritten,
    asked.ConfirmationAsked,
    asked.FollowUpAsked,
    asked.TeamAlertAsked,
    asked.NoticeAsked,
    asked.HandoverAsked,
}
"""Each of them is a message or a timer of its own."""

ONCE: dict[type[Intent], dict[str, Any]] = {
    asked.ResolveAsked: {},
    asked.CloseAsked: {},
    asked.ReopenAsked: {},
    asked.EscalationAsked: {},
    asked.AssignmentAsked: {"specialist_id": "kim"},
    asked.TransferAsked: {"team": "money"},
    asked.PriorityAsked: {"priority": "critical"},
    asked.CategoryAsked: {"category": "refund"},
    asked.TagsAsked: {"add": ["refund"]},
    asked.SnoozeAsked: {"until": START + timedelta(days=3)},
    asked.MergeAsked: {},
    asked.UnmergeAsked: {},
    asked.SplitAsked: {},
}


def test_every_intent_is_asked_twice_here_or_said_to_be_new_each_time() -> None:
    kinds = {kind for kind in vars(asked).values() if isinstance(kind, type)}
    intents = {kind for kind in kinds if issubclass(kind, Intent) and kind is not Intent}
    assert intents == ONCE.keys() | SAID_ANEW


def two_tickets() -> tuple[Scene, str, str]:
    """A scene with a ticket of two messages that somebody works on, and another ticket."""
    scene = given(agents=AGENTS, policy=STRICT).when(contact("a refund please", thread="t1"))
    first = scene.one(TicketOpened).ticket_id
    scene = scene.when(assigned(scene))
    scene = scene.when(contact("and again", thread="t1", provider_id="p1"))
    scene = scene.when(contact("my phone is broken", thread="t2", provider_id="p2"))
    return scene, first, scene.one(TicketOpened).ticket_id


def ask(scene: Scene, kind: type[Intent], about: dict[str, Any]) -> Scene:
    return scene.when(kind.model_validate({"customer_id": ANN, "by": "bo", **about}))


@pytest.mark.parametrize("kind", ONCE, ids=lambda kind: kind.__name__)
def test_the_second_time_a_rule_says_no_and_nothing_moves(kind: type[Intent]) -> None:
    scene, first, second = two_tickets()
    about = {"ticket_id": first, **ONCE[kind]}
    if kind is asked.ReopenAsked:
        scene = ask(scene, asked.CloseAsked, {"ticket_id": first})
    if kind in {asked.MergeAsked, asked.UnmergeAsked}:
        about["ticket_id"] = second
    if kind is asked.MergeAsked:
        about["into"] = first
    if kind is asked.UnmergeAsked:
        scene = ask(scene, asked.MergeAsked, {"ticket_id": second, "into": first})
    if kind is asked.SplitAsked:
        about["messages"] = [scene.state.tickets[first].messages[0][0]]
    once = ask(scene, kind, about)
    assert once.all(IntentRefused) == []
    assert once.said
    twice = ask(once, kind, about).then(IntentRefused)
    assert twice.state.tickets == once.state.tickets
