"""What becomes of one request to a platform: its tries, its waits, its doubts, its end.

    waits ──begun──> under way ──accepted──> its next part waits, or it is done
      ^                  │ │ └──refused for good──> done
      │<──refused, later─┘ │
      │                 no answer, or whoever sent it is gone
      │                    v
      └──not there───── doubted ──found──> as accepted
                           └──cannot be told──> done, unconfirmed

What is doubted is looked up where the platform can be asked, and otherwise given to a person; it is
never sent again on a guess. These are decisions without input and output: time and chance come as
arguments.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Self, assert_never

import msgspec

from schemas.event import Event
from schemas.events.contacts import (
    ReplyAccepted,
    ReplyAttempted,
    ReplyDelayed,
    ReplyFailed,
    ReplyUnconfirmed,
)
from schemas.events.decisions import ReplyRequested
from schemas.record import Record, derived_id
from streams.channels.channel import Accepted, Rejected
from streams.effects import OUTCOME, attempt_step, failure_step
from streams.settings import DeliverySettings

SEEN_TWICE = 2
"""How often an attempt may stay without an answer before it is a person's."""

MOST_LOOKS = 6
"""How often a look that failed is taken again."""

WORTH_SAYING = 30.0
"""Seconds from which on a wait for the platform's rate is told to the desk."""

_replace = msgspec.structs.replace


class Patience(NamedTuple):
    """How long what does not go through is tried.

    Attributes:
        first_wait: Seconds before the second try; each wait is twice the one before.
        longest_wait: Seconds that a wait takes at most.
        give_up: Seconds after which no new try is begun.
        answer: Seconds in which a platform answers, or does not.
    """

    first_wait: float
    longest_wait: float
    give_up: float
    answer: float

    @classmethod
    def of(cls, settings: DeliverySettings) -> Self:
        """As the settings say."""
        return cls(
            settings.first_wait_seconds,
            settings.longest_wait_seconds,
            settings.give_up_hours * 3600.0,
            settings.answer_seconds,
        )

    def wait(self, tries: int, chance: float) -> float:
        """Seconds until the next try, between half of what its turn says and all of it.

        Args:
            tries: How many there were.
            chance: A number from 0 to 1.
        """
        longest = min(self.first_wait * 2.0 ** min(tries - 1, 32), self.longest_wait)
        return longest * (0.5 + chance / 2)


class Unsent(NamedTuple):
    """The platform was not reached: it cannot have seen anything."""

    error: str


class NoAnswer(NamedTuple):
    """The platform may have seen it, and what it made of it is not known."""

    error: str


class NotThere(NamedTuple):
    """The platform was asked, and has no such message."""


class Repeatable(NamedTuple):
    """The platform takes a message that comes again for the same one."""


class NoTelling(NamedTuple):
    """The platform cannot be asked whether it has a message."""


class Unlooked(NamedTuple):
    """The platform was asked whether it has a message, and did not say."""

    error: str


