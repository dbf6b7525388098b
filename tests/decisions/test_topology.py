"""Who reads and writes what, as it is printed; that no reaction leads back to itself is a law."""

from __future__ import annotations

import pytest

from agents.topology import as_mermaid, as_text, graph, in_order


def test_the_graph_is_told_in_lines_and_drawn() -> None:
    text = as_text(graph())
    assert "customer\n  channel\n    reads   ContactReceived" in text
    drawn = as_mermaid(graph()).splitlines()
    assert drawn[0] == "flowchart LR"
    assert "  ContactAccepted -->|lifecycle| ContactLinked" in drawn
    assert len(drawn) == len(set(drawn))


def test_events_come_after_all_that_leads_to_them() -> None:
    edges = {"a": {"c"}, "b": {"a", "d"}, "c": {"d"}}
    assert in_order(edges) == ["b", "a", "c", "d"]


def test_a_circle_of_reactions_is_named() -> None:
    with pytest.raises(ValueError, match="b -> c -> b"):
        in_order({"a": {"b"}, "b": {"c"}, "c": {"b"}})


def test_a_graph_of_one_agent_is_told_and_drawn_whole() -> None:
    small = {"desk": [{"agent": "escalation", "reads": ["A", "B"], "writes": ["C", "D"]}]}
    assert as_text(small) == "desk\n  escalation\n    reads   A, B\n    writes  C, D"
    assert as_mermaid(small).splitlines() == [
        "flowchart LR",
        *(f"  {read} -->|escalation| {said}" for read in "AB" for said in "CD"),
    ]
