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

MEASURES = {
    "precision": "of pairs put together, of one issue",
    "recall": "of pairs of one issue, put together",
    "switch_linked": "goes on elsewhere, linked",
    "recontact_linked": "comes back, linked",
    "new_kept_apart": "a new issue, kept apart",
}
"""What `bench.linking.rates` counts, in words."""


def figures(data: Path) -> list[Figure]:
    """All figures of linking, each over people whose messages were not fitted on."""
    part, made = week(data), conversations(data)
    weights = held_out_weights(decisions(data))
    found = []
    for title, lesson in (("nothing taught", ()), ("all taught", lessons(data))):
        tickets = held_out_week(part, weights, lesson)
        protocol = f"{FOLDS} folds of people"
        found += of(f"linking, open week, {title}", rates(part, tickets), protocol)
    tickets = held_out_conversations(made, weights, knowing(()))
    protocol = f"{FOLDS} folds of {len(made)} customers made of real dialogues"
    return found + of("linking, STAR and MultiDoGO", rates(together(made), tickets), protocol)


def of(task: str, counted: Mapping[str, Rates], protocol: str) -> list[Figure]:
    """The figures of what was counted."""
    return [share(task, MEASURES[name], right, n, protocol) for name, (right, n) in counted.items()]
