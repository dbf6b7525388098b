"""Law 9. Registered: every event, agent, action, channel and topic is where it belongs.

That each is in the documentation as well is held by the tests of the docs.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.agent import Agent
from agents.roster import ROSTERS
from schemas.event import Decision, Event, Intent
from schemas.events import EVENTS
from schemas.platforms import PLATFORMS
from schemas.topics import PARTITIONS, TOPICS
from schemas.vocabulary import CHANNELS
from streams.cli.commands import COMMANDS
from streams.inputs import INTENTS
from streams.pact import ACTIONS
from tests.contracts import contract

ACTIONS_OF_28 = frozenset(
    f"{agent}.{action}"
    for agent, actions in contract("actions").items()
    if agent != "taken"
    for action in actions
)

WRITTEN = {
    name: writer
    for written in contract("events")["events"].values()
    for writer, names in written.items()
    for name in names
}
"""Who writes each event, in the words of the contract."""


def _agents() -> Iterator[Agent]:
    for roster in ROSTERS.values():
        yield from roster


def _writers(kind: type[Event]) -> set[str]:
    return {agent.domain for agent in _agents() if kind in agent.writes}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_says_when_it_happens_and_who_writes_it(name: str) -> None:
    kind = EVENTS[name]
    assert kind.__doc__
    assert kind.__doc__ != kind.__mro__[1].__doc__
    module = __import__(kind.__module__, fromlist=["x"])
    told = f"{kind.__doc__} {module.__doc__}"
    assert " by " in told.lower(), "its docstring or its module's says who writes it"


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_has_one_topic(name: str) -> None:
    assert EVENTS[name].TOPIC in TOPICS


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_has_one_writing_domain_or_is_named_as_written_outside(name: str) -> None:
    agents = {agent.name for agent in _agents()}
    outside = not agents & {*WRITTEN[name].split(", ")}
    assert len(_writers(EVENTS[name])) + outside == 1, WRITTEN[name]


@pytest.mark.parametrize("agent", list(_agents()), ids=lambda agent: agent.name)
def test_an_agent_reads_and_writes_registered_events_on_its_own_domain(agent: Agent) -> None:
    registered = set(EVENTS.values())
    assert agent.reads
    assert agent.reads <= registered
    assert agent.writes <= registered
    assert agent in ROSTERS[agent.domain]


@pytest.mark.parametrize("action", sorted(ACTIONS_OF_28))
def test_each_of_the_28_actions_is_a_decision_that_an_agent_writes(action: str) -> None:
    taken = {
        kind.ACTION
        for agent in _agents()
        for kind in agent.writes
        if issubclass(kind, Decision) and kind.ACTION.split(".")[0] == agent.name
    }
    assert action in taken


def test_the_28_actions_are_the_calls_there_are() -> None:
    assert len(ACTIONS_OF_28) == 28
    assert set(ACTIONS) == ACTIONS_OF_28


@pytest.mark.parametrize(
    "name", sorted(name for name, kind in EVENTS.items() if issubclass(kind, Decision))
)
def test_a_decision_names_its_action_by_agent_and_verb(name: str) -> None:
    kind = EVENTS[name]
    assert issubclass(kind, Decision)
    agent, _, verb = kind.ACTION.partition(".")
    assert agent in {one.name for one in _agents()}
    assert verb


def test_every_channel_has_its_platform_and_none_of_the_contract_is_gone() -> None:
    assert set(PLATFORMS) == set(CHANNELS)
    assert set(CHANNELS) >= {
        "email", "slack", "whatsapp", "chat_widget", "phone", "twitter", "facebook", "discord",
    }  # fmt: skip


def test_no_word_of_customers_names_two_channels() -> None:
    words = [word for platform in PLATFORMS.values() for word in platform.called.split()]
    assert len(words) == len(set(words))
    assert all(platform.called for platform in PLATFORMS.values())


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_a_topic_is_decided_by_one_domain_or_is_a_record_topic(name: str) -> None:
    topic = TOPICS[name]
    assert name == topic.name
    assert (topic.kind == "inbox") == (topic.domain in ROSTERS)
    kinds = [kind for kind in EVENTS.values() if name == kind.TOPIC]
    assert bool(kinds) == (name != "support.dead-letters.v1")


@pytest.mark.parametrize(
    "name", sorted(name for name, kind in EVENTS.items() if issubclass(kind, Intent))
)
def test_the_lifecycle_rules_on_every_intent(name: str) -> None:
    assert [agent.name for agent in _agents() if EVENTS[name] in agent.reads].count(
        "lifecycle"
    ) == 1


def test_what_people_may_ask_is_a_type_of_line_and_a_verb_of_the_command_line() -> None:
    assert set(INTENTS) == {name for name, one in COMMANDS.items() if one.module == "verbs"}


def test_an_inbox_is_read_by_the_agents_of_its_domain_alone() -> None:
    """What a turn itself says to another domain is put to its agents too, before it is sent."""
    for agent in _agents():
        said = {kind for one in _agents() if one.domain == agent.domain for kind in one.writes}
        for kind in agent.reads - said:
            domain = TOPICS[kind.TOPIC].domain
            assert domain in {None, agent.domain}, f"{agent.name} reads {kind.__name__}"


def test_partitions_are_part_of_the_contract() -> None:
    assert PARTITIONS == 12
