"""Who reads and writes what, as it is printed; that no reaction leads back to itself is a law."""

from __future__ import annotations

from agents.topology import as_mermaid, as_text, graph


def test_the_graph_is_told_in_lines_and_drawn() -> None:
    text = as_text(graph())
    assert "customer\n  channel\n    reads   ContactReceived" in text
    drawn = as_mermaid(graph()).splitlines()
    assert drawn[0] == "flowchart LR"
    assert "  ContactAccepted -->|lifecycle| ContactLinked" in drawn
    assert len(drawn) == len(set(drawn))
