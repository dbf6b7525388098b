"""What a process of a desk may be for, on either engine."""

from __future__ import annotations

from streams.errors import Misconfigured

ROLES = frozenset({"agents", "projections", "effects"})
"""What works behind the gateway, which is a role of its own."""


def require_known(roles: frozenset[str]) -> None:
    """Raise `Misconfigured` for a role that there is not."""
    unknown = roles - ROLES
    if unknown:
        raise Misconfigured(
            f"there is no role {', '.join(sorted(unknown))}",
            f"use some of {', '.join(sorted({*ROLES, 'gateway'}))}",
        )
