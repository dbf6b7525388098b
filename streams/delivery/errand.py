"""What becomes of one request to a platform: its tries, its waits, its doubts, its end.

    waits ──begun──> under way ──accepted──> its next part waits, or it is done
      ^                  │ │ └──refused for good──> done
      │<──refused, later─┘ │
      │                 no answer, a fault of the platform's, or whoever sent it is gone
      │                    v
      └──not there───── doubted ──found──> as accepted
                           └──cannot be told──> done, unconfirmed

What is doubted is looked up where the platform can be asked, and otherwise given to a person; it is
never sent again on a guess. These are decisions without input and output: time and chance come as
arguments.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, Self

import msgspec

from schemas.event import Event
from schemas.events.decisions import ReplyRequested
from schemas.record import Record, derived_id
from streams.channels.channel import Accepted, Rejected
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

    @classmethod
    def once(cls, answer: float) -> Self:
        """What does not go through at once is not tried again.

        Args:
            answer: Seconds in which an answer comes, or does not.
        """
        return cls(first_wait=answer, longest_wait=answer, give_up=0.0, answer=answer)

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


class Answered(NamedTuple):
    """What was asked for came with the answer."""

    event: Event


Came = (
    Accepted
    | Answered
    | Rejected
    | Unsent
    | NoAnswer
    | NotThere
    | Repeatable
    | NoTelling
    | Unlooked
)
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
        doubts: How often a try of it stayed without an answer; 0 where the platform said that it
            failed.
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


Said = tuple[tuple[str, Event], ...]
"""Steps and their events, as `streams.effects.answer` takes them."""


def errand_of(
    record: Record, request: ReplyRequested, partition: int, offset: int, at: datetime
) -> Errand:
    """A reply as it is taken on.

    Args:
        record: The request.
        request: What is in it.
        partition: Where it lies among the decisions.
        offset: Where it lies there.
        at: The time.
    """
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
