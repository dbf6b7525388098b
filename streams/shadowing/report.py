"""What a shadow came to so far: as a backtest tells it, and how far it agrees, action by action."""

from __future__ import annotations

from collections import Counter

from agents.policy import Policy
from streams.shadowing.kept import Shadow, kept
from streams.store import Executor
from streams.whatif.promises import Promises, summed
from streams.whatif.summing import Report, Sums


def report(store: Executor, shadow: Shadow, live: Policy) -> Report:
    """What a shadow came to.

    Args:
        store: Where it is kept.
        shadow: Which one.
        live: The policy in force, which counts where none is tried.
    """
    policy, tier = shadow.candidate
    sums, promises = Sums(), Promises()
    errors: Counter[str] = Counter()
    turns = 0
    for one in kept(store, shadow):
        turns += 1
        if one.error is not None:
            errors[one.error] += 1
        if one.turn is not None:
            sums.add(one.turn)
        promises.take(one.steps, policy or live)
    ended = promises.ended()
    found = sums.report(ended, summed(ended))
    return {
        "policy": None if policy is None else policy.version,
        "models": tier,
        "started_at": shadow.started_at,
        "started_by": shadow.started_by,
        "ended_at": shadow.ended_at,
        "ended_how": shadow.ended_how,
        "turns": turns,
        "missed": shadow.missed,
        "errors": dict(errors.most_common()),
        "agreement": {name: _share(counts) for name, counts in found["by_action"].items()},
        **found,
    }


def _share(counts: dict[str, int]) -> float:
    return round(counts["same"] / sum(counts.values()), 4)
