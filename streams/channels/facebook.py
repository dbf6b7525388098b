"""Facebook Messenger, by Meta's Send API.

Contract: https://developers.facebook.com/docs/messenger-platform (webhook events, Send API,
errors). People are known by an id that holds for one page alone. What the page itself wrote comes
back as an echo: it is no contact, and says that a message of ours is there. That messages were read
is told of all up to a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

import msgspec

from schemas.events.decisions import ReplyRequested
from schemas.vocabulary import rfc3339
from streams.channels import batches, signing
from streams.channels.channel import (
    MISSHAPEN,
    NOT_PASSED_ON,
    Accepted,
    Channel,
    Heard,
    Hook,
    Outcome,
    Receipt,
    Rejected,
    Response,
    Sending,
    Told,
    messages_of,
)
from streams.channels.settings import Facebook
from streams.errors import Unreadable

NAME = "facebook"

TITLE_CHARACTERS = 20
"""Characters that a quick reply's title may have."""

_AGAIN = frozenset({1, 2, 4, 32, 190, 613, 1200})
"""Error codes after which a message may be sent again: rates, what is temporary, and a token that
is no longer good (190), for that is the operator's to mend."""

_BY_A_PERSON = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
"""What Meta takes for seven days after the customer wrote, of people alone."""

_TOLD = {"message", "message_edit", "postback", "delivery", "read"}
"""What is understood of a person."""

_ABOUT = {"sender", "recipient", "timestamp"}
"""What is told along with everything."""

_LINK = "fallback"
"""How Meta calls a page that somebody shares. To ask for it in their place may be to use it up."""

_NO_FILES = {_LINK, "location", "template"}
"""Types of attachments that say something and hold no file."""

_MEDIA_TYPES = {"image": "image/*", "sticker": "image/*", "audio": "audio/*", "video": "video/*"}
"""Meta tells no more of a file's type."""


def verify(settings: Facebook, hook: Hook) -> Told | None:
    """Answer Meta's handshake, or check its signature; raises `Unverified`."""
    assert settings.app_secret is not None
    assert settings.verify_token is not None
    if hook.method == "GET":
        return signing.meta_handshake(settings.verify_token, hook)
    signing.signed_by_meta(settings.app_secret, hook)
    return None


class _Entry(msgspec.Struct):
    messaging: list[dict[str, Any]] = []
    standby: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []


class _Body(msgspec.Struct):
    object: str
    entry: list[_Entry]


_body = msgspec.json.Decoder(_Body)


def parse(_settings: Facebook, hook: Hook) -> Heard:
    """Contacts and receipts in a body; raises `Unreadable`."""
    try:
        body = _body.decode(hook.body)
        if body.object != "page":
            return Heard(missed=[body.object])
        told = [one for entry in body.entry for one in entry.messaging]
        inputs = [contact for one in told for contact in _contacts(one)]
        receipts = [receipt for one in told for receipt in _receipts(one)]
    except MISSHAPEN as error:
        raise Unreadable(
            f"the body is no notification of Messenger ({error!r})",
            "see that the address is registered for Messenger alone",
        ) from error
    missed = {name for one in told for name in {*one} - _ABOUT if not {*one} & _TOLD}
    missed |= {str(one.get("field")) for entry in body.entry for one in entry.changes}
    missed |= {"standby" for entry in body.entry if entry.standby}
    return Heard(inputs=inputs, receipts=receipts, missed=sorted(missed))


def apart(body: bytes) -> list[bytes]:
    """A body for each thing that is told of a person in one."""
    return batches.apart(body, ("entry",), ("messaging", "standby", "changes"))


