"""How well messages find their ticket, as figures, by people whom no weight has seen.

The open week goes through a real desk fold by fold of its people; see `training/train_linking.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.linking import Rates, lessons, rates, week
from training.figures import Figure, share
from training.linking_dialogues import conversations, together
from training.train_linking import (
    FOLDS,
    decisions,
    held_out_conversations,
    held_out_week,
    held_out_weights,
    knowing,
)

TASK = "linking"


def figures(data: Path) -> list[Figure]:
    """All figures of linking, each over people whose messages were not fitted on."""
    part, made = week(data), conversations(data)
    weights = held_out_weights(decisions(data))
    found = []
    for title, lesson in (("nothing taught", ()), ("all taught", lessons(data))):
        tickets = held_out_week(part, weights, lesson)
        found += of(rates(part, tickets), f"the open week, {title}, {FOLDS} folds of people")
    tickets = held_out_conversations(made, weights, knowing(()))
    protocol = f"{len(made)} customers made of real dialogues, {FOLDS} folds of them"
    return found + of(rates(together(made), tickets), protocol)


def of(counted: Mapping[str, Rates], protocol: str) -> list[Figure]:
    """The figures of what was counted."""
    return [share(TASK, measure, right, n, protocol) for measure, (right, n) in counted.items()]
