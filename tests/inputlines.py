"""One line of every type: with all its fields, and with only what is required."""

from __future__ import annotations

import json
from typing import Any

NINE = "2026-03-02T09:00:00Z"
CONTACT: dict[str, Any] = {"channel": "email", "handle": "ann@example.org", "message": "Hello"}


def line(**fields: object) -> bytes:
    return json.dumps({**CONTACT, **fields}).encode()


def of(kind: str, /, **fields: object) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


FULL: dict[str, dict[str, object]] = {
    "contact": {
        **CONTACT,
        "customer_id": "ann",
        "subject": "Hi",
        "thread": "t",
        "in_reply_to": "m",
        "provider_id": "p",
        "language": "en",
        "attachments": [
            {"name": "a.txt", "media_type": "text/plain", "size": 3, "sha256": "x", "url": "y"}
        ],
        "metadata": {"b": 1, "a": [None, 1.5, "ü"]},
    },
    "customer": {
        "customer_id": "ann",
        "name": "Ann",
        "email": "ann@example.org",
        "phone": "+3312345678",
        "lifetime_value": 12,
        "preferred_channel": "slack",
        "language": "fr",
        "account_manager": "sam",
        "handles": {"email": ["ann@example.org"], "slack": ["U1", "U2"]},
    },
    "signal": {"customer_id": "ann", "kind": "app_crash", "metadata": {"version": "1"}},
    "survey": {"customer_id": "ann", "score": 5, "comment": "good"},
    "article": {
        "article_id": "a",
        "title": "t",
        "body": "b",
        "examples": ["e"],
        "category": "c",
        "language": "en",
    },
    "category": {"name": "c", "examples": ["e"], "priority": "high", "team": "billing"},
    "tag": {"name": "vip", "examples": ["e"]},
    "tone": {"text": "bad", "score": 0},
    "specialist": {
        "specialist_id": "sam",
        "name": "Sam",
        "team": "billing",
        "skills": ["s"],
        "languages": ["en"],
        "senior": True,
        "capacity": 3,
        "hours": {"monday": [["09:00", "12:00"], ["13:00", "17:00"]]},
        "available": False,
    },
    "start": {"customer_id": "ann", "channel": "email", "text": "Hello"},
    "link": {"customer_id": "ann", "channel": "email", "handle": "other@example.org"},
    "unlink": {"customer_id": "ann", "channel": "email", "handle": "other@example.org"},
}
LEAST: dict[str, dict[str, object]] = {
    "contact": CONTACT,
    "customer": {"customer_id": "ann"},
    "signal": {"customer_id": "ann", "kind": "app_crash"},
    "survey": {"customer_id": "ann", "score": 1},
    "article": {"article_id": "a", "title": "t", "body": "b"},
    "category": {"name": "c"},
    "tag": {"name": "t"},
    "tone": {"text": "fine", "score": 0.5},
    "specialist": {"specialist_id": "sam", "name": "Sam"},
}
OF_TICKETS: dict[str, dict[str, object]] = {
    "reply": {"text": "We are on it.", "channel": "email"},
    "note": {"text": "odd"},
    "resolve": {},
    "close": {},
    "reopen": {},
    "escalate": {"reason": "angry"},
    "assign": {"person": "sam"},
    "transfer": {"team": "billing", "reason": "theirs"},
    "priority": {"priority": "low"},
    "categorise": {"category": "billing"},
    "tag": {"add": ["a"], "remove": ["b"]},
    "snooze": {"until": "2026-03-05T09:00:00+01:00"},
    "merge": {"into": "TICK_OTHER"},
    "unmerge": {},
    "split": {"messages": ["m"]},
}
