"""The places where alerts go, as errands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.event import Event
from schemas.events.decisions import AccountManagerNotified, TeamAlertRequested
from schemas.record import Record, derived_id
from streams.delivery.errand import Errand
from streams.settings import Settings

SLACK, MAILBOX, WEBHOOK, MANAGER = "team_slack", "team_mail", "team_webhook", "manager_mail"
"""The places: a team's own, and the account manager's mailbox."""

STALE = timedelta(days=1)
"""An alert that is older is none: it would come when a place is set up on an old desk."""

PLACES = frozenset({SLACK, MAILBOX, WEBHOOK, MANAGER})

ALERTS: tuple[type[Event], ...] = (TeamAlertRequested, AccountManagerNotified)
"""What goes to them."""


def set_up(settings: Settings) -> frozenset[str]:
    """The places that alerts can go to."""
    return frozenset(_set_up(settings))


def _set_up(settings: Settings) -> Iterator[str]:
    alerts, channels = settings.alerts, settings.channels
    if alerts.slack_channel is not None and channels.slack.bot_token is not None:
        yield SLACK
    if channels.email.smtp_url is not None and channels.email.address is not None:
        yield MANAGER
        if alerts.email is not None:
            yield MAILBOX
    if alerts.webhook_url is not None:
        yield WEBHOOK


def errands_of(
    record: Record, places: frozenset[str], partition: int, offset: int, at: datetime
) -> list[Errand]:
    """An alert as it is taken on: once for each place that it goes to.

    Args:
        record: The alert.
        places: The places that are set up.
        partition: Where it lies among the decisions.
        offset: Where it lies there.
        at: The time.
    """
    if at - record.at > STALE:
        return []
    event = record.event
    mailbox = isinstance(event, AccountManagerNotified) and "@" in event.account_manager
    wanted = {MANAGER} if mailbox and MANAGER in places else places - {MANAGER}
    return [
        Errand(
            request_id=f"{record.id}:{place}",
            channel=place,
            conversation=derived_id("alerts", place),
            partition=partition,
            offset=offset,
            due_at=at.timestamp(),
            since=at.timestamp(),
        )
        for place in sorted(wanted)
    ]
