"""Discord's Gateway without its socket: what we say there, what its words mean, what is for us.

Contract: https://docs.discord.com/developers (Gateway, version 10). Whatever happens to a
connection, Discord sends again what came after a number of ours, for some minutes: that number is
how far messages are durable, and not how far they have come.
"""

from __future__ import annotations

import random
from collections import deque
from http import HTTPStatus
from typing import Any, Literal

import msgspec

from streams.channels.channel import MISSHAPEN
from streams.channels.settings import Discord
from streams.errors import Misconfigured, PactdeskError, Unavailable

DISPATCH, HEARTBEAT, IDENTIFY, RESUME = 0, 1, 2, 6
RECONNECT, INVALID, HELLO, ACK = 7, 9, 10, 11

INTENTS = 1 << 9 | 1 << 12 | 1 << 15
"""Messages of servers, direct messages, and what they say."""

_WRITTEN = frozenset({"MESSAGE_CREATE", "MESSAGE_UPDATE"})
"""The events that are contacts."""

NOT_OVER = 4000
"""With this code we hang up: after 1000 or 1001 Discord would forget the session."""

WORDS, MINUTE = 110, 60.0
"""How much we say in so many seconds; of 120 Discord hangs up."""

_ANEW = frozenset({4007, 4009})
"""Codes after which there is nothing to resume."""

_PORTAL = "https://discord.com/developers/applications"

_CUT_OFF = {
    4004: ("channels.discord.bot_token is no bot's", f"take it from {_PORTAL}, Bot, Reset Token"),
    4010: ("Discord does not know this shard", "report it: pactdesk uses none"),
    4011: (
        "the bot is on too many servers for one connection",
        "take it off some; one connection serves up to 2,500",
    ),
    4012: ("Discord has given up version 10 of its Gateway", "install a newer pactdesk"),
    4013: ("Discord does not know the intents that we ask for", "install a newer pactdesk"),
    4014: (
        "Discord does not let this bot read messages",
        f"switch Message Content Intent on at {_PORTAL}, Bot",
    ),
}
"""Codes after which nothing but a person helps, in words, with what to do."""

_VERSION = "v=10&encoding=json"


class Frame(msgspec.Struct, frozen=True):
    """What comes over the socket.

    Attributes:
        op: Of which kind it is.
        d: What it says.
        s: An event's number.
        t: An event's name.
    """

    op: int
    d: Any = None  # JSON, by kind and name
    s: int | None = None
    t: str | None = None


class Session(msgspec.Struct, frozen=True):
    """What Discord keeps for us between two connections.

    Attributes:
        id: Its name.
        url: Where it is resumed.
        seq: The number of the last event that is durable.
        me: The bot's own id.
    """

    id: str
    url: str
    seq: int
    me: str


def address_of(url: str) -> str:
    """The whole address of a Gateway that was named."""
    return f"{url.rstrip('/')}/?{_VERSION}"


def identify(token: str) -> dict[str, Any]:
    """What begins a session."""
    device = {"os": "linux", "browser": "pactdesk", "device": "pactdesk"}
    return {"op": IDENTIFY, "d": {"token": token, "intents": INTENTS, "properties": device}}


def resume(token: str, session: Session) -> dict[str, Any]:
    """What takes a session up again behind what is durable."""
    return {"op": RESUME, "d": {"token": token, "session_id": session.id, "seq": session.seq}}


def heartbeat(session: Session | None) -> dict[str, Any]:
    """What says that we are there, and how far."""
    return {"op": HEARTBEAT, "d": None if session is None else session.seq}


def begun(frame: Frame, application: str | None) -> Session:
    """The session that READY begins.

    Args:
        frame: READY.
        application: The application that the token should be of; None is any.

    Raises:
        Misconfigured: It is of another one.
    """
    ready = frame.d
    theirs = str(ready["application"]["id"])
    if application not in {None, theirs}:
        raise Misconfigured(
            f"channels.discord.bot_token is that of the application {theirs}, and"
            f" channels.discord.application_id is {application}",
            "take both from one application",
        )
    return Session(
        id=ready["session_id"],
        url=ready["resume_gateway_url"],
        seq=frame.s or 0,
        me=str(ready["user"]["id"]),
    )


def ended(code: int | None) -> Literal["resume", "anew"]:
    """What comes after a connection that ended with a code; None is one that was cut.

    Raises:
        Misconfigured: Nothing, before somebody has mended something.
    """
    if code in _CUT_OFF:
        what, remedy = _CUT_OFF[code]
        raise Misconfigured(f"{what} ({code})", remedy)
    return "anew" if code in _ANEW else "resume"


def let_in(status: int, answer: dict[str, Any]) -> tuple[str, float]:
    """Where the Gateway is, and in how many seconds a session may be begun there.

    Args:
        status: The HTTP status of the answer to Get Gateway Bot.
        answer: Its body.

    Raises:
        Misconfigured: The token opens nothing.
        Unavailable: Discord has no answer now.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        raise Misconfigured(*_CUT_OFF[4004])
    if status != HTTPStatus.OK or "url" not in answer:
        raise _away(f"HTTP {status}")
    budget = answer.get("session_start_limit", {})
    spent = budget.get("remaining", 1) <= 0
    return answer["url"], budget.get("reset_after", 0) / 1000 if spent else 0.0


def _away(why: str) -> PactdeskError:
    return Unavailable(f"Discord does not say where its Gateway is ({why})", "it is tried on")


def for_us(settings: Discord, session: Session, frame: Frame) -> bool:
    """Whether an event is a contact; one that is misshapen may be, and is kept as it is."""
    try:
        return frame.t in _WRITTEN and addressed(settings, session.me, frame.d)
    except MISSHAPEN:
        return True


def addressed(settings: Discord, me: str, message: dict[str, Any]) -> bool:
    """Whether a message is for us: a direct one, one in a channel of support, one that names us.

    A reply to a message of ours names us too.
    """
    if message.get("guild_id") is None:
        return True
    if message.get("channel_id") in settings.support_channels:
        return True
    answered = (message.get("referenced_message") or {}).get("author") or {}
    named = [*message.get("mentions", ()), answered]
    return any(one.get("id") == me for one in named)


class Allowance:
    """How much may be said over one connection, and when."""

    def __init__(self) -> None:
        self._said: deque[float] = deque(maxlen=WORDS)

    def take(self, now: float) -> float:
        """Say one thing more; returns after how many seconds it may be said.

        Args:
            now: The time, in seconds.
        """
        full = len(self._said) == WORDS
        wait = max(0.0, self._said[0] + MINUTE - now) if full else 0.0
        self._said.append(now + wait)
        return wait


def first_beat(interval: float) -> float:
    """Seconds to the first heartbeat: not everybody's at the same moment."""
    return interval * random.random()  # noqa: S311  # it spreads, and hides nothing
