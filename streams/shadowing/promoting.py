"""A candidate becomes what is in force: an event, by whoever promotes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.people import activate_models, activate_policy
from streams.shadowing.kept import Shadow, end, required

if TYPE_CHECKING:
    from streams.engines import AnyDesk


def promote(desk: AnyDesk, person: str) -> Shadow:
    """Put the candidate of the running shadow in force from the clock's time on, and end it.

    Raises:
        Refused: No shadow runs.
    """
    shadow = required(desk.database)
    if shadow.policy is not None:
        activate_policy(desk, shadow.policy, person)
    tier = shadow.candidate.tier
    if tier is not None:
        activate_models(desk, tier, person)
    end(desk.database, shadow, "promoted", desk.clock.now())
    return shadow
