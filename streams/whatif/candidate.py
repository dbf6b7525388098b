"""What is tried in the stead of what was in force: a policy, a model tier, or both."""

from __future__ import annotations

from typing import NamedTuple

from agents.policy import Policy, default_policy
from streams.embedded.taught import Taught
from streams.folding import Step
from streams.knowledge import KnowledgeHistory
from streams.settings import TierName
from streams.understanding import tiers
from streams.whatif.backtest import Span, backtest
from streams.whatif.history import History
from streams.whatif.redeciding import Redecider
from streams.whatif.summing import Report
from streams.worlds import Worlds


class Candidate(NamedTuple):
    """What is tried.

    Attributes:
        policy: In the stead of every policy; None keeps those that were in force.
        tier: The models that read every message anew; None keeps what was understood.
    """

    policy: Policy | None = None
    tier: TierName | None = None

    def worlds(self, history: History) -> Worlds:
        """Policies and models as they were at any clock, by this candidate's models."""
        if self.tier is None:
            return history.worlds
        knowledge = KnowledgeHistory(tiers.load(self.tier), activated=False)
        return Worlds(Taught(history.log), knowledge, default_policy())


def tried(
    history: History, candidate: Candidate, span: Span, step: Step = lambda _: None
) -> Report:
    """What would have been different by a candidate; raises what `backtest` raises.

    Args:
        history: What was recorded.
        candidate: What is tried.
        span: Which turns count.
        step: Told how many records were taken since it was told last.
    """
    policy, tier = candidate
    redecider = Redecider(candidate.worlds(history), policy, anew=tier is not None)
    report = backtest(history, redecider, span, step)
    return {"policy": None if policy is None else policy.version, "models": tier, **report}
