"""What an intent may be called: the 28 actions, other names of theirs, and the six generic verbs.

A name that is none of these is left as it is, and is then unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from streams.pact import ACTIONS

VERBS = ("create", "retrieve", "update", "delete", "query", "respond")
"""The generic verbs; which action one means depends on `parameters.resource`."""

ALIASES: Mapping[str, str] = {
    "channel.format_message": "channel.format_for_platform",
    "knowledge.find_solutions": "knowledge.search_solutions",
    "knowledge.track_effectiveness": "knowledge.track_solution_effectiveness",
    "knowledge.create_article": "knowledge.update_knowledge_base",
    "customer.get_full_context": "customer.get_profile",
    "customer.update_history": "customer.update_interaction_history",
    "customer.calculate_satisfaction": "customer.calculate_satisfaction_score",
    "escalation.determine_specialist": "escalation.determine_specialist_needed",
    "escalation.escalate_to_manager": "escalation.notify_escalation",
    "notification.escalation_alert": "escalation.notify_escalation",
    "escalate_ticket": "escalation.notify_escalation",
    "send_notification": "notification.update_customer",
}
"""Other names of actions, as agents elsewhere use them."""

RESOURCES: Mapping[str, Mapping[str, str]] = {
    "create": {
        "message": "channel.receive_message",
        "contact": "channel.receive_message",
        "article": "knowledge.update_knowledge_base",
        "interaction": "customer.update_interaction_history",
        "confirmation": "notification.send_confirmation",
        "follow_up": "notification.schedule_follow_up",
        "alert": "notification.alert_team",
        "escalation": "escalation.notify_escalation",
    },
    "retrieve": {
        "customer": "customer.get_profile",
        "satisfaction": "customer.calculate_satisfaction_score",
        "vip_status": "customer.identify_vip_status",
        "availability": "escalation.check_availability",
        "resolution_time": "analytics.measure_resolution_time",
        "insights": "analytics.generate_insights",
    },
    "update": {
        "priority": "triage.assign_priority",
        "routing": "triage.route_to_specialist",
        "article": "knowledge.update_knowledge_base",
        "solution": "knowledge.track_solution_effectiveness",
        "interaction": "customer.update_interaction_history",
        "customer": "notification.update_customer",
    },
    "delete": {"article": "knowledge.update_knowledge_base"},
    "query": {
        "solution": "knowledge.search_solutions",
        "article": "knowledge.suggest_articles",
        "issue": "triage.classify_issue",
        "escalation": "triage.detect_escalation_needs",
        "specialist": "escalation.determine_specialist_needed",
        "common_issues": "analytics.identify_common_issues",
    },
    "respond": {
        "ticket": "channel.send_response",
        "message": "channel.send_response",
        "customer": "notification.update_customer",
    },
}
"""What each verb does with each resource."""

ALWAYS: Mapping[str, Mapping[str, Any]] = {"delete": {"retire": True}}
"""Parameters that a verb brings by itself."""


class Meant(NamedTuple):
    """What an intent means.

    Attributes:
        action: An action, or the name as it came where nothing is known of it.
        parameters: Its parameters.
    """

    action: str
    parameters: dict[str, Any]

    @property
    def known(self) -> bool:
        """Whether there is such an action."""
        return self.action in ACTIONS


def meant(name: str, parameters: Mapping[str, Any]) -> Meant:
    """What an intent of a name means."""
    if name in RESOURCES:
        resource = parameters.get("resource")
        action = RESOURCES[name].get(resource) if isinstance(resource, str) else None
        rest = {key: value for key, value in parameters.items() if key != "resource"}
        return Meant(action or name, {**rest, **ALWAYS.get(name, {})})
    return Meant(ALIASES.get(name, name), dict(parameters))


def mappings() -> dict[str, str]:
    """Every name that stands for an action, flat, as a registry tells it."""
    verbs = {
        f"{verb} {resource}": action
        for verb, some in RESOURCES.items()
        for resource, action in some.items()
    }
    return {**ALIASES, **verbs}
