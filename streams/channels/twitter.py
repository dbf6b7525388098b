"""X, formerly Twitter: direct messages.

Contract: https://docs.x.com (webhooks, X Activity API, Account Activity API, Manage Direct
Messages). The two ways of being told wrap the same message differently, and a message that comes
both ways is one, by its own id. X Chat is encrypted end to end; that something came there is all
that can be known, and is named.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from schemas.events.decisions import ReplyRequested
from schemas.vocabulary import rfc3339
from streams.channels import batches, hosts, signing
from streams.channels.channel import (
    MISSHAPEN,
    SKEW,
    Accepted,
    Channel,
    Fetching,
    Heard,
    Hook,
    LookUp,
    Outcome,
    Receipt,
    Rejected,
    Response,
    Sending,
    Sent,
    Told,
    Unverified,
)
from streams.channels.settings import Twitter
from streams.errors import Unreadable

NAME = "twitter"

LISTED = 100
"""How many messages are looked through, the latest ones."""

_SIGNATURE = "x-twitter-webhooks-signature"

_MESSAGES, _READ = "direct_message_events", "direct_message_mark_read_events"

_PASSED_OVER = frozenset({"direct_message_indicate_typing_events", "dm.indicate_typing", "dm.sent"})
"""What is no news: somebody types, or we wrote."""

_AROUND = frozenset({"for_user_id", "users", "apps", "user_has_blocked"})
"""What stands around what happened."""

_MEDIA_TYPES = {"photo": "image/*", "animated_gif": "video/*", "video": "video/*"}
"""X tells no more of a file's type."""


_LETTERS = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
"""The letters that X escapes; the last one is part of how the others are."""

_LINK = re.compile(r"https?://\S+")


def verify(settings: Twitter, hook: Hook) -> Told | None:
    """Answer X's challenge, or check its signature; raises `Unverified`.

    Both are made with one secret, and a challenge is answered for everybody. So nothing is that
    could be a body: whoever asked would be told the signature of a message that X never sent.
    """
    assert settings.consumer_secret is not None
    if hook.method == "GET":
        challenge = hook.query.get("crc_token", "")
        if not challenge or "{" in challenge:
            raise Unverified("crc_token is no challenge", HTTPStatus.FORBIDDEN)
        answer = {"response_token": _signed(settings.consumer_secret, challenge.encode())}
        return Told(msgspec.json.encode(answer), "application/json")
    given = hook.headers.get(_SIGNATURE)
    if given is None:
        raise Unverified(f"the header {_SIGNATURE} is missing")
    if not signing.same(given, _signed(settings.consumer_secret, hook.body)):
        raise Unverified(f"{_SIGNATURE} does not sign this body with our consumer_secret")
    return None


def _signed(secret: str, content: bytes) -> str:
    return (
        f"sha256={base64.b64encode(hmac.new(secret.encode(), content, sha256).digest()).decode()}"
    )


def parse(_settings: Twitter, hook: Hook) -> Heard:
    """Contacts and receipts in a body; raises `Unreadable`."""
    try:
        body = msgspec.json.decode(hook.body, type=dict[str, Any])
        if "user_event" in body:  # who took our rights away is no sender of a message
            return Heard(missed=["user_event"])
        if "data" not in body:
            return _heard(body, str(body["for_user_id"]))
        told = body["data"]
        kind = told["event_type"]
        if kind.startswith("chat."):
            return Heard(missed=[f"{kind}: X Chat is encrypted, answer it in X itself"])
        if not kind.startswith("dm.") or kind in _PASSED_OVER:
            return Heard(missed=sorted({kind} - _PASSED_OVER))
        if kind == "dm.received" and _MESSAGES not in told["payload"]:
            raise KeyError(_MESSAGES)  # what somebody wrote us is not passed over for its shape
        return _heard(told["payload"], str(told["filter"]["user_id"]))
    except MISSHAPEN as error:
        raise Unreadable(
            f"the body is no notification of X ({error!r})",
            "see that the webhook gets the events of direct messages alone",
        ) from error


def apart(body: bytes) -> list[bytes]:
    """A body for each message and each reading in one, whichever way it is wrapped."""
    things = (_MESSAGES, _READ)
    return batches.apart(body, (), things) or batches.apart(body, ("data", "payload"), things)


def _heard(told: dict[str, Any], us: str) -> Heard:
    return Heard(
        inputs=[*_contacts(told, us)],
        receipts=[*_receipts(told, us)],
        missed=sorted({*told} - _AROUND - _PASSED_OVER - {_MESSAGES, _READ}),
    )


def _contacts(told: dict[str, Any], us: str) -> Iterator[dict[str, Any]]:
    for event in told.get(_MESSAGES, []):
        if event["type"] != "message_create":
            continue
        message = event["message_create"]
        who, content = message["sender_id"], message["message_data"]
        if who == us:
            continue
        person = told.get("users", {}).get(who, {})
        person = person.get("data", person)
        contact = {
            "channel": NAME,
            "handle": who,
            "message": _text(content),
            "provider_id": event["id"],
            "at": rfc3339(datetime.fromtimestamp(int(event["created_timestamp"]) / 1000, UTC)),
            "metadata": {
                "name": person.get("name"),
                "username": person.get("username") or person.get("screen_name"),
                "message": event,
            },
        }
        if attachments := [*_attachments(content)]:
            contact["attachments"] = attachments
        yield contact


