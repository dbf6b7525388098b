"""Law 4. Acyclic reactions within a turn: read from the agents, sorted; a cycle fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.agent import Agent
from agents.roster import ROSTERS
from agents.topology import graph, in_order, reactions
from schemas.events import EVENTS
from schemas.topics import TOPICS


@pytest.mark.parametrize("domain", sorted(ROSTERS))
def test_no_reaction_of_a_domain_leads_back_to_itself(domain: str) -> None:
    roster = next(agents for name, agents in ROSTERS.items() if name == domain)
    edges = reactions(roster)
    order = in_order(edges)
    assert set(order) == {*edges, *(name for answers in edges.values() for name in answers)}
    assert len(order) == len(set(order))
    place = {name: at for at, name in enumerate(order)}
    assert all(place[a] < place[b] for a, answers in edges.items() for b in answers)


def test_a_made_up_circle_of_agents_fails() -> None:
    def hush(*_: object) -> list[object]:
        return []

    one = EVENTS["TicketStarted"]
    other = EVENTS["TicketEscalated"]
    roster = (
        Agent("ping", "customer", frozenset({one}), frozenset({other}), hush),  # type: ignore[arg-type]  # it never speaks
        Agent("pong", "customer", frozenset({other}), frozenset({one}), hush),  # type: ignore[arg-type]  # it never speaks
    )
    with pytest.raises(ValueError, match="TicketEscalated -> TicketStarted -> TicketEscalated"):
        in_order(reactions(roster))


def test_an_agent_that_answers_itself_fails() -> None:
    kind = EVENTS["TicketStarted"]
    agent = Agent("echo", "customer", frozenset({kind}), frozenset({kind}), lambda *_: ())
    with pytest.raises(ValueError, match="leads back to itself"):
        in_order(reactions((agent,)))


_names = st.sampled_from("abcdefgh")


@given(edges=st.dictionaries(_names, st.sets(_names, max_size=3)))
def test_an_order_is_given_exactly_where_there_is_no_circle(edges: dict[str, set[str]]) -> None:
    def reaches(start: str) -> set[str]:
        found: set[str] = set()
        ahead = [start]
        while ahead:
            for name in edges.get(ahead.pop(), ()):
                if name not in found:
                    found.add(name)
                    ahead.append(name)
        return found

    if any(name in reaches(name) for name in edges):
        with pytest.raises(ValueError, match="leads back to itself"):
            in_order(edges)
    else:
        place = {name: at for at, name in enumerate(in_order(edges))}
        assert all(place[a] < place[b] for a, answers in edges.items() for b in answers)


def test_what_goes_to_an_inbox_ends_the_turn() -> None:
    """So a circle may go over another turn, where an outside fact or a bounded count stands."""
    for roster in ROSTERS.values():
        for answers in reactions(roster).values():
            assert all(TOPICS[EVENTS[name].TOPIC].kind == "record" for name in answers)


def test_the_printed_graph_has_every_agent_of_every_domain() -> None:
    shown = graph()
    assert shown.keys() == ROSTERS.keys()
    for domain, roster in ROSTERS.items():
        assert [one["agent"] for one in shown[domain]] == [agent.name for agent in roster]
