"""What was taught is fitted while the store is free, for that may take a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.policy import default_policy
from streams.clock import Clock, ManualClock, WallClock
from streams.desk import Desk
from streams.embedded.taught import Taught
from streams.knowledge import KnowledgeHistory
from streams.understanding import light
from streams.understanding.index import Fitted, Fitter, KnowledgeIndex
from streams.worlds import Worlds

ARTICLE = {"type": "article", "article_id": "a", "title": "Pause a plan", "body": "Press Pause."}
CATEGORY = {"type": "category", "name": "pause", "examples": ["pause my plan", "skip a month"]}
MESSAGE = {"channel": "email", "handle": "ann@example.org", "message": "pause my plan please"}


@pytest.mark.parametrize("clock", [WallClock(), ManualClock("2026-03-02T08:00:00Z")])
def test_others_may_write_while_the_models_take_in_what_was_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    held: list[bool] = []
    seen: set[str] = set()
    fit = Fitter.fitted

    with Desk(tmp_path, clock) as desk:

        def fitted(fitter: Fitter, index: KnowledgeIndex) -> Fitted:
            if index.version not in seen:
                seen.add(index.version)
                held.append(desk.database.connection.in_transaction)
            return fit(fitter, index)

        monkeypatch.setattr(Fitter, "fitted", fitted)
        history = KnowledgeHistory(light.load())
        desk.worlds = Worlds(Taught(desk.database), history, default_policy())
        for taught in (ARTICLE, CATEGORY):
            desk.produce(taught, {**MESSAGE, "provider_id": taught["type"]})
            desk.run()
    assert held == [False, False]
