"""X's side: direct messages, and the events of a conversation with somebody.

Contract: https://docs.x.com (Manage Direct Messages, Direct Messages lookup). When more may be
sent is a time of X's own clock. Of an event only its id, its text and its kind are shown, unless
more is asked for.
"""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any

from schemas.vocabulary import rfc3339
from streams.simulating.sides.side import Answer, Asked, Message, Side, again, page, snowflake

EPOCH_MILLISECONDS = 1_288_834_974_657
"""When X's ids begin, in November 2010."""

PAGE = 100
"""How many events a page has, unless fewer are asked for."""

_ACCOUNT = re.compile(r'oauth_token="([^"-]*)')
"""The account that writes: what its token begins with."""

_SHOWN = ("id", "text", "event_type")


def _no(title: str, detail: str, status: int) -> Answer:
    told = {"title": title, "detail": detail, "type": "about:blank", "status": int(status)}
    return Answer(status, told)


def _takes(asked: Asked) -> Answer:
    text, to = str(asked.body.get("text") or ""), asked.named["participant"]
    if not text:
        detail = "One or more parameters to your request was invalid."
        return _no("Invalid Request", detail, HTTPStatus.BAD_REQUEST)
    account = _ACCOUNT.search(asked.authorisation)
    us = account[1] if account is not None else ""
    number, conversation = snowflake(asked, EPOCH_MILLISECONDS), "-".join(sorted((us, to)))
    shown = {
        "id": number,
        "text": text,
        "event_type": "MessageCreate",
        "sender_id": us,
        "created_at": rfc3339(asked.at),
        "dm_conversation_id": conversation,
    }
    message = Message("twitter", number, to, text, asked.at, asked.body, shown)
    told = {"data": {"dm_conversation_id": conversation, "dm_event_id": number}}
    return Answer(HTTPStatus.CREATED, told, message=message)


def _events(asked: Asked) -> Answer:
    """What was written to somebody, the newest first."""
    query = asked.query
    names = (*_SHOWN, *query.get("dm_event.fields", "").split(","))
    found = [
        {name: one.shown[name] for name in names if name in one.shown}
        for one in reversed(asked.taken)
        if one.to == asked.named["participant"]
    ]
    size = min(int(query.get("max_results") or PAGE), PAGE)
    rows, following = page(found, query.get("pagination_token", ""), size)
    meta: dict[str, Any] = {"result_count": len(rows)}
    if following:
        meta["next_token"] = following
    return Answer(HTTPStatus.OK, {**({"data": rows} if rows else {}), "meta": meta})


def _limited(asked: Asked, seconds: float) -> Answer:
    reset = ceil((asked.at + timedelta(seconds=seconds)).timestamp())
    told = _no("Too Many Requests", "Too Many Requests", HTTPStatus.TOO_MANY_REQUESTS)
    headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
    return told._replace(headers={**headers, **again(seconds)})


SIDE = Side(
    channel="twitter",
    path="/2/dm_conversations/with/{participant}/messages",
    takes=_takes,
    finds={"/2/dm_conversations/with/{participant}/dm_events": _events},
    stranger=_no("Unauthorized", "Unauthorized", HTTPStatus.UNAUTHORIZED),
    limited=_limited,
    broken=_no("Internal Server Error", "Something is broken", HTTPStatus.INTERNAL_SERVER_ERROR),
)
