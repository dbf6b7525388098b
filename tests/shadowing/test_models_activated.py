"""Models that are activated read every message from then on, and none before."""

from __future__ import annotations

import pytest

from streams.knowledge import KnowledgeHistory
from streams.testing import START
from streams.understanding import light, tiers
from streams.understanding.tier import Tier

NOON = START.timestamp()


@pytest.fixture(scope="module")
def tier() -> Tier:
    return light.load()


class Named(Tier):
    """Models of another name."""

    def __init__(self) -> None:
        self.versions = {"another": "1"}


def test_from_its_clock_on_and_not_before(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "load", lambda _: Named())
    history = KnowledgeHistory(tier)
    history.activate("encoder", NOON)
    assert history.at(NOON - 1).versions == {**tier.versions, "index": "empty"}
    assert history.at(NOON).versions == {"another": "1", "index": "empty"}
    assert history.at(NOON - 1).versions == {**tier.versions, "index": "empty"}


def test_the_same_models_are_not_loaded_twice(tier: Tier) -> None:
    history = KnowledgeHistory(tier)
    history.activate("light", NOON)
    assert history.at(NOON).tier is tier


def test_models_of_an_unknown_name_change_nothing(tier: Tier) -> None:
    history = KnowledgeHistory(tier)
    history.activate("huge", NOON)
    assert history.at(NOON).tier is tier


def test_what_is_tried_stays_whatever_is_activated(
    tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "load", lambda _: Named())
    history = KnowledgeHistory(tier, activated=False)
    history.activate("encoder", NOON)
    assert history.at(NOON).tier is tier
