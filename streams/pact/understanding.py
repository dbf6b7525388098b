"""What the models make of a message, as a document."""

from __future__ import annotations

from typing import Any

import msgspec

from agents.world import Models, Understanding
from streams.errors import Unreadable

MESSAGE = ("message", "content", "text")
"""Names under which a message may be given, the contract's own first."""

ECHOED = (
    "channel",
    "customer_id",
    "handle",
    "provider_id",
    "thread",
    "in_reply_to",
    "ticket_id",
    "at",
)
"""Fields of the input by which its answer is recognised again."""


def understood(models: Models, document: dict[str, Any]) -> dict[str, Any]:
    """What the models make of one contact: the answer of `pactdesk understand`.

    Args:
        models: The models over the knowledge at hand.
        document: A contact (INTERFACE section 3); only its message is needed.

    Returns:
        language, sentiment_score, urgency_indicators, categories and solutions by confidence,
        out_of_scope, tags, cues, deadlines, facts, clues, model_versions; before them what
        identifies the input, where it was given.

    Raises:
        Unreadable: There is no message in it.
    """
    if not isinstance(document, dict):
        raise Unreadable("understand: an input is no object", 'give a list of {"message": "…"}')
    message = _text(document, *MESSAGE)
    if message is None:
        raise Unreadable(
            "understand: message: it is missing", 'give it as {"message": "…"}, which may be empty'
        )
    found = models.understand(
        message,
        subject=_text(document, "subject") or "",
        known_language=_text(document, "language"),
    )
    echo = {name: document[name] for name in ECHOED if document.get(name) is not None}
    return {**echo, **findings(found), "model_versions": dict(models.versions)}


def findings(found: Understanding) -> dict[str, Any]:
    """What was understood, as the document that every surface shows."""
    return {
        "language": found.language,
        "language_confidence": found.language_confidence,
        "sentiment_score": found.sentiment_score,
        "urgency_indicators": list(found.urgency_indicators),
        "categories": _ranked([(one.name, one.confidence) for one in found.categories], "name"),
        "out_of_scope": found.out_of_scope,
        "tags": list(found.tags),
        "solutions": _ranked([(one.id, one.confidence) for one in found.solutions], "id"),
        "cues": list(found.cues),
        "deadlines": list(found.deadlines),
        "facts": [msgspec.to_builtins(one) for one in found.facts],
        "clues": [msgspec.to_builtins(one) for one in found.clues],
    }


def _ranked(scores: list[tuple[str, float]], label: str) -> list[dict[str, Any]]:
    ordered = sorted(scores, key=lambda one: (-one[1], one[0]))
    return [{label: name, "confidence": confidence} for name, confidence in ordered]


def _text(document: dict[str, Any], *names: str) -> str | None:
    """The first of some fields that is given; raises `Unreadable` when it is not sound text."""
    name = next((one for one in names if document.get(one) is not None), None)
    if name is None:
        return None
    value = document[name]
    if not isinstance(value, str):
        raise Unreadable(
            f"understand: {name}: it is {type(value).__name__}, not text", "give it as text"
        )
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unreadable(
            f"understand: {name}: it holds half of a surrogate pair", "send whole characters"
        ) from error
    return value
