"""Slack by Socket Mode: the same events, interactions and commands, over a socket that we open.

The client is Slack's own. It is let do all but one thing: where it would open another connection by
itself, at once and for ever, the connection is over, and `sockets` opens the next one.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import structlog
from aiohttp import WSMessage
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from streams.channels.channel import Hook, Told
from streams.channels.hearing import taken
from streams.channels.known import lacking
from streams.channels.settings import Slack
from streams.channels.slack import CHANNEL
from streams.channels.sockets import ANSWER_SECONDS, Up, Visit, insisted
from streams.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from streams.gateway.house import House

_SWITCH = "switch it on at api.slack.com/apps, Socket Mode; until then it is tried on"

PING_SECONDS = 5.0
"""How often Slack is asked whether it is there; after four times without an answer it is not."""

DRAIN_SECONDS = 5.0
"""How long what has come may take to become durable when a connection ends."""

_MENDED_BY_A_PERSON = frozenset(
    {
        "access_denied",
        "account_inactive",
        "forbidden_team",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
"""What Slack says of a token that opens nothing."""

_log = structlog.get_logger(__name__)

_theirs = logging.getLogger("pactdesk.slack_sdk")
_theirs.disabled = True
"""Slack's client says everything several times; what matters is said here."""


def visit_of(house: House) -> Visit | None:
    """What opens a connection; None where none is wanted."""
    settings = house.settings.channels.slack
    if settings.app_token is None or lacking(house.settings.channels, CHANNEL.name):
        return None

    async def visit(up: Up) -> None:
        socket = _Socket(settings, house, up)
        try:
            await socket.opened()
            await socket.over.wait()
            if socket.fault is not None:
                raise socket.fault
        finally:
            await socket.finished()

    return visit


def hook_of(kind: str, payload: dict[str, Any], at: datetime) -> Hook | None:
    """The request by which Slack would send an envelope over HTTP; None where it never would.

    Args:
        kind: The envelope's type.
        payload: What is in it.
        at: When it came.
    """
    match kind:
        case "events_api":
            path, body = "events", json.dumps(payload)
        case "interactive":
            path, body = "actions", urlencode({"payload": json.dumps(payload)})
        case "slash_commands":
            path, body = "commands", urlencode(payload)
        case _:
            return None
    return Hook("POST", path, "", {}, {}, body.encode(), at)


def answer_of(request: SocketModeRequest, told: Told) -> SocketModeResponse:
    """The acknowledgement of an envelope, with what Slack is answered where it listens to that."""
    wanted = bool(request.accepts_response_payload) and told.media == "application/json"
    payload = json.loads(told.body) if wanted else None
    return SocketModeResponse(envelope_id=request.envelope_id, payload=payload)


class _Socket(SocketModeClient):
    """One connection, which takes in what comes and then acknowledges it.

    Args:
        settings: The channel's settings.
        house: Takes in what comes.
        up: Is called once Slack has said hello.

    Attributes:
        over: Is set when the connection is of no use any more.
        fault: Why, where it is not in the course of things.
    """

    def __init__(self, settings: Slack, house: House, up: Up) -> None:
        assert settings.app_token is not None
        super().__init__(
            settings.app_token,
            logger=_theirs,
            web_client=AsyncWebClient(
                base_url=f"{settings.api_base_url.rstrip('/')}/", logger=_theirs
            ),
            ping_interval=PING_SECONDS,
            on_message_listeners=[self._listened],
        )
        self.over = asyncio.Event()
        self.fault: Exception | None = None
        self._settings, self._house, self._up = settings, house, up
        self._taking: set[asyncio.Task[Any] | None] = set()
        self.message_listeners.append(self._noticed)
        self.socket_mode_request_listeners.append(self._take)

    async def opened(self) -> None:
        """Open the connection.

        Raises:
            Misconfigured: Slack does not let this token in.
            Unavailable: Slack is not there.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self.wss_uri = await self.issue_new_wss_url()
                await self.connect()  # type: ignore[no-untyped-call]  # it has no types
        except SlackApiError as error:
            said = str(error.response["error"])
            if said in _MENDED_BY_A_PERSON:
                raise Misconfigured(
                    f"Slack does not let channels.slack.app_token in ({said})",
                    "see that it is an app-level token, xapp-…, with the scope connections:write",
                ) from error
            raise Unavailable(
                f"Slack opens no socket ({said})", "nothing; it is tried on"
            ) from error

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002  # as theirs is called
        """The connection is gone, or Slack wants it to go."""
        self.over.set()

    async def finished(self) -> None:
        """See that what has come is durable and acknowledged, and hang up."""
        if self._taking:
            await asyncio.wait([one for one in self._taking if one], timeout=DRAIN_SECONDS)
        for task in self._taking:
            if task is not None:
                task.cancel()
        await self.close()  # type: ignore[no-untyped-call]  # it has no types

    async def _listened(self, message: WSMessage) -> None:
        """Notice why Slack hangs up, of which its client says nothing."""
        if '"link_disabled"' in message.data and json.loads(message.data)["type"] == "disconnect":
            self.fault = Unavailable("Slack has Socket Mode switched off for this app", _SWITCH)

    async def _noticed(
        self, _client: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None
    ) -> None:
        if message.get("type") == "hello":
            self._up()

    async def _take(self, _client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Take an envelope in, for as long as that needs, then acknowledge it."""
        task = asyncio.current_task()
        self._taking.add(task)
        try:
            told = await self._durable(request)
            await self.send_socket_mode_response(answer_of(request, told))
        except (OSError, RuntimeError) as error:
            # It was not acknowledged, and comes again: then it is a repeat.
            _log.debug("not acknowledged", channel=CHANNEL.name, error=repr(error))
        finally:
            self._taking.discard(task)

    async def _durable(self, request: SocketModeRequest) -> Told:
        hook = hook_of(request.type, request.payload, self._house.clock.now())
        if hook is None:
            _log.info("not for us", channel=CHANNEL.name, what=request.type)
            return Told()
        job = partial(taken, self._house, CHANNEL, self._settings, hook)
        return await insisted(CHANNEL.name, job)
