"""WhatsApp, by Meta's Cloud API.

Contract: https://developers.facebook.com/docs/whatsapp/cloud-api (webhooks, messages, errors). A
body holds what several people wrote, and what became of our messages, in any order and perhaps
again. Somebody may write without a phone number, under an id of this business alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from schemas.events.decisions import ReplyRequested
from schemas.vocabulary import rfc3339
from streams.channels import batches, hosts, signing
from streams.channels.channel import (
    MISSHAPEN,
    Accepted,
    Channel,
    Fetching,
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
from streams.channels.same import Same
from streams.channels.settings import WhatsApp
from streams.channels.whatsapp_text import text
from streams.errors import Refused, Unreadable

NAME = "whatsapp"

TITLE_CHARACTERS = 20
"""Characters that a button's title may have."""

_STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"}

_AGAIN = frozenset({0, 2, 4, 190, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133016})
"""Error codes after which a message may be sent again: rates, what is temporary, and a token that
is no longer good (0, 190), for that is the operator's to mend."""

_OURS_NO_MORE = HTTPStatus.INTERNAL_SERVER_ERROR
"""From this status on it is the provider's fault, and may pass."""

_MEDIA_DOMAINS = ("fbsbx.com", "facebook.com")
"""Where Meta keeps files, beside its API."""

_NOBODY_WROTE = frozenset({"reaction", "system"})
"""Types of messages that are none."""

_TAKEN_BACK = "Deleted: an earlier message"
"""What stands for a message that says that another one was taken back: Meta does not repeat it."""

_MEDIA = ("image", "document", "audio", "video", "sticker")


def verify(settings: WhatsApp, hook: Hook) -> Told | None:
    """Answer Meta's handshake, or check its signature; raises `Unverified`."""
    assert settings.app_secret is not None
    assert settings.verify_token is not None
    if hook.method == "GET":
        return signing.meta_handshake(settings.verify_token, hook)
    signing.signed_by_meta(settings.app_secret, hook)
    return None


class _Changed(msgspec.Struct):
    value: dict[str, Any] = {}
    field: str = ""


class _Entry(msgspec.Struct):
    changes: list[_Changed] = []


class _Body(msgspec.Struct):
    entry: list[_Entry]


_body = msgspec.json.Decoder(_Body)


def parse(settings: WhatsApp, hook: Hook) -> Heard:
    """Contacts and receipts in a body; raises `Unreadable`."""
    try:
        body = _body.decode(hook.body)
        values = [
            change.value
            for entry in body.entry
            for change in entry.changes
            if change.field in {"messages", ""}
        ]
        inputs = [one for value in values for one in _contacts(settings, value)]
        receipts = [one for value in values for one in _receipts(value)]
        same = [one for value in values for one in _same(value)]
        missed = {one for value in values for one in _not_said(value)}
    except MISSHAPEN as error:
        raise Unreadable(
            f"the body is no notification of WhatsApp ({error!r})",
            "see that the address is registered for WhatsApp alone",
        ) from error
    missed |= {change.field for entry in body.entry for change in entry.changes}
    return Heard(
        inputs=inputs, receipts=receipts, missed=sorted(missed - {"messages", ""}), same=same
    )


def apart(body: bytes) -> list[bytes]:
    """A body for each message and each status in one."""
    return batches.apart(body, ("entry", "changes", "value"), ("messages", "statuses"))


