"""Fit the weights of linking on the open week: `python training/train_linking.py`.

Each person's line is worked off in memory with a linking that is told the truth, so that every
decision is seen as the running system would see it: the open week once with nothing taught and
once with categories and articles, and conversations made of real dialogues, in which people come
back in their own words. The weights that are printed are those beside meanings in
`agents/linking_weights.py`; those without stay as they were fitted for the light tier. With
`--cross-validate`, each fifth of the people is linked by weights that never saw them, in a real
desk where it is the week, and the figures are printed.

Issues whose text must not be shipped are left out of the fit and kept in the measuring. The week
is evaluation data and not part of the project: without it this script says so and does nothing.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agents import lifecycle_contacts, linking  # noqa: E402  # after the path is set
from agents.linking_signals import SIGNALS, Candidate, Message, signals  # noqa: E402  # likewise
from agents.linking_weights import GIVEN, THRESHOLD  # noqa: E402  # after the path is set
from agents.world import Models  # noqa: E402  # after the path is set
from bench.linking import (  # noqa: E402  # after the path is set
    Document,
    Truth,
    Week,
    arguments,
    assigned,
    lessons,
    score,
    there,
    week,
    worked_off,
)
from projections.case.state import Contact, Seen  # noqa: E402  # after the path is set
from schemas.record import ticket_id  # noqa: E402  # after the path is set
from training.linking_dialogues import (  # noqa: E402  # after the path is set
    Conversation,
    by_person,
    conversations,
    gone_through,
    together,
)

PENALTY = 3.0
"""L2 penalty on the standardised weights."""

FOLDS = 5

CONVERSATIONS = 0.25
"""What a decision in a conversation counts beside one of the week."""

BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "similarity": (0, None),
    "here_latest": (0, None),
    "follow_up": (0, None),
    "follow_up_strength": (0, None),
    "names_its_channel": (0, None),
    "names_another_channel": (None, 0),
    "names_another_was_here": (None, 0),
    "this_time_was_here": (-3, 0),
    "this_time_elsewhere": (0, 3),
    "same_category": (0, None),
    "other_category": (None, 0),
    "rank": (None, 0),
    "acknowledging": (-1, None),
    "follow_up_here": (0, 2),
    "follow_up_fresh": (-1, 0),
    "days_idle": (-1.2, 0),
}
"""Where a weight must lie. The last four tame habits of the simulated week that people do not
have: nobody in it asks for news within minutes, and nobody comes back after two days. Nor does
anybody in it say "this time" of anything but another channel."""

Floats = NDArray[np.float64]


class Choice(NamedTuple):
    """One decision of the past: the candidates' signals, which was right, what it counts."""

    truth: Truth
    values: Floats
    right: int | None
    counts: float = 1.0


class Teacher:
    """Stands in for `linking.link` and answers with the truth, taking notes.

    Args:
        truth: By provider id.
    """

    def __init__(self, truth: Mapping[str, Truth]) -> None:
        self.choices: list[Choice] = []
        self._truth = truth
        self._tickets: dict[str, str] = {}
        self._contact: Contact | None = None

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        """Every line of this process links as the teacher says."""
        message_of = lifecycle_contacts.message_of

        def noted(contact: Contact, seen: Seen) -> Message:
            self._contact = contact
            return message_of(contact, seen)

        with (
            mock.patch.object(lifecycle_contacts, "message_of", noted),
            mock.patch.object(linking, "link", self._link),
        ):
            yield

    def _link(
        self, message: Message, candidates: Sequence[Candidate], weights: Mapping[str, float]
    ) -> linking.Link:
        del weights
        assert self._contact is not None
        true = self._truth[self._contact.provider_id]
        near = sorted(candidates, key=lambda c: (-c.last_customer_at, c.ticket_id))
        ids = [candidate.ticket_id for candidate in near]
        known = self._tickets.get(true.issue)
        if near and (known is None or known in ids):
            right = ids.index(known) if known is not None else None
            self.choices.append(Choice(true, np.array(signals(message, near)), right))
        if known is not None and known in ids:
            return linking.Link(known, 1.0, "score", [(known, 1.0)])
        self._tickets[true.issue] = ticket_id(self._contact.id)
        return linking.Link(None, 1.0, "new", [])


def knowing(taught: Sequence[Document]) -> Models:
    """The models of a desk that was taught these."""
    with worked_off(Week([], [], {}), {}, taught) as desk:
        return desk.models_now()


def choices(made: Sequence[Conversation], models: Models, counts: float = 1.0) -> list[Choice]:
    """Every decision that had candidates and could be right."""
    teacher = Teacher({number: true for one in made for number, true in one.truth.items()})
    with teacher.in_charge():
        gone_through(made, models, {})
    return [choice._replace(counts=counts) for choice in teacher.choices]


