"""The topics, and the events with their topic and who writes them, are those of the contract."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from agents.roster import ROSTERS
from schemas.events import EVENTS
from schemas.topics import PARTITIONS, TOPICS
from streams.reference.events import writers
from tests.contracts import contract, faults
from tests.documents import ROOT

TABLE = contract("events")

MAPPED = ("streams/events_of_input.py", "streams/inputs/intents.py")
"""Make events by tables of their types; everywhere else they are made where they are called."""


def promised() -> Iterator[str]:
    for topic, written in TABLE["events"].items():
        for writer, names in written.items():
            for name in names:
                yield f"{name} on {topic}, written by {writer}"
                yield f"{name} is written"


def there() -> Iterator[str]:
    made = {*made_by_agents(), *made_in_streams()}
    for name, kind in EVENTS.items():
        yield f"{name} on {kind.TOPIC}, written by {writers(kind)}"
        if name in made:
            yield f"{name} is written"


def made_by_agents() -> set[str]:
    """The events that some agent declares to write."""
    return {
        kind.__name__ for roster in ROSTERS.values() for agent in roster for kind in agent.writes
    }


def made_in_streams() -> Iterator[str]:
    """The names of what `streams` makes instances of."""
    for path in (ROOT / "streams").rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "schemas.events" in text else ():
            if path.relative_to(ROOT).as_posix() in MAPPED:
                yield name_of(node)
            elif isinstance(node, ast.Call):
                yield name_of(node.func)
                if isinstance(node.func, ast.Attribute) and node.func.attr == "model_validate":
                    yield name_of(node.func.value)


def name_of(node: ast.AST) -> str:
    """The last word of a name such as `intents.CloseAsked`; nothing for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_the_events_are_those_of_the_contract() -> None:
    assert faults("events", {*promised()}, {*there()}) == []


def test_an_event_stands_in_the_contract_once() -> None:
    names = [
        name for written in TABLE["events"].values() for some in written.values() for name in some
    ]
    assert sorted(names) == sorted(EVENTS)


@pytest.mark.parametrize("name", [*TOPICS])
def test_a_topic_is_as_the_contract_has_it(name: str) -> None:
    topic, told = TOPICS[name], TABLE["topics"][name]
    assert topic.kind == told["kind"]
    assert topic.key == told["key"]
    assert topic.domain == told.get("decided_by")
    assert (topic.retention_days or "for ever") == told["kept"]


def test_no_other_topic_and_no_other_number_of_partitions_is_promised() -> None:
    assert [*TABLE["topics"]] == [*TOPICS]
    assert TABLE["partitions"] == PARTITIONS
