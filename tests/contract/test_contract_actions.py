"""The 28 actions do, take and answer what the contract says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.desk import Desk
from streams.pact import ACTIONS
from streams.pact.action import names_of
from streams.understanding import light
from tests.contracts import contract, faults
from tests.pact_world import build, example, open_world, ticket_of

TABLE = contract("actions")
TAKEN = TABLE["taken"]
ACTIONS_OF_THE_CONTRACT: dict[str, dict[str, Any]] = {
    f"{agent}.{name}": told
    for agent, actions in TABLE.items()
    if agent != "taken"
    for name, told in actions.items()
}

DOES = {"append with a ticket, else read": "either"}
"""What the program calls what an action does, where it has a word of its own."""

BESIDE = {"success", "record_ids"}
"""What every result has."""


def parameters(action: str) -> Iterator[str]:
    """What an action takes by the table, its lists unfolded."""
    for one in ACTIONS_OF_THE_CONTRACT[action]["takes"]:
        yield from TAKEN[one[1:]] if one.startswith("+") else [one]


def promised() -> Iterator[str]:
    for action, told in ACTIONS_OF_THE_CONTRACT.items():
        yield f"{action}: {DOES.get(told['does'], told['does'])}"
        yield from (f"{action} takes {one}" for one in parameters(action))


def there() -> Iterator[str]:
    for name, action in ACTIONS.items():
        yield f"{name}: {action.kind}"
        for field, about in action.params.model_fields.items():
            needed = ", required" if about.is_required() else ""
            yield f"{name} takes {'|'.join(names_of(field, about))}{needed}"


def shape(result: dict[str, Any]) -> dict[str, list[str]]:
    """A result's keys with the keys of what is an object, or of the first of a list of objects."""
    found: dict[str, list[str]] = {}
    for key, value in result.items():
        if key in BESIDE:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found[f"{key}[]"] = [*value[0]]
        else:
            found[key] = [*value] if isinstance(value, dict) else []
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The world that actions are called in."""
    folder: Path = tmp_path_factory.mktemp("actions") / "data"
    models = light.load()
    build(folder, models)
    with open_world(folder, models) as opened:
        yield opened


def test_the_actions_and_their_parameters_are_those_of_the_contract() -> None:
    assert faults("actions", {*promised()}, {*there()}) == []


def test_there_are_28_in_the_contracts_order() -> None:
    assert len(ACTIONS_OF_THE_CONTRACT) == 28
    assert [*ACTIONS_OF_THE_CONTRACT] == [*ACTIONS]


@pytest.mark.parametrize("action", [*ACTIONS_OF_THE_CONTRACT])
def test_an_action_answers_with_the_contracts_keys(action: str, desk: Desk) -> None:
    result = desk.pact(action, example(action, ticket_of(desk, "ann")))
    assert result["success"] is True, result
    assert result.keys() >= BESIDE
    assert shape(result) == ACTIONS_OF_THE_CONTRACT[action]["answers"]
    keys = ACTIONS_OF_THE_CONTRACT[action]["key"]
    assert [key for key in keys if result[key] is None] == []
    assert [*ACTIONS[action].key] == keys
