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


def test_whoever_reads_no_message_loads_no_models_that_are_activated(
    tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(name: str) -> Tier:
        loaded.append(name)
        return tier

    monkeypatch.setattr(tiers, "load", load)
    history = KnowledgeHistory(tiers.Later("light"))
    history.activate("encoder", NOON)
    before, after = history.at(NOON - 1), history.at(NOON)
    assert (after.article("a1"), after.category("billing")) == (None, None)
    assert before.tier is not after.tier
    assert loaded == []
    assert after.versions == {**tier.versions, "index": "empty"}
    assert loaded == ["encoder"]


def test_models_that_are_not_loaded_yet_stay_where_the_same_are_activated() -> None:
    history = KnowledgeHistory(tiers.Later("light"))
    history.activate("light", NOON)
    assert history.at(NOON).tier is history.at(NOON - 1).tier