def _people(value: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is told of those who wrote, by each of their addresses."""
    return {
        who: person
        for person in value.get("contacts", [])
        for who in (person.get("wa_id"), person.get("user_id"))
        if who is not None
    }


def _same(value: dict[str, Any]) -> Iterator[Same]:
    """Which numbers and ids of this business are one person's: at each message, and at a change."""
    people = _people(value)
    for message in value.get("messages", []):
        number, told = message.get("from"), message.get("system", {})
        person = people.get(number, {})
        user = message.get("from_user_id") or person.get("user_id")
        new = [told.get(name) for name in ("wa_id", "new_wa_id", "user_id")]
        before = [number, told.get("previous_user_id"), *([] if told else [user])]
        known, *others = [one for one in (*before, *new) if one is not None] or [None]
        yield from (Same(known, one) for one in others if one != known)


def _contacts(settings: WhatsApp, value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    people = _people(value)
    for message in value.get("messages", []):
        if message["type"] in _NOBODY_WROTE:
            continue
        who = message.get("from") or message["from_user_id"]
        person = people.get(who, {})
        contact = {
            "channel": NAME,
            "handle": who,
            **_said(settings, message),
            "provider_id": message["id"],
            "at": rfc3339(datetime.fromtimestamp(int(message["timestamp"]), UTC)),
            "metadata": {
                "name": person.get("profile", {}).get("name"),
                "user_id": person.get("user_id") or message.get("from_user_id"),
                "phone_number_id": value.get("metadata", {}).get("phone_number_id"),
                "message": message,
            },
        }
        if message["type"] == "revoke":
            contact["metadata"]["deleted"] = True
        yield contact


def _said(settings: WhatsApp, message: dict[str, Any]) -> dict[str, Any]:
    """What somebody said, and in answer to what; a change of what they said answers that.

    A file whose words were changed is the same file, and not fetched once more.
    """
    kind = message["type"]
    if kind in {"edit", "revoke"}:
        change = message[kind]
        words = f"Edited: {text(change['message'])}" if kind == "edit" else _TAKEN_BACK
        return {"message": words, "in_reply_to": change["original_message_id"]}
    said: dict[str, Any] = {"message": text(message)}
    if (answered := message.get("context", {}).get("id")) is not None:
        said["in_reply_to"] = answered
    if attachments := [*_attachments(settings, message)]:
        said["attachments"] = attachments
    return said


def _not_said(value: dict[str, Any]) -> Iterator[str]:
    """What is told beside messages and their statuses, in words for the log."""
    yield from (kind for one in value.get("messages", []) if (kind := one["type"]) in _NOBODY_WROTE)
    yield from (_fault(one) for one in value.get("errors", []))


def _attachments(settings: WhatsApp, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in _MEDIA:
        if (media := message.get(kind)) is not None:
            yield {
                "name": media.get("filename", kind),
                "media_type": media.get("mime_type", "application/octet-stream"),
                "size": int(media.get("file_size", 0)),
                "url": f"{settings.api_base_url}/{settings.graph_version}/{media['id']}",
            }


def _receipts(value: dict[str, Any]) -> Iterator[Receipt]:
    for status in value.get("statuses", []):
        state = _STATES.get(status["status"])
        if state is None:
            continue
        faults = [_fault(one) for one in status.get("errors", [])]
        yield Receipt(
            state=state,  # type: ignore[arg-type]  # the values of a table of words
            provider_message_id=status["id"],
            request_id=status.get("biz_opaque_callback_data"),
            error="; ".join(faults) or None,
        )


def _fault(error: dict[str, Any]) -> str:
    """What Meta says went wrong, with its number; its details say what to do about it."""
    said = f"{error.get('title') or error.get('message')} ({error.get('code')})"
    details = (error.get("error_data") or {}).get("details")
    return said if details is None else f"{said}: {details}"


def render(settings: WhatsApp, request: ReplyRequested, request_id: str) -> list[Sending]:
    """A message for each part, in a template if it goes as one; buttons stand on the last."""
    assert request.handle is not None
    return [
        _message(settings, request, mark, said, buttons)
        for mark, said, buttons in messages_of(request, request_id)
    ]


def _message(
    settings: WhatsApp, request: ReplyRequested, mark: str, said: str, buttons: list[str]
) -> Sending:
    handle = request.handle or ""
    to = "to" if handle.isdigit() else "recipient"
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        to: handle,
        "biz_opaque_callback_data": mark,
    }
    if request.in_reply_to is not None:
        body["context"] = {"message_id": request.in_reply_to}
    if request.template is not None:
        body["type"] = "template"
        body["template"] = _template(request, said)
    elif buttons:
        body["type"] = "interactive"
        body["interactive"] = {
            "type": "button",
            "body": {"text": said},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": one, "title": one[:TITLE_CHARACTERS]}}
                    for one in buttons
                ]
            },
        }
    else:
        body["type"] = "text"
        body["text"] = {"body": said, "preview_url": False}
    return Sending(
        "POST",
        f"{settings.api_base_url}/{settings.graph_version}/{settings.phone_number_id}/messages",
        {
            "Authorization": f"Bearer {settings.access_token}",
            "Content-Type": "application/json",
        },
        msgspec.json.encode(body),
    )


def _template(request: ReplyRequested, said: str) -> dict[str, Any]:
    """The template with its one blank filled in; a blank without a name has a number."""
    blank = {"type": "text", "text": said}
    if request.template_parameter is not None:
        blank["parameter_name"] = request.template_parameter
    return {
        "name": request.template,
        "language": {"code": request.template_language},
        "components": [{"type": "body", "parameters": [blank]}],
    }


def outcome(_settings: WhatsApp, response: Response) -> Outcome:
    """What Meta's answer to a message means."""
    body = response.document
    if response.status == HTTPStatus.OK and body.get("messages"):
        return Accepted(str(body["messages"][0]["id"]))
    fault = body.get("error") or {}
    code = fault.get("code")
    again = code in _AGAIN or response.status >= _OURS_NO_MORE
    return Rejected(
        error=_fault({"message": f"HTTP {response.status}", **fault}),
        final=not (again or response.status == HTTPStatus.TOO_MANY_REQUESTS),
        retry_after=response.retry_after,
    )


def fetch(settings: WhatsApp, url: str, _at: datetime, answer: Response | None) -> Fetching:
    """The way to a file: Meta is asked for its id, says where it is, and gives it there.

    Where it is holds for five minutes, so that each try begins with the id.
    """
    if answer is not None:
        place = answer.document.get("url")
        if not isinstance(place, str):
            raise Refused("WhatsApp does not say where the file is", "ask for it again")
        url = place
    ours = hosts.belongs(url, settings.api_base_url, *_MEDIA_DOMAINS)
    headers = {"Authorization": f"Bearer {settings.access_token}"} if ours else {}
    return Fetching(Sending("GET", url, headers), last=answer is not None)


CHANNEL = Channel(
    name=NAME,
    paths=("",),
    needs=("app_secret", "verify_token", "access_token", "phone_number_id"),
    verify=verify,
    parse=parse,
    render=render,
    outcome=outcome,
    methods=("GET", "POST"),
    body_bytes=signing.META_BYTES,
    tells=True,
    apart=apart,
    fetch=fetch,
)
