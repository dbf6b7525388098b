"""A small world to call the 28 actions in: two customers, two specialists, taught categories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pactdesk
from streams.desk import Desk
from streams.understanding.tier import Tier

MONDAY = "2026-03-02T09:00:00Z"

CHARGED = "I was charged twice for order #4711, please refund one of the two payments"
FORGOT = "How do I reset my password?"

TAUGHT: tuple[dict[str, Any], ...] = (
    {
        "type": "category",
        "name": "billing",
        "examples": [
            "I was charged twice",
            "my invoice is wrong",
            "please refund the payment",
            "the amount on my bill is too high",
        ],
        "team": "money",
        "priority": "high",
    },
    {
        "type": "category",
        "name": "access",
        "examples": [
            "I cannot log in",
            "reset my password",
            "my account is locked",
            "the login link does not work",
            "where do I find the login page",
        ],
    },
    {
        "type": "article",
        "article_id": "reset",
        "title": "Reset your password",
        "body": "Open the settings and press reset.",
        "examples": ["how do I reset my password", "I forgot my password"],
        "category": "access",
        "language": "en",
    },
    {
        "type": "article",
        "article_id": "refunds",
        "title": "When refunds arrive",
        "body": "Refunds arrive within three days.",
        "examples": ["when does my refund arrive"],
        "category": "billing",
        "language": "en",
    },
    {
        "type": "specialist",
        "specialist_id": "bo",
        "name": "Bo",
        "team": "money",
        "skills": ["billing"],
        "languages": ["en"],
        "senior": True,
    },
    {
        "type": "specialist",
        "specialist_id": "cy",
        "name": "Cy",
        "team": "general",
        "languages": ["en", "de"],
        "hours": {"monday": [["13:00", "17:00"]]},
    },
    {
        "type": "customer",
        "customer_id": "ann",
        "name": "Ann",
        "email": "ann@example.org",
        "lifetime_value": 20000,
        "account_manager": "mia",
    },
    {"type": "customer", "customer_id": "ben", "name": "Ben", "lifetime_value": 10},
)


def open_world(folder: Path, models: Tier) -> Desk:
    """A desk on a folder, under simulated time, with models that are loaded already."""
    desk = pactdesk.open(folder, clock=pactdesk.ManualClock(MONDAY))
    vars(desk)["models"] = models
    return desk


def build(folder: Path, models: Tier) -> None:
    """Make the world: Ann, a VIP, was charged twice; Ben asks how to log in."""
    with open_world(folder, models) as desk:
        desk.produce(*TAUGHT)
        desk.run()
        desk.produce(
            {
                "channel": "email",
                "customer_id": "ann",
                "handle": "ann@example.org",
                "subject": "Charged twice",
                "message": CHARGED,
                "provider_id": "a1",
            },
            {
                "channel": "chat_widget",
                "customer_id": "ben",
                "handle": "ben-7",
                "message": "Hello, where do I find the login page of my account, please?",
                "provider_id": "b1",
            },
        )
        desk.run()


def ticket_of(desk: Desk, customer: str) -> str:
    """The id of a customer's one ticket."""
    (row,) = desk.query("SELECT ticket_id FROM v1_tickets WHERE customer_id = ?", [customer])
    return str(row["ticket_id"])


def example(action: str, ticket: str) -> dict[str, Any]:
    """Parameters with which an action does something in the world, on a ticket where it has one."""
    examples: dict[str, dict[str, Any]] = {
        "channel.receive_message": {
            "channel": "chat_widget",
            "handle": "zoe-1",
            "message": FORGOT,
        },
        "channel.validate_message": {"channel": "email", "message": CHARGED},
        "channel.format_for_platform": {"channel": "slack", "text": "**Hello** there"},
        "channel.send_response": {"ticket_id": ticket, "text": "We have paid it back."},
        "triage.classify_issue": {"description": CHARGED, "channel": "email"},
        "triage.assign_priority": {"ticket_id": ticket, "priority": "low"},
        "triage.route_to_specialist": {"ticket_id": ticket, "team": "legal"},
        "triage.detect_escalation_needs": {"ticket_id": ticket},
        "knowledge.search_solutions": {"query": FORGOT},
        "knowledge.suggest_articles": {"query": FORGOT},
        "knowledge.update_knowledge_base": {
            "article_id": "opening",
            "title": "Opening hours",
            "body": "We are open from eight to eight.",
        },
        "knowledge.track_solution_effectiveness": {
            "solution": "reset",
            "helpful": True,
            "ticket_id": ticket,
        },
        "customer.get_profile": {"customer_id": "ann"},
        "customer.update_interaction_history": {
            "customer_id": "ann",
            "interaction": {"kind": "call", "content": "She rang about the refund"},
        },
        "customer.calculate_satisfaction_score": {"customer_id": "ann"},
        "customer.identify_vip_status": {"customer_id": "ann"},
        "escalation.determine_specialist_needed": {"ticket_id": ticket},
        "escalation.check_availability": {},
        "escalation.transfer_context": {"ticket_id": ticket, "to": "cy"},
        "escalation.notify_escalation": {"ticket_id": ticket, "escalation_reason": "she insists"},
        "analytics.track_interaction": {"ticket_id": ticket, "interaction": "customer_message"},
        "analytics.measure_resolution_time": {"channel": "email"},
        "analytics.identify_common_issues": {"limit": 5},
        "analytics.generate_insights": {},
        "notification.send_confirmation": {"ticket_id": ticket},
        "notification.schedule_follow_up": {
            "ticket_id": ticket,
            "follow_up_time": "2026-03-05T09:00:00Z",
        },
        "notification.alert_team": {"ticket_id": ticket, "alert_type": "fraud"},
        "notification.update_customer": {"ticket_id": ticket, "text": "It is on its way."},
    }
    return examples[action]
