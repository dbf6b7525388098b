"""Channel: a customer ends messages to an address, or allows them again, by a word of the platform.

The gateway names what such a word means (`consent` in what came with the contact); whether the
contact is worked on changes nothing about it. The word holds for the address, on every ticket.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agents.world import World
from projections.case import Case
from projections.case.reach import reach_of
from schemas.events.contacts import ContactReceived
from schemas.events.decisions import ConsentStated
from schemas.platforms import PLATFORMS
from schemas.record import Record

MEANS = {"STOP": "stopped", "START": "allowed"}
"""What the words mean; others, such as HELP, change nothing."""


def stated(
    record: Record,
    came_with: Mapping[str, Any],  # Any: whatever a producer sent along
    case: Case,
    world: World,
) -> Iterator[ConsentStated]:
    """What a contact says of being written to, where that is news.

    Args:
        record: The contact.
        came_with: Its metadata.
        case: The customer's case.
        world: The turn's snapshot.
    """
    event = record.event
    assert isinstance(event, ContactReceived)
    word = came_with.get("consent")
    if not isinstance(word, str) or word not in MEANS:
        return
    if event.handle is None or not PLATFORMS[event.channel].stops:
        return
    stops = MEANS[word] == "stopped"
    if stops != reach_of(case.reaches, event.channel, event.handle).stopped:
        yield ConsentStated(
            customer_id=case.customer_id,
            outcome=MEANS[word],
            reasons=[word],
            policy_version=world.policy.version,
            contact_id=record.id,
            channel=event.channel,
            handle=event.handle,
        )
