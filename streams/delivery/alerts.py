"""Where alerts go: a channel of Slack, a mailbox, a program's address.

An alert that comes twice does no harm, so that one whose answer is missing is sent again.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from http import HTTPStatus
from typing import Protocol

import msgspec

from schemas.events.decisions import AccountManagerNotified, TeamAlertRequested
from schemas.record import Record
from schemas.vocabulary import rfc3339
from streams.channels import slack
from streams.channels.channel import Accepted, Outcome, Rejected, Response, Sending
from streams.channels.email_address import recipient
from streams.delivery.calling import Caller, came_of
from streams.delivery.errand import Came, Errand, Repeatable
from streams.delivery.mail import Mail, handed_over
from streams.delivery.places import ALERTS, MAILBOX, MANAGER, SLACK, WEBHOOK
from streams.settings import Settings


class _Place(Protocol):
    async def take(self, at: datetime) -> Came:
        """Bring the alert there."""


class AlertCarrier:
    """Carries one alert to one place.

    Args:
        settings: The settings.
        errand: The errand.
        record: The alert.
        caller: Calls programs.

    Raises:
        Refused: The mailbox that it goes to is no address.
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
        to = recipient(to)
        mail = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
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