def _contacts(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    message, pressed = told.get("message", {}), told.get("postback", {})
    edited = told.get("message_edit", {})
    if _echo(told) or not (message or pressed or edited):
        return
    who, at = told["sender"]["id"], told["timestamp"]
    if pressed:
        # Of a button of another app Meta tells what it stands for alone.
        said = pressed.get("title") or pressed.get("payload", "")
        number = pressed.get("mid") or f"{who}.{at}"
    elif edited:
        said, number = f"Edited: {edited['text']}", f"{edited['mid']}:{edited['num_edit']}"
    else:
        said, number = _text(message), message["mid"]
    contact = {
        "channel": NAME,
        "handle": who,
        "message": said,
        "provider_id": number,
        "at": rfc3339(_time(at)),
        "metadata": {"page": told["recipient"]["id"], "message": message or pressed or edited},
    }
    if (answered := message.get("reply_to", edited).get("mid")) is not None:
        contact["in_reply_to"] = answered
    if attachments := [*_attachments(message)]:
        contact["attachments"] = attachments
    yield contact


def _echo(told: dict[str, Any]) -> bool:
    """Whether it is what the page itself wrote, by us or by somebody else."""
    return bool(told.get("message", {}).get("is_echo"))


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _text(message: dict[str, Any]) -> str:
    """What somebody wrote, where they said that they are, and the goods that they ask about."""
    if message.get("is_unsupported"):
        return NOT_PASSED_ON.format("Messenger")
    lines = [message.get("text", "")]
    for one in message.get("attachments", []):
        payload = one.get("payload") or {}
        if place := payload.get("coordinates"):
            lines.append(f"{one.get('title') or ''} ({place['lat']}, {place['long']})".strip())
        shown = payload.get("product") or payload
        for goods in shown.get("elements") or []:
            parts = (goods.get(part) for part in ("title", "subtitle", "retailer_id"))
            lines.append(", ".join(str(part) for part in parts if part))
        if one["type"] == _LINK and (link := _url(one)) and link not in lines[0]:
            title = one.get("title") or payload.get("title")
            lines.append(f"{title} ({link})" if title else link)
    return "\n".join(line for line in lines if line)


def _url(attachment: dict[str, Any]) -> str | None:
    return (attachment.get("payload") or {}).get("url") or attachment.get("url")


def _attachments(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in message.get("attachments", []):
        if one["type"] in _NO_FILES:
            continue
        yield {
            "name": one.get("title") or one["type"],
            "media_type": _MEDIA_TYPES.get(one["type"], "application/octet-stream"),
            "size": 0,
            "url": _url(one),
        }


def _receipts(told: dict[str, Any]) -> Iterator[Receipt]:
    if _echo(told) and (mark := told["message"].get("metadata")) is not None:
        yield Receipt("sent", provider_message_id=told["message"]["mid"], request_id=mark)
    if (delivery := told.get("delivery")) is not None:
        messages = delivery.get("mids", [])
        yield from (Receipt("delivered", provider_message_id=one) for one in messages)
        if not messages:
            yield _up_to("delivered", told, delivery)
    if (read := told.get("read")) is not None:
        yield _up_to("read", told, read)


def _up_to(
    state: Literal["delivered", "read"], told: dict[str, Any], what: dict[str, Any]
) -> Receipt:
    return Receipt(state, handle=told["sender"]["id"], until=_time(what["watermark"]))


def render(settings: Facebook, request: ReplyRequested, request_id: str) -> list[Sending]:
    """A message for each part; buttons are quick replies of the last.

    What a person wrote, and goes later than 24 hours after the customer, says so by its tag.
    """
    return [
        _message(settings, request, mark, text, buttons)
        for mark, text, buttons in messages_of(request, request_id)
    ]


def _message(
    settings: Facebook, request: ReplyRequested, mark: str, text: str, buttons: list[str]
) -> Sending:
    message: dict[str, Any] = {"text": text, "metadata": mark}  # comes back in the message's echo
    if buttons:
        message["quick_replies"] = [
            {"content_type": "text", "title": one[:TITLE_CHARACTERS], "payload": one}
            for one in buttons
        ]
    late = request.within == "human_agent"
    body = {
        "recipient": {"id": request.handle},
        **(_BY_A_PERSON if late else {"messaging_type": "RESPONSE"}),
        "message": message,
    }
    return Sending(
        "POST",
        f"{settings.api_base_url}/{settings.graph_version}/me/messages",
        {
            "Authorization": f"Bearer {settings.page_access_token}",
            "Content-Type": "application/json",
        },
        msgspec.json.encode(body),
    )


def outcome(_settings: Facebook, response: Response) -> Outcome:
    """What Meta's answer to a message means."""
    body = response.document
    if response.status == HTTPStatus.OK and body.get("message_id"):
        return Accepted(str(body["message_id"]))
    fault = body.get("error") or {}
    code = fault.get("code")
    codes = ", ".join(str(one) for one in (code, fault.get("error_subcode")) if one is not None)
    again = code in _AGAIN or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Rejected(
        error=f"{fault.get('message') or f'HTTP {response.status}'} ({codes})",
        final=not (again or response.status == HTTPStatus.TOO_MANY_REQUESTS),
        retry_after=response.retry_after,
    )


CHANNEL = Channel(
    name=NAME,
    paths=("",),
    needs=("app_secret", "verify_token", "page_access_token"),
    verify=verify,
    parse=parse,
    render=render,
    outcome=outcome,
    methods=("GET", "POST"),
    body_bytes=signing.META_BYTES,
    tells=True,
    apart=apart,
)
