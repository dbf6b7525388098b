"""What holds for every agent in every history: it speaks as declared, always, and of its own."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings

from agents.agent import Agent
from agents.roster import ROSTERS
from agents.world import World
from projections.case import Case
from projections.lines import FOLDS
from schemas.event import Candidate, Decision, Event
from schemas.events.choices import SpecialistChosen
from schemas.events.decisions import WorkflowFailed
from schemas.topics import TOPICS
from streams.turn import turn
from tests.full_life import WAYS, full_life
from tests.histories import History, histories, play

PEOPLE = ("ann", "ben", "cat")

MOST_SAID = 60
"""Far more than any turn of these histories says; MOST of the turn itself is a last resort."""

NEVER_HERE = {WorkflowFailed}
"""Only what an agent's own failure leads to, which no history of sound agents does."""

ABSORBED_SAYS = {
    "RecordForwarded",
    "TicketHandedOver",
    "CustomersUnmerged",
    "CustomerRecognised",
    "IntentRefused",
}


@given(histories(PEOPLE))
@settings(max_examples=150)
def test_no_agent_raises_or_says_what_it_did_not_declare(history: History) -> None:
    lines = play(history)
    assert all(len(one.said) <= MOST_SAID for one in lines.turns)


@given(histories(PEOPLE))
@settings(max_examples=15)
def test_the_same_past_says_the_same(history: History) -> None:
    assert play(history).turns == play(history).turns


@given(histories(PEOPLE))
@settings(max_examples=15)
def test_a_turn_taken_again_from_the_same_state_says_the_same(history: History) -> None:
    lines = play(history)
    for one in lines.turns:
        now = one.said[0].at if one.said else one.record.at
        world = World(now=now, policy=lines.policy, models=lines.models, trigger=one.record)
        roster, evolve = ROSTERS[one.domain], FOLDS[one.domain].evolve
        after, said = turn(one.before, one.record, world, roster, evolve)
        assert tuple(said) == one.said
        assert after == one.after


@given(histories(PEOPLE))
@settings(max_examples=20)
def test_every_output_has_an_id_of_its_own_and_the_line_of_its_topic(history: History) -> None:
    said = [record for one in play(history).turns for record in one.said]
    assert len({record.id for record in said}) == len(said)
    for one in play(history).turns:
        for record in one.said:
            if TOPICS[record.topic].kind == "record":
                assert record.key == one.record.key
            assert record.correlation == one.record.correlation


@given(histories(PEOPLE))
@settings(max_examples=20)
def test_every_decision_names_policy_outcome_and_a_sound_confidence(history: History) -> None:
    lines = play(history)
    for event in lines.said:
        if isinstance(event, Decision):
            assert event.policy_version == lines.policy.version
            assert event.outcome
            assert event.ACTION.count(".") == 1
            assert event.confidence is None or 0.0 <= event.confidence <= 1.0
            ranks = [(_was_not_free(event, one), -one.score) for one in event.candidates]
            assert ranks == sorted(ranks), event


def _was_not_free(event: Decision, one: Candidate) -> bool:
    """Whether somebody was weighed who could not have the ticket, which their note says."""
    return isinstance(event, SpecialistChosen) and one.note is not None


@given(histories(PEOPLE, links=True))
@settings(max_examples=30)
def test_an_absorbed_line_only_hands_on(history: History) -> None:
    for one in play(history).turns:
        if isinstance(one.before, Case) and one.before.merged_into is not None:
            names = {record.type for record in one.said}
            if one.after.merged_into is not None:
                assert names <= ABSORBED_SAYS, one


@cache
def _everything() -> tuple[frozenset[type[Event]], frozenset[tuple[str, str]]]:
    """What comes and is said in a full life, and who says something about what."""
    came: set[type[Event]] = set()
    spoke: set[tuple[str, str]] = set()
    for one in play(full_life(), policy=WAYS).turns:
        kinds = {one.record.id: one.record.type} | {r.id: r.type for r in one.said}
        came |= {type(one.record.event)} | {type(record.event) for record in one.said}
        spoke |= {(r.by, kinds[r.cause]) for r in one.said if r.cause in kinds}
    return frozenset(came), frozenset(spoke)


ALL_AGENTS = [
    pytest.param(agent, id=f"{domain}-{place}-{agent.name}")
    for domain, roster in ROSTERS.items()
    for place, agent in enumerate(roster)
]


@pytest.mark.parametrize("agent", ALL_AGENTS)
def test_a_full_life_asks_every_agent_about_everything_it_reads(agent: Agent) -> None:
    came, _ = _everything()
    assert agent.reads - NEVER_HERE <= came


@pytest.mark.parametrize("agent", ALL_AGENTS)
def test_every_agent_speaks_in_a_full_life(agent: Agent) -> None:
    _, spoke = _everything()
    reads = {kind.__name__ for kind in agent.reads - NEVER_HERE}
    assert not reads or any((agent.name, read) in spoke for read in reads)


def test_no_two_agents_of_one_name_answer_the_same_event() -> None:
    """Their answers would get the same ids: an id derives from cause, name and place."""
    for roster in ROSTERS.values():
        seen: set[tuple[str, type[Event]]] = set()
        for agent in roster:
            for kind in agent.reads:
                assert (agent.name, kind) not in seen
                seen.add((agent.name, kind))


def test_a_full_life_takes_each_of_the_28_actions_by_its_own_agent() -> None:
    said = [record for one in play(full_life(), policy=WAYS).turns for record in one.said]
    taken = {(r.by, r.event.ACTION) for r in said if isinstance(r.event, Decision)}
    assert {action for _, action in taken} >= ACTIONS
    assert len(ACTIONS) == 28
    for agent, action in taken:
        assert action.startswith(f"{agent}.") or action == "lifecycle.rule_on_intent"


ACTIONS = {
    *(f"channel.{a}" for a in ("receive_message", "validate_message", "format_for_platform")),
    "channel.send_response",
    *(f"triage.{a}" for a in ("classify_issue", "assign_priority", "route_to_specialist")),
    "triage.detect_escalation_needs",
    *(f"knowledge.{a}" for a in ("search_solutions", "suggest_articles")),
    *(f"knowledge.{a}" for a in ("update_knowledge_base", "track_solution_effectiveness")),
    *(f"customer.{a}" for a in ("get_profile", "update_interaction_history")),
    *(f"customer.{a}" for a in ("calculate_satisfaction_score", "identify_vip_status")),
    *(f"escalation.{a}" for a in ("determine_specialist_needed", "check_availability")),
    *(f"escalation.{a}" for a in ("transfer_context", "notify_escalation")),
    *(f"analytics.{a}" for a in ("track_interaction", "measure_resolution_time")),
    *(f"analytics.{a}" for a in ("identify_common_issues", "generate_insights")),
    *(f"notification.{a}" for a in ("send_confirmation", "schedule_follow_up")),
    *(f"notification.{a}" for a in ("alert_team", "update_customer")),
}
