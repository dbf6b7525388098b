"""Who carries a request to its customer, and what can be asked about it there."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

import structlog

from schemas.events.decisions import ReplyRequested
from schemas.record import Record
from streams.channels import email
from streams.channels.channel import MISSHAPEN, Channel, Response, Sending, Sent, mark_of
from streams.channels.email_address import recipient
from streams.channels.known import CHANNELS
from streams.channels.settings import Email
from streams.delivery.alerts import AlertCarrier
from streams.delivery.calling import Caller, came_of
from streams.delivery.enclosing import Enclosed, enclosed
from streams.delivery.errand import (
    Came,
    Errand,
    NoTelling,
    NotThere,
    Repeatable,
    Unlooked,
    Unsent,
)
from streams.delivery.leaving import outward
from streams.delivery.mail import Mail, handed_over
from streams.drafting.errands import LLM
from streams.errors import Refused
from streams.files.store import Files
from streams.links import Links
from streams.settings import Settings

_log = structlog.get_logger(__name__)


class Carrier(Protocol):
    """Carries one request to its platform.

    Attributes:
        parts: How many messages it has.
    """

    parts: int

    async def send(self, part: int, at: datetime) -> Came:
        """Send one of its messages."""

    async def look(self, part: int, since: datetime, at: datetime) -> Came:
        """Ask whether the platform has one of its messages, sent at a time or a little later."""


class Carriers:
    """The carriers to the platforms that are set up.

    Args:
        settings: The connections to them.
        caller: Calls them.
        links: Adds links to surveys and files.

    Attributes:
        outward: The channels and places that are set up.
    """

    def __init__(self, settings: Settings, caller: Caller, links: Links) -> None:
        self._links = links
        self.outward = outward(settings) - {LLM}
        self._settings = settings
        self._files = Files(settings.data)
        self._channels = settings.channels
        self._caller = caller

    def of(self, errand: Errand, record: Record) -> Carrier:
        """Who carries a request.

        Raises:
            Refused: The platform has no way to send it, or it has a file that is not there.
        """
        request = record.event
        if not isinstance(request, ReplyRequested):
            return AlertCarrier(self._settings, errand, record, self._caller)
        request = self._links.added(record)
        if request.handle is None:
            raise Refused(
                f"no address of theirs on {request.channel} is known", "answer on another channel"
            )
        files = enclosed(request, self._files, self._links.public_url)
        settings = getattr(self._channels, request.channel)
        if request.channel == email.NAME:
            seconds = self._settings.delivery.answer_seconds
            return MailCarrier(settings, record.id, request, seconds, files)
        channel = CHANNELS[request.channel]
        return HttpCarrier(channel, settings, record.id, request, self._caller, files)


class HttpCarrier:
    """By the HTTP requests that a channel renders.

    Args:
        channel: The channel.
        settings: Its settings.
        request_id: The request's record.
        request: The request.
        caller: Calls platforms.
        files: Reads the files that go with it; they go with its last message.

    Raises:
        Refused: The platform has no way to send it.
    """

    def __init__(
        self,
        channel: Channel,
        settings: Any,  # Any: each channel has its own
        request_id: str,
        request: ReplyRequested,
        caller: Caller,
        files: Enclosed | None = None,
    ) -> None:
        self._files = files
        self._channel = channel
        self._settings = settings
        self._id = request_id
        self._request = request
        self._caller = caller
        self._sendings = channel.render(settings, request, request_id)
        self.parts = len(self._sendings)

    async def send(self, part: int, at: datetime) -> Came:
        """Send one of its messages."""
        sending = self._sendings[part]
        if self._files is not None and part == self.parts - 1:
            assert self._channel.enclose is not None
            try:
                files = await asyncio.to_thread(self._files)
            except OSError as error:
                return _no_file(error)
            sending = self._channel.enclose(sending, files)
        answer = await self._caller.ask(self._stamped(sending, at))
        return came_of(answer, partial(self._channel.outcome, self._settings))

    async def look(self, part: int, since: datetime, at: datetime) -> Came:
        """Ask whether the platform has one of its messages."""
        if (at - since).total_seconds() < self._channel.repeat_seconds:
            return Repeatable()
        look_up = self._channel.look_up
        if look_up is None and self._channel.tells:
            return Unlooked("it has not said yet whether it has it")
        if look_up is None:
            return NoTelling()
        mark = mark_of(self._id, part, self.parts)
        sent = Sent(self._request, self._request.parts[part], mark, since)
        asked = self._stamped(look_up.ask(self._settings, sent), at)
        answer = await self._caller.ask(asked)
        if not isinstance(answer, Response):
            return Unlooked(answer.error)
        if answer.status == HTTPStatus.OK:
            try:
                return look_up.found(self._settings, sent, answer) or NotThere()
            except MISSHAPEN as error:
                return self._will_not_say(f"an answer that cannot be read ({error!r})")
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or (
            answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            return Unlooked(f"HTTP {answer.status}")
        return self._will_not_say(f"HTTP {answer.status}")

    def _will_not_say(self, why: str) -> NoTelling:
        _log.warning("it does not say what it has", channel=self._channel.name, answer=why)
        return NoTelling()

    def _stamped(self, sending: Sending, at: datetime) -> Sending:
        stamp = self._channel.stamp
        return sending if stamp is None else stamp(self._settings, sending, at)


def _no_file(error: OSError) -> Unsent:
    return Unsent(f"a file cannot be read ({error})")


class MailCarrier:
    """By SMTP; a mail has one part, and no server can be asked for it afterwards.

    Raises:
        Refused: Whom it is for is no address.
    """

    parts = 1

    def __init__(
        self,
        settings: Email,
        request_id: str,
        request: ReplyRequested,
        seconds: float,
        files: Enclosed | None = None,
    ) -> None:
        assert settings.smtp_url is not None
        assert settings.address is not None
        self._url = settings.smtp_url
        self._seconds = seconds
        # That a confirmation did not arrive nobody need hear (RFC 3834); some want a sender.
        bare = request.kind == "confirmation"
        self._senders = ["", settings.address] if bare else [settings.address]
        self._settings, self._id, self._request = settings, request_id, request
        self._to = recipient(request.handle or "")
        self._files = files

    async def send(self, _part: int, at: datetime) -> Came:
        """Hand it over."""
        return await asyncio.to_thread(self._handed_over, at)

    def _handed_over(self, at: datetime) -> Came:
        try:
            files = [] if self._files is None else self._files()
        except OSError as error:
            return _no_file(error)
        content = email.render(self._settings, self._request, self._id, files)
        mail = Mail(self._senders, self._to, content, email.number_of(self._settings, self._id))
        return handed_over(self._url, mail, at, self._seconds)

    async def look(self, _part: int, _since: datetime, _at: datetime) -> Came:
        """Nobody can be asked."""
        return NoTelling()