def decisions(data: Path) -> list[Choice]:
    """Every decision that the weights are fitted on, and those that are only measured with."""
    people, plain = by_person(week(data)), knowing(())
    return [
        *choices(people, plain),
        *choices(people, knowing(lessons(data))),
        *choices(conversations(data), plain, CONVERSATIONS),
    ]


def fit(past: Sequence[Choice]) -> dict[str, float]:
    """The free weights of the conditional logit beside the given ones, by penalised likelihood.

    A new issue has score 0.
    """
    free = [i for i, name in enumerate(SIGNALS) if name not in GIVEN]
    names = [SIGNALS[i] for i in free]
    everything = np.concatenate([choice.values for choice in past])
    values = everything[:, free]
    given = everything @ np.array([GIVEN.get(name, 0.0) for name in SIGNALS])
    sizes = np.array([len(choice.values) for choice in past])
    starts = np.cumsum(sizes) - sizes
    group = np.repeat(np.arange(len(past)), sizes)
    chosen = np.array(
        [s + c.right for s, c in zip(starts, past, strict=True) if c.right is not None]
    )
    counts = np.array([choice.counts for choice in past])
    of_chosen = np.array([choice.counts for choice in past if choice.right is not None])
    mean, spread = values.mean(0), values.std(0)
    spread[spread == 0] = 1.0
    scaled = np.c_[(values - mean) / spread, np.ones(len(values))]
    penalty = np.r_[np.full(len(free), PENALTY), 0.0]

    def loss(w: Floats) -> tuple[float, Floats]:
        scores = scaled @ w + given
        top = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
        odds = np.exp(scores - top[group])
        total = np.add.reduceat(odds, starts) + np.exp(-top)
        value = counts @ (top + np.log(total)) - of_chosen @ scores[chosen]
        slope = scaled.T @ (odds * (counts / total)[group]) - of_chosen @ scaled[chosen]
        value, slope = value + penalty @ (w * w) / 2, slope + penalty * w
        return float(value), slope

    limits = [BOUNDS.get(name, (None, None)) for name in names]
    bounds = [
        tuple(None if edge is None else edge * float(width) for edge in limit)
        for limit, width in zip(limits, spread, strict=True)
    ]
    best = minimize(
        loss, np.zeros(len(free) + 1), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]
    ).x
    plain = best[:-1] / spread
    weights = dict(zip(names, plain.tolist(), strict=True))
    weights["bias"] = float(best[-1] - plain @ mean)
    return {name: round(weight, 2) for name, weight in weights.items()}


def fold(person: str) -> int:
    """The fold of a person: stable, independent of the order."""
    return zlib.crc32(person.encode()) % FOLDS


def held_out_weights(past: Sequence[Choice]) -> list[dict[str, float]]:
    """For each fold of the people the weights that never saw them."""
    return [
        fit([c for c in past if fold(c.truth.person) != held_out and not c.truth.amber])
        | GIVEN
        | {"threshold": THRESHOLD}
        for held_out in range(FOLDS)
    ]


def held_out_week(
    part: Week, weights: Sequence[Mapping[str, float]], taught: Sequence[Document]
) -> dict[str, str]:
    """The tickets of a week in which nobody's messages were fitted on."""
    tickets: dict[str, str] = {}
    for held_out, ruled in enumerate(weights):
        people = {true.person for true in part.truth.values() if fold(true.person) == held_out}
        with worked_off(part.of(people), ruled, taught) as desk:
            tickets |= assigned(desk)
    return tickets


def held_out_conversations(
    made: Sequence[Conversation], weights: Sequence[Mapping[str, float]], models: Models
) -> dict[str, str]:
    """The tickets of conversations of which none was fitted on."""
    tickets: dict[str, str] = {}
    for held_out, ruled in enumerate(weights):
        tickets |= gone_through([c for c in made if fold(c.person) == held_out], models, ruled)
    return tickets


def main() -> None:
    """Print the fitted weights, and the figures of a cross-validation if told to."""
    parser = arguments(__doc__)
    parser.add_argument("--cross-validate", action="store_true", help="print held-out figures")
    chosen = parser.parse_args()
    if not there(chosen.data):
        return
    past = decisions(chosen.data)
    for name, weight in fit([choice for choice in past if not choice.truth.amber]).items():
        print(f'    "{name}": {weight},')
    if not chosen.cross_validate:
        return
    part, weights = week(chosen.data), held_out_weights(past)
    for title, lesson in (("nothing taught", ()), ("taught", lessons(chosen.data))):
        print(f"{title}: {score(part, held_out_week(part, weights, lesson)).line()}")
    made = conversations(chosen.data)
    tickets = held_out_conversations(made, weights, knowing(()))
    print(f"conversations: {score(together(made), tickets).line()}")


if __name__ == "__main__":
    main()
