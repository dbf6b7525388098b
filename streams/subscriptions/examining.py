"""Which subscribers an operator should see to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from streams.clock import parse_time
from streams.health import Finding, ill, well
from streams.store import Executor
from streams.subscriptions import kept
from streams.subscriptions.subscription import PAUSED, Subscription

FAILING = timedelta(hours=1)
"""So long a receiver may fail before anybody is told: most come back by themselves."""


def findings(store: Executor) -> Iterator[Finding]:
    """What there is to say of every subscription that is not well, and how many are."""
    found = kept.every(store)
    ailing = [one for one in found if one.reason is not None or _fails(one)]
    for one in ailing:
        named, mend = f"the subscription {one.id}", f"`pactdesk subscriptions resume {one.id}`"
        if one.state == PAUSED:
            yield ill(
                f"{named} is paused, for {one.reason} ({one.last_error})",
                f"mend its receiver, then {mend}; or remove it",
            )
        else:
            yield ill(
                f"{named} fails since {one.failing_since} ({one.last_error})",
                f"mend its receiver; {mend} tries again at once",
            )
    if found:
        yield well(f"{len(found) - len(ailing)} subscriptions are well")


def _fails(one: Subscription) -> bool:
    """Whether a subscription that is sent has failed for long."""
    if one.state == PAUSED or one.failing_since is None:
        return False
    return datetime.now(UTC) - parse_time(one.failing_since) > FAILING
