"""Fit what linking needs: the term table and the weights. `python training/train_linking.py`.

Writes `streams/understanding/artefacts/linking_idf.npz` from texts that may be redistributed
(Banking77, MultiDoGO, STAR), then fits the weights of `agents.linking.WEIGHTS` on the open week
and prints them with the figures of a cross-validation by person. Issues whose text must not be
shipped are left out of the fit and kept in the measuring.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agents.linking import Candidate  # noqa: E402
from agents.linking_signals import SIGNALS, signals  # noqa: E402
from bench.linking import (  # noqa: E402
    Arrival,
    at_hand,
    data_directory,
    extended,
    opened,
    replay,
    rows,
    score,
    week,
)
from streams.understanding.features import TABLE, inverse_frequencies  # noqa: E402

CEILING = 7.0
"""No term weighs more; above it are names, numbers and typing errors."""

PENALTY = 3.0
"""L2 penalty on the standardised weights."""

FOLDS = 5


class Choice(NamedTuple):
    """One decision of the past: the candidates' signals and which of them was right, if any."""

    arrival: Arrival
    values: list[list[float]]
    right: int | None


def texts(data: Path) -> Iterator[str]:
    """Customers' words from the files that may be redistributed."""
    for row in rows(data, "intent_banking77_train"):
        yield row["text"]
    for row in rows(data, "dialog_multidogo_open"):
        yield from (turn[1] for turn in row["turns"])
    for row in rows(data, "replay_star_open"):
        yield from (e[2] for e in row["events"] if e[1] == "customer" and isinstance(e[2], str))


def write_table(data: Path) -> None:
    """Write the term table beside the other artefacts."""
    table, unseen = inverse_frequencies(texts(data), ceiling=CEILING)
    terms = sorted(table)
    np.savez_compressed(
        ROOT / "streams" / "understanding" / "artefacts" / TABLE,
        terms=np.array(terms, dtype=np.int32),
        idf=np.round(np.array([table[t] for t in terms]), 2).astype(np.float32),
        unseen=np.float32(unseen),
    )
    print(f"{TABLE}: {len(terms)} terms")


def choices(arrivals: Sequence[Arrival]) -> list[Choice]:
    """Every decision that had candidates, each against the tickets as they should have been."""
    desks: dict[str, dict[str, Candidate]] = defaultdict(dict)
    found = []
    for a in arrivals:
        tickets = desks[a.customer]
        near = at_hand(tickets, a.message.at)
        ids = [c.ticket_id for c in near]
        if near and (a.issue in ids or a.issue not in tickets):
            right = ids.index(a.issue) if a.issue in ids else None
            found.append(Choice(a, signals(a.message, near), right))
        known = tickets.get(a.issue)
        tickets[a.issue] = extended(known, a.message) if known else opened(a.issue, a.message)
    return found


def fit(past: Sequence[Choice]) -> dict[str, float]:
    """Weights of the conditional logit in which a new issue has score 0, penalised likelihood."""
    values = np.concatenate([np.array(c.values) for c in past])
    sizes = np.array([len(c.values) for c in past])
    starts = np.cumsum(sizes) - sizes
    group = np.repeat(np.arange(len(past)), sizes)
    chosen = np.array(
        [s + c.right for s, c in zip(starts, past, strict=True) if c.right is not None]
    )
    mean, spread = values.mean(0), values.std(0)
    used = spread > 0
    scaled = np.c_[(values[:, used] - mean[used]) / spread[used], np.ones(len(values))]
    penalty = np.r_[np.full(used.sum(), PENALTY), 0.0]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        scores = scaled @ w
        top = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
        odds = np.exp(scores - top[group])
        total = np.add.reduceat(odds, starts) + np.exp(-top)
        value = (top + np.log(total)).sum() - scores[chosen].sum() + (penalty * w * w).sum() / 2
        slope = scaled.T @ (odds / total[group]) - scaled[chosen].sum(0) + penalty * w
        return float(value), slope

    best = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    plain = np.zeros(len(SIGNALS))
    plain[used] = best[:-1] / spread[used]
    weights = dict(zip(SIGNALS, plain.tolist(), strict=True))
    weights["bias"] = float(best[-1] - plain @ mean)
    return {name: round(weight, 3) for name, weight in weights.items() if round(weight, 3)}


def fold(arrival: Arrival) -> int:
    """The fold of a person: stable, independent of the order."""
    return zlib.crc32(arrival.person.encode()) % FOLDS


def cross_validate(arrivals: Sequence[Arrival], thresholds: Sequence[float]) -> None:
    """Print the figures of every threshold with weights that never saw the person."""
    past = choices(arrivals)
    assigned: dict[float, dict[str, str]] = {threshold: {} for threshold in thresholds}
    for held_out in range(FOLDS):
        weights = fit([c for c in past if fold(c.arrival) != held_out and not c.arrival.amber])
        part = [a for a in arrivals if fold(a) == held_out]
        for threshold in thresholds:
            tickets = replay(part, weights | {"threshold": threshold})
            assigned[threshold] |= {k: f"{held_out} {v}" for k, v in tickets.items()}
    for threshold in thresholds:
        print(f"threshold {threshold}  {score(arrivals, assigned[threshold]).line()}")


def main() -> None:
    """Write the table, print the figures and the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    data = data_directory(parser.parse_args())
    write_table(data)
    arrivals = week(data, {})
    cross_validate(arrivals, (0.4, 0.5, 0.6, 0.7))
    weights = fit([c for c in choices(arrivals) if not c.arrival.amber])
    for name, weight in weights.items():
        print(f'    "{name}": {weight},')


if __name__ == "__main__":
    main()
