"""How a message may go now, if at all: in the window, later, as a template, or on another channel.

What a platform would not take is not tried. Everything that decides this is in the case, the policy
and the table of platforms, so that it is known before a provider is called.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from agents.addressing import Place, latest_handle, place_of
from agents.policy import Policy
from agents.policy_delivery import Template
from projections.case import Case, Ticket
from projections.case.reach import reach_of
from projections.case.state import Kept
from projections.case.talk import BY_PEOPLE
from schemas.events.contacts import ReplyFailed
from schemas.platforms import PLATFORMS

_HOUR = 3600.0


class Shut(msgspec.Struct, frozen=True):
    """A message may not go.

    Attributes:
        channel: Where it was to go.
        reason: Why: `window_closed`, or `stopped` by the customer.
        remedy: What to do instead, in words.
    """

    channel: str
    reason: str
    remedy: str


class Way(msgspec.Struct, frozen=True):
    """A message may go.

    Attributes:
        place: Where to.
        within: By what right, as `ReplyRequested` says it.
        template: The template that it goes as, if it goes as one.
        around: What stands in the way where it was to go; None where this is the place.
    """

    place: Place
    within: str
    template: Template | None = None
    around: Shut | None = None


def way(
    kind: str, place: Place, ticket: Ticket | None, case: Case, policy: Policy, now: datetime
) -> Way | Shut:
    """How a message of a kind may go: to its place, or else another way if the policy knows one.

    Args:
        kind: A `ReplyKind`.
        place: Where it should go.
        ticket: What it is about; None where it opens one.
        case: The customer's case.
        policy: The policy in force.
        now: The turn's clock reading.
    """
    direct = straight(kind, place, case, policy, now)
    if isinstance(direct, Way):
        return direct
    other = other_channel(kind, place.channel, case, policy)
    if other is None:
        return direct
    around = straight(kind, elsewhere(place, other, ticket, case), case, policy, now)
    return direct if isinstance(around, Shut) else msgspec.structs.replace(around, around=direct)


def straight(kind: str, place: Place, case: Case, policy: Policy, now: datetime) -> Way | Shut:
    """Whether, and how, a message of a kind may go to a place."""
    channel = place.channel
    platform, reach = PLATFORMS[channel], reach_of(case.reaches, channel, place.handle)
    if reach.stopped:
        return Shut(
            channel,
            "stopped",
            f"the customer ended messages to {place.handle}; use another channel, or wait until "
            "they allow them again",
        )
    hours = platform.window_hours
    since = now.timestamp() - reach.heard_at
    if hours is None or since <= hours * _HOUR:
        return Way(place, "window")
    person = kind in BY_PEOPLE and platform.person_hours is not None
    if person and platform.person_hours is not None:
        hours = platform.person_hours
        if since <= hours * _HOUR:
            return Way(place, "human_agent")
    template = policy.templates.get(channel)
    if template is not None:
        return Way(place, "template", template)
    return Shut(
        channel,
        "window_closed",
        f"{channel} takes messages only within {hours} hours of the customer's last one; use "
        "another channel, or wait until the customer writes",
    )


def other_channel(kind: str, channel: str, case: Case, policy: Policy) -> str | None:
    """The channel that a message goes on where it cannot go on its own, if there is one."""
    rules = policy.delivery
    other = rules.fall_back.get(channel)
    if other is None or kind not in rules.fall_back_kinds or not case.handles.get(other):
        return None
    return other


def elsewhere(place: Place, channel: str, ticket: Ticket | None, case: Case) -> Place:
    """The place of the same message on another channel."""
    if ticket is None:
        return Place(place.about, channel, latest_handle(case, channel))
    return place_of(ticket, channel, case)


def second_way(
    event: ReplyFailed, case: Case, policy: Policy, now: datetime
) -> tuple[Kept, Way | Shut] | None:
    """The reply that failed for good and how it may go the other way that was kept for it.

    None where it has not failed for good, nothing was kept of it, or the customer's address there
    is known no more.
    """
    ticket = case.ticket(event.ticket_id)
    if not event.final or case.merged_into is not None or ticket is None:
        return None
    for kept in ticket.kept:
        if kept.request_id == event.request_id:
            place = place_of(ticket, kept.other, case)
            if place.handle is None:
                return None
            return kept, straight(kept.kind, place, case, policy, now)
    return None
