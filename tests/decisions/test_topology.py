"""Who reads and writes what, read from the agents, and that no reaction leads back to itself."""

from __future__ import annotations

import pytest

from agents.roster import ROSTERS
from agents.topology import as_mermaid, as_text, graph, in_order, reactions
from schemas.topics import TOPICS


@pytest.mark.parametrize("domain", sorted(ROSTERS))
def test_no_reaction_within_a_turn_leads_back_to_itself(domain: str) -> None:
    edges = reactions(ROSTERS[domain])  # type: ignore[index]  # the parameter is one of its keys
    order = in_order(edges)
    for name, answers in edges.items():
        assert all(order.index(name) < order.index(one) for one in answers)


def test_a_circle_is_named() -> None:
    with pytest.raises(ValueError, match="A -> B -> A"):
        in_order({"A": {"B"}, "B": {"A"}})


def test_what_goes_to_an_inbox_ends_the_turn() -> None:
    names = {kind.__name__: kind for agent in ROSTERS["customer"] for kind in agent.writes}
    for answers in reactions(ROSTERS["customer"]).values():
        assert all(TOPICS[names[one].TOPIC].kind != "inbox" for one in answers)


def test_the_graph_names_every_agent_of_every_domain() -> None:
    document = graph()
    assert set(document) == set(ROSTERS)
    for domain, roster in ROSTERS.items():
        assert [one["agent"] for one in document[domain]] == [agent.name for agent in roster]


def test_the_graph_is_told_in_lines_and_drawn() -> None:
    text = as_text(graph())
    assert "customer\n  channel\n    reads   ContactReceived" in text
    drawn = as_mermaid(graph()).splitlines()
    assert drawn[0] == "flowchart LR"
    assert "  ContactAccepted -->|lifecycle| ContactLinked" in drawn
    assert len(drawn) == len(set(drawn))
