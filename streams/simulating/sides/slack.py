"""Slack's side: chat.postMessage, and conversations.replies and .history to find a message by.

Contract: https://docs.slack.dev (methods). Slack says no with a status of 200; what metadata a
message has is shown only to who asks for it, and a thread's messages are not in the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from math import inf
from typing import Any

from streams.simulating.sides.side import Answer, Asked, Message, Side, again, page

PAGE = 100
"""How many messages a page has, unless fewer are asked for."""


def _no(error: str, status: int = HTTPStatus.OK) -> Answer:
    return Answer(status, {"ok": False, "error": error})


def _takes(asked: Asked) -> Answer:
    body = asked.body
    channel = str(body.get("channel") or "")
    if not channel:
        return _no("channel_not_found")
    if not (body.get("text") or body.get("blocks")):
        return _no("no_text")
    # Whoever names a person writes into the conversation with them, which has a name of its own.
    place = f"D{channel[1:]}" if channel[0] in "UW" else channel
    ts = f"{int(asked.at.timestamp())}.{asked.number:06d}"
    shown: dict[str, Any] = {
        "type": "message",
        "user": "U0PACTDESK",
        "bot_id": "B0PACTDESK",
        "app_id": "A0PACTDESK",
        "team": "T0STANDIN",
        "text": str(body.get("text") or ""),
        "ts": ts,
        **{name: body[name] for name in ("thread_ts", "blocks", "metadata") if name in body},
    }
    message = Message("slack", f"{place}:{ts}", place, shown["text"], asked.at, body, shown)
    told = {"ok": True, "channel": place, "ts": ts, "message": shown}
    return Answer(HTTPStatus.OK, told, message=message)


def _replies(asked: Asked) -> Answer:
    """A thread from its beginning; what it begins with is a customer's and not known here."""
    about = {**asked.query, **asked.body}
    channel, ts = about.get("channel"), about.get("ts")
    found = [
        one.shown
        for one in asked.taken
        if one.to == channel and ts in {one.shown.get("thread_ts"), one.shown["ts"]}
    ]
    if not found:
        return _no("thread_not_found")
    if found[0]["ts"] != ts:
        beginning = {"type": "message", "user": "U0CUSTOMER", "text": "", "ts": ts, "thread_ts": ts}
        found.insert(0, beginning)
    return _told(about, found)


def _history(asked: Asked) -> Answer:
    """A conversation, the newest first."""
    about = {**asked.query, **asked.body}
    oldest, latest = float(about.get("oldest") or 0), float(about.get("latest") or inf)
    inclusive = _is_true(about.get("inclusive"))
    found = [
        one.shown
        for one in reversed(asked.taken)
        if one.to == about.get("channel")
        and "thread_ts" not in one.shown
        and _between(float(one.shown["ts"]), oldest, latest, inclusive=inclusive)
    ]
    return _told(about, found)


def _between(ts: float, oldest: float, latest: float, *, inclusive: bool) -> bool:
    return oldest < ts < latest or (inclusive and ts in {oldest, latest})


def _is_true(text: Any) -> bool:
    return str(text).lower() in {"true", "1"}


def _told(about: dict[str, Any], found: Sequence[Any]) -> Answer:
    rows, cursor = page(found, about.get("cursor", ""), min(int(about.get("limit") or PAGE), PAGE))
    if not _is_true(about.get("include_all_metadata")):
        rows = [{name: row[name] for name in row if name != "metadata"} for row in rows]
    told = {"ok": True, "messages": rows, "has_more": bool(cursor)}
    return Answer(HTTPStatus.OK, {**told, "response_metadata": {"next_cursor": cursor}})


SIDE = Side(
    channel="slack",
    path="/chat.postMessage",
    takes=_takes,
    finds={"/conversations.replies": _replies, "/conversations.history": _history},
    stranger=_no("not_authed"),
    limited=lambda _, seconds: _no("ratelimited", HTTPStatus.TOO_MANY_REQUESTS)._replace(
        headers=again(seconds)
    ),
    broken=_no("internal_error", HTTPStatus.INTERNAL_SERVER_ERROR),
)
