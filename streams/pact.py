"""The 28 actions as calls (being written)."""

from __future__ import annotations

from typing import Any

from agents.world import Models


def understood(models: Models, document: dict[str, Any]) -> dict[str, Any]:
    """What the models make of one contact, as a document."""
    del models
    return dict(document)


def execute(desk: Any, action: str, params: dict[str, Any]) -> dict[str, Any]:
    """Run one action."""
    del desk, params
    return {"success": False, "error": action}


def execute_pact_action(action: str, params: dict[str, Any]) -> dict[str, Any]:
    """Run one action on the settings' desk."""
    return execute(None, action, params)