def _text(content: dict[str, Any]) -> str:
    """What somebody wrote, with the addresses that they wrote, or where they said that they are.

    X puts an address of its own for each, and adds one of a picture that is attached.
    """
    text = _unescaped(content["text"])
    attached = content.get("attachment", {})
    own = (attached.get("media") or {}).get("url")
    for one in content.get("entities", {}).get("urls", []):
        written = "" if one["url"] == own else one.get("expanded_url") or one["url"]
        text = text.replace(one["url"], written)
    place = (attached.get("location") or {}).get("shared_coordinate")
    if place is not None:
        east, north = place["coordinates"]["coordinates"]
        text = f"{text} ({north}, {east})"
    return text.strip()


def _unescaped(text: str) -> str:
    for escaped, letter in _LETTERS:
        text = text.replace(escaped, letter)
    return text


def _attachments(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if (media := content.get("attachment", {}).get("media")) is not None:
        yield {
            "name": media["type"],
            "media_type": _MEDIA_TYPES.get(media["type"], "application/octet-stream"),
            "size": 0,
            "url": media["media_url_https"],
        }


def _receipts(told: dict[str, Any], us: str) -> Iterator[Receipt]:
    """That somebody read up to a message: it is a receipt where that message is ours."""
    for event in told.get(_READ, []):
        if event["sender_id"] != us:
            yield Receipt("read", provider_message_id=event["last_read_event_id"])


def render(settings: Twitter, request: ReplyRequested, _request_id: str) -> list[Sending]:
    """A message for each part; buttons are none of its kind. `stamp` signs them."""
    to = quote(request.handle or "", safe="")
    return [
        Sending(
            "POST",
            f"{settings.api_base_url}/2/dm_conversations/with/{to}/messages",
            {"Content-Type": "application/json"},
            msgspec.json.encode({"text": part}),
        )
        for part in request.parts
    ]


def _ask(settings: Twitter, sent: Sent) -> Sending:
    """What was written to somebody lately."""
    to = quote(sent.request.handle or "", safe="")
    asked = urlencode({"dm_event.fields": "sender_id,created_at", "max_results": LISTED})
    return Sending(
        "GET", f"{settings.api_base_url}/2/dm_conversations/with/{to}/dm_events?{asked}", {}
    )


def _found(settings: Twitter, sent: Sent, response: Response) -> Accepted | None:
    """The same words from us, since then: X keeps no mark of ours, and none of our links."""
    us = (settings.access_token or "").partition("-")[0]
    for event in response.document.get("data", []):
        made = datetime.fromisoformat(event["created_at"])
        ours = event["sender_id"] == us and made >= sent.since - SKEW
        if ours and _words(event.get("text", "")) == _words(sent.text):
            return Accepted(event["id"])
    return None


def _words(text: str) -> list[str]:
    """The words of a text, as X gives it back or as it was sent."""
    return _LINK.sub(" ", _unescaped(text)).split()


def stamp(settings: Twitter, sending: Sending, at: datetime) -> Sending:
    """A message with its OAuth 1.0a signature, which X takes for some minutes, and once.

    JSON is not part of what is signed, so that the body goes into the nonce.
    """
    from oauthlib.oauth1 import Client

    said = f"{sending.url} {at.isoformat()} ".encode() + sending.body
    client = Client(
        settings.consumer_key,
        client_secret=settings.consumer_secret,
        resource_owner_key=settings.access_token,
        resource_owner_secret=settings.access_secret,
        nonce=sha256(said).hexdigest()[:32],
        timestamp=str(int(at.timestamp())),
    )
    _, headers, _ = client.sign(sending.url, sending.method)
    return sending._replace(headers={**sending.headers, **headers})


def fetch(settings: Twitter, url: str, at: datetime, _answer: Response | None) -> Fetching:
    """The way to a file; X gives those of direct messages to the account alone that got them."""
    sending = Sending("GET", url, {})
    ours = hosts.belongs(url, settings.api_base_url, "twitter.com", "x.com")
    return Fetching(stamp(settings, sending, at) if ours else sending)


def outcome(_settings: Twitter, response: Response) -> Outcome:
    """What X's answer to a message means."""
    body = response.document
    if response.status in {HTTPStatus.OK, HTTPStatus.CREATED} and body.get("data"):
        return Accepted(str(body["data"]["dm_event_id"]))
    broken = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Rejected(
        error=f"{body.get('detail') or body.get('title') or 'X says nothing'} ({response.status})",
        final=not (broken or response.status == HTTPStatus.TOO_MANY_REQUESTS),
        retry_after=_until_reset(response),
        unsure=broken,
    )


def _until_reset(response: Response) -> float | None:
    """Seconds until more may be sent, by X's own clock."""
    try:
        now = parsedate_to_datetime(response.headers["date"]).timestamp()
        return max(0.0, int(response.headers["x-rate-limit-reset"]) - now)
    except (KeyError, ValueError, OverflowError):
        return None


CHANNEL = Channel(
    name=NAME,
    paths=("",),
    needs=("consumer_key", "consumer_secret", "access_token", "access_secret"),
    verify=verify,
    parse=parse,
    render=render,
    outcome=outcome,
    methods=("GET", "POST"),
    stamp=stamp,
    look_up=LookUp(_ask, _found),
    apart=apart,
    fetch=fetch,
)
