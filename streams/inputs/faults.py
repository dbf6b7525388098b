"""What is wrong with a line, in words for the person who wrote it: the fault, and what is right."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError

from agents.faults import shown, words
from schemas.vocabulary import CHANNELS


def told(kind: str, fields: Collection[str], error: ValidationError) -> tuple[str, str]:
    """What is wrong and what would be right, of the first fault.

    Args:
        kind: The type of the line.
        fields: What a line of this type may hold.
        error: What was found.
    """
    fault = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in fault["loc"])
    if field == "channel" and fault["type"] == "literal_error":
        return f"{kind}: channel {shown(fault['input'])} is unknown", "use one of " + ", ".join(
            CHANNELS
        )
    free = "metadata" in fields
    instead = "put it into metadata" if free else f"use one of {', '.join(sorted(fields))}"
    what, right = words(fault, instead)
    return f"{kind}: {field}: {what}" if field else f"{kind}: {what}", right
