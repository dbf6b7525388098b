"""Slack, by the Events API, by interactivity and by commands.

Contract: https://docs.slack.dev (verifying requests, chat.postMessage). Slack's handshake is
signed like everything else, so that `parse` answers it.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec

from agents.shaping import units
from schemas.events.decisions import ReplyRequested
from streams.channels import hosts, signing
from streams.channels.channel import (
    SKEW,
    Accepted,
    Channel,
    Fetching,
    Hook,
    LookUp,
    Outcome,
    Rejected,
    Response,
    Sending,
    Sent,
    Unverified,
    messages_of,
)
from streams.channels.settings import Slack
from streams.channels.slack_events import BUTTON, NAME, parse

SECTION_CHARACTERS = 3_000
"""Characters that a section block may have."""

LABEL_CHARACTERS = 75
"""Characters that a button may show."""

LISTED = 100
"""How many messages are looked through."""

_UNSURE = frozenset({"internal_error", "fatal_error", "request_timeout"})
"""Errors of which Slack says that some of what was asked for may be done."""

_AGAIN = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "not_authed",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
    }
)
"""Errors after which a message may be sent again: rates, what is temporary, and what the operator
mends, such as a token."""

_PLACE = re.compile(r"[^:]+:([CDG][A-Z0-9]+):(\d+\.\d+)(?::|$)")
"""A message's name: the workspace, the conversation, its time, and what makes it another one."""

_SIGNATURE, _STAMP = "x-slack-signature", "x-slack-request-timestamp"


def verify(settings: Slack, hook: Hook) -> None:
    """Check Slack's signature over its time and the body; raises `Unverified`."""
    if settings.signing_secret is None:
        raise Unverified("signing_secret is not set: what Slack says comes by its socket alone")
    given, stamp = hook.headers.get(_SIGNATURE), hook.headers.get(_STAMP)
    if given is None or stamp is None:
        raise Unverified(f"the headers {_SIGNATURE} and {_STAMP} are not both there")
    signing.in_time(stamp, hook)
    signed = b"v0:" + stamp.encode() + b":" + hook.body
    right = "v0=" + hmac.new(settings.signing_secret.encode(), signed, sha256).hexdigest()
    if not signing.same(given, right):
        raise Unverified(f"{_SIGNATURE} does not sign this body with our signing_secret")


def render(settings: Slack, request: ReplyRequested, request_id: str) -> list[Sending]:
    """A message for each part, in the customer's thread; buttons stand under the last."""
    assert request.handle is not None
    place = _place(request)
    to = (
        {"channel": place[1], "thread_ts": place[2]}
        if place is not None
        else {"channel": request.handle.rpartition("/")[2]}  # a person: their direct messages
    )
    return [
        _message(settings, to, mark, text, buttons)
        for mark, text, buttons in messages_of(request, request_id)
    ]


def _place(request: ReplyRequested) -> re.Match[str] | None:
    """The thread that a reply belongs to: its conversation, and the time that names it."""
    return _PLACE.match(request.thread or "") or _PLACE.match(request.in_reply_to or "")


def _ask(settings: Slack, sent: Sent) -> Sending:
    """The thread since then, or the conversation where it was written to none."""
    place = _place(sent.request)
    method = "history" if place is None else "replies"
    asked = {
        "channel": (sent.request.handle or "").rpartition("/")[2] if place is None else place[1],
        "oldest": f"{(sent.since - SKEW).timestamp():.6f}",
        "include_all_metadata": "true",
        "limit": LISTED,
        **({} if place is None else {"ts": place[2]}),
    }
    return Sending(
        "GET",
        f"{settings.api_base_url}/conversations.{method}?{urlencode(asked)}",
        {"Authorization": f"Bearer {settings.bot_token}"},
    )


def _found(_settings: Slack, sent: Sent, response: Response) -> Accepted | None:
    """The message with our mark; what Slack does not want to show has no `messages`."""
    place = _place(sent.request)
    for message in response.document["messages"]:
        payload = message.get("metadata", {}).get("event_payload", {})
        if payload.get("request_id") == sent.mark:
            channel = (sent.request.handle or "").rpartition("/")[2] if place is None else place[1]
            return Accepted(f"{channel}:{message['ts']}")
    return None


def _message(
    settings: Slack, to: dict[str, str], mark: str, text: str, buttons: list[str]
) -> Sending:
    body: dict[str, Any] = {
        **to,
        "text": text,
        "unfurl_links": False,
        "unfurl_media": False,
        # By this a message can be found whose answer was lost. `client_msg_id`, by which Slack
        # knows repeats, is for its own clients.
        "metadata": {"event_type": "pactdesk_reply", "event_payload": {"request_id": mark}},
    }
    # What is longer goes as `text` alone, which Slack formats alike; then there are no buttons.
    if units(text) <= SECTION_CHARACTERS:
        section = {"type": "section", "text": {"type": "mrkdwn", "text": text}, "expand": True}
        body["blocks"] = [section, *_actions(buttons)]
    return Sending(
        "POST",
        f"{settings.api_base_url}/chat.postMessage",
        {
            "Authorization": f"Bearer {settings.bot_token}",
            "Content-Type": "application/json;charset=utf-8",
        },
        msgspec.json.encode(body),
    )


def _actions(buttons: list[str]) -> list[dict[str, Any]]:
    elements = [
        {
            "type": "button",
            "action_id": f"{BUTTON}{nth}",
            "text": {"type": "plain_text", "text": one[:LABEL_CHARACTERS], "emoji": False},
            "value": one,
        }
        for nth, one in enumerate(buttons)
    ]
    return [{"type": "actions", "elements": elements}] if elements else []


def outcome(_settings: Slack, response: Response) -> Outcome:
    """What Slack's answer to a message means; it says no with a status of 200 as well."""
    body = response.document
    if body.get("ok") is True:
        return Accepted(f"{body['channel']}:{body['ts']}")
    error = body.get("error") or f"HTTP {response.status}"
    limited = response.status == HTTPStatus.TOO_MANY_REQUESTS
    broken = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Rejected(
        error=str(error),
        final=not (error in _AGAIN or limited or broken),
        retry_after=response.retry_after,
        unsure=broken or error in _UNSURE,
    )


def fetch(settings: Slack, url: str, _at: datetime, _answer: Response | None) -> Fetching:
    """The way to a file; Slack gives it to whoever brings the token."""
    ours = hosts.belongs(url, settings.api_base_url, "files.slack.com")
    headers = {"Authorization": f"Bearer {settings.bot_token}"} if ours else {}
    return Fetching(Sending("GET", url, headers))


CHANNEL = Channel(
    name=NAME,
    paths=("events", "actions", "commands"),
    needs=("signing_secret", "bot_token"),
    instead={"signing_secret": "app_token"},
    verify=verify,
    parse=parse,
    render=render,
    outcome=outcome,
    look_up=LookUp(_ask, _found),
    fetch=fetch,
)
