"""The 28 PACT actions as calls: one function behind the command, Python and HTTP."""

from __future__ import annotations

from typing import Any

from streams.pact.understanding import understood

__all__ = ["execute", "execute_pact_action", "understood"]


def execute(desk: Any, action: str, params: dict[str, Any]) -> dict[str, Any]:
    """Run one action."""
    del desk, params
    return {"success": False, "error": action}


def execute_pact_action(action: str, params: dict[str, Any]) -> dict[str, Any]:
    """Run one action on the settings' desk."""
    return execute(None, action, params)
