"""Discord, by interactions over HTTP and by messages over its Gateway.

Contract: https://docs.discord.com/developers (interactions, Create Message). A PING is signed like
everything else, so that `parse` answers it. Discord takes a message only for a conversation that
is known: one with somebody who never wrote cannot be begun.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from schemas.events.decisions import ReplyRequested
from schemas.record import derived_id
from streams.channels import signing
from streams.channels.channel import (
    Accepted,
    Channel,
    File,
    Hook,
    Outcome,
    Rejected,
    Response,
    Sending,
    Unverified,
    messages_of,
)
from streams.channels.discord_events import BUTTON, NAME, parse
from streams.channels.settings import Discord
from streams.errors import Refused

JSON = "application/json"

LABEL_CHARACTERS = 80
"""Characters that a button may show."""

NONCE_CHARACTERS = 25
"""Characters of the mark by which Discord knows a message again, for some minutes."""

REPEAT_SECONDS = 120.0
"""For how long Discord knows a message by its nonce; it says "a few minutes"."""

_AGAIN = frozenset({20016, 20028, 20029, 40062, 130000})
"""Error codes after which a message may be sent again: rates, and what is temporary."""

_PLACE = re.compile(r"(\d+):(\d+)(?::\d+)?")
"""A message's name: the conversation, its id, and what makes it another one."""

_SIGNATURE, _STAMP = "x-signature-ed25519", "x-signature-timestamp"


def verify(settings: Discord, hook: Hook) -> None:
    """Check Discord's signature over its time and the body; raises `Unverified`."""
    assert settings.public_key is not None
    given, stamp = hook.headers.get(_SIGNATURE), hook.headers.get(_STAMP)
    if given is None or stamp is None:
        raise Unverified(f"the headers {_SIGNATURE} and {_STAMP} are not both there")
    signing.in_time(stamp, hook)
    key = VerifyKey(bytes.fromhex(settings.public_key))
    try:
        key.verify(stamp.encode() + hook.body, bytes.fromhex(given))
    except (BadSignatureError, ValueError) as error:
        raise Unverified(f"{_SIGNATURE} does not sign this body for our public_key") from error


def render(settings: Discord, request: ReplyRequested, request_id: str) -> list[Sending]:
    """A message for each part, where the customer wrote; buttons stand under the last.

    Raises:
        Refused: It is not known where, for it answers nothing.
    """
    place = _PLACE.fullmatch(request.in_reply_to or "")
    if place is None:
        raise Refused(
            "it is not known in which conversation of Discord to write",
            "answer when they have written there, or on another channel",
        )
    return [
        _message(settings, (place[1], place[2]), mark, text, buttons)
        for mark, text, buttons in messages_of(request, request_id)
    ]


def _message(
    settings: Discord, place: tuple[str, str], mark: str, text: str, buttons: list[str]
) -> Sending:
    channel, answered = place
    body: dict[str, Any] = {
        "content": text,
        "nonce": derived_id(mark)[:NONCE_CHARACTERS],
        "enforce_nonce": True,
        # What they wrote may have been a command, or be gone: then it goes without.
        "message_reference": {"message_id": answered, "fail_if_not_exists": False},
        # Whatever the text says, it calls nobody but whom it answers.
        "allowed_mentions": {"parse": [], "replied_user": True},
    }
    if buttons:
        body["components"] = [
            {
                "type": 1,
                "components": [
                    {
                        "type": 2,
                        "style": 2,
                        "label": one[:LABEL_CHARACTERS],
                        "custom_id": f"{BUTTON}{nth}:{one[:LABEL_CHARACTERS]}",
                    }
                    for nth, one in enumerate(buttons)
                ],
            }
        ]
    return Sending(
        "POST",
        f"{settings.api_base_url}/channels/{channel}/messages",
        {
            "Authorization": f"Bot {settings.bot_token}",
            "Content-Type": JSON,
            "User-Agent": "DiscordBot (pactdesk, 1)",  # Discord lets no bot in without one
        },
        msgspec.json.encode(body),
    )


def enclose(sending: Sending, files: Sequence[File]) -> Sending:
    """A message with files in it: a form, in which the message is a field."""
    body = msgspec.json.decode(sending.body)
    told = [{"id": nth, "filename": one.name} for nth, one in enumerate(files)]
    fields = [
        ('name="payload_json"', JSON, msgspec.json.encode({**body, "attachments": told})),
        *(
            (f'name="files[{nth}]"; filename="{quoted(one.name)}"', one.media_type, one.content)
            for nth, one in enumerate(files)
        ),
    ]
    # No content has this mark in it but by intent, which nobody can who does not know the id.
    mark = derived_id("form", body["nonce"])
    content = b"".join(
        f"--{mark}\r\nContent-Disposition: form-data; {named}\r\n".encode()
        + f"Content-Type: {kind}\r\n\r\n".encode()
        + value
        + b"\r\n"
        for named, kind, value in fields
    )
    headers = {**sending.headers, "Content-Type": f"multipart/form-data; boundary={mark}"}
    return sending._replace(headers=headers, body=content + f"--{mark}--\r\n".encode())


def quoted(name: str) -> str:
    """A file's name between quotes, as forms write it."""
    return name.replace("%", "%25").replace('"', "%22")


def outcome(_settings: Discord, response: Response) -> Outcome:
    """What Discord's answer to a message means."""
    body = response.document
    if response.status == HTTPStatus.OK and {"id", "channel_id"} <= {*body}:
        return Accepted(f"{body['channel_id']}:{body['id']}")
    code = body.get("code")
    limited = response.status == HTTPStatus.TOO_MANY_REQUESTS
    broken = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    wait = body.get("retry_after")
    return Rejected(
        error=f"{body.get('message') or f'HTTP {response.status}'} ({code})",
        final=not (code in _AGAIN or limited or broken),
        retry_after=float(wait) if isinstance(wait, int | float) else response.retry_after,
    )


CHANNEL = Channel(
    name=NAME,
    paths=("",),
    needs=("public_key", "bot_token"),
    verify=verify,
    parse=parse,
    render=render,
    outcome=outcome,
    repeat_seconds=REPEAT_SECONDS,
    enclose=enclose,
)
