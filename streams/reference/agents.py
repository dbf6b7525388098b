"""The pages of the agents: who reads and writes what, and the 28 actions."""

from __future__ import annotations

from importlib import import_module

from agents.roster import ROSTERS
from agents.topology import graph, in_order, reactions
from schemas.events import EVENTS
from streams.reference.markdown import code, table

ACTIONS: dict[str, tuple[str, ...]] = {
    "channel": ("receive_message", "validate_message", "format_for_platform", "send_response"),
    "triage": (
        "classify_issue",
        "assign_priority",
        "route_to_specialist",
        "detect_escalation_needs",
    ),
    "knowledge": (
        "search_solutions",
        "suggest_articles",
        "update_knowledge_base",
        "track_solution_effectiveness",
    ),
    "customer": (
        "get_profile",
        "update_interaction_history",
        "calculate_satisfaction_score",
        "identify_vip_status",
    ),
    "escalation": (
        "determine_specialist_needed",
        "check_availability",
        "transfer_context",
        "notify_escalation",
    ),
    "analytics": (
        "track_interaction",
        "measure_resolution_time",
        "identify_common_issues",
        "generate_insights",
    ),
    "notification": ("send_confirmation", "schedule_follow_up", "alert_team", "update_customer"),
}
"""The 28 actions by agent, in the order of the contract."""


def decisions_of(action: str) -> list[str]:
    """The events in which an action is recorded."""
    return [name for name, kind in EVENTS.items() if getattr(kind, "ACTION", None) == action]


def decides(agent: str) -> str:
    """What an agent decides, as the first line of the module of its name says.

    Raises:
        ModuleNotFoundError: There is no such module.
        ValueError: Its first line does not begin with the agent's name.
    """
    says = (import_module(f"agents.{agent}").__doc__ or "").splitlines()[0]
    name, _, what = says.partition(": ")
    if not name.lower().startswith(agent):
        raise ValueError(f"agents/{agent}.py begins with {says!r}; begin with the agent's name")
    return what.removesuffix(".")


def agents_page() -> str:
    """Who reads and writes what, in speaking order, and in which order events follow."""
    parts = [
        "# Agents",
        (
            "An agent is one pure function: a record, the line's state and the world in, events"
            " out. In one turn all agents of a domain see the same state for a record, and meet"
            " each other's events later in the turn. `pactdesk topology` prints this from the"
            " code."
        ),
        table(("agent", "decides"), ((code(name), decides(name)) for name in _names())),
    ]
    speaking = graph()
    for domain, roster in ROSTERS.items():
        parts += [
            f"## The {domain} domain, in speaking order",
            table(
                ("agent", "reads", "writes"),
                (
                    (code(one["agent"]), ", ".join(one["reads"]), ", ".join(one["writes"]))
                    for one in speaking[domain]
                ),
            ),
        ]
        order = in_order(reactions(roster))
        parts += [
            (
                "Within one turn no event leads back to itself. Sorted, each after all that lead to"
                " it:"
            ),
            ", ".join(order) + ".",
        ]
    return "\n\n".join(parts)


def _names() -> list[str]:
    """The agents' names, in speaking order."""
    return list(dict.fromkeys(agent.name for roster in ROSTERS.values() for agent in roster))


def actions_page() -> str:
    """The 28 actions with the decisions in which the workflow records them."""
    parts = [
        "# The 28 actions",
        (
            "`pactdesk pact ACTION`, `desk.pact` and `pactdesk.execute_pact_action` are one"
            " function. Inside the workflow the agents take the same actions by themselves, and"
            " `v1_decisions` shows them under these names."
        ),
        table(
            ("action", "recorded as"),
            (
                (code(f"{agent}.{name}"), ", ".join(decisions_of(f"{agent}.{name}")))
                for agent, names in ACTIONS.items()
                for name in names
            ),
        ),
        "## Decisions that are no PACT action",
        table(
            ("action", "recorded as"),
            ((code(name), ", ".join(decisions_of(name))) for name in _others()),
        ),
    ]
    return "\n\n".join(parts)


def _others() -> list[str]:
    known = {f"{agent}.{name}" for agent, names in ACTIONS.items() for name in names}
    named = [str(getattr(kind, "ACTION", "")) for kind in EVENTS.values()]
    return [name for name in dict.fromkeys(named) if name and name not in known]
