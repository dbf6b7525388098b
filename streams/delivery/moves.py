"""What an errand becomes, by what happens to it: the moves of `errand.py`'s picture. Pure."""

from __future__ import annotations

from typing import NamedTuple, assert_never

import msgspec

from schemas.record import Record
from streams.channels.channel import Accepted, Rejected
from streams.delivery import saying
from streams.delivery.errand import (
    MOST_LOOKS,
    SEEN_TWICE,
    WORTH_SAYING,
    Answered,
    Came,
    Errand,
    NoAnswer,
    NoTelling,
    NotThere,
    Patience,
    Repeatable,
    Said,
    Unlooked,
    Unsent,
)
from streams.effects import OUTCOME

_replace = msgspec.structs.replace


class Move(NamedTuple):
    """What an errand becomes, and what is said of it.

    Attributes:
        errand: The errand.
        record: The request.
        said: The steps and their events.
    """

    errand: Errand
    record: Record
    said: Said = ()

    @property
    def outcome(self) -> str | None:
        """The event that ends it; None where it goes on."""
        return type(self.said[-1][1]).__name__ if self.errand.state == "done" else None


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
    return Move(after, record, saying.attempted(after, record))


def delayed(errand: Errand, record: Record, until: float, now: float, reason: str) -> Move:
    """The platform takes no more until a time; the desk hears of it where that is long."""
    after = _replace(errand, due_at=until)
    if until - now < WORTH_SAYING:
        return Move(after, record)
    return Move(after, record, saying.delayed(errand, record, until, reason))


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
        case Answered():
            return Move(_replace(errand, state="done"), record, ((OUTCOME, came.event),))
        case Rejected() if came.final:
            return failed(errand, record, came.error)
        case Rejected():
            wait = max(patience.wait(errand.attempt, chance), came.retry_after or 0.0)
            if came.unsure:
                return _unsure(errand, record, came.error, now + wait)
            return _again(errand, record, came.error, now + wait, patience)
        case Unsent():
            wait = patience.wait(errand.attempt, chance)
            return _again(errand, record, came.error, now + wait, patience)
        case NoAnswer():
            due_at = now + patience.wait(1, chance)
            doubted = _replace(errand, state="doubted", due_at=due_at, doubts=errand.doubts + 1)
            return Move(doubted, record)
        case NotThere() | Repeatable() | NoTelling() | Unlooked() if not errand.doubts:
            return _failed_there(errand, record, came, now, patience, chance)
        case Repeatable():
            return _again(errand, record, "no answer; it is sent again as the same", now, patience)
        case NotThere() if errand.doubts < SEEN_TWICE:
            return _again(errand, record, "no answer; it did not arrive", now, patience)
        case Unlooked() if errand.looks < MOST_LOOKS:
            looks = errand.looks + 1
            due_at = now + patience.wait(looks, chance)
            return Move(_replace(errand, due_at=due_at, looks=looks), record)
        case NotThere() | NoTelling() | Unlooked():
            return Move(_replace(errand, state="done"), record, saying.unconfirmed(errand, record))
    assert_never(came)


def _unsure(errand: Errand, record: Record, error: str, at: float) -> Move:
    """The platform failed on it, and is asked whether it has it before it is sent again."""
    asked = _replace(errand, state="doubted", due_at=at, doubts=0)
    return Move(asked, record, saying.again(errand, record, error, at))


def _failed_there(
    errand: Errand,
    record: Record,
    came: NotThere | Repeatable | NoTelling | Unlooked,
    now: float,
    patience: Patience,
    chance: float,
) -> Move:
    """What the platform failed on is sent again unless it has it; it is asked on while it is away.

    That it failed is said already.
    """
    late = now - errand.since > patience.give_up
    if late and isinstance(came, NotThere):
        return failed(errand, record, "the platform failed, and it did not arrive")
    if late:
        return Move(_replace(errand, state="done"), record, saying.unconfirmed(errand, record))
    if isinstance(came, Unlooked):
        looks = errand.looks + 1
        due_at = now + patience.wait(looks, chance)
        return Move(_replace(errand, due_at=due_at, looks=looks), record)
    return Move(_replace(errand, state="waits", due_at=now), record)


def failed(errand: Errand, record: Record, error: str) -> Move:
    """It cannot be sent, and will not be tried again."""
    return Move(_replace(errand, state="done"), record, saying.failed(errand, record, error))


def _accepted(errand: Errand, record: Record, number: str, parts: int, now: float) -> Move:
    if errand.part + 1 < parts:
        part = errand.part + 1
        return Move(
            _replace(errand, part=part, attempt=0, state="waits", doubts=0, due_at=now), record
        )
    return Move(_replace(errand, state="done"), record, saying.accepted(errand, record, number))


def _again(errand: Errand, record: Record, error: str, at: float, patience: Patience) -> Move:
    if at - errand.since > patience.give_up:
        return failed(errand, record, error)
    waits = _replace(errand, state="waits", due_at=at)
    return Move(waits, record, saying.again(errand, record, error, at))
