"""Where alerts go: a channel of Slack, a mailbox, a program's address.

An alert that comes twice does no harm, so that one whose answer is missing is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from http import HTTPStatus
from typing import Protocol

import msgspec

from schemas.event import Event
from schemas.events.decisions import AccountManagerNotified, TeamAlertRequested
from schemas.record import Record, derived_id
from schemas.vocabulary import rfc3339
from streams.channels import slack
from streams.channels.channel import Accepted, Outcome, Rejected, Response, Sending
from streams.delivery.calling import Caller, came_of
from streams.delivery.errand import Came, Errand, Repeatable
from streams.delivery.mail import Mail, handed_over
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


class _Place(Protocol):
    async def take(self, at: datetime) -> Came:
        """Bring the alert there."""


class AlertWay:
    """One alert's way to one place.

    Args:
        settings: The settings.
        errand: The errand.
        record: The alert.
        caller: Calls programs.
    """

    parts = 1

    def __init__(self, settings: Settings, errand: Errand, record: Record, caller: Caller) -> None:
        places: dict[str, type[_Slack | _Mailbox | _Webhook]] = {
            SLACK: _Slack,
            MAILBOX: _Mailbox,
            MANAGER: _Mailbox,
            WEBHOOK: _Webhook,
        }
        self._place: _Place = places[errand.channel](settings, record, caller)

    async def send(self, _part: int, at: datetime) -> Came:
        """Bring it there."""
        return await self._place.take(at)

    async def look(self, _part: int, _since: datetime, _at: datetime) -> Came:
        """It may come twice."""
        return Repeatable()


class _Slack:
    def __init__(self, settings: Settings, record: Record, caller: Caller) -> None:
        mine = settings.channels.slack
        body = {"channel": settings.alerts.slack_channel, "text": _text(record)}
        headers = {
            "Authorization": f"Bearer {mine.bot_token}",
            "Content-Type": "application/json;charset=utf-8",
        }
        url = f"{mine.api_base_url}/chat.postMessage"
        self._sending = Sending("POST", url, headers, msgspec.json.encode(body))
        self._settings = mine
        self._caller = caller

    async def take(self, _at: datetime) -> Came:
        answer = await self._caller.ask(self._sending)
        return came_of(answer, lambda response: slack.outcome(self._settings, response))


class _Mailbox:
    def __init__(self, settings: Settings, record: Record, _caller: Caller) -> None:
        mine, event = settings.channels.email, record.event
        assert mine.address is not None
        assert mine.smtp_url is not None
        to = settings.alerts.email or ""
        if isinstance(event, AccountManagerNotified):
            to = event.account_manager
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = mine.address, to
        mail["Subject"] = _subject(record)
        number = mail["Message-ID"] = f"<alert-{record.id}@{mine.address.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(_text(record), cte="quoted-printable")
        self._mail = Mail([mine.address], to, bytes(mail), number)
        self._url, self._seconds = mine.smtp_url, settings.delivery.answer_seconds

    async def take(self, at: datetime) -> Came:
        return await asyncio.to_thread(handed_over, self._url, self._mail, at, self._seconds)


class _Webhook:
    """As the incoming webhooks of chat programs take it: `text`, and what else is known."""

    def __init__(self, settings: Settings, record: Record, caller: Caller) -> None:
        event = record.event
        assert isinstance(event, ALERTS)
        assert settings.alerts.webhook_url is not None
        body = {
            "text": _text(record),
            "alert_id": record.id,
            "at": rfc3339(record.at),
            **{
                name: getattr(event, name, None)
                for name in ("alert_type", "team", "account_manager", "priority", "ticket_id")
            },
        }
        headers = {"Content-Type": "application/json", "Idempotency-Key": record.id}
        self._sending = Sending(
            "POST", settings.alerts.webhook_url, headers, msgspec.json.encode(body)
        )
        self._caller = caller
        self._number = record.id

    async def take(self, _at: datetime) -> Came:
        return came_of(await self._caller.ask(self._sending), self._outcome)

    def _outcome(self, response: Response) -> Outcome:
        if response.status < HTTPStatus.MULTIPLE_CHOICES:
            return Accepted(self._number)
        later = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status in {
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.REQUEST_TIMEOUT,
        }
        return Rejected(f"HTTP {response.status}", not later, response.retry_after)


def _subject(record: Record) -> str:
    event = record.event
    if isinstance(event, AccountManagerNotified):
        return "A customer of yours needs attention"
    assert isinstance(event, TeamAlertRequested)
    return f"[{event.priority}] {event.alert_type.replace('_', ' ')} for {event.team}"


def _text(record: Record) -> str:
    event = record.event
    assert isinstance(event, TeamAlertRequested | AccountManagerNotified)
    about = f" ({event.ticket_id})" if event.ticket_id is not None else ""
    return f"{_subject(record)}: {event.text}{about}"
