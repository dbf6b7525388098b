"""Which agent reads and writes what, read from the agents themselves."""

from __future__ import annotations

from typing import Any

from agents.agent import Agent
from agents.roster import ROSTERS
from schemas.event import Event
from schemas.topics import TOPICS

Graph = dict[str, Any]  # JSON


def graph() -> Graph:
    """The agents by domain, with the names of what they read and write."""
    return {
        domain: [
            {
                "agent": agent.name,
                "reads": sorted(kind.__name__ for kind in agent.reads),
                "writes": sorted(kind.__name__ for kind in agent.writes),
            }
            for agent in roster
        ]
        for domain, roster in ROSTERS.items()
    }


def reactions(roster: tuple[Agent, ...]) -> dict[str, set[str]]:
    """Within one turn: from an event to the events that agents may say in answer to it.

    What goes to an inbox ends the turn: it is read in a later one.
    """
    edges: dict[str, set[str]] = {}
    for agent in roster:
        for read in agent.reads:
            answers = {kind.__name__ for kind in agent.writes if not _ends_turn(kind)}
            edges.setdefault(read.__name__, set()).update(answers)
    return edges


def _ends_turn(kind: type[Event]) -> bool:
    return TOPICS[kind.TOPIC].kind == "inbox"


def in_order(edges: dict[str, set[str]]) -> list[str]:
    """The events so that each comes after everything that leads to it.

    Raises:
        ValueError: Some lead to themselves; the message names the circle.
    """
    done: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join((*path[path.index(name) :], name))
            raise ValueError(f"a reaction leads back to itself: {circle}")
        if name not in done:
            for after in sorted(edges.get(name, ())):
                visit(after, (*path, name))
            done[name] = None

    for name in sorted(edges):
        visit(name, ())
    return list(reversed(done))


def as_text(document: Graph) -> str:
    """The graph in lines."""
    lines = []
    for domain, agents in document.items():
        lines.append(f"{domain}")
        for one in agents:
            lines.append(f"  {one['agent']}")
            lines.append(f"    reads   {', '.join(one['reads'])}")
            lines.append(f"    writes  {', '.join(one['writes'])}")
    return "\n".join(lines)


def as_mermaid(document: Graph) -> str:
    """The graph as a Mermaid flowchart: events, and who leads from one to the next."""
    arrows = (
        f"  {read} -->|{one['agent']}| {written}"
        for agents in document.values()
        for one in agents
        for read in one["reads"]
        for written in one["writes"]
    )
    return "\n".join(dict.fromkeys(("flowchart LR", *arrows)))