Came = Accepted | Rejected | Unsent | NoAnswer | NotThere | Repeatable | NoTelling | Unlooked
"""What came of calling a platform."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """A request on its way, as the store keeps it.

    Attributes:
        request_id: The request's record.
        channel: By which platform it goes.
        conversation: What goes to one place; each waits for the one before.
        partition: Where the request lies among the decisions.
        offset: Where it lies there.
        part: Which of its messages is next, or under way; from 0.
        attempt: How often that was tried.
        state: Whether a try is under way, or stayed without an answer.
        doubts: How often a try of it stayed without an answer.
        looks: How often it was looked up since.
        due_at: When there is something to do, in seconds; while a try is under way, by when whoever
            began it would have heard.
        since: When it was taken on.
        tried_at: When it was tried last; of tries without an answer, the first.
    """

    request_id: str
    channel: str
    conversation: str
    partition: int
    offset: int
    part: int = 0
    attempt: int = 0
    state: Literal["waits", "under_way", "doubted", "done"] = "waits"
    doubts: int = 0
    looks: int = 0
    due_at: float
    since: float
    tried_at: float = 0.0


class Move(NamedTuple):
    """What an errand becomes, and what is said of it.

    Attributes:
        errand: The errand.
        record: The request.
        said: The steps and their events, as `streams.effects.answer` takes them.
    """

    errand: Errand
    record: Record
    said: tuple[tuple[str, Event], ...] = ()


def taken_on(record: Record, partition: int, offset: int, at: datetime) -> Errand:
    """A request as it is taken on.

    Args:
        record: The request.
        partition: Where it lies among the decisions.
        offset: Where it lies there.
        at: The time.
    """
    request = record.event
    assert isinstance(request, ReplyRequested)
    return Errand(
        request_id=record.id,
        channel=request.channel,
        conversation=conversation_of(request),
        partition=partition,
        offset=offset,
        due_at=at.timestamp(),
        since=at.timestamp(),
    )


def conversation_of(request: ReplyRequested) -> str:
    """What goes to one place, in one order; it names nobody."""
    return derived_id("conversation", request.channel, request.handle or "")


def begun(errand: Errand, record: Record, now: float, patience: Patience) -> Move:
    """A try is about to be made."""
    attempt = errand.attempt + 1
    after = _replace(
        errand,
        attempt=attempt,
        state="under_way",
        due_at=now + 2 * patience.answer,
        looks=0,
        tried_at=errand.tried_at if errand.doubts else now,
    )
    said = ReplyAttempted(
        **_about(record), attempt=attempt, transport=errand.channel, part=errand.part
    )
    return Move(after, record, ((attempt_step(errand.part, attempt), said),))


def delayed(errand: Errand, record: Record, until: float, now: float, reason: str) -> Move:
    """The platform takes no more until a time; the desk hears of it where that is long."""
    after = _replace(errand, due_at=until)
    if until - now < WORTH_SAYING:
        return Move(after, record)
    said = ReplyDelayed(**_about(record), until=_time(until), reason=reason)
    step = f"delayed {errand.part}.{errand.attempt + 1}"
    return Move(after, record, ((step, said),))


def after(  # one line for each thing that may come
    errand: Errand,
    record: Record,
    came: Came,
    *,
    parts: int,
    now: float,
    patience: Patience,
    chance: float,
) -> Move:
    """What became of a try, or of a look.

    Args:
        errand: The errand, under way.
        record: The request.
        came: What came of it.
        parts: How many messages it has.
        now: The time, in seconds.
        patience: How long it is tried.
        chance: A number from 0 to 1.
    """
    match came:
        case Accepted():
            return _accepted(errand, record, came.provider_message_id, parts, now)
        case Rejected() if came.final:
            return failed(errand, record, came.error)
        case Rejected():
            wait = max(patience.wait(errand.attempt, chance), came.retry_after or 0.0)
            return _again(errand, record, came.error, now + wait, patience)
        case Unsent():
            wait = patience.wait(errand.attempt, chance)
            return _again(errand, record, came.error, now + wait, patience)
        case NoAnswer():
            due_at = now + patience.wait(1, chance)
            doubted = _replace(errand, state="doubted", due_at=due_at, doubts=errand.doubts + 1)
            return Move(doubted, record)
        case Repeatable():
            return _again(errand, record, "no answer; it is sent again as the same", now, patience)
        case NotThere() if errand.doubts < SEEN_TWICE:
            return _again(errand, record, "no answer; it did not arrive", now, patience)
        case Unlooked() if errand.looks < MOST_LOOKS:
            looks = errand.looks + 1
            due_at = now + patience.wait(looks, chance)
            return Move(_replace(errand, due_at=due_at, looks=looks), record)
        case NotThere() | NoTelling() | Unlooked():
            said = ReplyUnconfirmed(**_about(record), attempt=errand.attempt)
            return Move(_replace(errand, state="done"), record, ((OUTCOME, said),))
    assert_never(came)


def failed(errand: Errand, record: Record, error: str) -> Move:
    """It cannot be sent, and will not be tried again."""
    said = ReplyFailed(
        **_about(record),
        attempt=max(1, errand.attempt),
        error=error,
        final=True,
        part=errand.part,
    )
    return Move(_replace(errand, state="done"), record, ((OUTCOME, said),))


def _accepted(errand: Errand, record: Record, number: str, parts: int, now: float) -> Move:
    if errand.part + 1 < parts:
        part = errand.part + 1
        return Move(
            _replace(errand, part=part, attempt=0, state="waits", doubts=0, due_at=now), record
        )
    said = ReplyAccepted(**_about(record), transport=errand.channel, provider_message_id=number)
    return Move(_replace(errand, state="done"), record, ((OUTCOME, said),))


def _again(errand: Errand, record: Record, error: str, at: float, patience: Patience) -> Move:
    if at - errand.since > patience.give_up:
        return failed(errand, record, error)
    said = ReplyFailed(
        **_about(record),
        attempt=errand.attempt,
        error=error,
        final=False,
        part=errand.part,
        retry_at=_time(at),
    )
    step = failure_step(errand.part, errand.attempt)
    return Move(_replace(errand, state="waits", due_at=at), record, ((step, said),))


def _about(record: Record) -> dict[str, Any]:  # Any: fields that all of these events have
    event = record.event
    return {
        "customer_id": getattr(event, "customer_id", None) or record.key,
        "ticket_id": getattr(event, "ticket_id", None),
        "request_id": record.id,
    }


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)
