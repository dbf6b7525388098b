"""Discord's side: Create Message, which knows a message again by its nonce, for some minutes.

Contract: https://docs.discord.com/developers (Create Message, rate limits).
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from schemas.vocabulary import rfc3339
from streams.simulating.sides.side import Answer, Asked, Message, Side, again, snowflake

EPOCH_MILLISECONDS = 1_420_070_400_000
"""When Discord's ids begin: 2015."""

NONCE_SECONDS = 300
"""For how long a message is known again by its nonce."""

_ANSWERS = 19
"""The type of a message that answers another."""


def _no(message: str, code: int, status: int, **more: Any) -> Answer:
    return Answer(status, {"message": message, "code": code, **more})


def _takes(asked: Asked) -> Answer:
    body, place = asked.body, asked.named["place"]
    if not body.get("content"):
        return _no("Cannot send an empty message", 50006, HTTPStatus.BAD_REQUEST)
    if body.get("enforce_nonce") and (before := _before(asked)) is not None:
        return Answer(HTTPStatus.OK, before.shown)
    number, answered = snowflake(asked, EPOCH_MILLISECONDS), body.get("message_reference")
    shown: dict[str, Any] = {
        "id": number,
        "type": _ANSWERS if answered else 0,
        "channel_id": place,
        "content": body["content"],
        "author": {"id": "1000000000000000000", "username": "pactdesk", "bot": True},
        "timestamp": rfc3339(asked.at),
        "components": body.get("components", []),
        "attachments": [
            {"filename": one["name"], "size": one["size"]} for one in body.get("files", [])
        ],
    }
    if "nonce" in body:
        shown["nonce"] = body["nonce"]
    if answered:
        shown["message_reference"] = {**answered, "channel_id": place}
    message = Message("discord", f"{place}:{number}", place, body["content"], asked.at, body, shown)
    return Answer(HTTPStatus.OK, shown, message=message)


def _before(asked: Asked) -> Message | None:
    """The message that was taken in this place with the same nonce, not long ago."""
    since, nonce = asked.at - timedelta(seconds=NONCE_SECONDS), asked.body.get("nonce")
    return next(
        (
            one
            for one in asked.taken
            if one.to == asked.named["place"] and one.at >= since and one.body.get("nonce") == nonce
        ),
        None,
    )


SIDE = Side(
    channel="discord",
    path="/channels/{place}/messages",
    takes=_takes,
    finds={},
    stranger=_no("401: Unauthorized", 0, HTTPStatus.UNAUTHORIZED),
    limited=lambda _, seconds: _no(
        "You are being rate limited.",
        0,
        HTTPStatus.TOO_MANY_REQUESTS,
        retry_after=seconds,
        **{"global": False},
    )._replace(headers=again(seconds)),
    broken=_no("500: Internal Server Error", 0, HTTPStatus.INTERNAL_SERVER_ERROR),
)
